"""Who caused a print, where the feed does not say: the quote that it hit, else the half of the spread it lies in.

Definition
    The last quotes are remembered in order of arrival; a crossed, locked or one-sided one is not, and while the book is
    such no side is guessed. Beyond the newest quote the print walked the book: that side. At its ask a buyer, at its
    bid a seller. Else the same of older ones, at most 8 and none replaced longer ago than 250 ms (1.5 s where stamps
    are whole seconds), sure by 1/(1 + quotes skipped). Inside the spread the nearer touch (Lee and Ready); in its
    middle, and without any quote, the tick rule: the sign of the last price change. Both are sure by half.
    Broker feeds with whole seconds deliver prints after the quote that they caused. There a touch that shrank or went
    without a print before owes one: a print at that price and of no more than that size is its late cause.
    A side that the feed gives is left as it is, also "neither" (an auction). Off-grid prints get none.
Source
    Specification of signals §2, but for what a quote owes (there: the newest quote whose size was enough and fell; an
    on-time print right after a move is taken for a late one by it). Ellis, Michaely & O'Hara 2000; Lee & Ready 1991.
    How the rules compare on tapes whose sides are known: `sides/compare.py`, docs/tapes.md.
"""

import numpy as np
import numpy.typing as npt

from bot.domain.market import (
    ABSENT,
    BUY,
    OFF_GRID,
    PRINT,
    QUARANTINED,
    QUOTE,
    SELL,
    SIDE_DERIVED,
    SIDE_LEE_READY,
    SIDE_NONE,
    SIDE_QUOTE,
    SIDE_TICK,
    UNKNOWN,
    Ticks,
)
from bot.kernel import Row, kernel, part

QUOTES = 32
BACK = 8
FRESH_NS, FRESH_COARSE_NS = 250_000_000, 1_500_000_000
SECOND_NS = 1_000_000_000
DERIVED_SURE, HALF_SURE = 0.8, 0.5

BOOK = np.dtype(
    [
        ("ts", "i8"),
        ("bid", "i4"),
        ("ask", "i4"),
        ("bid_size", "i4"),
        ("ask_size", "i4"),
        ("bid_owed", "i4"),  # what went from the touch of the quote before and no print explains
        ("ask_owed", "i4"),
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("count", "i8"),
        ("seen", "i8"),  # any quote at all
        ("whole", "i8"),  # the book in force has two sides and a spread
        ("price", "i8"),  # of the last print
        ("direction", "i8"),  # of the last price change
        ("bid_hit", "i8"),  # printed at the newest quote's touch since it came
        ("ask_hit", "i8"),
        ("books", BOOK, (QUOTES,)),
    ],
    align=True,
)


def fresh() -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["price"] = ABSENT
    return state


@part
def book(s: Row, back: int) -> Row:
    """The quote `back` before the newest."""
    return s.books[(s.count - 1 - back) % QUOTES]


@part
def quote(s: Row, tick: Row) -> None:
    """Take the book that stands on a row, if it is another one."""
    if tick.bid == ABSENT and tick.ask == ABSENT and not s.seen:
        return
    s.seen = 1
    s.whole = 1 if tick.bid != ABSENT and tick.ask != ABSENT and tick.bid < tick.ask else 0
    if not s.whole:
        return
    if s.count > 0:
        b = book(s, 0)
        sizes = b.bid_size == tick.bid_size and b.ask_size == tick.ask_size
        if b.bid == tick.bid and b.ask == tick.ask and sizes:
            return
    b = s.books[s.count % QUOTES]
    b.ts, b.bid, b.ask, b.bid_size, b.ask_size = tick.ts, tick.bid, tick.ask, tick.bid_size, tick.ask_size
    b.bid_owed = b.ask_owed = 0
    if s.count > 0:
        a = book(s, 0)
        b.bid_owed = max(0, gone(a.bid - b.bid, a.bid_size, b.bid_size) - s.bid_hit)
        b.ask_owed = max(0, gone(b.ask - a.ask, a.ask_size, b.ask_size) - s.ask_hit)
    s.bid_hit = s.ask_hit = 0
    s.count += 1


