"""A desk that remembers what it was told, commands as somebody signs them, and the two put together."""

import asyncio
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bot.domain.command import Command
from bot.errors import UsageError
from bot.mqtt.commands import Answer, Asked, Commands
from bot.mqtt.judging import Judge
from bot.mqtt.seen import Seen
from bot.mqtt.signing import Said, signed
from bot.mqtt.topics import Topics

PLACE = "paperpit/es"
KEY = b"correct horse battery staple"
NOW = 1_764_194_400_000_000_000
MAX_AGE = 30 * 10**9


@dataclass
class Desk:
    """Does everything that it is told."""

    heard: list[Command] = field(default_factory=list)
    refusals: list[tuple[str, int]] = field(default_factory=list)

    async def tell(self, command: Command) -> Mapping[str, Any]:
        self.heard.append(command)
        if command.strategy == "stuck":
            await asyncio.Event().wait()
        if command.instrument == "XX":
            raise UsageError("the desk does not trade XX", allowed="ES", do="name another")
        if command.verb == "status":
            return {"state": "trading", "account": "DU1234567"}
        return {"result": f"{command.verb} done"}

    def refused(self, way: str, why: str, count: int) -> None:
        assert way == "mqtt"
        self.refusals.append((why, count))


@dataclass
class Line:
    """The commands of one desk; `restarted` is the next process over the same folder."""

    folder: Path
    desk: Desk = field(default_factory=Desk)
    now: int = NOW
    answer_s: float = 20.0

    def __post_init__(self) -> None:
        seen, file = Seen(self.folder / "es.commands"), self.folder / "secret"
        seen.read(self.now)
        file.write_bytes(KEY)
        judge = Judge(PLACE, file, MAX_AGE, seen, lambda: self.now)
        self.commands = Commands(Topics(PLACE), judge, self.desk, self.answer_s)

    def restarted(self) -> "Line":
        return dataclasses.replace(self)

    async def says(self, said: Said, **more: Any) -> dict[str, Any]:
        """The answer to a command as it comes in under its own topic."""
        return await self.hears(msgspec.json.encode(said), said.verb, **more)

    async def hears(self, payload: bytes, verb: str = "pause", *, retained: bool = False) -> dict[str, Any]:
        """The answer to anything."""
        answer = await self.answers(Asked(f"{PLACE}/cmd/{verb}", payload, retained))
        told: dict[str, Any] = msgspec.json.decode(answer.payload)
        return told

    async def answers(self, asked: Asked) -> Answer:
        return await self.commands.answer(asked)


def said(verb: str = "pause", name: str = "n-0000001", *, ts: int = NOW, place: str = PLACE, **more: Any) -> Said:
    """A command, signed for `place`."""
    return signed(KEY, place, Said(v=1, id=name, ts_ns=ts, verb=verb, **more))
