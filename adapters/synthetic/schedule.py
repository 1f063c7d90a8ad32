"""What is staged when: one plant after the other, never two at once, drawn from the tape's seed."""

from collections.abc import Iterable

import numpy as np

from adapters.synthetic.chance import Rng, below
from adapters.synthetic.state import (
    ABSORPTION,
    BREAK,
    CONFLUENCE,
    IMBALANCE,
    LOCK,
    NEWS,
    ONE_SIDED,
    PLANT,
    REJECTION,
    SECOND,
    STUFFING,
    SWEEP,
    States,
)

MINUTE = 60 * SECOND
# How often each kind is drawn; how long it may last at most; whether it begins with a bar of so many minutes.
_OFTEN = (
    (ABSORPTION, 26),
    (REJECTION, 22),
    (SWEEP, 22),
    (CONFLUENCE, 14),
    (IMBALANCE, 12),
    (BREAK, 4),
    (STUFFING, 4),
    (LOCK, 3),
    (NEWS, 4),
    (ONE_SIDED, 4),
)
_LASTS = {
    ABSORPTION: 58 * SECOND,
    REJECTION: MINUTE,
    CONFLUENCE: MINUTE,
    IMBALANCE: 5 * MINUTE,
    SWEEP: 260 * SECOND,
    BREAK: 300 * SECOND,
    STUFFING: 3 * SECOND,
    LOCK: 75 * SECOND,
    NEWS: 40 * SECOND,
    ONE_SIDED: 2 * SECOND,
}
_BAR = {REJECTION: MINUTE, CONFLUENCE: MINUTE, IMBALANCE: 5 * MINUTE}
_FIRST_NS, _GAP_LEAST_S, _GAP_MORE_S = 8 * MINUTE, 150, 240


def plant(kind: int, side: int, grade: int, start: int, lasts: int | None = None, retest: int = 0) -> States:
    """One plant: `side` +1 or -1, `grade` 1 weak to 3 strong, from `start` (ns UTC) for at most `lasts` ns.

    `retest` above 0 makes a shape work so many ticks short of the level of the shape before it.
    """
    row = np.zeros(1, PLANT)
    row["kind"], row["side"], row["grade"] = kind, side, grade
    row["retest"] = retest
    row["start"], row["until"] = start, start + (_LASTS[kind] if lasts is None else lasts)
    return row


def joined(plants: Iterable[States]) -> States:
    """Plants in order of start. Raises ValueError when two overlap."""
    rows = np.concatenate([np.zeros(0, PLANT), *plants])
    rows = rows[np.argsort(rows["start"], kind="stable")]
    if np.any(rows["start"][1:] < rows["until"][:-1]):
        raise ValueError("two plants overlap: the market stages one at a time")
    return rows


def drawn(rng: Rng, begin: int, end: int) -> States:
    """About nine plants an hour, in every kind, side and grade, from some minutes after `begin` on."""
    rows: list[States] = []
    at = begin + _FIRST_NS
    while True:
        kind = _kind(rng)
        bar = _BAR.get(kind)
        start = at if bar is None else begin + -(-(at - begin) // bar) * bar
        side, grade = 1 - 2 * below(rng, 2), 1 + below(rng, 3)
        row = plant(kind, side, grade, start)
        if row["until"][0] + 2 * MINUTE > end:
            return joined(rows)
        rows.append(row)
        at = int(row["until"][0]) + (_GAP_LEAST_S + below(rng, _GAP_MORE_S)) * SECOND


def _kind(rng: Rng) -> int:
    at = below(rng, sum(weight for _, weight in _OFTEN))
    for kind, weight in _OFTEN:
        at -= weight
        if at < 0:
            return kind
    raise AssertionError("weights sum to what was drawn from")
