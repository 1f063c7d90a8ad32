"""What cannot be true in a broker's report, judged before anything of it is counted.

A report that is not sound becomes an anomaly and changes no position: the broker is asked, and an execution that its
answer shows again is counted after all, unless it cannot be (no price, no size, the wrong side). Until that answer the
instrument takes no entries.
"""

from enum import StrEnum
from typing import NamedTuple

from bot.domain.market import ABSENT
from bot.domain.order import FillReport, Order, OrderReport

CLOCKS_NS = 2_000_000_000
"""Two clocks may differ by this much before a report comes from before its order (rulings 22)."""


class Flaw(StrEnum):
    """What is wrong with a report."""

    SIZE = "size"  # negative, or none
    SIDE = "side"  # of no order, or the other way round
    NO_PRICE = "no-price"
    OFF_BAND = "off-band"  # beyond the day's limits, or below zero where that cannot be
    TIME = "time"  # before its order was made
    TOO_MUCH = "too-much"  # more than was ordered


UNCOUNTABLE = frozenset({Flaw.SIZE, Flaw.SIDE, Flaw.NO_PRICE})
"""Nothing can be made of these, whoever confirms them; the positions that the broker tells must then explain it."""

WORDS = {
    Flaw.SIZE: "has no possible size",
    Flaw.SIDE: "is not on its order's side",
    Flaw.NO_PRICE: "has no price",
    Flaw.OFF_BAND: "is at a price that cannot be",
    Flaw.TIME: "comes from before its order was made",
    Flaw.TOO_MUCH: "is more than was ordered",
}


class Band(NamedTuple):
    """Lowest and highest price that can be, ticks; None: not known."""

    low: int | None = None
    high: int | None = None


def flaw_of_fill(fill: FillReport, order: Order, before: int, told: int, band: Band) -> Flaw | None:
    """What is wrong with an execution. `before`: units filled without it; `told`: the order's size at the broker."""
    if fill.quantity < 0 or (fill.quantity == 0 and not fill.corrects):
        return Flaw.SIZE
    if fill.side != order.side:
        return Flaw.SIDE
    if fill.price == ABSENT:
        return Flaw.NO_PRICE
    if (band.low is not None and fill.price < band.low) or (band.high is not None and fill.price > band.high):
        return Flaw.OFF_BAND
    if fill.ts < order.created_ns - CLOCKS_NS:
        return Flaw.TIME
    return Flaw.TOO_MUCH if before + fill.quantity > max(order.quantity, told) else None


def flaw_of_word(report: OrderReport, order: Order) -> Flaw | None:
    """What is wrong with a word on an order."""
    if report.quantity < 0:
        return Flaw.SIZE
    return Flaw.TIME if report.ts < order.created_ns - CLOCKS_NS else None
