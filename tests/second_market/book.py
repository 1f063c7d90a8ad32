"""A book of many levels: what a market order, a limit order and a cancel do to it, and the rows that this writes."""

from typing import Any

from bot.domain.market import ABSENT, BUY, PRINT, QUOTE, SELL, SIDE_NONE, SIDE_TRUE
from bot.kernel import hot, part
from tests.second_market.state import ASK, BID, Rows, toward

ROWS_MAX = 64
NEAR = 6
_WALK = 6


@hot
def quote(s: Any, book: Rows, out: Rows) -> None:
    """Write the touch as it is now."""
    row = out[s.rows]
    row.ts, row.kind, row.price, row.size = s.ts, QUOTE, ABSENT, 0
    row.side, row.side_method, row.flags, row.instrument = 0, SIDE_NONE, 0, 0
    row.bid, row.ask = s.touch[BID], s.touch[ASK]
    row.bid_size, row.ask_size = book[s.touch[BID] - s.origin], book[s.touch[ASK] - s.origin]
    if s.crossed:
        row.ask = row.bid - 1
    if s.absent == BID:
        row.bid, row.bid_size = ABSENT, 0
    elif s.absent == ASK:
        row.ask, row.ask_size = ABSENT, 0
    s.rows += 1


@part
def printed(s: Any, book: Rows, k: int, price: int, size: int, out: Rows) -> None:
    """Write a print of a market order that hit side k."""
    quote(s, book, out)
    row = out[s.rows - 1]
    row.kind, row.price, row.size = PRINT, price, size
    row.side, row.side_method = BUY if k == ASK else SELL, SIDE_TRUE
    s.printed += size
    s.last_print = price
    s.high, s.low = max(s.high, price), min(s.low, price)
    s.minute_high, s.minute_low = max(s.minute_high, price), min(s.minute_low, price)
    if k == ASK:
        s.buying += size
    else:
        s.selling += size


@part
def pareto(rng: Any, tail: float, largest: int) -> int:
    """A size of at least 1 with a heavy tail."""
    return int(min(float(largest), (1.0 - rng.random()) ** (-1.0 / tail)))


@part
def limit_size(rng: Any, nature: Any) -> int:
    """Units of a limit order: geometric lots."""
    return int(nature.lot * (1 + int(rng.exponential(nature.mean - 0.5))))


@part
def give_way(s: Any, book: Rows, k: int, rng: Any, nature: Any) -> None:
    """Nothing stands at the touch of side k any more: the next level that has something becomes it."""
    price = s.touch[k] + toward(k)
    for _ in range(40):
        if book[price - s.origin] > 0:
            break
        price += toward(k)
    if book[price - s.origin] == 0:
        book[price - s.origin] = limit_size(rng, nature)
    s.touch[k] = price
    s.used[k] = 0.0
    s.gone = k


@part
def hit(s: Any, book: Rows, k: int, size: int, rng: Any, nature: Any, out: Rows) -> int:
    """A market order of `size` units hits side k and walks as far as it must. Returns what it got at the reserve."""
    left, taken = size, 0
    for _ in range(_WALK):
        price = s.touch[k]
        at = price - s.origin
        stands = s.stand == k and s.stand_price == price
        held = stands or s.absent >= 0
        fill = left if held else min(left, book[at])
        piece = fill
        if fill > nature.lot and rng.random() < nature.pieces:
            piece = max(nature.lot, int(fill * rng.random()) // nature.lot * nature.lot)
            printed(s, book, k, price, piece, out)
            piece = fill - piece
        if piece > 0:
            printed(s, book, k, price, piece, out)
        left -= fill
        s.used[k] += fill
        book[at] -= fill
        if held:
            taken += fill
            if book[at] <= 0:
                book[at] = s.stand_show if stands and not s.stand_slow else nature.lot
        elif book[at] <= 0:
            book[at] = 0
            s.cost += 0.02 * (min(s.used[k], 6.0 * s.cost) - s.cost)
            give_way(s, book, k, rng, nature)
        quote(s, book, out)
        if left <= 0 or s.touch[ASK] - s.touch[BID] > nature.wide + s.extra_wide + 8:
            break
    return taken


@part
def put(s: Any, book: Rows, k: int, rng: Any, nature: Any, out: Rows) -> None:
    """A limit order on side k, some distance from the other side's touch; nearer when the book is wider than usual."""
    wide = nature.wide + s.extra_wide
    behind = int(rng.exponential(nature.reach))
    distance = wide + behind
    if wide > 1 and rng.random() < 0.03:
        distance = wide - 1
    price = s.touch[1 - k] + toward(k) * distance
    better = (s.touch[k] - price) * toward(k)
    if better > 0 or (better == 0 and s.stand == k and s.stand_price == price and s.stand_slow):
        s.used[k] = 0.0 if better > 0 else s.used[k]
    book[price - s.origin] += limit_size(rng, nature)
    if better > 0:
        s.touch[k] = price
    if better >= 0:
        quote(s, book, out)


@part
def near_size(s: Any, book: Rows, k: int) -> int:
    """What stands at the nearest levels of side k."""
    total = 0
    for j in range(NEAR):
        total += book[s.touch[k] + toward(k) * j - s.origin]
    return total


@part
def cancel(s: Any, book: Rows, k: int, rng: Any, nature: Any, out: Rows) -> None:
    """An order near the touch of side k is taken back, the likelier the more stands there."""
    mark = int(rng.random() * near_size(s, book, k))
    for j in range(NEAR):
        at = s.touch[k] + toward(k) * j - s.origin
        mark -= book[at]
        if mark < 0:
            break
    book[at] -= min(book[at], limit_size(rng, nature))
    if j == 0 and book[at] <= 0:
        stands = s.stand == k and s.stand_price == s.touch[k]
        torn = s.touch[ASK] - s.touch[BID] > nature.wide + s.extra_wide + 3
        if s.absent >= 0 or stands or torn:
            book[at] = nature.lot
        else:
            give_way(s, book, k, rng, nature)
    if j == 0:
        quote(s, book, out)
