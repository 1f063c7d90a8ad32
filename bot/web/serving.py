"""Running the page server: where it listens, which names it answers to, how it ends."""

import asyncio
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn

from bot.clock import WallClock
from bot.errors import Unreachable, UsageError
from bot.journal.place import Place
from bot.journal.reading import Reader
from bot.log import hide
from bot.review.refused import Asking
from bot.web import token
from bot.web.app import application
from bot.web.guard import Keys
from bot.web.site import Site

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
EVERY = ("0.0.0.0", "::")
"""Addresses that stand for all of a machine's; nobody opens a page under them."""


def serve(
    find: Callable[[], Place],
    *,
    host: str,
    port: int,
    names: tuple[str, ...],
    locked: bool,
    token_path: Path,
    asking: Asking,
    reached: Callable[[Reader, Mapping[str, Any]], Mapping[str, str]],
    ready: Callable[[str], None],
) -> None:
    """Serve until a signal ends it; `ready` is told the address when it answers, port 0 having become a real one.

    `names` are further hosts that lead here (a proxy's), `asking` asks the tapes what refusals would have made,
    `reached` tells what a signal's evidence had to reach; when `locked`, nothing is read without the token either.
    Raises Unreachable when the port cannot be had, ConfigError for a token that others may read, UsageError for an
    address that is not this machine's alone and not locked.
    """
    if not locked and host not in ("127.0.0.1", "::1", "localhost"):
        raise UsageError(
            f"{host} is not this machine alone",
            allowed="127.0.0.1, ::1, localhost; any with --locked",
            do="an SSH tunnel, or a proxy on this machine with --name HOST: docs/serve.md",
        )
    keys = Keys(hide(token.read(token_path)))
    site = Site(find, keys, WallClock().now_ns, str(token_path), locked, asking, reached)
    listening = _listen(host, port)
    bound = listening.getsockname()[1]
    here = "127.0.0.1" if host in EVERY else f"[{host}]" if ":" in host else host
    hosts = {f"{name}:{bound}" for name in (*LOOPBACK, here)} | {name.lower() for name in names}
    app = application(site, hosts)
    server = _Server(
        uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=1),
        lambda: ready(f"http://{here}:{bound}/"),
    )
    # A year's journal takes seconds to look through: whoever opens the first page should not wait for all of it.
    Thread(target=site.warm, daemon=True).start()
    asyncio.run(server.serve(sockets=[listening]))


class _Server(uvicorn.Server):
    """Says that it is ready when it is: it answers, and a signal ends it in order."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise Unreachable(
            f"port {port} of {host} cannot be had: {error.strerror}", do="--port N, or --port 0 for any that is free"
        ) from error
