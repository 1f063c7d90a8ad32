"""Where a stop that moves goes, towards protection only: the arithmetic of whoever moves one, or asks what would be.

    tighten    the entry's price, or one tick behind the touch where the market is not beyond it
    breakeven  entry + breakeven_plus_ticks, once a print was breakeven_after_ticks in favour
    trail      best print − trail_ticks, once it was trail_after_ticks in favour

All in ticks. A print that is off the grid or quarantined moves nothing.
"""

from typing import Protocol

import numpy as np

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, Ticks

_NO_PRINT = OFF_GRID | QUARANTINED


class Managing(Protocol):
    """[manage] of a strategy."""

    @property
    def breakeven_after_ticks(self) -> int | None: ...
    @property
    def breakeven_plus_ticks(self) -> int: ...
    @property
    def trail_after_ticks(self) -> int | None: ...
    @property
    def trail_ticks(self) -> int | None: ...


def mean_entry(side: int, paid: int, units: int) -> int:
    """An entry's average price of Σ price × quantity, ticks, rounded towards protection."""
    return side * -(-side * paid // units)


def tightened(side: int, entry: int, touch: tuple[int, int]) -> int | None:
    """Where a stop goes that is to be tightened; None while nobody knows where the market is."""
    near = touch[0] if side > 0 else touch[1]
    if near == ABSENT:
        return None
    return entry if side * (near - entry) > 0 else near - side


def managed(manage: Managing, side: int, entry: int, best: int) -> list[tuple[int, str]]:
    """Where stops go by `[manage]` when the best print so far was `best`."""
    gained, found = side * (best - entry), []
    if manage.breakeven_after_ticks is not None and gained >= manage.breakeven_after_ticks:
        found.append((entry + side * manage.breakeven_plus_ticks, "breakeven"))
    if manage.trail_ticks is not None and gained >= (manage.trail_after_ticks or 0):
        found.append((best - side * manage.trail_ticks, "trail"))
    return found


def level(manage: Managing, side: int, entry: int, trigger: int) -> int | None:
    """The next print that moves a stop which stands at `trigger`; None when none will."""
    secured, found = side * (trigger - entry), []
    if manage.breakeven_after_ticks is not None and manage.breakeven_plus_ticks > secured:
        found.append(manage.breakeven_after_ticks)
    if manage.trail_ticks is not None:
        found.append(max(manage.trail_after_ticks or 0, secured + manage.trail_ticks + 1))
    return entry + side * min(found) if found else None


def nearest(wanted: list[tuple[int, str]], side: int, trigger: int) -> tuple[int, str] | None:
    """Of these triggers the one that protects most, if it is nearer than the one in force."""
    nearer = [one for one in wanted if side * (one[0] - trigger) > 0]
    return max(nearer, key=lambda one: side * one[0]) if nearer else None


def first_beyond(ticks: Ticks, instrument: int, side: int, price: int) -> int | None:
    """Index of the first print at `price` or further in the side's favour; None without one."""
    printed = (ticks["kind"] == PRINT) & (ticks["instrument"] == instrument) & (ticks["flags"] & _NO_PRINT == 0)
    rows = np.flatnonzero(printed & (side * ticks["price"] >= side * price))
    return int(rows[0]) if len(rows) else None
