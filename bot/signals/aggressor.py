"""Who caused a print, where the feed does not say: the quote that it hit, else the direction of the last price change.

Definition
    The last quotes are remembered in order of arrival; a crossed, locked or one-sided one is not, and while the book is
    such no side is guessed. Beyond the newest quote the print walked the book: that side. Else from the newest back, at
    most 8, none replaced longer ago than 250 ms (1.5 s where stamps are whole seconds): at an ask a buyer, at a bid a
    seller, sure by 1/(1 + quotes skipped).
    Broker feeds with whole seconds deliver prints after the quote that they caused. If p is an ask in one quote and a
    bid in another there, the newest decides whose size at p was enough for the print and fell after it, else the tick
    rule. Inside the spread the tick rule: the sign of the last price change (sure by half).
    A side that the feed gives is left as it is, also "neither" (an auction). Off-grid prints get none.
Source
    Specification of signals §2; Ellis, Michaely & O'Hara 2000 (at the quotes, else the tick rule); Lee & Ready 1991.
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
DERIVED_SURE, TICK_RULE_SURE = 0.8, 0.5

BOOK = np.dtype([("ts", "i8"), ("bid", "i4"), ("ask", "i4"), ("bid_size", "i4"), ("ask_size", "i4")], align=True)
STATE = np.dtype(
    [
        ("count", "i8"),
        ("seen", "i8"),  # any quote at all
        ("whole", "i8"),  # the book in force has two sides and a spread
        ("price", "i8"),  # of the last print
        ("direction", "i8"),  # of the last price change
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
    s.count += 1


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
def argued(s: Row, price: int, size: int, reached: int) -> tuple[int, int]:
    """(side, quotes skipped) of a print whose price was ask and bid in turn; (0, 0) when no quote decides.

    It decides if what it showed at the price was enough for the print, and was less in the quote after it.
    """
    for k in range(1, reached):
        b, after = book(s, k), book(s, k - 1)
        if price == b.ask and b.ask_size >= size and (after.ask != price or after.ask_size < b.ask_size):
            return BUY, k
        if price == b.bid and b.bid_size >= size and (after.bid != price or after.bid_size < b.bid_size):
            return SELL, k
    return UNKNOWN, 0


@part
def quoted(s: Row, tick: Row) -> tuple[int, float]:
    """(side, how sure) by the quotes; (0, 0) when they do not say."""
    price, newest = tick.price, book(s, 0)
    if price > newest.ask:
        return BUY, 1.0
    if price < newest.bid:
        return SELL, 1.0
    coarse = tick.ts % SECOND_NS == 0 and newest.ts % SECOND_NS == 0
    reached = reach(s, tick.ts, coarse)
    side, skipped, both = UNKNOWN, 0, False
    for k in range(reached):
        this = touched(book(s, k), price)
        if side == UNKNOWN:
            side, skipped = this, k
        elif this == -side:
            both = True
    if both and coarse:
        side, skipped = argued(s, price, tick.size, reached)
    return side, 1.0 / (1.0 + skipped) if side != UNKNOWN else 0.0


@kernel
def fill(ticks: Ticks, sure: npt.NDArray[np.float32], states: Ticks) -> None:
    """Give the prints of a batch their sides and methods, in place, and `sure` how certain each is."""
    s = states[0]
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        sure[i] = 1.0
        if tick.kind == QUOTE:
            quote(s, tick)
        if tick.kind != PRINT or tick.flags & (OFF_GRID | QUARANTINED):
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
        if side == UNKNOWN and s.direction != 0:
            side, certain, method = s.direction, TICK_RULE_SURE, SIDE_TICK
        if side != UNKNOWN:
            tick.side, tick.side_method, sure[i] = side, method, certain
