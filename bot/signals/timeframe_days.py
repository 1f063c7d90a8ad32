"""Measures a tape day by day for the choice of a bar length: spread, depth, print rate, bars of every length.

A fold over batches, in numpy: prints go into slots of six seconds (a tenth of the shortest bar) of the day's hours, the
standing quote into two histograms weighted by how long it stood. At the day's end bars of every length are cut from the
slots, from the hours' beginning on; only whole ones that the tape covers count.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, STATUS, Days, Ticks
from bot.signals.timeframe import LENGTHS, DayFacts, Length

SLOT_NS = 6_000_000_000
HOUR_NS = 3_600_000_000_000
_TENTHS = 10
_FAR = np.iinfo(np.int64).max
_COVERED_NS = 60_000_000_000
"""A tape that begins or ends within a minute of the hours is taken to begin or end with them."""


@dataclass(slots=True)
class _Day:
    """The slots and histograms of one day's hours."""

    date: int
    begin: int
    end: int
    first: int = _FAR  # stamps of the first and last row seen within
    last: int = 0
    high: Any = field(init=False)
    low: Any = field(init=False)
    prints: Any = field(init=False)
    spreads: Counter[int] = field(default_factory=Counter)  # ticks → ns
    depths: Counter[int] = field(default_factory=Counter)  # sum of both sizes → ns

    def __post_init__(self) -> None:
        slots = max(1, (self.end - self.begin) // SLOT_NS)
        self.high, self.low = np.full(slots, -_FAR), np.full(slots, _FAR)
        self.prints = np.zeros(slots, np.int64)


class Measure:
    """Feed it a tape's batches, then ask for its days: their regular hours, or with `whole_session` all of them."""

    def __init__(self, days: Days, *, whole_session: bool = False) -> None:
        begin, end = ("open", "close") if whole_session else ("anchor", "anchor_close")
        self._begins, self._ends, self._dates = days[begin], days[end], days["date"]
        self._days: dict[int, _Day] = {}
        self._newest = 0
        self._quote: tuple[int, int, int] | None = None  # since, spread, both sizes
        self.first_ns, self.last_ns = _FAR, 0

    def read(self, ticks: Ticks) -> None:
        """Take the next rows of the tape. Stamps that go back are taken for the newest one."""
        if not len(ticks):
            return
        stamps = np.maximum(np.maximum.accumulate(ticks["ts"]), self._newest)
        self._newest = int(stamps[-1])
        self.first_ns, self.last_ns = min(self.first_ns, int(stamps[0])), self._newest
        flagged = (ticks["flags"] & (OFF_GRID | QUARANTINED)) > 0
        self._quotes(ticks, stamps, (ticks["kind"] != STATUS) & ~flagged)
        where = np.searchsorted(self._begins, stamps, side="right") - 1
        inside = (where >= 0) & (stamps < self._ends[where])
        prints = inside & (ticks["kind"] == PRINT) & ~flagged & (ticks["price"] != ABSENT)
        for index in np.unique(where[inside]):
            rows = np.flatnonzero(inside & (where == index))
            day = self._day(int(index))
            day.first, day.last = min(day.first, int(stamps[rows[0]])), int(stamps[rows[-1]])
            mine = np.flatnonzero(prints & (where == index))
            if len(mine):
                _fill(day, stamps[mine], ticks["price"][mine].astype(np.int64))

    def facts(self) -> list[DayFacts]:
        """The days in which anything printed, ascending."""
        return [
            self._facts(day) for _, day in sorted(self._days.items()) if day.prints.any() and day.end > self.first_ns
        ]

    def _day(self, index: int) -> _Day:
        if index not in self._days:
            begin, end = int(self._begins[index]), int(self._ends[index])
            self._days[index] = _Day(int(self._dates[index]), begin, end)
        return self._days[index]

    def _quotes(self, ticks: Ticks, stamps: npt.NDArray[np.int64], usable: npt.NDArray[np.bool_]) -> None:
        """Let every standing quote count for the time until the next one, in the day in which it stood."""
        bid, ask = ticks["bid"].astype(np.int64), ticks["ask"].astype(np.int64)
        whole = (bid != ABSENT) & (ask != ABSENT) & (ask > bid)
        rows = np.flatnonzero(usable & (whole | (bid != ABSENT) | (ask != ABSENT)))
        spread = np.where(whole, ask - bid, -1)[rows]
        depth = (ticks["bid_size"].astype(np.int64) + ticks["ask_size"])[rows]
        since = stamps[rows]
        if self._quote is not None:
            since = np.concatenate([[self._quote[0]], since])
            spread = np.concatenate([[self._quote[1]], spread])
            depth = np.concatenate([[self._quote[2]], depth])
        if not len(since):
            return
        until = np.append(since[1:], self._newest)
        self._quote = (self._newest, int(spread[-1]), int(depth[-1]))
        self._stand(since, until, spread, depth)

    def _stand(self, since: Any, until: Any, spread: Any, depth: Any) -> None:
        first = max(0, int(np.searchsorted(self._begins, since[0], side="right")) - 1)
        last = int(np.searchsorted(self._begins, until[-1], side="right"))
        for index in range(first, last):
            inner = np.minimum(until, self._ends[index]) - np.maximum(since, self._begins[index])
            counted = (inner > 0) & (spread > 0)
            if counted.any():
                day = self._day(index)
                _weigh(day.spreads, spread[counted], inner[counted])
                _weigh(day.depths, depth[counted], inner[counted])

    def _facts(self, day: _Day) -> DayFacts:
        # What lies before the tape's first row and after its last one says nothing: it was not recorded.
        begin = day.begin if self.first_ns - day.begin <= _COVERED_NS else self.first_ns
        end = day.end if day.end - self.last_ns <= _COVERED_NS else self.last_ns
        whole = (begin, end) == (day.begin, day.end)
        depth = _median(day.depths)
        return DayFacts(
            date=day.date,
            whole=whole,
            spread_ticks=_median(day.spreads),
            depth=None if depth is None else depth / 2,
            prints_per_hour=float(day.prints.sum() * HOUR_NS / max(end - begin, SLOT_NS)),
            lengths=dict(_lengths(day, begin, end, whole)),
        )


def _fill(day: _Day, stamps: npt.NDArray[np.int64], prices: npt.NDArray[np.int64]) -> None:
    """Put prints, in order of time, into their slots; what is left over after the last whole slot goes with it."""
    slots = np.minimum((stamps - day.begin) // SLOT_NS, len(day.prints) - 1)
    starts = np.flatnonzero(np.diff(slots, prepend=-1))
    at = slots[starts]
    day.high[at] = np.maximum(day.high[at], np.maximum.reduceat(prices, starts))
    day.low[at] = np.minimum(day.low[at], np.minimum.reduceat(prices, starts))
    day.prints[at] += np.diff(np.append(starts, len(slots)))


def _lengths(day: _Day, begin: int, end: int, whole: bool) -> Iterator[tuple[int, Length]]:
    """The whole bars of each length between two stamps; the day's own bar when it is whole."""
    from_slot, to_slot = -(-(begin - day.begin) // SLOT_NS), (end - day.begin) // SLOT_NS
    for length in LENGTHS[:-1]:
        step = length // SLOT_NS
        first, last = -(-from_slot // step), to_slot // step
        if last > first:
            yield length, _bars(day, first * step, last - first, step)
    if whole:
        slots = len(day.prints) // _TENTHS * _TENTHS
        yield LENGTHS[-1], _bars(day, 0, 1, slots)


def _bars(day: _Day, start: int, bars: int, step: int) -> Length:
    cut = slice(start, start + bars * step)
    high, low = (side[cut].reshape(bars, step) for side in (day.high, day.low))
    prints = day.prints[cut].reshape(bars, step)
    traded = prints.sum(axis=1) > 0
    ranges = np.where(traded, high.max(axis=1) - low.min(axis=1), 0)
    tenths = prints.reshape(bars * _TENTHS, step // _TENTHS).sum(axis=1)
    empty = float((tenths == 0).mean())
    return Length(bars, float(np.median(ranges)), float(np.median(prints.sum(axis=1))), empty)


def _weigh(into: Counter[int], values: npt.NDArray[np.int64], weights: npt.NDArray[np.int64]) -> None:
    distinct, where = np.unique(values, return_inverse=True)
    total = np.zeros(len(distinct), np.int64)
    np.add.at(total, where, weights)
    into.update(dict(zip(distinct.tolist(), total.tolist(), strict=True)))


def _median(weights: Mapping[int, int]) -> float | None:
    """The value below and above which half of the time lies."""
    total, passed = sum(weights.values()), 0
    for value in sorted(weights):
        passed += weights[value]
        if 2 * passed >= total:
            return float(value)
    return None
