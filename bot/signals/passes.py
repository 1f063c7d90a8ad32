"""Two compiled walks: over the rows of a batch for all that reads ticks, over the bars that closed for the rest.

One call of each serves every shipped detector, so that a batch of one row costs one call. Rows are read in slices that
stay in the cache: first the makers of edges, then bars, absorption and the other guards, each its own loop over the slice.
A scan that runs out of room says so; the engine makes room and calls again, and everything goes on where it stood.
"""

import numpy as np

from bot.domain.market import ABSENT, Days, Events, Ticks
from bot.kernel import kernel
from bot.signals import (
    absorption,
    absorption_rejection,
    bars,
    event,
    guard_halt,
    guard_one_sided,
    imbalance,
    rejection,
)
from bot.signals.bars import DONE
from bot.signals.edges import EDGES, drop, resets
from bot.signals.footprint import BAR

SLICE = 4096
FRAMES_MAX = 8
SHORT = 3
"""Why a walk came back, besides bars' DONE, FULL and GROW: the buffer of events is too short."""
NEVER = int(np.iinfo(np.int64).max)

WORLD = np.dtype(
    [
        ("row", "i8"),  # the slice that is being read
        ("stop", "i8"),
        ("found", "i8"),  # events in the buffer
        ("bars_reached", "i8"),
        ("edges", EDGES),
        ("bars", bars.STATE),
        ("frames", BAR, (FRAMES_MAX,)),
        ("halt", guard_halt.STATE),
        ("one_sided", guard_one_sided.STATE),
    ],
    align=True,
)


@kernel
def begin(w: np.void, absorptions: Ticks) -> None:
    """A new batch: rows count from 0 again."""
    w.bars_reached = w.halt.reached = w.one_sided.reached = 0
    w.edges.count = 0
    for k in range(absorptions.shape[0]):
        absorptions[k].reached = 0


@kernel
def cut(ticks: Ticks, days: Days, w: np.void, out: Events) -> int:
    """Find the edges of the slice, and how long it can be. DONE or SHORT."""
    if w.stop <= w.row:
        drop(w.edges, w.row)
        w.stop = resets(ticks, w.row, min(w.row + SLICE, ticks.shape[0]), days, w.edges)
    w.found = guard_halt.scan(ticks, w.stop, days, w.edges, w.halt, out, w.found)
    w.found = guard_one_sided.scan(ticks, min(w.stop, w.halt.reached), w.edges, w.one_sided, out, w.found)
    reached = min(w.stop, w.halt.reached, w.one_sided.reached)
    if reached == w.row:
        return SHORT
    w.stop = reached
    return DONE


@kernel
def read(
    ticks: Ticks,
    sure: Ticks,
    until: int,
    days: Days,
    world: Ticks,
    absorptions: Ticks,
    ladders: Ticks,
    closed: Ticks,
    cells: Ticks,
    out: Events,
) -> int:
    """Read a batch from where the world stands, then the silence after it. DONE, or what it is short of."""
    w = world[0]
    n = ticks.shape[0]
    if w.row == 0 and w.stop == 0:
        begin(w, absorptions)
    while w.row < n:
        code = cut(ticks, days, w, out)
        if code != DONE:
            return code
        if w.bars_reached < w.stop:
            w.bars_reached, code = bars.scan(
                ticks, sure, w.bars_reached, w.stop, days, w.edges, w.bars, w.frames, ladders, closed, cells
            )
            if code != DONE:
                return code
        for k in range(absorptions.shape[0]):
            a = absorptions[k]
            if a.reached < w.stop:
                w.found, a.reached = absorption.scan(ticks, sure, a.reached, w.stop, days, w.edges, a, out, w.found)
                if a.reached < w.stop:
                    return SHORT
        w.row = w.stop
    if w.found + 8 > out.shape[0]:
        return SHORT
    code = bars.silence(until, n, days, w.bars, w.frames, ladders, closed, cells)
    if code != DONE:
        return code
    w.found = guard_halt.silence(until, n, days, w.halt, out, w.found)
    w.found = guard_one_sided.silence(until, n, w.one_sided, out, w.found)
    w.row = w.stop = 0
    return DONE


