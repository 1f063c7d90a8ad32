"""Liquidity zones: prices at which much was traded, where a move is likely to find the other side.

Definition
    A volume profile per tick: the day so far plus half of the regular hours before, optionally smoothed by a triangle
    of ±2 ticks. A zone is a local maximum of at least 1.5 × the mean of the ticks that were traded, standing out by at
    least 20 % of the profile's maximum; of peaks within 3 ticks the largest counts. The next zone is the first at a
    distance of at least `min_target` ticks from a price, in the direction of the signal.
Source
    Specification of signals §9; ruling 1. Levels of a stop map and resting size are no part of it yet.
"""

import numpy as np

from bot.domain.market import ABSENT, Days, Ticks
from bot.kernel import Row, part
from bot.signals.epochs import day_of, epoch

SIZE = 1 << 14
MERGED_TICKS = 3
PEAK, PROMINENCE = 1.5, 0.2
STATE = np.dtype(
    [
        ("epoch", "i8"),
        ("regular", "u1"),  # the running profile began with the regular hours
        ("low", "i8"),
        ("high", "i8"),
        ("price", "i4", (SIZE,)),
        ("now", "f8", (SIZE,)),
        ("before", "f8", (SIZE,)),
    ],
    align=True,
)


@part
def begin(s: Row, days: Days, ts: int) -> None:
    """Start a new profile if the day or its regular hours have begun; keep half of the regular hours that ended."""
    begun = epoch(days, ts)
    if begun == s.epoch:
        return
    for k in range(SIZE):
        if s.regular:
            s.before[k] = s.now[k]
        s.now[k] = 0.0
    s.epoch = begun
    s.regular = 1 if begun == days[day_of(days, ts)].anchor else 0


@part
def add(s: Row, bar: Row, cells: Ticks) -> None:
    """Pour a closed bar into the profile."""
    if bar.open == ABSENT:
        return
    if s.high < s.low:
        s.low, s.high = bar.low, bar.high
    s.low, s.high = min(s.low, bar.low), max(s.high, bar.high)
    # Prices further apart than the ring is long share a slot: the older one is given up.
    s.low, s.high = max(s.low, bar.high - SIZE + 1), min(s.high, bar.low + SIZE - 1)
    for k in range(bar.cells_from, bar.cells_to):
        c = cells[k]
        slot = c.price & (SIZE - 1)
        if s.price[slot] != c.price:
            s.price[slot], s.now[slot], s.before[slot] = c.price, 0.0, 0.0
        s.now[slot] += c.buy + c.sell + c.unknown


@part
def raw(s: Row, price: int) -> float:
    """The profile at a price."""
    slot = price & (SIZE - 1)
    return s.now[slot] + 0.5 * s.before[slot] if s.price[slot] == price else 0.0


@part
def volume(s: Row, price: int, smooth: bool) -> float:
    """The profile at a price, smoothed if asked for."""
    if not smooth:
        return raw(s, price)
    near = raw(s, price - 1) + raw(s, price + 1)
    return (3.0 * raw(s, price) + 2.0 * near + raw(s, price - 2) + raw(s, price + 2)) / 9.0


@part
def key_col(s: Row, price: int, step: int, smooth: bool, peak: float) -> float:
    """The lowest volume on the way from a peak to higher ground; 0 when there is none."""
    lowest = peak
    p = price + step
    while s.low - 2 <= p <= s.high + 2:
        v = volume(s, p, smooth)
        if v > peak:
            return lowest
        lowest = min(lowest, v)
        p += step
    return 0.0


@part
def is_zone(s: Row, price: int, smooth: bool, mean: float, largest: float) -> bool:
    """Whether a price is a zone."""
    v = volume(s, price, smooth)
    if v < PEAK * mean or v <= 0.0:
        return False
    for d in range(1, MERGED_TICKS + 1):
        if volume(s, price - d, smooth) > v or volume(s, price + d, smooth) > v:
            return False
    col = max(key_col(s, price, 1, smooth, v), key_col(s, price, -1, smooth, v))
    return v - col >= PROMINENCE * largest


@part
def next_zone(s: Row, side: int, start: int, min_target: int, smooth: bool) -> int:
    """The first zone at least `min_target` ticks from `start` in direction `side`; ABSENT when there is none."""
    total, ticks, largest = 0.0, 0, 0.0
    for p in range(s.low, s.high + 1):
        v = raw(s, p)
        if v > 0.0:
            total, ticks = total + v, ticks + 1
        largest = max(largest, volume(s, p, smooth))
    if ticks == 0:
        return ABSENT
    p = start + side * min_target
    while s.low <= p <= s.high or (p < s.low and side > 0) or (p > s.high and side < 0):
        if is_zone(s, p, smooth, total / ticks, largest):
            return p
        p += side
    return ABSENT
