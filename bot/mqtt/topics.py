"""The names under which a desk speaks, all of them below its own, and the one way in which it writes."""

from dataclasses import dataclass
from typing import Any

import msgspec

from bot.log import scrub

VERSION = 1
"""Of every payload's schema, its key `v`. Keys may be added, never renamed or dropped without another number."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one desk."""

    root: str
    """The prefix of the settings and the desk's name."""

    @property
    def status(self) -> str:
        """What the desk is doing; the last will as well."""
        return f"{self.root}/status"

    @property
    def day(self) -> str:
        """What the trading day has come to."""
        return f"{self.root}/day"

    @property
    def next_blackout(self) -> str:
        """The next window in which no entry is sent."""
        return f"{self.root}/next_blackout"

    @property
    def health(self) -> str:
        """How the process is."""
        return f"{self.root}/health"

    @property
    def reply(self) -> str:
        """Answers to commands that did not say where they want one."""
        return f"{self.root}/reply"

    @property
    def commands(self) -> str:
        """What is listened to: the verb is the last part."""
        return f"{self.root}/cmd/+"

    def command(self, verb: str) -> str:
        """Where one command is said."""
        return f"{self.root}/cmd/{verb}"

    def position(self, instrument: str) -> str:
        """What is held of an instrument."""
        return f"{self.root}/position/{instrument}"

    def event(self, kind: str) -> str:
        """What happened, a topic a kind."""
        return f"{self.root}/event/{kind}"


_encode = msgspec.json.Encoder(order="sorted").encode


def payload(**facts: Any) -> bytes:
    """Facts as JSON, with the schema's version; without secrets, and account ids shortened."""
    return scrub(_encode({"v": VERSION, **facts}).decode()).encode()
