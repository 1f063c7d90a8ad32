"""The walk over the bars that have closed: their own events, candles, imbalances, and what comes together.

One compiled call serves every shipped detector that reads bars or events. What an absorption adds to a bar is taken
from the events that the walk over rows left in the same buffer.
"""

from typing import NamedTuple

import numpy as np

from bot.domain.market import ABSENT, Days, Events, Ticks
from bot.kernel import Row, kernel, part
from bot.signals import (
    absorption_rejection,
    accumulation,
    event,
    exhaustion,
    imbalance,
    imbalance_pullback,
    order_flow,
    rejection,
    sweep_absorption,
)
from bot.signals.epochs import NEVER

BAR_EVIDENCE = (
    "open", "high", "low", "close", "volume", "delta", "buy", "sell", "unknown", "delta_min", "delta_max", "poc",
    "prints", "partial", "halted", "locked", "empty", "opening", "start", "ofi", "ofi_z", "depth",
)  # fmt: skip


@part
def tell(bar: Row, source: Row, e: Row) -> None:
    """A closed bar as an EVENT."""
    volume = bar.buy + bar.sell + bar.unknown
    event.when(e, bar.end, bar.known, bar.row, bar.before)
    event.head(e, source.source, source.kind, bar.timeframe, 0, bar.close, volume)
    v = e.evidence
    v[4], v[5], v[6], v[7], v[8] = volume, bar.buy - bar.sell, bar.buy, bar.sell, bar.unknown
    v[9], v[10], v[12], v[18] = bar.delta_min, bar.delta_max, bar.prints, bar.start / 1e9
    v[19], v[21] = bar.ofi, order_flow.depth_of(bar.depth, bar.quotes)
    v[20] = order_flow.z_of(bar.ofi, bar.depth, bar.quotes, bar.ofi_scale, bar.end - bar.start)
    if bar.open == ABSENT:
        v[0] = v[1] = v[2] = v[3] = v[11] = np.nan
    else:
        v[0], v[1], v[2], v[3], v[11] = bar.open, bar.high, bar.low, bar.close, bar.poc
    for k in range(5):
        v[13 + k] = 1.0 if bar.flags & (1 << k) else 0.0


SOURCE = np.dtype([("timeframe", "i8"), ("source", "i8"), ("kind", "i8")], align=True)
"""Which source a closed bar of a timeframe is."""


class Judges(NamedTuple):
    """The memories of the detectors that read closed bars and events: of each kind an array of its STATE."""

    sources: Ticks
    imbalances: Ticks
    rejections: Ticks
    confluences: Ticks
    exhaustions: Ticks
    accumulations: Ticks
    sweep_absorptions: Ticks
    pullbacks: Ticks


@kernel
def settle(
    days: Days, closed: Ticks, first: int, count: int, cells: Ticks, judges: Judges, out: Events, heard: int
) -> int:
    """Let the bars `closed[first:count]` and the `heard` events of the rows become more events; return how many in all.

    They are written behind those in `out`, which must have room. Bars that end together are one moment: imbalances are
    weighed before candles are judged. An absorption belongs to the bar that closes at a later row.
    """
    found, at, i = heard, 0, first
    imbalances = judges.imbalances
    while i < count:
        at, found = listen(judges, out, at, heard, closed[i].row, closed[i].end, found)
        j = i
        while j < count and closed[j].end == closed[i].end:
            for k in range(imbalances.shape[0]):
                if imbalances[k].timeframe == closed[j].timeframe:
                    pressed = found
                    found = imbalance.close(imbalances[k], days, closed[j], out, found)
                    if found > pressed:
                        found = press(judges, out[pressed], out, found)
            j += 1
        for g in range(i, j):
            found = bar_closed(days, closed, g, cells, judges, out, found)
        i = j
    at, found = listen(judges, out, at, heard, NEVER, NEVER, found)
    return found


@part
def listen(judges: Judges, out: Events, at: int, heard: int, row: int, end: int, found: int) -> tuple[int, int]:
    """Give those that listen the events in `out[at:heard]` that come before the bars that end at `end`.

    They come before when they belong to a row before `row`, or to the silence before it. Returns where it stopped, and
    how many events there are now.
    """
    confluences, imbalances = judges.confluences, judges.imbalances
    while at < heard and (out[at].row < row or (out[at].row == row and out[at].before and out[at].ts < end)):
        e = out[at]
        for k in range(confluences.shape[0]):
            c = confluences[k]
            if e.source == c.absorption and e.kind == c.absorption_kind:
                absorption_rejection.hear(c, e)
        for k in range(judges.exhaustions.shape[0]):
            x = judges.exhaustions[k]
            if e.source == x.absorption and x.absorption_kind <= e.kind <= x.absorption_kind + 1:
                exhaustion.hear(x, e)
        for k in range(imbalances.shape[0]):
            if e.source == imbalances[k].source:
                imbalance.hear(imbalances[k], e)
        for k in range(judges.sweep_absorptions.shape[0]):
            found = sweep_absorption.hear(judges.sweep_absorptions[k], e, confluences, out, found)
        found = press(judges, e, out, found)
        at += 1
    return at, found


@part
def press(judges: Judges, e: Row, out: Events, found: int) -> int:
    """Give those that wait for a pull-back an event that may be an imbalance; return how many events there are now."""
    for k in range(judges.pullbacks.shape[0]):
        found = imbalance_pullback.hear(judges.pullbacks[k], e, judges.confluences, out, found)
    return found


@part
def bar_closed(days: Days, closed: Ticks, g: int, cells: Ticks, judges: Judges, out: Events, found: int) -> int:
    """One bar: its own event, its candles, and what they make together with an absorption."""
    bar = closed[g]
    sources, rejections, confluences = judges.sources, judges.rejections, judges.confluences
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
        if c.timeframe == bar.timeframe:
            absorption_rejection.close(c, days, bar, cells)
            for m in range(candles, until):
                if out[m].source == c.rejection:
                    found = absorption_rejection.join(c, out[m], judges.imbalances, closed, g, cells, out, found)
    for k in range(judges.exhaustions.shape[0]):
        for m in range(candles, until):
            if out[m].source == judges.exhaustions[k].rejection:
                found = exhaustion.judge(judges.exhaustions[k], out[m], bar, out, found)
    for k in range(judges.accumulations.shape[0]):
        if judges.accumulations[k].timeframe == bar.timeframe:
            found = accumulation.close(judges.accumulations[k], bar, cells, out, found)
    for k in range(judges.sweep_absorptions.shape[0]):
        if judges.sweep_absorptions[k].timeframe == bar.timeframe:
            sweep_absorption.close(judges.sweep_absorptions[k], bar)
    for k in range(judges.pullbacks.shape[0]):
        if judges.pullbacks[k].timeframe == bar.timeframe:
            found = imbalance_pullback.close(judges.pullbacks[k], bar, confluences, out, found)
    return found
