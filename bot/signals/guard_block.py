"""G8, block print: one order far larger than any that is usual. What it did to volume and delta says nothing.

Definition
    One of many into a level that takes them (enough for an absorption, and twice this order) is none.
    On at the print with which one order (prints of one stamp, price and side) reaches max(20 × the median order, the
    size that is hardly ever reached); off after 60 s without another. The prints from there on count in the bars, not
    in what a level absorbs; an imbalance that rests on them loses its weight by itself, for n = (Σq)² / Σq².
    Hardly ever is one order in 2,000 (the 99.95 % quantile) and no more than one in six hours of trading, but never
    more than 2.5 times that quantile: a busy market reaches the quantile every few minutes, and a day of many blocks
    must not make them usual. Both are frugal estimates: an order at or above one raises it, the first ones by more, and
    time lowers it (Ma, Muthukrishnan & Sandler 2013). The median likewise, from one order a second. Silent for the
    first two thousand orders.
Source
    Specification of signals §11, which knows no bound by time; the sizes are guesses.
"""

import numpy as np
from pydantic import Field

from bot.config.params import MINUTE_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 8
SPARES = frozenset({"absorption", "absorption_early", "imbalance", "imbalance_watch", "imbalance_15m"})
"""Signals that allow for it themselves: absorption leaves the print out, imbalance gives it no weight."""
_MEDIAN_STEP, _STEP, _BOUND_STEP = 1.02, 0.1, 0.2


class Params(guard.GuardParams):
    """How large is too large, and how long it is waited out."""

    times: float = Field(20.0, ge=1)
    """Of the median order."""
    orders: int = Field(2000, ge=1)
    """One order in so many is as large as the quantile …"""
    seconds: int = Field(21_600, ge=1)
    """… but no more than one in so many seconds with a print."""
    bound_times: float = Field(2.5, ge=1)
    """The latter holds up to so many times the quantile."""
    orders_min: int = Field(2000, ge=0)
    """Orders without which it does not speak."""
    release: Duration = MINUTE_NS


ESTIMATE = np.dtype([("value", "f8"), ("times", "i8"), ("order_ts", "i8"), ("order_price", "i8")], align=True)
"""A size that is rarely reached, how often it was, and by which order last."""
STATE = guard.state(
    Params,
    ("reach", "i8"),  # an order of this size is looked at
    ("median", "f8"),
    ("quantile", ESTIMATE),
    ("bound", ESTIMATE),
    ("orders", "i8"),
    ("due", "i8"),  # when it will go off
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, reach=1, median=1.0, due=NEVER)


@part
def limit(g: Row) -> float:
    """The size of a block."""
    usual = max(g.quantile.value, min(g.bound.value, g.args.bound_times * g.quantile.value))
    return float(max(g.args.times * g.median, usual))


@part
def climb(s: Row, bars: Row, value: float, step: float) -> None:
    """The order that the bars see has reached `value`: no matter by how many prints, that raises the estimate once."""
    if bars.order_ts == s.order_ts and bars.order_price == s.order_price:
        return
    s.order_ts, s.order_price = bars.order_ts, bars.order_price
    s.times += 1
    s.value = value * (1.0 + max(step, 1.0 / (1.0 + s.times)))


@part
def see(g: Row, bars: Row, ts: int, row: int, out: Events, found: int) -> int:
    """An order has reached `reach`, by the bars' count; return how many events there are."""
    size, threshold = bars.order_size, limit(g)
    climb(g.quantile, bars, max(1.0, g.quantile.value), _STEP)
    if size >= threshold:
        if g.orders >= g.args.orders_min:
            g.due = ts + g.args.release
            if not g.on:
                found = guard.switch(g, size, threshold, ts, ts, row, out, found)
        climb(g.bound, bars, threshold, _BOUND_STEP)
    g.reach = max(1, int(g.quantile.value))
    return found


@part
def second(g: Row, prints: int, size: int) -> None:
    """A second with so many prints is over, its last order was of that size."""
    if prints == 0:
        return
    args = g.args
    g.orders += prints
    if size > g.median:
        g.median *= _MEDIAN_STEP
    elif size < g.median:
        g.median = max(1.0, g.median / _MEDIAN_STEP)
    rare = min(1.0, prints / args.orders)
    g.quantile.value *= 1.0 - _STEP * rare
    g.bound.value *= 1.0 - _BOUND_STEP * min(rare, 1.0 / args.seconds)
    g.reach = max(1, int(g.quantile.value))


@part
def switch(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """It is due: go off; return how many events there are."""
    found = guard.switch(g, 0.0, limit(g), g.due, arrival, row, out, found)
    g.due = NEVER
    return found
