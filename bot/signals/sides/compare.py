"""What every rule says of a tape's prints, beside the truth where the tape has it, else beside one another.

Right is a print whose side the rule gives as the exchange gave it; a print that it leaves undecided is not. Prints that
the exchange itself calls neither's (auctions) and prints between two ticks are left out. Bulk volume speaks of bars of
a minute: of each it has right what it puts on the side where it was, Σ min(said, true) / Σ true, and no print.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.domain.market import (
    BUY,
    OFF_GRID,
    PRINT,
    QUARANTINED,
    SELL,
    SIDE_METHODS,
    SIDE_NONE,
    SIDE_TRUE,
    UNKNOWN,
    Ticks,
)
from bot.signals import aggressor
from bot.signals.sides import bulk, emo, lee_ready, memory, newest, tick_rule

MINUTE_NS = 60_000_000_000
TRUTH, BULK = "truth", "bulk"
Fill = Callable[[Ticks, Ticks], None]


def _ours(ticks: Ticks, state: Ticks) -> None:
    aggressor.fill(ticks, np.empty(len(ticks), np.float32), state)


RULES: Mapping[str, tuple[Fill, Callable[[], Ticks]]] = {
    "quote": (_ours, aggressor.fresh),
    "newest": (newest.fill, memory.fresh),
    "emo": (emo.fill, memory.fresh),
    "lee-ready": (lee_ready.fill, memory.fresh),
    "tick": (tick_rule.fill, memory.fresh),
}
"""Rules that judge single prints; `quote` is the one that paperpit goes by."""
_VOICES = (TRUTH, *RULES)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one rule did. Shares are of all prints, or of all volume, that are judged; None = it cannot be said."""

    rule: str
    prints_right: float | None
    volume_right: float | None
    prints_undecided: float | None
    volume_undecided: float
    methods: Mapping[str, int]
    """How many prints each branch of the rule decided."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Which share of the volume two rules put on the same side."""

    rule: str
    other: str
    volume: float


@dataclass(slots=True)
class _Minutes:
    """Bars of a minute: last price, volume, and what each voice says was bought and sold."""

    minute: list[int] = field(default_factory=list)
    close: list[int] = field(default_factory=list)
    bought: list[npt.NDArray[np.int64]] = field(default_factory=list)
    sold: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def add(self, prints: Ticks, sides: npt.NDArray[np.int8]) -> None:
        """Prints in order; `sides` has a row a voice."""
        if not len(prints):
            return
        minutes = prints["ts"] // MINUTE_NS
        starts = np.flatnonzero(np.diff(minutes, prepend=minutes[0] - 1))
        sizes = prints["size"].astype(np.int64)
        bought = np.add.reduceat(np.where(sides == BUY, sizes, 0), starts, axis=1)
        sold = np.add.reduceat(np.where(sides == SELL, sizes, 0), starts, axis=1)
        closes = prints["price"][np.append(starts[1:], len(prints)) - 1]
        for k, start in enumerate(starts):
            if self.minute and self.minute[-1] == minutes[start]:
                self.bought[-1] += bought[:, k]
                self.sold[-1] += sold[:, k]
                self.close[-1] = int(closes[k])
                continue
            self.minute.append(int(minutes[start]))
            self.close.append(int(closes[k]))
            self.bought.append(bought[:, k].copy())
            self.sold.append(sold[:, k].copy())


