"""How the quotes react: both sides moved the same way, apart, or together.

Definition
    The touch is looked at every whole second. Every five seconds the step's median bid and ask are compared with those
    of the minute before it (`past`): d_bid and d_ask in ticks.
    SKEW_DOWN   d_bid < 0 and d_ask < 0: a maker who is long moves both quotes down (Stoll 1978, Ho & Stoll 1981,
                Avellaneda & Stoikov 2008, Guéant, Lehalle & Fernandez-Tapia 2013; the width does not depend on it)
    SKEW_UP     both > 0: the same, short
    WIDEN       d_bid < 0 and d_ask > 0: the lesson's "long: lower the bids and raise the offers"; to the literature
                this is volatility and adverse selection (Glosten & Milgrom 1985)
    NARROW      d_bid > 0 and d_ask < 0
    A step in which prints took a whole level tells of the takers, and is not read. A level was taken when its quote
    moved away within a second of a print, and the prints since the quote before had at least the size that was shown.
    Nor is a step read in which no row came, nor one whose minute had a broken book, a halt or a new day in it.
Source
    Specification of signals §8. Medians of an odd number of looks, so that a mirrored book reads mirrored.
"""

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import ABSENT
from bot.kernel import Row, hot, part

STEP_SECONDS = 5
STEP_NS = STEP_SECONDS * SECOND_NS
SKEW_DOWN, NONE, SKEW_UP, WIDEN, NARROW = -1, 0, 1, 2, 3
READINGS = ("skew_down", "none", "skew_up", "widen", "narrow")
"""Names by reading + 1."""
PAST_MAX_NS = 120 * SECOND_NS
_RING = 128  # a power of two above all looks of a step and its past

LEVELS = np.dtype(
    [
        ("quotes", "i8"),  # when the newest print came
        ("sold", "i8"),  # since the newest of those
        ("bought", "i8"),
        ("printed", "i8"),  # the newest print
        ("taken", "i8"),  # when prints last took a whole level
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("past", "i8"),  # looks at what was before; odd
        ("looks", "i8"),  # at a whole book since it broke last
        ("bids", "i4", (_RING,)),
        ("asks", "i4", (_RING,)),
        ("bid", "i8"),  # medians of the minute
        ("ask", "i8"),
        ("rows", "i8"),  # read by the end of the last step
        ("reading", "i8"),  # of the newest step that was read
        ("d_bid", "i8"),
        ("d_ask", "i8"),
        ("steps", "i8"),  # read in this bar
        ("counts", "i8", (len(READINGS),)),
        ("spoke", "i8"),  # the newest reading of this bar that was not NONE, when its step began, and its figures
        ("since", "i8"),
        ("spoke_bid", "i8"),
        ("spoke_ask", "i8"),
    ],
    align=True,
)


@hot
def hit(levels: Row, quotes: int, tick: Row) -> None:
    """A print, after so many quotes: what was traded since the newest of them adds up."""
    if quotes != levels.quotes:
        levels.quotes, levels.sold, levels.bought = quotes, 0, 0
    levels.sold += tick.size * (tick.side < 0)
    levels.bought += tick.size * (tick.side > 0)
    levels.printed = tick.ts


@part
def moved(levels: Row, quote: Row, tick: Row, quotes: int) -> None:
    """Bid or ask moved from `quote`, the last of so many: was it that prints took the level?"""
    if levels.quotes != quotes or tick.ts - levels.printed > SECOND_NS or not quote.whole:
        return
    if tick.bid == ABSENT or tick.ask <= tick.bid:
        return
    down = tick.bid < quote.bid and levels.sold >= max(1, quote.bid_size)
    up = tick.ask > quote.ask and levels.bought >= max(1, quote.ask_size)
    if down or up:
        levels.taken = tick.ts


@part
def restart(s: Row) -> None:
    """No minute reaches back beyond this."""
    s.looks = 0


@part
def look(s: Row, bid: int, ask: int) -> None:
    """A whole second is over, and this was the touch."""
    if bid == ABSENT or ask <= bid:
        s.looks = 0
        return
    k = s.looks & (_RING - 1)
    s.bids[k], s.asks[k] = bid, ask
    s.looks += 1


@part
def middle(ring: Row, first: int, count: int, near: int) -> int:
    """The median of `count` (odd) looks from the `first` on; the nearer `near` is to it, the sooner it is found."""
    m, half = near, count // 2
    for _ in range(count + 1):  # every turn goes at least one look nearer
        below, same, under, over = 0, 0, ABSENT, -ABSENT
        for k in range(first, first + count):
            x = int(ring[k & (_RING - 1)])
            below += x < m
            same += x == m
            under = max(under, x) if x < m else under
            over = min(over, x) if x > m else over
        if below > half:
            m = under
        elif below + same <= half:
            m = over
        else:
            break
    return m


@part
def read(s: Row, taken: int, rows: int, at: int) -> bool:
    """The step that ends at `at` is over; whether it was read."""
    quiet = rows == s.rows
    s.rows = rows
    if quiet or taken >= at - STEP_NS or s.looks < STEP_SECONDS + s.past:
        return False
    first = s.looks - STEP_SECONDS
    s.bid = middle(s.bids, first - s.past, s.past, s.bid)
    s.ask = middle(s.asks, first - s.past, s.past, s.ask)
    s.d_bid = middle(s.bids, first, STEP_SECONDS, s.bid) - s.bid
    s.d_ask = middle(s.asks, first, STEP_SECONDS, s.ask) - s.ask
    s.reading = reading(s.d_bid, s.d_ask)
    s.steps += 1
    s.counts[s.reading + 1] += 1
    if s.reading != NONE:
        s.spoke, s.since, s.spoke_bid, s.spoke_ask = s.reading, at - STEP_NS, s.d_bid, s.d_ask
    return True


@part
def reading(d_bid: int, d_ask: int) -> int:
    """What a change of both quotes is."""
    if d_bid < 0 and d_ask < 0:
        return SKEW_DOWN
    if d_bid > 0 and d_ask > 0:
        return SKEW_UP
    if d_bid < 0 and d_ask > 0:
        return WIDEN
    return NARROW if d_bid > 0 and d_ask < 0 else NONE


@part
def clear(s: Row) -> None:
    """A bar has been told of: its counts begin anew."""
    s.steps = s.spoke = s.since = s.spoke_bid = s.spoke_ask = 0
    for k in range(s.counts.shape[0]):
        s.counts[k] = 0
