"""§7 as it was measured in §13: sweep and reclaim of minor round numbers and half-hour extremes, without S*."""

import math
from typing import Any

import numpy as np

from bot.domain.market import ABSENT, PRINT, STATUS, Ticks
from bot.kernel import kernel, part
from tests.reference.seen import Seen

SECOND = 1_000_000_000
# pen_min, pen_max, t_reclaim s, hold s, b*, grid of minor rounds
SETTINGS = {
    "ES": (2, 14, 75.0, 1.0, 3.8, 20),
    "NQ": (8, 65, 75.0, 1.0, 3.0, 100),
    "TSLA": (6, 51, 75.0, 1.0, 3.8, 100),
    "SPY": (2, 17, 75.0, 1.0, 3.8, 100),
    "AAPL": (3, 24, 75.0, 1.0, 3.8, 100),
    "CL": (2, 19, 75.0, 1.0, 3.8, 50),
    "GC": (2, 20, 75.0, 1.0, 3.8, 50),
}
SLOW = (900.0, 5.0, 5.0)
"""t_reclaim, hold and b* with bars of a quarter of an hour (CL, GC)."""
MACHINES, MINUTES, MINUTES_MIN, MINUTE = 8, 30, 15, 60 * SECOND
MACHINE = np.dtype([("on", "u1"), ("level", "i8"), ("since", "i8"), ("extreme", "i8"), ("burst", "f8"), ("back", "i8")])
FOUND = np.dtype([("side", "i8"), ("ts", "i8"), ("price", "i8"), ("burst", "f8")])


def sweeps(ticks: Ticks, product: str, *, slow: bool = False) -> list[Seen]:
    """Levels that were broken in a burst and taken back at once; `slow` for bars of a quarter of an hour."""
    pen_min, pen_max, reclaim_s, hold_s, burst_min, grid = SETTINGS[product]
    if slow:
        reclaim_s, hold_s, burst_min = SLOW
    out = np.zeros(10_000, FOUND)
    settings = np.array([float(pen_min), float(pen_max), reclaim_s, hold_s, burst_min, float(grid)])
    count = _sweeps(ticks, settings, np.zeros((2, MACHINES), MACHINE), out)
    return [
        Seen("sweep", int(one["side"]), int(one["ts"]), int(one["ts"]), int(one["price"]), float(one["burst"]))
        for one in out[:count]
    ]


@part
def _held(t: Any, k: int, machines: Any, settings: Any, out: Any, found: int) -> int:
    """Machines whose time is up, and those whose reclaim has held; how many detections there are."""
    reclaim, hold, sign = int(settings[2] * 1e9), int(settings[3] * 1e9), 1 - 2 * k
    for m in range(MACHINES):
        one = machines[k, m]
        if not one.on:
            continue
        late = t.ts - one.since > reclaim + hold or (one.back == 0 and t.ts - one.since > reclaim)
        if t.kind == STATUS or late:
            one.on = 0
        elif one.back > 0 and t.ts - one.back >= hold and not (t.kind == PRINT and sign * t.price < one.level):
            one.on = 0
            pen = one.level - one.extreme
            if settings[0] <= pen <= settings[1] and one.burst >= settings[4] and found < out.shape[0]:
                row = out[found]
                row.side, row.ts, row.price, row.burst = sign, t.ts, sign * one.level, one.burst
                found += 1
    return found


@part
def _advanced(p: int, ts: int, rate: float, machines: Any, pen_max: float) -> None:
    """A print at `p` (in the eyes of the side): how far beyond its level each machine has been, and whether back."""
    for m in range(MACHINES):
        one = machines[m]
        if not one.on:
            continue
        one.burst = max(one.burst, rate)
        if p < one.level:
            one.extreme, one.back = min(one.extreme, p), 0
            if one.level - p > pen_max:
                one.on = 0
        elif one.back == 0:
            one.back = ts


@part
def _breached(level: int, p: int, ts: int, rate: float, machines: Any) -> None:
    """A level is broken: a free machine watches it, unless one does already."""
    for m in range(MACHINES):
        if machines[m].on and machines[m].level == level:
            return
    for m in range(MACHINES):
        one = machines[m]
        if not one.on:
            one.on, one.level, one.since, one.extreme = 1, level, ts, p
            one.burst, one.back = rate, 0
            return


@part
def _fell(was: int, p: int, ts: int, rate: float, grid: int, lowest: int, machines: Any) -> None:
    """Price fell from `was` to `p`: the round numbers between break, and so does the half hour's extreme."""
    x = was // grid * grid
    while x > p:
        _breached(x, p, ts, rate, machines)
        x -= grid
    if p < lowest <= was:
        _breached(lowest, p, ts, rate, machines)


@kernel
def _sweeps(ticks: Any, settings: Any, machines: Any, out: Any) -> int:
    quick, slow = np.zeros(2), np.zeros(2)
    lows, low = np.zeros((2, MINUTES), np.int64), np.zeros(2, np.int64)  # of minutes, in the eyes of either side
    minutes = minute = last_ts = found = 0
    before = ABSENT
    for i in range(ticks.shape[0]):
        t = ticks[i]
        for k in range(2):
            found = _held(t, k, machines, settings, out, found)
        if t.kind != PRINT:
            continue
        if t.ts // MINUTE != minute:
            for k in range(2):
                lows[k, minutes % MINUTES] = low[k]
                low[k] = (1 - 2 * k) * t.price
            minutes += 1 if minute > 0 else 0
            minute = t.ts // MINUTE
        fast, calm = math.exp(-(t.ts - last_ts) / 2e9), math.exp(-(t.ts - last_ts) / 300e9)
        last_ts = t.ts
        for k in range(2):
            mine = t.size if t.side == 2 * k - 1 else 0
            quick[k], slow[k] = quick[k] * fast + mine / 2.0, slow[k] * calm + mine / 300.0
        for k in range(2):
            p, was = (1 - 2 * k) * t.price, (1 - 2 * k) * before
            rate = quick[k] / slow[k] if slow[k] > 0.0 else 0.0
            _advanced(p, t.ts, rate, machines[k], settings[1])
            lowest = was + 1
            for j in range(min(minutes, MINUTES) if minutes >= MINUTES_MIN else 0):
                lowest = min(lowest, lows[k, j])
            if before != ABSENT and p < was:
                _fell(was, p, t.ts, rate, int(settings[5]), lowest, machines[k])
            low[k] = min(low[k], p)
        before = t.price
    return found
