"""Time bars with all that §5 asks of them, from prints alone (§1)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.domain.market import Ticks

SECOND = 1_000_000_000
GRACE_NS = SECOND // 4


@dataclass(frozen=True)
class Bar:
    """A closed bar that is not empty. `prints` are its own."""

    start: int
    end: int
    known: int
    prints: Ticks
    first: bool
    """Whether it is the day's first."""

    @property
    def open(self) -> int:
        return int(self.prints["price"][0])

    @property
    def close(self) -> int:
        return int(self.prints["price"][-1])

    @property
    def low(self) -> int:
        return int(self.prints["price"].min())

    @property
    def high(self) -> int:
        return int(self.prints["price"].max())

    @property
    def volume(self) -> int:
        return int(self.prints["size"].sum())


def bars_of(prints: Ticks, open_ns: int, bar_s: int) -> list[Bar]:
    """The closed bars of a day: one that no later print ends is left out."""
    width = bar_s * SECOND
    number = (prints["ts"] - open_ns) // width
    starts = np.flatnonzero(np.diff(number, prepend=number[0] - 1)) if len(prints) else np.zeros(0, int)
    found = []
    for at, until in pairwise(starts):
        start = open_ns + int(number[at]) * width
        known = min(int(prints["ts"][until]), start + width + GRACE_NS)
        found.append(Bar(start, start + width, known, prints[at:until], bool(number[at] <= 0)))
    return found
