"""Which plants a tape gets and when: as often as the acceptance tapes of signals §13 have them, never two at once."""

import numpy as np

from tests.second_market.state import (
    ABSORPTION,
    BLOCK,
    BREAK,
    CONFLUENCE,
    DISORDER,
    HALTED,
    IMBALANCE,
    LOCK,
    NEWS,
    ONE_SIDED,
    PLANT,
    REJECTION,
    STUFFING,
    SWEEP,
    TREND,
    Rows,
)

SECOND = 1_000_000_000
OFTEN = {
    ABSORPTION: 22, REJECTION: 18, CONFLUENCE: 7, SWEEP: 20, IMBALANCE: 9,
    BREAK: 5, LOCK: 2, STUFFING: 3, NEWS: 3, ONE_SIDED: 2, HALTED: 1, BLOCK: 3, TREND: 1, DISORDER: 3,
}  # fmt: skip
LASTS = {LOCK: (45, 120), STUFFING: (3, 6), NEWS: (30, 50), ONE_SIDED: (2, 5), HALTED: (60, 180), BLOCK: (1, 2),
         TREND: (1_800, 2_100), DISORDER: (1, 2), IMBALANCE: (300, 301), SWEEP: (180, 240),
         BREAK: (240, 300)}  # fmt: skip
"""Seconds, from and to."""
FIRST_S, GAP_S = 420, (90, 330)


def drawn(rng: np.random.Generator, begin: int, end: int, bar_s: float, kinds: tuple[int, ...] = tuple(OFTEN)) -> Rows:
    """Plants between `begin` and `end` (ns UTC), by start."""
    weights = np.array([OFTEN[kind] for kind in kinds], float)
    rows: list[Rows] = []
    at = begin + FIRST_S * SECOND + int(bar_s * 3 * SECOND) * (bar_s > 60)
    while True:
        kind = int(rng.choice(kinds, p=weights / weights.sum()))
        row = np.zeros(1, PLANT)
        row["kind"], row["side"], row["grade"] = kind, rng.choice((-1, 1)), rng.integers(1, 4)
        row["mode"] = rng.random()
        start = at
        if kind in (REJECTION, CONFLUENCE):
            start = (
                _next(at - begin, bar_s)
                + begin
                + int(rng.uniform(0.03, 0.35 if kind == REJECTION else 0.1) * bar_s * SECOND)
            )
        elif kind == IMBALANCE and rng.random() < 0.5:
            start = _next(at - begin, 300.0) + begin
        shape = int((1.7 if kind == ABSORPTION else 1.1) * bar_s)
        low, high = LASTS.get(kind, (shape, shape + 60))
        row["start"], row["until"] = start, start + int(rng.integers(low, high)) * SECOND
        at = int(row["until"][0]) + int(rng.uniform(*GAP_S)) * SECOND
        if row["until"][0] + 180 * SECOND > end:
            return np.concatenate([np.zeros(0, PLANT), *rows])
        rows.append(row)


def _next(since: int, bar_s: float) -> int:
    bar = int(bar_s * SECOND)
    return -(-since // bar) * bar