@part
def gone(back: int, size: int, left: int) -> int:
    """What went from a touch that drew `back` by some ticks, or shrank where it was."""
    return size if back > 0 else max(0, size - left) if back == 0 else 0


@part
def reach(s: Row, ts: int, coarse: bool) -> int:
    """How many quotes back may be looked at: the newest, and those replaced no longer ago than is fresh."""
    k = 1
    while k < min(BACK, s.count) and ts - book(s, k - 1).ts <= (FRESH_COARSE_NS if coarse else FRESH_NS):
        k += 1
    return k


@part
def touched(b: Row, price: int) -> int:
    """Which side of a quote a price is."""
    return BUY if price == b.ask else SELL if price == b.bid else UNKNOWN


@part
def nearer(b: Row, price: int) -> int:
    """The side of the touch that a price is nearer to; UNKNOWN in the middle."""
    beyond = 2 * price - b.bid - b.ask
    return BUY if beyond > 0 else SELL if beyond < 0 else UNKNOWN


@part
def owed(s: Row, price: int, size: int, reached: int) -> int:
    """The side of a late print, which the newest quote that owes it tells, and pays; UNKNOWN when none does."""
    for k in range(reached - 1):
        b, a = book(s, k), book(s, k + 1)
        if a.ask == price and b.ask_owed >= size:
            b.ask_owed -= size
            return BUY
        if a.bid == price and b.bid_owed >= size:
            b.bid_owed -= size
            return SELL
    return UNKNOWN


@part
def quoted(s: Row, tick: Row) -> tuple[int, float]:
    """(side, how sure) by the quotes; (0, 0) when they do not say."""
    price, newest = tick.price, book(s, 0)
    coarse = tick.ts % SECOND_NS == 0 and newest.ts % SECOND_NS == 0
    reached = reach(s, tick.ts, coarse)
    if coarse:
        side = owed(s, price, tick.size, reached)
        if side != UNKNOWN:
            return side, 1.0
    if price > newest.ask:
        return BUY, 1.0
    if price < newest.bid:
        return SELL, 1.0
    for k in range(reached):
        side = touched(book(s, k), price)
        if side != UNKNOWN:
            if k == 0 and side > 0:
                s.ask_hit += tick.size
            elif k == 0:
                s.bid_hit += tick.size
            return side, 1.0 / (1.0 + k)
    return UNKNOWN, 0.0


@kernel
def fill(ticks: Ticks, sure: npt.NDArray[np.float32], states: Ticks) -> None:
    """Give the prints of a batch their sides and methods, in place, and `sure` how certain each is."""
    s = states[0]
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        sure[i] = 1.0
        if tick.flags & QUARANTINED:
            continue
        if tick.kind == QUOTE:
            quote(s, tick)
        if tick.kind != PRINT or tick.flags & OFF_GRID:
            continue
        quote(s, tick)
        if s.price != ABSENT and tick.price != s.price:
            s.direction = BUY if tick.price > s.price else SELL
        s.price = tick.price
        if tick.side_method == SIDE_DERIVED:
            sure[i] = DERIVED_SURE
        if tick.side_method != SIDE_NONE or tick.side != UNKNOWN or (s.seen and not s.whole):
            continue
        side, certain, method = UNKNOWN, 0.0, SIDE_QUOTE
        if s.count > 0:
            side, certain = quoted(s, tick)
            if side == UNKNOWN:
                side, certain, method = nearer(book(s, 0), tick.price), HALF_SURE, SIDE_LEE_READY
        if side == UNKNOWN and s.direction != 0:
            side, certain, method = s.direction, HALF_SURE, SIDE_TICK
        if side != UNKNOWN:
            tick.side, tick.side_method, sure[i] = side, method, certain
