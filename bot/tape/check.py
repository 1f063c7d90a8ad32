"""What is wrong with a tape: what makes a replay dishonest is an error, what it must live with a warning.

    errors    time_backwards, bad_price (none), bad_size (negative or none), off_grid (a future), unreadable, altered
    warnings  crossed, locked, one_sided, zero_quote, outside_quote, zero_size, off_grid (a stock), duplicate, gap

Quotes are judged on quote rows; on print rows only when a tape has no others. A gap is time in session without a row,
longer than 30 s and than 20 times the median distance of two rows. Streamed: memory is flat in the tape's length.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bot.domain.market import (
    ABSENT,
    BUY,
    OFF_GRID,
    PRINT,
    QUARANTINED,
    QUOTE,
    SELL,
    SIDE_METHODS,
    STATUS,
    TICK,
    Days,
    Ticks,
)
from bot.errors import DataDamaged
from bot.tape.facts import ContentHash, Remainder, joined
from bot.tape.grid import Int64
from bot.tape.reader import TapeReader

GAP_NS = 30 * 1_000_000_000
GAP_MEDIANS = 20

Severity = Literal["error", "warning"]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of fault, how often it occurs, and the first row (from 0) where it does."""

    kind: str
    count: int
    first_row: int
    severity: Severity


@dataclass(frozen=True, slots=True)
class _View:
    """Some rows, the row before each of them, and which are to be judged as quotes."""

    rows: Ticks
    before: Ticks
    remainder: Remainder
    repeated: Mask
    """Same remainder as the row before; false for a row that has none before it."""
    prints: Mask
    quoted: Mask

    @classmethod
    def of(cls, rows: Ticks, remainder: Remainder, last: tuple[Ticks, Remainder] | None, *, quotes: bool) -> "_View":
        # A first row is compared with itself, which breaks no rule but that of duplicates.
        previous, rest = last or (rows[:1], remainder[:1])
        repeated = remainder == np.concatenate([rest, remainder[:-1]])
        repeated[0] &= last is not None
        prints = rows["kind"] == PRINT
        quoted = rows["kind"] == QUOTE if quotes else prints
        return cls(rows, joined([previous, rows[:-1]]), remainder, repeated, prints, quoted)

    @property
    def both(self) -> Mask:
        """Rows whose quote has both sides."""
        both: Mask = self.quoted & (self.rows["bid"] != ABSENT) & (self.rows["ask"] != ABSENT)
        return both


Rule = tuple[str, Severity, Callable[[_View], Mask]]


def _unreadable(view: _View) -> Mask:
    rows = view.rows
    known = np.isin(rows["kind"], (PRINT, QUOTE, STATUS)) & np.isin(rows["side"], (BUY, SELL, 0))
    unreadable: Mask = ~(known & (rows["side_method"] < len(SIDE_METHODS)))
    return unreadable


def _one_sided(view: _View) -> Mask:
    bid, ask = view.rows["bid"] == ABSENT, view.rows["ask"] == ABSENT
    # A print row without any quote belongs to a tape without quotes: nothing is missing there.
    one_sided: Mask = view.quoted & np.where(view.prints, bid ^ ask, bid | ask)
    return one_sided


def _outside(view: _View) -> Mask:
    rows = view.rows
    quoted = (rows["bid"] != ABSENT) & (rows["ask"] != ABSENT) & (rows["bid"] <= rows["ask"])
    # An off-grid price lies above its tick, so at the ask's tick it is outside as well.
    above = (rows["price"] > rows["ask"]) | ((rows["price"] == rows["ask"]) & (view.remainder > 0))
    outside: Mask = view.prints & quoted & (rows["price"] != ABSENT) & (above | (rows["price"] < rows["bid"]))
    return outside


def _duplicate(view: _View) -> Mask:
    same = view.repeated
    for name in TICK.names or ():
        same = same & (view.rows[name] == view.before[name])
    return same


def _off_grid(view: _View, *, future: bool) -> Mask:
    rows = view.rows
    # A stock's print is quarantined for its size only, never for its price.
    bad = view.prints & (rows["size"] <= 0)
    off: Mask = (rows["flags"] & OFF_GRID) > 0
    found: Mask = off & ((((rows["flags"] & QUARANTINED) > 0) & ~bad) == future)
    return found


