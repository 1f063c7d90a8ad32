"""Rejection candle: a bar that was pushed to an extreme and left it behind as a tail.

Definition (long; the short side is its mirror, by `sign`), on a closed bar
    R = H − L, T = min(O, C) − L, clv = (C − L) / R; ATR of the bars before; effort = volume / median volume of the last
    30; zone = the outer half of the tail, [L, L + ⌊T/2⌋]: tail_volume = its share of the bar's volume, td = delta /
    volume in it, dwell = seconds in it; low_cell = sold at L / sold in the tail; relief = (bought − sold) / both after
    the last print at L.
    rejection        conviction = ln(T/ATR) + .32·ln(effort) + .73·relief ≥ .4, and T ≥ max(2, 0.5·ATR), T/R ≥ .25,
                     clv ≥ .5, effort ≥ .9, relief ≥ −.1
    rejection_minor  T ≥ 2, T/R ≥ .50, clv ≥ .60: about a third of bars in pure noise, never tradable alone
    exhausted (evidence): td ≤ −.2, relief ≥ 0, low_cell ≤ .35
    None on a bar with fewer than 20 prints, with R = 0, a halt, a locked book, the first minute of a day, or a gap
    tail.
Source
    Specification of signals §5, where a full one is T ≥ 0.8·ATR, T/R ≥ .33, clv ≥ .55, effort ≥ 1.2, each by itself.
    Weighed together they let half as many candles of pure noise pass at the same recall: a long tail makes up for
    little volume, a crowd that has turned for a short tail. The weights are those of a logistic regression on planted
    tapes of two unlike markets, rounded. A random walk still draws about one an hour: weak evidence alone.
Evidence
    EVIDENCE, in order. Lengths are ticks.
"""

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS
from bot.domain.market import ABSENT, Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, event
from bot.signals.args import args_dtype, first
from bot.signals.footprint import HALT_IN, LOCKED, OPENING
from bot.signals.median import median

EVIDENCE = (
    "extreme", "tail", "range", "tail_share", "clv", "effort", "relief", "td", "tail_volume", "low_cell", "dwell",
    "atr_ticks", "tail_atr", "exhausted", "full", "volume", "delta", "prints",
)  # fmt: skip


class Params(Base):
    """Thresholds of the full candle and of the minor one."""

    tail_min: int = Field(2, ge=1)
    tail_atr_min: float = 0.5
    tail_share_min: float = 0.25
    clv_min: float = 0.5
    effort_min: float = 0.9
    relief_min: float = -0.1
    conviction_min: float = 0.4
    effort_weight: float = 0.32
    relief_weight: float = 0.73
    minor_tail_share_min: float = 0.50
    minor_clv_min: float = 0.60
    prints_min: int = 20
    atr_bars_min: int = Field(14, ge=1)
    effort_bars_min: int = Field(14, ge=1)
    """Before so many bars no volume is unusual, and no candle full."""
    confidence_min: float = 0.8

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The same for every product: all is measured in the bar's own terms."""
        return cls()


ARGS = args_dtype(Params)
VOLUMES = 30
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # of a full candle; a minor one is the next
        ("timeframe", "i8"),
        ("atr", atr.STATE),
        ("bars", "i8"),
        ("volumes", "f8", (VOLUMES,)),
        ("ranked", "f8", (VOLUMES,)),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory."""
    return first(STATE, params, source, kind, timeframe)


@part
def tail_of(bar: Row, cells: Ticks, sign: int, tail: int, v: Ticks) -> bool:
    """Fill in what the tail's cells say; False when nothing was traded between the extreme and the body (a gap)."""
    low = bar.low if sign > 0 else -bar.high
    sold = at_low = zone = delta = dwell = inside = 0
    for k in range(bar.cells_from, bar.cells_to):
        c = cells[k]
        depth = sign * c.price - low
        against = c.sell if sign > 0 else c.buy
        if depth < tail:
            sold += against
            if depth == 0:
                at_low = against
            else:
                inside += 1
        if depth <= tail // 2:
            zone += c.buy + c.sell + c.unknown
            delta += sign * (c.buy - c.sell)
            dwell += c.dwell
    v[7] = delta / zone if zone > 0 else 0.0
    v[8] = zone / (bar.buy + bar.sell + bar.unknown)
    v[9] = at_low / sold if sold > 0 else 0.0
    v[10] = dwell / 1e9
    return inside > 0 or tail < 2


