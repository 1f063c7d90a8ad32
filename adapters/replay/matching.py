"""How a tape's market treats our orders: one compiled scan over the working orders, row by row.

Rules (signals.md §10; what a model cannot know is said in `docs/decisions`):
    touch      a limit fills at the first print at or through it
    queue      `ahead` = displayed size at the limit when it became active or first became the touch; prints at the
               limit by the other side lower it; what is left of a print fills us; a print through fills all
    through    a limit fills only when a print goes beyond it
    ib-paper   a limit fills when the opposite quote reaches it; prints do not count
    stop       triggered by a print at or beyond it, filled at the opposite touch or the print, whichever is worse,
               plus slippage; a gap fills at the first available price

Cancels ahead of us earn no credit; a level that the touch has left has nobody ahead. Nothing fills while trading is
halted or the book is one-sided. A target's fill waits until its stamp is over: if the stop is hit within the same
stamp, the stop wins. Our own order never changes the tape.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, HALT, OFF_GRID, PRINT, QUARANTINED, QUOTE, RESUME, STATUS
from bot.kernel import kernel, part

TOUCH, QUEUE, THROUGH, IB_PAPER = 0, 1, 2, 3
MODELS = {"touch": TOUCH, "queue": QUEUE, "through": THROUGH, "ib-paper": IB_PAPER}
LIMIT, STOP = 0, 1
FAR = -1  # WORK.ahead: the level has not been the touch yet, so the size ahead is unknown: only a print through fills

WORK = np.dtype(
    [
        ("seen", "i8"),  # number of the newest row this order has been held against
        ("ahead", "i8"),  # size ahead in the queue, or FAR
        ("instrument", "i4"),
        ("price", "i4"),  # limit or trigger, ticks
        ("remaining", "i4"),
        ("slippage", "i4"),  # ticks a stop pays beyond the touch
        ("live", "u1"),
        ("kind", "u1"),  # LIMIT or STOP
        ("side", "i1"),  # +1 buy, −1 sell
        ("triggered", "u1"),  # a stop that has become a market order
    ],
    align=True,
)
HIT = np.dtype([("work", "i8"), ("quantity", "i8"), ("price", "i8")], align=True)
Works = npt.NDArray[np.void]


@part
def _queue_left(own: int, own_size: int, price: int, side: int, ahead: int) -> int:
    if own == ABSENT:
        return ahead
    if side * own < side * price:
        return 0
    if own == price and ahead < 0:
        return own_size
    return ahead


@part
def _limit(tick: Any, w: Any, model: int) -> int:
    """How many units of a resting limit this row fills; updates the queue."""
    own = tick.bid if w.side > 0 else tick.ask
    other = tick.ask if w.side > 0 else tick.bid
    if own != ABSENT and other != ABSENT and w.side * own < w.side * other:
        w.ahead = _queue_left(own, tick.bid_size if w.side > 0 else tick.ask_size, w.price, w.side, w.ahead)
    if tick.kind != PRINT:
        reached = other != ABSENT and w.side * other <= w.side * w.price
        return int(w.remaining) if model == IB_PAPER and reached else 0
    if model == IB_PAPER:
        return 0
    if w.side * tick.price < w.side * w.price:
        return int(w.remaining)
    if tick.price != w.price or model == THROUGH:
        return 0
    if model == TOUCH:
        return int(min(w.remaining, tick.size))
    against = tick.side == -w.side or (tick.side == 0 and own == w.price)
    if not against or w.ahead < 0:
        return 0
    eaten = min(w.ahead, tick.size)
    w.ahead -= eaten
    return int(min(w.remaining, tick.size - eaten))


@part
def _stop_price(tick: Any, w: Any) -> int:
    """The price at which this row fills a stop, ABSENT when it does not; triggers it."""
    printed = tick.kind == PRINT
    if printed and w.side * tick.price >= w.side * w.price:
        w.triggered = 1
    if w.triggered == 0:
        return ABSENT
    touch = tick.ask if w.side > 0 else tick.bid
    if touch == ABSENT:
        # Without any quote the print is all we know; with a one-sided book there is nobody to trade with.
        return int(tick.price + w.side * w.slippage) if printed and tick.bid == tick.ask else ABSENT
    worse = w.side * max(w.side * touch, w.side * tick.price) if printed else touch
    return int(worse + w.side * w.slippage)


@kernel
def scan(
    ticks: npt.NDArray[np.void],
    start: int,
    end: int,
    base: int,
    works: Works,
    used: int,
    halted: npt.NDArray[np.uint8],
    model: int,
    hits: npt.NDArray[np.void],
) -> int:
    """Hold rows [start, end) against the first `used` orders; stop at the first fill.

    Returns the row of that fill, described in `hits[0]`, or `end`. Called again at the same row it goes on with the
    orders that have not seen the row yet.
    """
    for i in range(start, end):
        tick = ticks[i]
        number = base + i
        if tick.flags & QUARANTINED:
            continue
        if tick.kind == STATUS:
            if tick.flags & HALT:
                halted[tick.instrument] = 1
            elif tick.flags & RESUME:
                halted[tick.instrument] = 0
            continue
        # A crossed quote is nobody's offer; a print beneath one still happened.
        if tick.flags & OFF_GRID or (tick.kind == QUOTE and tick.bid > tick.ask > ABSENT):
            continue
        for k in range(used):
            w = works[k]
            if w.live == 0 or w.instrument != tick.instrument or w.seen >= number:
                continue
            w.seen = number
            one_sided = (tick.bid == ABSENT) != (tick.ask == ABSENT)
            if halted[tick.instrument] == 1 or (one_sided and w.kind == LIMIT):
                continue
            price, quantity = w.price, 0
            if w.kind == LIMIT:
                quantity = _limit(tick, w, model)
            else:
                price = _stop_price(tick, w)
                quantity = w.remaining if price != ABSENT else 0
            if quantity > 0:
                hits[0].work, hits[0].quantity, hits[0].price = k, quantity, price
                return i
    return end
