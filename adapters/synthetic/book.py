"""The touch: two queues that orders fill and empty; an emptied one gives way by a tick. Every change is a row.

A touch-queue market after Cont and de Larrard (2013): price moves when a queue is used up, then makers close the spread
again, mostly by following the move. One rule serves both sides: `toward` is the direction in which side k gives way.
"""

from typing import Any

from adapters.synthetic.chance import Rng, below, heavy
from adapters.synthetic.state import ASK, BID
from bot.domain.market import (
    ABSENT,
    BUY,
    PRINT,
    QUOTE,
    SELL,
    SIDE_NONE,
    SIDE_TRUE,
    STATUS,
    TS_REGRESSED,
    Ticks,
)
from bot.kernel import part

ROWS_MAX = 48
"""Rows that one order can write: pieces of a print and a quote each on every level that it walks; and some to spare."""
_LEVELS_MAX, _PIECES_MAX = 4, 4
_ADD_TAIL, _ADD_OCTAVES = 360, 5
PRINT_OCTAVES = 8
_LATE_EACH = 7


@part
def toward(k: int) -> int:
    """-1 for the bid, +1 for the ask."""
    return 2 * k - 1


@part
def quote(s: Any, out: Ticks) -> None:
    """Write the touch as it is now."""
    row = out[s.rows]
    row.ts, row.kind, row.price, row.size = s.ts, QUOTE, ABSENT, 0
    row.side, row.side_method, row.flags, row.instrument = 0, SIDE_NONE, 0, 0
    row.bid, row.ask = s.price[BID], s.price[ASK]
    row.bid_size, row.ask_size = s.size[BID], s.size[ASK]
    if s.absent == BID:
        row.bid, row.bid_size = ABSENT, 0
    elif s.absent == ASK:
        row.ask, row.ask_size = ABSENT, 0
    if s.disorder > 0 or s.crossed > 0:
        _misreport(s, row)
    s.stamp = row.ts
    s.rows += 1


@part
def _misreport(s: Any, row: Any) -> None:
    """What a feed in disorder makes of a row: every seventh comes too late, and bid and ask may be exchanged."""
    s.disorder += 1
    if s.disorder % _LATE_EACH == 0:
        row.ts, row.flags = s.stamp, TS_REGRESSED
    if s.crossed > 0:
        row.bid, row.ask, row.bid_size, row.ask_size = row.ask, row.bid, row.ask_size, row.bid_size


@part
def status(s: Any, flag: int, out: Ticks) -> None:
    """The exchange says that trading is halted, or goes on."""
    quote(s, out)
    row = out[s.rows - 1]
    row.kind, row.flags = STATUS, flag


@part
def print_at(s: Any, k: int, price: int, size: int, out: Ticks) -> None:
    """An order that hit side k was filled at `price`; the row carries the touch before it, like a quote."""
    quote(s, out)
    row = out[s.rows - 1]
    row.kind, row.price, row.size = PRINT, price, size
    row.side, row.side_method = BUY if k == ASK else SELL, SIDE_TRUE


@part
def _print(s: Any, k: int, size: int, out: Ticks) -> None:
    print_at(s, k, s.price[k], size, out)
    s.high, s.low = max(s.high, s.price[k]), min(s.low, s.price[k])


@part
def fresh(rng: Rng, nature: Any) -> int:
    """Size of a queue that has just become the touch: between a third and five thirds of the usual depth."""
    return int(nature.lot * (nature.depth // 3 + below(rng, nature.depth * 4 // 3) + 1))


@part
def give_way(s: Any, k: int, rng: Rng, nature: Any) -> None:
    """The queue of side k is used up: the next level becomes the touch."""
    s.cost += (16 * s.used[k] - s.cost) // 64
    s.price[k] += toward(k)
    s.size[k] = fresh(rng, nature)
    s.used[k] = 0
    s.gone = k


@part
def gap(s: Any, ticks: int, rng: Rng, nature: Any) -> None:
    """Nobody traded for a while: the book stands anew, some ticks away."""
    bid = s.price[BID] + ticks
    s.price[BID], s.price[ASK] = bid, bid + nature.wide
    for k in range(2):
        s.size[k], s.used[k], s.heat[k], s.flash[k] = fresh(rng, nature), 0, 0, 0


@part
def take(s: Any, k: int, rng: Rng, nature: Any, out: Ticks) -> int:
    """A market order hits side k, walking the book if it must. Returns its volume."""
    left = nature.lot * heavy(rng, nature.again, PRINT_OCTAVES)
    taken = 0
    for _ in range(_LEVELS_MAX):
        held = s.absent >= 0 or (s.floor == k and s.price[k] == s.floor_price)
        part = left if held else min(left, s.size[k])
        taken += part
        left -= part
        s.used[k] += part
        part = _in_pieces(s, k, part, rng, nature, out)
        _print(s, k, part, out)
        s.size[k] -= part
        if held:
            # An iceberg: what is shown shrinks, the reserve behind it takes the rest of the order.
            s.size[k] = max(s.size[k], nature.lot)
        elif s.size[k] == 0:
            give_way(s, k, rng, nature)
        quote(s, out)
        if left <= 0 or s.price[ASK] - s.price[BID] > s.wide + 2:
            break
    return taken


@part
def _in_pieces(s: Any, k: int, part: int, rng: Rng, nature: Any, out: Ticks) -> int:
    """A fill may be told order by order, each with its own print at the same stamp. Returns what is left to print."""
    for _ in range(_PIECES_MAX - 1):
        if part < 2 * nature.lot or below(rng, 1_000) >= nature.split:
            break
        piece = nature.lot * (1 + below(rng, part // nature.lot - 1))
        _print(s, k, piece, out)
        s.size[k] = max(s.size[k] - piece, nature.lot)
        quote(s, out)
        part -= piece
    return part


@part
def join(s: Any, k: int, rng: Rng, nature: Any, out: Ticks) -> None:
    """A limit order joins the queue of side k."""
    s.size[k] += nature.lot * heavy(rng, _ADD_TAIL, _ADD_OCTAVES)
    quote(s, out)


@part
def leave(s: Any, k: int, stays: bool, rng: Rng, nature: Any, out: Ticks) -> None:
    """An order in the queue of side k is cancelled; the last one takes the level with it unless somebody `stays`."""
    s.size[k] -= nature.lot * heavy(rng, _ADD_TAIL, _ADD_OCTAVES)
    if s.size[k] <= 0:
        defended = s.absent >= 0 or (s.floor == k and s.price[k] == s.floor_price)
        if defended or stays or s.price[ASK] - s.price[BID] > s.wide + 1:
            s.size[k] = nature.lot
        else:
            give_way(s, k, rng, nature)
    quote(s, out)


@part
def close_spread(s: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    """Makers close a wide spread: the other side follows the move, or the level that was lost is quoted again."""
    follows = below(rng, 1000) < nature.carry
    k = 1 - s.gone if follows else s.gone
    s.price[k] -= toward(k)
    s.size[k] = fresh(rng, nature)
    s.used[k] = 0
    quote(s, out)


@part
def reload(s: Any, nature: Any, out: Ticks) -> None:
    """The absorber shows its usual size again."""
    s.size[s.floor] = nature.lot * nature.depth
    quote(s, out)


@part
def flicker(s: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    """A quote is put in and taken out at once: two rows, nothing changed."""
    k = below(rng, 2)
    size = s.size[k]
    s.size[k] = size + nature.lot * (1 + below(rng, 40))
    quote(s, out)
    s.ts += 50_000 + below(rng, 400_000)
    s.size[k] = size
    quote(s, out)