BAR_EVIDENCE = (
    "open", "high", "low", "close", "volume", "delta", "buy", "sell", "unknown", "delta_min", "delta_max", "poc",
    "prints", "partial", "halted", "locked", "empty", "opening", "start",
)  # fmt: skip


@kernel
def tell(bar: np.void, source: np.void, e: np.void) -> None:
    """A closed bar as an EVENT."""
    volume = bar.buy + bar.sell + bar.unknown
    event.when(e, bar.end, bar.known, bar.row, bar.before)
    event.head(e, source, source.kind, 0, bar.close, volume)
    v = e.evidence
    v[4], v[5], v[6], v[7], v[8] = volume, bar.buy - bar.sell, bar.buy, bar.sell, bar.unknown
    v[9], v[10], v[12], v[18] = bar.delta_min, bar.delta_max, bar.prints, bar.start / 1e9
    if bar.open == ABSENT:
        v[0] = v[1] = v[2] = v[3] = v[11] = np.nan
    else:
        v[0], v[1], v[2], v[3], v[11] = bar.open, bar.high, bar.low, bar.close, bar.poc
    for k in range(5):
        v[13 + k] = 1.0 if bar.flags & (1 << k) else 0.0


SOURCE = np.dtype([("timeframe", "i8"), ("source", "i8"), ("kind", "i8")], align=True)
"""Which source a closed bar of a timeframe is."""


@kernel
def listen(confluence: np.void, heard: Events, at: int, count: int, before: int) -> int:
    """Give the confluence its absorptions from `heard[at:count]` that come before row `before`; return where it stopped."""
    while at < count:
        e = heard[at]
        if e.source == confluence.absorption:
            if e.row >= before:
                break
            if e.kind == confluence.absorption_kind:
                absorption_rejection.hear(confluence, e)
        at += 1
    return at


@kernel
def settle(
    days: Days,
    closed: Ticks,
    first: int,
    count: int,
    cells: Ticks,
    heard: Events,
    heard_count: int,
    sources: Ticks,
    imbalances: Ticks,
    rejections: Ticks,
    confluences: Ticks,
    out: Events,
) -> int:
    """Let the bars `closed[first:count]` and the events of the ticks become events of bars; return how many.

    `out` must have room for all. Bars that end together are one moment: contexts are weighed before candles are judged.
    """
    found = 0
    for k in range(confluences.shape[0]):
        confluences[k].heard = 0
    i = first
    while i < count:
        j = i
        while j < count and closed[j].end == closed[i].end:
            for k in range(imbalances.shape[0]):
                if imbalances[k].timeframe == closed[j].timeframe:
                    found = imbalance.close(imbalances[k], days, closed[j], out, found)
            j += 1
        for g in range(i, j):
            found = bar_closed(
                days, closed, g, cells, heard, heard_count, sources, imbalances, rejections, confluences, out, found
            )
        i = j
    for k in range(confluences.shape[0]):
        listen(confluences[k], heard, confluences[k].heard, heard_count, NEVER)
    return found


@kernel
def bar_closed(
    days: Days,
    closed: Ticks,
    g: int,
    cells: Ticks,
    heard: Events,
    heard_count: int,
    sources: Ticks,
    imbalances: Ticks,
    rejections: Ticks,
    confluences: Ticks,
    out: Events,
    found: int,
) -> int:
    """One bar: its own event, its candles, and what they make together with an absorption."""
    bar = closed[g]
    for k in range(sources.shape[0]):
        if sources[k].timeframe == bar.timeframe:
            tell(bar, sources[k], out[found])
            found += 1
    candles = found
    for k in range(rejections.shape[0]):
        if rejections[k].timeframe == bar.timeframe:
            found = rejection.close(rejections[k], bar, cells, out, found)
    until = found
    for k in range(confluences.shape[0]):
        c = confluences[k]
        if c.timeframe != bar.timeframe:
            continue
        c.heard = listen(c, heard, c.heard, heard_count, bar.row)
        absorption_rejection.close(c, days, bar, cells)
        for m in range(candles, until):
            if out[m].source == c.rejection:
                found = absorption_rejection.join(c, out[m], imbalances, closed, g, cells, out, found)
    return found
