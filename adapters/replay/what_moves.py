"""The stop of a bracket that was never sent, as `[manage]` of its strategy and the news would move it.

As the order manager does it: one change under way at a time, in force when the broker has named it.
"""

from dataclasses import dataclass

import numpy as np

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, Ticks, standing
from bot.domain.moving import Managing, level, managed, mean_entry, nearest, tightened


@dataclass(slots=True)
class Moving:
    """Where the stop stands and what moves it. Prices are ticks."""

    manage: Managing | None
    side: int
    instrument: int
    trigger: int  # in force
    moved: str = ""  # why it is not where it was sent
    asked: tuple[int, str] | None = None  # another trigger that is under way, and why
    tightening: str = ""  # why it is wanted nearer
    best: int = ABSENT  # of all prints since the entry began to fill
    touch: tuple[int, int] = (ABSENT, ABSENT)

    def level(self, paid: int, units: int) -> int | None:
        """The next print that moves it; None when none does, or none can just now."""
        if self.manage is None or self.asked is not None:
            return None
        return level(self.manage, self.side, mean_entry(self.side, paid, units), self.trigger)

    def see(self, ticks: Ticks) -> None:
        """Rows that came while the position was held."""
        mine = (ticks["instrument"] == self.instrument) & (ticks["kind"] == PRINT)
        prices = ticks["price"][mine & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0)]
        if len(prices):
            self.reach(int(self.side * np.max(self.side * prices)))
        if (tick := standing(ticks, self.instrument, len(ticks))) is not None:
            self.touch = int(tick["bid"]), int(tick["ask"])

    def reach(self, price: int) -> None:
        """A print, or a fill."""
        if self.best == ABSENT or self.side * (price - self.best) > 0:
            self.best = price

    def ask(self, paid: int, units: int) -> int | None:
        """The trigger that is to be asked for now; None where it stays."""
        if self.asked is not None:
            return None
        entry, found = mean_entry(self.side, paid, units), []
        if self.tightening and (price := tightened(self.side, entry, self.touch)) is not None:
            found.append((price, self.tightening))
        if self.manage is not None and self.best != ABSENT:
            found += managed(self.manage, self.side, entry, self.best)
        self.tightening = ""
        self.asked = nearest(found, self.side, self.trigger)
        return self.asked[0] if self.asked else None

    def named(self, trigger: int) -> None:
        """The broker has named what was asked for."""
        if self.asked is not None:
            self.moved, self.asked = self.asked[1], None
        self.trigger = trigger
