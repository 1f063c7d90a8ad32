"""When statistics begin anew: at a session's open, and once more at its regular open (ruling 1)."""

import numpy as np

from bot.domain.market import Days
from bot.kernel import part

NEVER = int(np.iinfo(np.int64).max)


@part
def day_of(days: Days, ts: int) -> int:
    """Index of the last day that opened at or before `ts`; 0 before the first."""
    low, high = 0, days.shape[0]
    while high - low > 1:
        middle = (low + high) // 2
        if days[middle].open <= ts:
            low = middle
        else:
            high = middle
    return low


@part
def is_open(days: Days, ts: int) -> bool:
    """Whether a session is on."""
    day = days[day_of(days, ts)]
    return bool(day.open <= ts < day.close)


@part
def open_between(days: Days, first: int, last: int) -> int:
    """How much of the time from `first` to `last` lies in sessions, ns."""
    total = 0
    for k in range(day_of(days, first), days.shape[0]):
        if days[k].open >= last:
            break
        total += max(0, min(days[k].close, last) - max(days[k].open, first))
    return total


@part
def epoch(days: Days, ts: int) -> int:
    """When the statistics that hold at `ts` began: the session's open, or its regular open once that has passed."""
    day = days[day_of(days, ts)]
    return int(day.anchor if ts >= day.anchor else day.open)


@part
def next_epoch(days: Days, ts: int) -> int:
    """When they end: the first session open or regular open after `ts`."""
    k = day_of(days, ts)
    if days[k].open > ts:
        return int(days[k].open)
    if days[k].anchor > ts:
        return int(days[k].anchor)
    return int(days[k + 1].open) if k + 1 < days.shape[0] else NEVER