class Comparison:
    """A fold over a tape's batches: feed it all, then ask."""

    def __init__(self) -> None:
        self._states = [fresh() for _, fresh in RULES.values()]
        self._minutes = _Minutes()
        voices = len(_VOICES)
        self._right = np.zeros((2, voices), np.int64)  # prints, volume
        self._undecided = np.zeros((2, voices), np.int64)
        self._alike = np.zeros((voices, voices), np.int64)  # volume
        self._methods = np.zeros((voices, len(SIDE_METHODS)), np.int64)
        self._volumes = np.zeros(2, np.int64)  # of all prints, of those with a truth
        self.prints = 0
        """Prints that the rules were asked about."""
        self.known = 0
        """Those of them whose true side the tape tells."""
        self.neither = 0
        """Prints that the exchange calls nobody's: left out."""
        self.off_grid = 0
        """Prints between two ticks, or of no size: left out."""

    def read(self, ticks: Ticks) -> None:
        """Take the next rows of the tape."""
        prints = ticks["kind"] == PRINT
        usable = prints & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0)
        self.off_grid += int(prints.sum() - usable.sum())
        told = ticks["side_method"] == SIDE_TRUE
        neither = usable & told & (ticks["side"] == UNKNOWN)
        self.neither += int(neither.sum())
        judged = usable & ~neither
        truth = np.where(told, ticks["side"], UNKNOWN)[judged]
        sides = np.zeros((len(_VOICES), len(truth)), np.int8)
        sides[0] = truth
        for voice, (state, (fill, _)) in enumerate(zip(self._states, RULES.values(), strict=True), 1):
            rows = ticks.copy()
            # What the exchange calls neither's stays so: no rule may learn from an auction that it cannot know of.
            rows["side"][~neither], rows["side_method"][~neither] = UNKNOWN, SIDE_NONE
            fill(rows, state)
            sides[voice] = rows["side"][judged]
            self._methods[voice] += np.bincount(rows["side_method"][judged], minlength=len(SIDE_METHODS))
        self._count(sides, ticks["size"][judged].astype(np.int64))
        self._minutes.add(ticks[judged], sides)

    def _count(self, sides: npt.NDArray[np.int8], sizes: npt.NDArray[np.int64]) -> None:
        known = sides[0] != UNKNOWN
        for measure, weight in enumerate((np.ones_like(sizes), sizes)):
            self._right[measure] += ((sides == sides[0]) & known) @ weight
            self._undecided[measure] += (sides == UNKNOWN) @ weight
        for voice in range(len(_VOICES)):
            self._alike[voice] += ((sides == sides[voice]) & (sides != UNKNOWN)) @ sizes
        self.prints += len(sizes)
        self.known += int(known.sum())
        self._volumes += np.array([sizes.sum(), sizes[known].sum()])

    def verdicts(self) -> list[Verdict]:
        """How each rule did, the tape's own first."""
        found = [self._verdict(voice) for voice in range(1, len(_VOICES))]
        right = self._bulk_alike(0) if self.known else None
        return [*found, Verdict(BULK, None, right, None, 0.0, {})]

    def _verdict(self, voice: int) -> Verdict:
        right, undecided, known = self._right[:, voice], self._undecided[:, voice], self.known
        methods = {SIDE_METHODS[at]: int(count) for at, count in enumerate(self._methods[voice]) if count}
        return Verdict(
            _VOICES[voice],
            _share(right[0], known) if known else None,
            _share(right[1], self._volumes[1]) if known else None,
            _share(undecided[0], self.prints),
            _share(undecided[1], self._volumes[0]),
            methods,
        )

    def agreements(self) -> list[Agreement]:
        """How far every two rules agree, undecided prints counted as disagreement."""
        return list(self._agreements())

    def _agreements(self) -> Iterator[Agreement]:
        for one in range(1, len(_VOICES)):
            for other in range(one + 1, len(_VOICES)):
                share = _share(self._alike[one, other], self._volumes[0])
                yield Agreement(_VOICES[one], _VOICES[other], share)
            yield Agreement(_VOICES[one], BULK, self._bulk_alike(one))

    def _bulk_alike(self, voice: int) -> float:
        """Share of a voice's volume that bulk volume puts on the same side."""
        minutes = self._minutes
        if not minutes.minute:
            return 0.0
        shares = bulk.bought(np.array(minutes.close, np.int64))
        bought, sold = np.array(minutes.bought)[:, voice], np.array(minutes.sold)[:, voice]
        said = shares * (bought + sold)
        alike = np.minimum(said, bought) + np.minimum(bought + sold - said, sold)
        return _share(alike.sum(), (bought + sold).sum())


def _share(part: Any, whole: Any) -> float:
    return float(part / whole) if whole else 0.0
