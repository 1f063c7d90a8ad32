"""What is said to a person, and the troubles that it is said about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from bot.config.services import Notice as About
from bot.journal.values import new_york

SECOND_NS = 1_000_000_000
GRAVE: frozenset[About] = frozenset({"naked", "kill", "loss-limit"})
"""What is said first, and for which a part of an hour's calls is kept."""
State = Literal["begun", "lasts", "over", "digest", "together", "test"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now. Times are ns UTC."""

    about: About
    key: str
    """What makes it the same trouble however its words change."""
    what: str
    do: str
    since_ns: int = 0
    """Since when, where that is known; 0: since it was seen first."""
    patience_ns: int = 0
    """It is worth a call when it has lasted for so long."""


class Notice(msgspec.Struct, frozen=True):
    """One thing to say."""

    about: str
    key: str
    state: State
    title: str
    """One line."""
    text: str
    """All of it, for a person."""
    ts_ns: int

    @property
    def grave(self) -> bool:
        """Whether it goes before others. That something is over can wait."""
        return self.about in GRAVE and self.state != "over"


def begun(trouble: Trouble, since_ns: int, now_ns: int, *, again: bool = False) -> Notice:
    """Something is wrong, or is so still."""
    still = "still: " if again else ""
    told = [trouble.what, f"since: {moment(since_ns)}", f"do:    {trouble.do}"]
    title = f"{still}{trouble.what}"
    return Notice(trouble.about, trouble.key, "lasts" if again else "begun", title, "\n".join(told), now_ns)


def over(about: str, key: str, what: str, since_ns: int, now_ns: int) -> Notice:
    """It is not wrong any more."""
    text = f"over: {what}\nfrom:  {moment(since_ns)}\nto:    {moment(now_ns)}"
    return Notice(about, key, "over", f"over: {what}", text, now_ns)


def digest(run: str, lines: Sequence[str], now_ns: int) -> Notice:
    """What the day came to; the first line is the title."""
    return Notice("digest", run, "digest", lines[0], "\n".join(lines), now_ns)


def no_run(opened_ns: int, closed_ns: int, reasons: Sequence[str]) -> list[str]:
    """The lines of a day on which no desk stood."""
    return [
        "the day: nothing was traded, no desk stood",
        f"from       {moment(opened_ns)} to {moment(closed_ns)}",
        *(f"not right  {why}" for why in reasons),
    ]


def together(notices: Sequence[Notice], more: int, now_ns: int, most: int = 20) -> Notice:
    """Several that would be too many one by one, and `more` that are only counted."""
    told = notices[:most]
    rest = len(notices) + more - len(told)
    if not told:
        title = f"{more} notices were too many to be told"
        return Notice("together", f"together-{now_ns}", "together", title, title, now_ns)
    title = f"{told[0].title} (and {len(notices) + more - 1} more)"
    lines = ["more than are called for in an hour:", *(f"{moment(one.ts_ns)}  {one.title}" for one in told)]
    text = "\n".join([*lines, *([f"and {rest} more"] if rest else [])])
    return Notice("together", f"together-{now_ns}", "together", title, text, now_ns)


def trial(now_ns: int) -> Notice:
    """A try."""
    text = f"a test: notices of this desk arrive here\nsent:  {moment(now_ns)}"
    return Notice("test", "test", "test", "a test: notices of this desk arrive here", text, now_ns)


def moment(ns: int) -> str:
    """2026-09-16 13:26:03 ET."""
    return f"{new_york(ns):%Y-%m-%d %H:%M:%S} ET"
