"""What is staged when: one plant after the other, never two at once, drawn from the tape's seed.

Short ones come about nine an hour. Long ones (an accumulation, a trend of half an hour and more) take their place
first, at most one in four and a half hours of a tape that is long enough; the short ones fill what is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from adapters.synthetic.agents.accumulator import LEAVES_NS
from adapters.synthetic.chance import Rng, below
from adapters.synthetic.kinds import DECOYS, PATTERNS
from adapters.synthetic.state import (
    ABSORPTION,
    ACCUMULATION,
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
    RANGE,
    REJECTION,
    RUN,
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
    (STUFFING, 3),
    (LOCK, 2),
    (NEWS, 3),
    (ONE_SIDED, 3),
    (HALTED, 2),
    (BLOCK, 3),
    (DISORDER, 3),
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
    BLOCK: 45 * SECOND,
    DISORDER: 20 * SECOND,
    RUN: 40 * MINUTE,
    RANGE: 105 * MINUTE,
}
# By grade 1, 2, 3 (index 0 is not used).
_HALT_S, _RANGE_MINUTES = (0, 90, 150, 240), (0, 90, 105, 120)
_BAR = {REJECTION: MINUTE, CONFLUENCE: MINUTE, IMBALANCE: 5 * MINUTE}
_SLOW = (ABSORPTION, REJECTION, CONFLUENCE)
_LONG = ((ACCUMULATION, 3), (RANGE, 1), (RUN, 1))
_FIRST_NS, _GAP_LEAST_S, _GAP_MORE_S = 8 * MINUTE, 150, 240
_LONG_FIRST_NS, _LONG_GAP_NS, _BLOCK_NS, _PACKED_NS = 30 * MINUTE, 10 * MINUTE, 270 * MINUTE, 185 * MINUTE


@dataclass(frozen=True, slots=True)
class Menu:
    """What may be drawn, and for bars of how many minutes patterns are made. Ranges need bars longer than a minute,
    unless they are all that is wished for.
    """

    patterns: frozenset[int] = frozenset(PATTERNS.values())
    decoys: frozenset[int] = frozenset(DECOYS.values())
    slow: int = 1

    def weights(self) -> list[tuple[int, int]]:
        """(kind, how often) of the short ones."""
        return [(kind, often) for kind, often in _OFTEN if kind in self.patterns | self.decoys]

    def long(self) -> list[tuple[int, int]]:
        """(kind, how often) of the long ones; kind 0 stands for none of them."""
        wished = self.patterns | self.decoys
        only = not self.weights()
        kinds = [(kind, often) for kind, often in _LONG if kind in wished and (self.slow > 1 or only or kind == RUN)]
        return kinds if only or self.slow > 1 or not kinds else [*kinds, (0, 2)]


def plant(
    kind: int, side: int, grade: int, start: int, lasts: int | None = None, retest: int = 0, slow: int = 1
) -> States:
    """One plant: `side` +1 or -1, `grade` 1 weak to 3 strong, from `start` (ns UTC) for at most `lasts` ns.

    `retest` above 0 makes a shape work so many ticks short of the level of the shape before it; `slow` is the minutes
    of the bar that a shape is made for.
    """
    row = np.zeros(1, PLANT)
    row["kind"], row["side"], row["grade"] = kind, side, grade
    row["retest"] = retest
    row["start"], row["until"] = start, start + (_lasts(kind, grade, slow) if lasts is None else lasts)
    return row


def _lasts(kind: int, grade: int, slow: int) -> int:
    if kind == ACCUMULATION:
        return _RANGE_MINUTES[grade] * MINUTE + LEAVES_NS
    if kind == HALTED:
        return _HALT_S[grade] * SECOND
    return _LASTS[kind] * (slow if kind in _SLOW else 1)


def joined(plants: Iterable[States]) -> States:
    """Plants in order of start. Raises ValueError when two overlap."""
    rows = np.concatenate([np.zeros(0, PLANT), *plants])
    rows = rows[np.argsort(rows["start"], kind="stable")]
    if np.any(rows["start"][1:] < rows["until"][:-1]):
        raise ValueError("two plants overlap: the market stages one at a time")
    return rows


def drawn(rng: Rng, begin: int, end: int, menu: Menu | None = None) -> States:
    """Plants of the menu (default: all of it) in every side and grade, from some minutes after `begin` on."""
    menu = menu or Menu()
    rows: list[States] = []
    at = begin + _FIRST_NS
    for long in [*_long_ones(rng, begin, end, menu), None]:
        until = end - 2 * MINUTE if long is None else int(long["start"][0]) - _LONG_GAP_NS
        rows += _short_ones(rng, begin, at, until, menu)
        if long is not None:
            rows.append(long)
            at = int(long["until"][0]) + _LONG_GAP_NS
    return joined(rows)


def _long_ones(rng: Rng, begin: int, end: int, menu: Menu) -> list[States]:
    kinds = menu.long()
    if not kinds:
        return []
    block = _BLOCK_NS if menu.weights() else _PACKED_NS
    pieces = max(1, (end - begin) // block)
    rows = []
    for number in range(pieces):
        first = begin + (end - begin) * number // pieces + _LONG_FIRST_NS
        last = begin + (end - begin) * (number + 1) // pieces - 5 * MINUTE
        kind, side, grade = _pick(rng, kinds), 1 - 2 * below(rng, 2), 1 + below(rng, 3)
        where = below(rng, 1_000)
        room = last - first - (_lasts(kind, grade, menu.slow) if kind else 0)
        if kind and room > 0:
            rows.append(plant(kind, side, grade, (first + room * where // 1_000) // SECOND * SECOND))
    return rows


def _short_ones(rng: Rng, begin: int, at: int, end: int, menu: Menu) -> list[States]:
    rows: list[States] = []
    weights = menu.weights()
    while weights:
        kind = _pick(rng, weights)
        bar = _BAR.get(kind, 0) * (menu.slow if kind in _SLOW else 1)
        if kind == IMBALANCE and below(rng, 2):
            bar = 0  # nobody waits for a clock: every other one is off the grid of bars
        start = begin + -(-(at - begin) // bar) * bar if bar else at
        side, grade = 1 - 2 * below(rng, 2), 1 + below(rng, 3)
        row = plant(kind, side, grade, start, slow=menu.slow)
        if row["until"][0] > end:
            break
        rows.append(row)
        at = int(row["until"][0]) + (_GAP_LEAST_S + below(rng, _GAP_MORE_S)) * SECOND
    return rows


def _pick(rng: Rng, weights: list[tuple[int, int]]) -> int:
    at = below(rng, sum(weight for _, weight in weights))
    for kind, weight in weights:
        at -= weight
        if at < 0:
            return kind
    raise AssertionError("weights sum to what was drawn from")
