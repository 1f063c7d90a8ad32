"""Rows at which every detector has to stop, forget or go on: the one list that they all read.

Definition
    RESET    a session opens, or the regular hours do: statistics of the day begin anew.
    HALTED   trading stopped (a status row, or silence for longer than is natural); RESUMED when it goes on.
    FROZEN   one side of the book has been empty too long; THAWED when both sides have stood long enough.
    An edge at row r takes effect before row r is read.
Source
    Specification of signals §0 (trading day), §4 (levels die), §11 (G4, G6); ruling 1.
"""

import numpy as np

from bot.domain.market import Days, Ticks
from bot.kernel import kernel

RESET, HALTED, RESUMED, FROZEN, THAWED = 1, 2, 3, 4, 5
EDGES_MAX = 64
RESETS_MAX, HALTS_MAX, FREEZES_MAX = 16, 40, 62
"""How full the list may be for each maker of edges; one that would make more ends the slice early."""

EDGE = np.dtype([("row", "i8"), ("what", "i8")], align=True)
EDGES = np.dtype([("count", "i8"), ("next_reset", "i8"), ("edge", EDGE, (EDGES_MAX,))], align=True)


@kernel
def add(edges: np.void, row: int, what: int) -> None:
    """Put an edge in, after those of the same row."""
    k = edges.count
    while k > 0 and edges.edge[k - 1].row > row:
        edges.edge[k].row, edges.edge[k].what = edges.edge[k - 1].row, edges.edge[k - 1].what
        k -= 1
    edges.edge[k].row, edges.edge[k].what = row, what
    edges.count += 1


@kernel
def drop(edges: np.void, row: int) -> None:
    """Forget the edges before `row`."""
    gone = first(edges, row)
    for k in range(gone, edges.count):
        edges.edge[k - gone].row, edges.edge[k - gone].what = edges.edge[k].row, edges.edge[k].what
    edges.count -= gone


@kernel
def first(edges: np.void, row: int) -> int:
    """Index of the first edge at or after `row`."""
    k = 0
    while k < edges.count and edges.edge[k].row < row:
        k += 1
    return k


@kernel
def row_at(ticks: Ticks, ts: int, start: int, stop: int) -> int:
    """The first row in `[start, stop)` with a stamp at or after `ts`, else `stop`."""
    while start < stop:
        middle = (start + stop) // 2
        if ticks[middle].ts < ts:
            start = middle + 1
        else:
            stop = middle
    return start


@kernel
def next_reset(days: Days, ts: int) -> int:
    """The first session open or regular open after `ts`; the end of time when there is none."""
    after = np.iinfo(np.int64).max
    for k in range(days.shape[0] - 1, -1, -1):
        if days[k].anchor > ts:
            after = days[k].anchor
        if days[k].open > ts:
            after = days[k].open
        if days[k].open <= ts and days[k].anchor <= ts:
            break
    return after


@kernel
def resets(ticks: Ticks, start: int, stop: int, days: Days, edges: np.void) -> int:
    """Add the RESET edges of a slice; return where it has to end."""
    if edges.next_reset == 0:
        # The first row of a tape begins a day for everybody.
        add(edges, start, RESET)
        edges.next_reset = next_reset(days, ticks[start].ts)
    while ticks[stop - 1].ts >= edges.next_reset:
        row = row_at(ticks, edges.next_reset, start, stop)
        if edges.count >= RESETS_MAX:
            return row
        add(edges, row, RESET)
        edges.next_reset = next_reset(days, ticks[row].ts)
    return stop


@kernel
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


@kernel
def day_open(days: Days, ts: int) -> int:
    """When the session that holds `ts` opened."""
    return days[day_of(days, ts)].open


@kernel
def epoch(days: Days, ts: int) -> int:
    """When the statistics that hold at `ts` began: the session's open, or its regular open once that has passed."""
    day = days[day_of(days, ts)]
    return day.anchor if ts >= day.anchor else day.open
