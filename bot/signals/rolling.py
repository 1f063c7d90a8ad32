"""The rolling form of the imbalance: the same question of windows that end between two clock bars.

Definition
    Every five seconds of event time the window that ends there is weighed like a clock bar of that length
    (`imbalance.py`), half-open. The base rate is that of the two hours before the window, to the step; the usual volume
    the median clock window's of the day so far; progress is from the last price before the window. Only what is strong
    fires (the long windows' one kind, too), once a window and side. Where a clock bar ends the bar speaks. Nothing is
    said of a window that a halt or a broken book cut into.
Source
    Specification of signals §3.1, second form. Its events are the imbalance's, with `rolling` = 1.
"""

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import ABSENT, Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, bars, clustering, event, imbalance, order_flow
from bot.signals.args import first
from bot.signals.bars import GRACE_NS
from bot.signals.epochs import NEVER
from bot.signals.median import median

STEP_NS = 5 * SECOND_NS
STEPS = 2048  # a power of two: 2 h 50 min
LONGEST_NS = 30 * 60 * SECOND_NS
"""Longer windows are clock bars only: a step of five seconds is nothing to a day."""
WINDOWS = 512

STATE = np.dtype(
    [
        ("args", imbalance.ARGS),
        ("source", "i8"),
        ("kind", "i8"),
        ("timeframe", "i8"),
        ("span", "i8"),  # the window in steps
        ("past", "i8"),  # the base rate's window in steps
        ("steps", "i8"),  # since the day began or trading went on
        ("whole_from", "i8"),  # the book has been whole since
        ("quiet", "i8", (2,)),  # no new event of the side (0 long, 1 short) before this step
        ("traded", bars.TOTAL, (STEPS,)),
        ("ended", "i8"),  # end of the newest clock window, its volume and range: not usual before its time
        ("volume", "f8"),
        ("range", "i8"),
        ("windows", "i8"),
        ("volumes", "f8", (WINDOWS,)),
        ("ranked", "f8", (WINDOWS,)),
        ("atr", atr.STATE),
    ],
    align=True,
)
SHAPING = ("base_window",)
"""Parameters that are part of its memory: with another one it begins anew."""


def fresh(params: imbalance.Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory; none where the window does not roll."""
    if not params.rolling or timeframe % STEP_NS != 0 or timeframe > LONGEST_NS:
        return np.zeros(0, STATE)
    state = first(STATE, params, source, kind, timeframe)
    state["ended"] = NEVER
    state["span"] = timeframe // STEP_NS
    state["past"] = min(STEPS - 1 - timeframe // STEP_NS, params.base_window // STEP_NS)
    return state


@part
def restart(r: Row) -> None:
    """No window reaches back beyond this."""
    r.steps = r.windows = 0
    r.ended = NEVER
    r.quiet[0] = r.quiet[1] = 0


@part
def on_bar(r: Row, bar: Row) -> None:
    """A clock window has closed: its volume and range will be among the usual ones."""
    if bar.open != ABSENT:
        r.ended, r.volume, r.range = bar.end, bar.buy + bar.sell + bar.unknown, bar.high - bar.low


@part
def learn(r: Row) -> None:
    """The newest clock window is one of the usual ones."""
    r.volumes[r.windows % WINDOWS] = r.volume
    r.windows += 1
    atr.add(r.atr, r.range)
    r.ended = NEVER


@part
def base_rate(r: Row, start: Row, step: int) -> float:
    """The buyers' share before the window that began at `step`, where `start` was traded."""
    args = r.args
    if args.base_rate > 0.0:
        return float(args.base_rate)
    reach = min(r.past, step - 1)
    first = r.traded[(step - reach) & (STEPS - 1)]
    buy, sell = start.buy - first.buy, start.sell - first.sell
    if reach * STEP_NS < args.base_after or buy + sell == 0:
        return 0.5
    return float(min(0.6, max(0.4, buy / (buy + sell))))


@part
def weigh(r: Row, signs: Row, flow: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """The window that ends at `at`, the newest step; return how many events there are now."""
    args, step = r.args, r.steps
    now, start = r.traded[step & (STEPS - 1)], r.traded[(step - r.span) & (STEPS - 1)]
    buy, sell = now.buy - start.buy, now.sell - start.sell
    side, sided, more = 1 if buy > sell else -1, buy + sell, max(buy, sell)
    percent = args.watch_percent if r.timeframe >= imbalance.SLOW_NS else args.strong_percent
    if sided == 0 or 100 * more < percent * sided or step < r.quiet[(1 - side) // 2]:
        return found
    base = base_rate(r, start, step - r.span)
    if side < 0:
        base = 1.0 - base
    alike = clustering.deflator(signs)
    share, n = more / sided, imbalance.worth(sided, now.squares - start.squares, alike, args)
    z = imbalance.significance(share, base, n)
    usual = median(r.volumes, min(r.windows, WINDOWS), r.ranked)
    prints, unknown, unsure = now.prints - start.prints, now.unknown - start.unknown, now.unsure - start.unsure
    if z < args.z_min or not imbalance.plenty(args, prints, sided, unknown, unsure, usual):
        return found
    r.quiet[(1 - side) // 2] = step + r.span
    if at % r.timeframe == 0:
        return found
    e = out[found]
    known = min(arrival, at + GRACE_NS)
    event.when(e, at, known, row, 1 if known < arrival else 0)
    kind = imbalance.kind_of(r.timeframe, True)
    event.head(e, r.source, r.kind + kind, r.timeframe, side, now.price, share)
    progress = side * (now.price - start.price) / r.atr.value if r.atr.value > 0.0 and start.price != ABSENT else 0.0
    v = e.evidence
    v[0], v[1], v[2], v[3], v[4] = share, z, imbalance.grade_of(more, sided), base, n
    v[5] = alike if alike > 0.0 else args.deflator_start
    v[6], v[7], v[8], v[9], v[10] = more, sided - more, unknown, prints, usual
    v[11], v[12], v[13] = progress, imbalance.reading(progress, r.atr.n), np.nan
    v[14], v[15] = 1.0 - unsure / sided, 1.0
    ofi = side * (now.ofi - start.ofi)
    figures = order_flow.known(flow, at)
    v[16], v[18], v[19] = ofi, figures.beta, figures.r2
    depth, quotes = now.depth - start.depth, now.quotes - start.quotes
    v[17] = order_flow.z_of(ofi, depth, quotes, figures.scale, r.timeframe)
    return found + 1


@part
def second(r: Row, s: Row, flow: Row, traded: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A whole second has passed, so much has been traded; `s` is the bars' state, `flow` the order flow's.

    Return how many events there are.
    """
    if at % STEP_NS != 0:
        return found
    r.steps += 1
    r.traded[r.steps & (STEPS - 1)] = traded
    if r.ended <= at:
        learn(r)
    # By the times of a broken book, not by when it was noticed: a row may show both at once.
    if s.free_from <= at:
        r.whole_from = s.free_from
    whole = (r.whole_from <= at - r.timeframe and at <= s.locked_from) or s.free_from <= at - r.timeframe
    return weigh(r, s.flow, flow, at, arrival, row, out, found) if whole and r.steps > r.span else found
