"""Sending a notice: to a program on its standard input, to a webhook as JSON. Never through a shell."""

import asyncio
import http.client
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from bot.config.services import NotifySettings, webhook_url
from bot.log import hide, scrub, without_secrets
from bot.notify.notice import Notice

VERSION = 1
"""Of the JSON that a webhook gets."""
PROGRAM_S = 10.0
WEBHOOK_S = 10.0
TRIES, BETWEEN_S = 3, 1.0
SECRET_LEAST = 6
"""Parts of a webhook's path that are shorter are in every word."""
HEADERS = {"Content-Type": "application/json", "User-Agent": "paperpit"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a notice."""

    arrived: bool
    """Whether any way of calling did."""
    why: str
    """Why one did not; empty when all did."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where notices go."""

    desk: str
    command: tuple[str, ...] = ()
    webhook: str = ""
    webhook_file: Path | None = None
    """Read for each notice: an address may be changed while the desk runs."""
    program_s: float = PROGRAM_S
    webhook_s: float = WEBHOOK_S
    between_s: float = BETWEEN_S

    @classmethod
    def of(cls, settings: NotifySettings, desk: str, folder: Path) -> "Sender":
        """By the settings; the path of a file is relative to `folder`."""
        file = folder / Path(settings.webhook_file).expanduser() if settings.webhook_file else None
        return cls(desk, settings.command, settings.webhook or "", file)

    async def send(self, notice: Notice) -> Sent:
        """Send it each way that is set, without secrets and whole account ids, with three tries where it is needed."""
        notice = structs.replace(notice, title=scrub(notice.title), text=scrub(notice.text))
        ways = [*([self._run] if self.command else []), *([self._post] if self.webhook or self.webhook_file else [])]
        whys = [await self._tried(way, notice) for way in ways]
        return Sent("" in whys, without_secrets("; ".join(why for why in whys if why)))

    async def _tried(self, way: Callable[[Notice], Awaitable[str]], notice: Notice) -> str:
        why = await way(notice)
        for attempt in range(TRIES - 1):
            if not why:
                break
            await asyncio.sleep(self.between_s * 2**attempt)
            why = await way(notice)
        return why

    async def _run(self, notice: Notice) -> str:
        name = self.command[0]
        try:
            running = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            return f"{name} cannot be started: {error.strerror or error}"
        text = f"paperpit {self.desk}: {notice.title}\n\n{notice.text}\n"
        try:
            async with asyncio.timeout(self.program_s):
                await running.communicate(text.encode())
        except TimeoutError:
            return f"{name} took longer than {self.program_s:g} s"
        finally:
            if running.returncode is None:
                with suppress(ProcessLookupError):  # it has just ended
                    os.killpg(running.pid, signal.SIGKILL)
                await running.wait()
        return f"{name} ended with {running.returncode}" if running.returncode else ""

    async def _post(self, notice: Notice) -> str:
        body = msgspec.json.encode({"v": VERSION, "desk": self.desk, **msgspec.to_builtins(notice)})
        try:
            asked = urllib.request.Request(self._address(), body, HEADERS, method="POST")
        except OSError as error:
            return f"{self.webhook_file} cannot be read: {error.strerror}"
        except ValueError as error:
            return f"{self.webhook_file} holds no address of a webhook: {error}"
        try:
            async with asyncio.timeout(1.5 * self.webhook_s):
                return await _in_a_thread(lambda: _posted(asked, self.webhook_s))
        except TimeoutError:
            return f"the webhook took longer than {self.webhook_s:g} s"

    def _address(self) -> str:
        """Where to post. Raises OSError, ValueError."""
        webhook = self.webhook
        if self.webhook_file is not None:
            webhook = webhook_url(self.webhook_file.read_text(encoding="utf-8").strip())
        _hide(webhook)
        return webhook


def _posted(asked: urllib.request.Request, seconds: float) -> str:
    """Why it was not taken, or an empty text."""
    try:
        with urllib.request.urlopen(asked, timeout=seconds):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return f"the webhook answered {error.code}"
    except (OSError, http.client.HTTPException) as error:
        return f"the webhook cannot be reached: {getattr(error, 'reason', error)}"


def _hide(webhook: str) -> None:
    """Who knows a webhook's path may post there: it is shown nowhere."""
    parts = urlsplit(webhook)
    for secret in (parts.path.strip("/"), *parts.path.split("/"), parts.query):
        if len(secret) >= SECRET_LEAST:
            hide(secret)
    hide(webhook)


async def _in_a_thread(work: Callable[[], str]) -> str:
    """In a thread that holds up nobody's end: a server may keep it for as long as it likes."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def told(text: str) -> None:
        if not answer.done():
            answer.set_result(text)

    def run() -> None:
        text = work()
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(told, text)

    threading.Thread(target=run, name="webhook", daemon=True).start()
    return await answer