@part
def conviction(args: Row, tail: int, atr_value: float, effort: float, relief: float) -> float:
    """Tail, effort and relief weighed together; without an average range nothing is long."""
    if atr_value <= 0.0 or effort <= 0.0:
        return -np.inf
    return float(np.log(tail / atr_value) + args.effort_weight * np.log(effort) + args.relief_weight * relief)


@part
def judge(a: Row, bar: Row, cells: Ticks, sign: int, effort: float, out: Events, found: int) -> int:
    """One side of one bar: measure, and keep the EVENT if it is a candle; return how many there are now."""
    args = a.args
    low, high, opened, close = bar.low, bar.high, bar.open, bar.close
    after_buy, after_sell = bar.buy - bar.low_buy, bar.sell - bar.low_sell
    if sign < 0:
        low, high, opened, close = -high, -low, -opened, -close
        after_buy, after_sell = bar.sell - bar.high_sell, bar.buy - bar.high_buy
    length, tail = high - low, min(opened, close) - low
    if tail < args.tail_min:
        return found
    after = after_buy + after_sell
    relief = (after_buy - after_sell) / after if after > 0 else 0.0
    share, clv = tail / length, (close - low) / length
    full = (
        tail >= args.tail_atr_min * a.atr.value
        and share >= args.tail_share_min
        and clv >= args.clv_min
        and a.bars >= args.effort_bars_min
        and effort >= args.effort_min
        and relief >= args.relief_min
        and conviction(args, tail, a.atr.value, effort, relief) >= args.conviction_min
        and bar.unsure <= (1.0 - args.confidence_min) * (bar.buy + bar.sell)
    )
    if not full and (share < args.minor_tail_share_min or clv < args.minor_clv_min):
        return found
    e = out[found]
    event.when(e, bar.end, bar.known, bar.row, bar.before)
    tall = tail / a.atr.value if a.atr.value > 0 else 0.0
    event.head(e, a.source, a.kind + (0 if full else 1), a.timeframe, sign, sign * low, tall)
    v = e.evidence
    if not tail_of(bar, cells, sign, tail, v):
        return found
    v[0], v[1], v[2], v[3], v[4], v[5], v[6] = e.price, tail, length, share, clv, effort, relief
    v[11], v[12] = a.atr.value, tall
    v[13] = 1.0 if v[7] <= -0.2 and relief >= 0.0 and v[9] <= 0.35 else 0.0
    v[14], v[15], v[16], v[17] = (
        1.0 if full else 0.0,
        bar.buy + bar.sell + bar.unknown,
        sign * (bar.buy - bar.sell),
        bar.prints,
    )
    return found + 1


@part
def close(a: Row, bar: Row, cells: Ticks, out: Events, found: int) -> int:
    """One bar closed: judge both sides, then let the averages have it."""
    if bar.open == ABSENT:
        return found
    volume = bar.buy + bar.sell + bar.unknown
    spoiled = bar.flags & (HALT_IN | LOCKED | OPENING)
    if not spoiled and bar.prints >= a.args.prints_min and bar.high > bar.low and a.atr.n >= a.args.atr_bars_min:
        usual = median(a.volumes, min(a.bars, VOLUMES), a.ranked)
        effort = volume / usual if usual > 0 else 0.0
        for sign in (1, -1):
            found = judge(a, bar, cells, sign, effort, out, found)
    atr.add(a.atr, bar.high - bar.low)
    a.volumes[a.bars % VOLUMES] = volume
    a.bars += 1
    return found


class Rejection:
    """Rejection candles, full and minor. Reads closed bars."""

    kind = "rejection"
    kinds = ("rejection", "rejection_minor")
    EVIDENCE = EVIDENCE
    Params = Params
