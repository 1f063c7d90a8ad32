"""The port of a running desk. A thread answers, so that it does so also while the loop stands still.

    /metrics   what Prometheus reads
    /healthz   200 while process and loop move, else 503; JSON with the reasons
    /readyz    200 while the desk trades, else 503; JSON with every cause

It only reads. On this machine's own address it answers to this machine's own names: a page of another site cannot have
a browser ask it (DNS rebinding).
"""

import asyncio
import logging
import re
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, cast

import msgspec

from bot.config.services import MetricsSettings
from bot.errors import Unreachable
from bot.journal.place import Place
from bot.log import kept
from bot.metrics.exposition import CONTENT_TYPE, Exposition
from bot.metrics.wellness import Answer, healthy, ready

EVERY_S = 1.0
"""How often the desk is asked what it says of itself."""
AT_ONCE = 8
"""Questions that are answered at the same time; one more is hung up on."""
PATIENCE_S = 5.0
"""Whoever asks has this long for each of its words."""
_OURS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_log = logging.getLogger("paperpit.metrics")


async def answer(settings: MetricsSettings, status: Callable[[], Mapping[str, Any]], place: Place) -> None:
    """Answer at the settings' port until cancelled. Raises Unreachable when it cannot be had."""
    exposition = Exposition(lambda: place)
    exposition.see(status())
    async with _listening(settings, exposition):
        while True:
            await asyncio.sleep(EVERY_S)
            exposition.see(status())


@asynccontextmanager
async def _listening(settings: MetricsSettings, exposition: Exposition) -> AsyncIterator[None]:
    assert settings.port is not None, "a port is asked for"
    try:
        server = _Server(settings.host, settings.port, exposition)
    except OSError as error:
        where = f"port {settings.port} of {settings.host} cannot be had for metrics: {error.strerror}"
        raise Unreachable(where, do="[metrics] port, another one") from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host: str, port: int, exposition: Exposition) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.exposition = exposition
        self.only_ours = host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
        self._room = threading.BoundedSemaphore(AT_ONCE)
        super().__init__((host, port), _Question)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if isinstance(error, OSError):
            _log.debug("whoever asked for metrics has gone: %s", error)
        elif error is not None:
            _log.error("a bug kept metrics from being told (%s); please send %s", error, kept(error))


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


class _Question(BaseHTTPRequestHandler):
    timeout = PATIENCE_S
    server_version, sys_version = "paperpit", ""

    def do_GET(self) -> None:
        server = cast("_Server", self.server)
        host = re.sub(r":\d+$", "", self.headers.get("host", "").lower())
        if server.only_ours and host not in _OURS:
            return self._say(421, "text/plain", b"this is not the name of this machine's own address\n")
        match self.path.partition("?")[0]:
            case "/metrics":
                return self._say(200, CONTENT_TYPE, server.exposition.text())
            case "/healthz":
                return self._tell(healthy(server.exposition.seen))
            case "/readyz":
                return self._tell(ready(server.exposition.seen))
            case _:
                return self._say(404, "text/plain", b"/metrics, /healthz, /readyz\n")

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Who asks is nobody's news."""

    def _tell(self, answer: Answer) -> None:
        self._say(200 if answer.yes else 503, "application/json", msgspec.json.encode(answer.facts) + b"\n")

    def _say(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