RULES: tuple[Rule, ...] = (
    ("unreadable", "error", _unreadable),
    ("time_backwards", "error", lambda view: view.rows["ts"] < view.before["ts"]),
    ("bad_price", "error", lambda view: view.prints & (view.rows["price"] == ABSENT)),
    ("bad_size", "error", lambda view: view.prints & (view.rows["size"] < 0)),
    ("off_grid", "error", lambda view: _off_grid(view, future=True)),
    ("off_grid", "warning", lambda view: _off_grid(view, future=False)),
    ("zero_size", "warning", lambda view: view.prints & (view.rows["size"] == 0)),
    ("crossed", "warning", lambda view: view.both & (view.rows["bid"] > view.rows["ask"])),
    ("locked", "warning", lambda view: view.both & (view.rows["bid"] == view.rows["ask"])),
    ("one_sided", "warning", _one_sided),
    ("zero_quote", "warning", lambda view: view.quoted & ((view.rows["bid"] == 0) | (view.rows["ask"] == 0))),
    ("outside_quote", "warning", _outside),
    ("duplicate", "warning", _duplicate),
)


class _Gaps:
    """Distances between rows: a histogram for their median, and every long one."""

    def __init__(self, days: Days | None) -> None:
        self._days = days
        # Eight bins an octave: the median is known within 9 %, whatever the tape's length.
        self._bins = np.zeros(8 * 64, np.int64)
        self._rows: list[Int64] = []
        self._spans: list[Int64] = []

    def add(self, before: Int64, after: Int64, first_row: int) -> None:
        distance = after - before
        steps = np.log2(np.maximum(distance, 1)) * 8
        self._bins += np.bincount(steps.astype(np.int64), minlength=len(self._bins))
        long = np.flatnonzero(distance > GAP_NS)
        spans = self._open_time(after[long]) - self._open_time(before[long])
        self._rows.append(first_row + long)
        self._spans.append(spans)

    def report(self, findings: "_Findings") -> None:
        if not self._rows:
            return
        rows, spans = np.concatenate(self._rows), np.concatenate(self._spans)
        half = int(np.searchsorted(np.cumsum(self._bins), self._bins.sum() / 2))
        limit = max(GAP_NS, GAP_MEDIANS * 2 ** (half / 8))
        found = rows[spans > limit]
        if len(found):
            findings.note("gap", "warning", len(found), int(found[0]))

    def _open_time(self, ts: Int64) -> Int64:
        """Session time in ns that has passed until each stamp; wall time where sessions are not known."""
        if self._days is None or not len(self._days):
            return ts
        lengths = self._days["close"] - self._days["open"]
        whole = np.concatenate([[0], np.cumsum(lengths)])
        day = np.searchsorted(self._days["open"], ts, side="right") - 1
        within = np.minimum(ts - self._days["open"][day], lengths[day])
        passed: Int64 = np.where(day < 0, 0, whole[day] + within)
        return passed


class _Findings:
    """Problems by kind and severity, folded over the tape."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Severity], Problem] = {}

    def note(self, kind: str, severity: Severity, count: int, first_row: int) -> None:
        known = self._found.get((kind, severity))
        if known:
            count, first_row = count + known.count, known.first_row
        self._found[kind, severity] = Problem(kind, count, first_row, severity)

    def judge(self, view: _View, start: int) -> None:
        for kind, severity, rule in RULES:
            mask = rule(view)
            if mask.any():
                self.note(kind, severity, int(mask.sum()), start + int(mask.argmax()))

    def sorted(self) -> list[Problem]:
        return sorted(self._found.values(), key=lambda problem: (problem.severity != "error", problem.first_row))


def check_tape(
    reader: TapeReader, days: Days | None = None, advance: Callable[[int], None] = lambda by: None
) -> list[Problem]:
    """Every problem of the tape, errors first, then in the order of their first row.

    `days` are the exchange's sessions around the tape; without them a gap is wall time. `advance` hears of rows read.
    """
    facts, gaps, findings = reader.facts, _Gaps(days), _Findings()
    content = ContentHash(facts.contract, facts.tick)
    last: tuple[Ticks, Remainder] | None = None
    start, whole = 0, True
    for index in range(reader.groups):
        length = reader.group_rows(index)
        try:
            rows, remainder = reader.block(index)
        except DataDamaged:
            findings.note("unreadable", "error", length, start)
            last, whole = None, False
        else:
            content.update(rows, remainder)
            view = _View.of(rows, remainder, last, quotes=facts.quotes > 0)
            findings.judge(view, start)
            gaps.add(view.before["ts"], rows["ts"], start)
            last = rows[-1:], remainder[-1:]
        start += length
        advance(length)
    if whole and content.hexdigest() != facts.hash:
        findings.note("altered", "error", 1, 0)
    gaps.report(findings)
    return findings.sorted()
