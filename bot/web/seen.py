"""Everything that was seen and judged, in narrow columns: what `/signals` is filtered, counted and paged by.

One row of SEEN is a signal, or a proposal without one (a strategy may act on a bar alone). One row of JUDGED is what
the gate said of it to one strategy, by one rule: a refusal for three reasons has three. Whole rows are looked up by
`seq`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bot.journal.narrow import JudgedRow, SeenRow, judged_after, seen_after
from bot.journal.reading import Reader

OUTCOMES = ("unused", "blocked", "approved")
"""By their code: of two strategies' answers the higher one holds."""
NO_SIGNAL = "none"
"""The kind of what was proposed without a signal."""
NO_RULE = -1
SEEN = np.dtype(
    [
        ("seq", "i8"),
        ("ts", "i8"),
        ("run", "i4"),
        ("instrument", "i2"),
        ("kind", "i2"),
        ("timeframe", "i2"),
        ("side", "i1"),
        ("outcome", "i1"),
        ("alone", "?"),  # a decision without a signal: `seq` is the decision's
    ]
)
JUDGED = np.dtype([("seq", "i8"), ("at", "i4"), ("strategy", "i2"), ("rule", "i2")])
"""`at` is the row of SEEN, `rule` is NO_RULE where it was approved."""
AT_ONCE = 50_000
Rows = NDArray[Any]


class Words(dict[str, int]):
    """Texts that come again and again, as numbers: a new one gets the next."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self)
        return self[word]

    @property
    def known(self) -> list[str]:
        """The words in order of their numbers."""
        return list(self)

    def codes(self, words: Iterable[str]) -> Rows:
        """The numbers of many."""
        return np.fromiter(map(self.__getitem__, words), np.int64)


class Growing:
    """Rows that only ever get more. What was taken as `rows` stays as it is when more come."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._room: Rows = np.empty(1024, dtype)
        self._count = 0

    @property
    def rows(self) -> Rows:
        """Those that are there."""
        return self._room[: self._count]

    def add(self, more: Rows) -> None:
        """Put rows at the end."""
        needed = self._count + len(more)
        if needed > len(self._room):
            wider = np.empty(max(needed, len(self._room) * 3 // 2), self._room.dtype)
            wider[: self._count] = self.rows
            self._room = wider
        self._room[self._count : needed] = more
        self._count = needed


@dataclass
class Seen:
    """The columns, and the words that stand in them as numbers."""

    runs: Words = field(default_factory=Words)
    instruments: Words = field(default_factory=Words)
    kinds: Words = field(default_factory=Words)
    timeframes: Words = field(default_factory=Words)
    strategies: Words = field(default_factory=Words)
    rules: Words = field(default_factory=Words)
    _seen: Growing = field(default_factory=lambda: Growing(SEEN))
    _judged: Growing = field(default_factory=lambda: Growing(JUDGED))

    @property
    def rows(self) -> Rows:
        """SEEN rows in order of `seq`."""
        return self._seen.rows

    @property
    def judged(self) -> Rows:
        """JUDGED rows in order of `seq`."""
        return self._judged.rows

    def move_on(self, reader: Reader, seq: int) -> None:
        """Take in what came after `seq`."""
        judged = list(judged_after(reader, seq))
        alone = self._columns([_alone(row) for row in judged if row.signal_seq is None])
        alone["alone"] = True
        signals = seen_after(reader, seq)
        while some := list(islice(signals, AT_ONCE)):
            before = alone["seq"] < some[-1].seq
            self._add(self._columns(some), alone[before])
            alone = alone[~before]
        self._add(alone)
        self._judge(judged)

    def _add(self, *parts: Rows) -> None:
        rows = np.concatenate(parts)
        self._seen.add(rows[np.argsort(rows["seq"])])

    def _columns(self, found: Sequence[SeenRow]) -> Rows:
        rows = np.zeros(len(found), SEEN)
        if found:
            seq, ts, runs, instruments, kinds, timeframes, sides = zip(*found, strict=True)
            rows["seq"], rows["ts"], rows["side"] = seq, ts, sides
            rows["run"], rows["instrument"] = self.runs.codes(runs), self.instruments.codes(instruments)
            rows["kind"], rows["timeframe"] = self.kinds.codes(kinds), self.timeframes.codes(timeframes)
        return rows

    def _judge(self, judged: Sequence[JudgedRow]) -> None:
        subjects = [row.seq if row.signal_seq is None else row.signal_seq for row in judged]
        at = np.searchsorted(self.rows["seq"], np.array(subjects, np.int64))
        made = []
        for place, row in zip(at.tolist(), judged, strict=True):
            rules = [self.rules[rule] for rule in _rules(row.reasons)] if row.verdict == "blocked" else []
            made += [(row.seq, place, self.strategies[row.strategy], rule) for rule in rules or [NO_RULE]]
        outcomes = np.array([1 if row.verdict == "blocked" else 2 for row in judged], np.int8)
        np.maximum.at(self.rows["outcome"], at, outcomes)
        self._judged.add(np.array(made, JUDGED))


def _alone(row: JudgedRow) -> SeenRow:
    return SeenRow(row.seq, row.ts, row.run, row.instrument, NO_SIGNAL, "", row.side)


class _Reason(msgspec.Struct):
    rule: str


_reasons = msgspec.json.Decoder(list[_Reason]).decode


def _rules(reasons: str) -> list[str]:
    return list(dict.fromkeys(one.rule for one in _reasons(reasons)))
