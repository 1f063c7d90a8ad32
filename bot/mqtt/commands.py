"""Commands through the broker: judged, told to the desk like those of the command line, and answered.

    <prefix>/<desk>/cmd/<verb>      what is listened to
    <prefix>/<desk>/reply           answers to whoever gave no response topic

A refused one changes nothing. It is answered, and written down once a minute a reason with how many there were.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec
from aiomqtt import Client, Message

from bot.clock import WallClock
from bot.config.services import MqttCommandSettings
from bot.domain.command import Command
from bot.errors import PaperpitError, Unreachable, UsageError
from bot.log import scrub
from bot.mqtt.connection import Ear, say
from bot.mqtt.judging import Judge, Refused
from bot.mqtt.seen import Seen
from bot.mqtt.topics import VERSION, Topics

WAY = "mqtt"
"""By which commands come, in the journal."""
WINDOW_S = 60.0
"""One row a reason in so long."""
ANSWER_S = 10.0
"""So long the desk has to do it before that is said; the next one waits behind it."""

_log = logging.getLogger("paperpit.mqtt")


class Handler(Protocol):
    """Who is told: the daemon."""

    def tell(self, command: Command) -> Awaitable[Mapping[str, Any]]:
        """Do it and say what came of it. Raises PaperpitError for what cannot be done."""

    def refused(self, way: str, why: str, count: int) -> None:
        """So many that came by some `way` were no commands, for this reason."""


@asynccontextmanager
async def ears(
    settings: MqttCommandSettings, topics: Topics, desk: Handler, memory: Path
) -> AsyncIterator[tuple[Ear, ...]]:
    """Who listens to commands while the block lasts: nobody, where they are not enabled.

    `memory` is the file of what was taken. Raises Unreachable when it cannot be read: then nobody listens at all.
    """
    if not settings.enabled or settings.secret_file is None:
        yield ()
        return
    seen = Seen(memory)
    try:
        await asyncio.to_thread(seen.read, WallClock().now_ns())
    except OSError as error:
        raise Unreachable(f"the memory of commands cannot be used: {error}", where=str(memory)) from error
    judge = Judge(topics.root, Path(settings.secret_file), settings.max_age, seen, WallClock().now_ns)
    commands = Commands(topics, judge, desk)
    try:
        yield (Ear(topics.commands, commands.hear),)
    finally:
        commands.end()


@dataclass(frozen=True, slots=True)
class Asked:
    """What came in, as the broker gave it."""

    topic: str
    payload: bytes
    retained: bool
    reply_to: str = ""
    """MQTT 5's response topic; empty: none was given."""
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out."""

    topic: str
    payload: bytes
    correlation: bytes | None


class Commands:
    """Takes and answers the commands for one desk, one after the other."""

    def __init__(self, topics: Topics, judge: Judge, desk: Handler, answer_s: float = ANSWER_S) -> None:
        self._topics, self._judge, self._desk, self._answer_s = topics, judge, desk, answer_s
        self._refusals = Refusals(partial(desk.refused, WAY))

    async def hear(self, client: Client, message: Message) -> None:
        """One message of the broker's, answered. Raises MqttError."""
        if message.retain and not message.payload:
            return  # MQTT's way to take away what the broker has kept
        answer = await self.answer(_asked(message))
        more: dict[str, Any] = {} if answer.correlation is None else {"CorrelationData": answer.correlation}
        await say(client, answer.topic, answer.payload, **more)

    async def answer(self, asked: Asked) -> Answer:
        """What is to be said about one, after it was done."""
        verb = asked.topic.rpartition("/")[2]
        try:
            judge = partial(self._judge.command, verb, asked.payload, retained=asked.retained)
            command = await asyncio.to_thread(judge)
            said = {"ok": True, "verb": command.verb, **_told(command, await self._done(command))}
        except PaperpitError as error:
            code = _code(error)
            if isinstance(error, Refused):
                cause = error.__cause__  # for whoever runs the desk, not for whoever asked
                self._refusals.note(code, f"{error.what}: {cause}" if cause else error.what)
            said = {"ok": False, "code": code, "message": error.what, "allowed": error.allowed, "do": error.do}
        text = scrub(msgspec.json.encode({"v": VERSION, **said}).decode())
        return Answer(self._reply_topic(asked.reply_to), text.encode(), asked.correlation)

    async def _done(self, command: Command) -> Mapping[str, Any]:
        """Have it done. A desk that cannot come to it does it later all the same, but the next one need not wait."""
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._desk.tell(command)
        except TimeoutError:
            what = f"the desk has not come to it in {self._answer_s:g} s; it does it as soon as it moves"
            raise Unreachable(what, do="paperpit mqtt send status") from None

    def end(self) -> None:
        """Write down what was counted and not told yet."""
        self._refusals.end()

    def _reply_topic(self, wanted: str) -> str:
        """Where the answer goes: nobody makes the desk speak under another of its own topics."""
        own, root = self._topics.reply, self._topics.root
        is_a_name = wanted and not set("+#\0") & set(wanted) and not wanted.startswith("$")
        is_ours = wanted.startswith(f"{root}/") and wanted != own and not wanted.startswith(f"{own}/")
        return wanted if is_a_name and not is_ours else own


class Refusals:
    """Counts what was refused; `write(why, count)` gets the first of each reason at once, the others by the minute."""

    def __init__(self, write: Callable[[str, int], None], window_s: float = WINDOW_S) -> None:
        self._write, self._window = write, window_s
        self._more: dict[str, int] = {}  # code → how many since the row before
        self._newest: dict[str, str] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def note(self, code: str, why: str) -> None:
        """One more."""
        self._newest[code] = f"{code}: {why}"
        if code in self._timers:
            self._more[code] = self._more.get(code, 0) + 1
        else:
            self._begin(code, 1)

    def end(self) -> None:
        """Tell what has been counted, and wait for nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for code, count in self._more.items():
            self._tell(code, count)
        self._more.clear()

    def _tell(self, code: str, count: int) -> None:
        _log.warning("refused a command (%d): %s", count, self._newest[code])
        self._write(self._newest[code], count)

    def _begin(self, code: str, count: int) -> None:
        """Tell it, and from now on count for a while."""
        self._tell(code, count)
        self._timers[code] = asyncio.get_running_loop().call_later(self._window, self._over, code)

    def _over(self, code: str) -> None:
        del self._timers[code]
        if count := self._more.pop(code, 0):
            self._begin(code, count)


def _asked(message: Message) -> Asked:
    properties = message.properties
    return Asked(
        str(message.topic),
        message.payload if isinstance(message.payload, bytes) else b"",
        message.retain,
        getattr(properties, "ResponseTopic", ""),
        getattr(properties, "CorrelationData", None),
    )


def _told(command: Command, told: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"status": told} if command.verb == "status" else told


def _code(error: PaperpitError) -> str:
    if isinstance(error, Refused):
        return error.code
    return "usage" if isinstance(error, UsageError) else "unreachable" if isinstance(error, Unreachable) else "failed"
