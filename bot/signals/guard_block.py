"""G8, block print: one order far larger than any that is usual. What it did to volume and delta says nothing.

Definition
    On at the print with which one order (prints of one stamp, price and side) reaches max(20 × the median order, the
    size that is hardly ever reached); off after 60 s without another. The prints from there on count in the bars, not
    in what a level absorbs; an imbalance that rests on them loses its weight by itself, for n = (Σq)² / Σq².
    Hardly ever is one order in 2,000 (the 99.95 % quantile), and no more than one in six hours of trading: a busy
    market reaches its quantile every few minutes. It is a frugal estimate: an order at or above it raises it by 20 %,
    the first ones by more, and time lowers it (Ma, Muthukrishnan & Sandler 2013). The median likewise, from one order a
    second. Silent for the first two thousand orders.
Source
    Specification of signals §11, which knows no bound by time; the sizes are guesses.
"""

from pydantic import Field

from bot.config.params import MINUTE_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 8
_MEDIAN_STEP, _QUANTILE_STEP = 1.02, 0.2


class Params(guard.GuardParams):
    """How large is too large, and how long it is waited out."""

    times: float = Field(20.0, ge=1)
    """Of the median order."""
    orders: int = Field(2000, ge=1)
    """One order in so many is as large as the quantile …"""
    seconds: int = Field(21_600, ge=1)
    """… but no more than one in so many seconds with a print."""
    orders_min: int = Field(2000, ge=0)
    """Orders without which it does not speak."""
    release: Duration = MINUTE_NS


STATE = guard.state(
    Params,
    ("reach", "i8"),  # an order of this size is a block
    ("median", "f8"),
    ("quantile", "f8"),
    ("orders", "i8"),
    ("blocks", "i8"),  # how often the quantile was reached
    ("order_ts", "i8"),  # the newest that did
    ("order_price", "i8"),
    ("due", "i8"),  # when it will go off
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, reach=1, median=1.0, due=NEVER)


@part
def weigh(g: Row) -> None:
    """Median or quantile moved: what is a block now?"""
    g.reach = int(max(g.args.times * g.median, g.quantile))


@part
def see(g: Row, bars: Row, ts: int, row: int, out: Events, found: int) -> int:
    """An order has reached `reach`, by the bars' count; return how many events there are."""
    if g.orders < g.args.orders_min:
        threshold = g.reach
    else:
        threshold = g.reach
        g.due = ts + g.args.release
        if not g.on:
            found = guard.switch(g, bars.order_size, threshold, ts, ts, row, out, found)
    if bars.order_ts != g.order_ts or bars.order_price != g.order_price:
        g.order_ts, g.order_price = bars.order_ts, bars.order_price
        g.blocks += 1
        g.quantile = g.reach * (1.0 + max(_QUANTILE_STEP, 1.0 / (1.0 + g.blocks)))
        weigh(g)
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
    rare = min(prints / args.orders, 1.0 / args.seconds)
    g.quantile *= 1.0 - _QUANTILE_STEP * min(1.0, rare)
    weigh(g)


@part
def switch(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """It is due: go off; return how many events there are."""
    found = guard.switch(g, 0.0, g.reach, g.due, arrival, row, out, found)
    g.due = NEVER
    return found
