"""Order-flow imbalance from best bid and offer: what was added to and taken from both sides of the touch.

Definition
    Of each quote, with bid b, ask a and their sizes, and those of the quote before (₀):
    e = 1[b ≥ b₀]·qb − 1[b ≤ b₀]·qb₀ − 1[a ≤ a₀]·qa + 1[a ≥ a₀]·qa₀. OFI of a stretch is the sum of its e, contracts or
    shares; its depth the mean of (qb + qa)/2 over its quotes.
    Every ten seconds x = OFI/depth and y = change of the mid in ticks; of the last 300 such windows, by least squares
    through the origin, beta = Σxy/Σx² and r2 = (Σxy)²/(Σx²·Σy²). z of a stretch is its x over √(Σx²/n · length/10 s).
    Quotes read while stuffing is on (guard G2) count nothing and spoil their window; so do a book that is not whole, a
    halt and a new day. A window without a quote says nothing and is left out.
Source
    Cont, Kukanov & Stoikov 2014: the change of price is linear in OFI, the slope falls with depth. Specification of
    signals §3.
"""

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import ABSENT
from bot.kernel import Row, hot, part

WINDOW_NS = 10 * SECOND_NS
WINDOWS = 300

FIGURES = np.dtype(
    [
        ("at", "i8"),  # end of the newest window
        ("scale", "f8"),  # √(Σx²/n): the usual size of x; 0 while nothing is known
        ("beta", "f8"),  # ticks that the mid moves for an OFI of one depth
        ("r2", "f8"),  # share of the mid's movement that OFI explains
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("bid", "i8"),  # of the newest quote
        ("ask", "i8"),
        ("bid_size", "i8"),
        ("ask_size", "i8"),
        ("whole", "i8"),  # the touch has both sides, and they do not cross; and it had, with the quote before
        ("was_whole", "i8"),
        ("mid", "i8"),  # of the newest whole touch, half ticks; 0 before the first
        ("stuffed", "i8"),  # quotes read while stuffing was on
        ("broken", "i8"),  # the running window is spoilt
        ("next", "i8"),  # when it ends
        ("mid_then", "i8"),  # all of it as it stood when the window began
        ("whole_then", "i8"),
        ("stuffed_then", "i8"),
        ("ofi_then", "i8"),
        ("depth_then", "i8"),
        ("quotes_then", "i8"),
        ("count", "i8"),  # windows
        ("xs", "f8", (WINDOWS,)),
        ("ys", "f8", (WINDOWS,)),
        ("xx", "f8"),
        ("xy", "f8"),
        ("yy", "f8"),
        ("figures", FIGURES, (2,)),  # with the newest window, and without
    ],
    align=True,
)


@part
def begin(f: Row, ts: int) -> None:
    """The first row of a tape: its first window is spoilt, for it began somewhere in between."""
    f.next, f.broken = (ts // WINDOW_NS + 1) * WINDOW_NS, 1


@part
def touch(f: Row, tick: Row) -> None:
    """Bid or ask moved; the quote itself is taken after that."""
    f.whole = 1 if tick.bid != ABSENT and tick.ask > tick.bid else 0
    f.broken |= 1 - f.whole
    if f.whole:
        f.mid = tick.bid + tick.ask


@hot
def update(f: Row, bar: Row, tick: Row, stuffed: int) -> None:
    """Take a quote into the base bar; `stuffed` = guard G2 is on."""
    b, a, qb, qa = tick.bid, tick.ask, tick.bid_size, tick.ask_size
    # By arithmetic, for on a live tape a branch on the direction of a quote is a toss of a coin.
    e = (b >= f.bid) * qb - (b <= f.bid) * f.bid_size - (a <= f.ask) * qa + (a >= f.ask) * f.ask_size
    counts = f.whole & f.was_whole & (1 - stuffed)
    bar.ofi += e * counts
    bar.depth += (qb + qa) * counts
    bar.quotes += counts
    f.stuffed += stuffed
    f.bid, f.ask, f.bid_size, f.ask_size, f.was_whole = b, a, qb, qa, f.whole


@part
def advance(f: Row, traded: Row, until: int) -> None:
    """Windows up to `until` are over, and `traded` is all that came before.

    No row lies between the first end that is due and `until`, so whatever follows the first window is empty.
    """
    if until < f.next:
        return
    quotes, depth = traded.quotes - f.quotes_then, traded.depth - f.depth_then
    if depth > 0 and f.whole and f.whole_then and not f.broken and f.stuffed == f.stuffed_then:
        f.figures[1] = f.figures[0]
        push(f, (traded.ofi - f.ofi_then) * 2.0 * quotes / depth, 0.5 * (f.mid - f.mid_then))
    f.broken = 1 - f.whole
    f.mid_then, f.whole_then, f.stuffed_then = f.mid, f.whole, f.stuffed
    f.ofi_then, f.depth_then, f.quotes_then = traded.ofi, traded.depth, traded.quotes
    f.next = (until // WINDOW_NS + 1) * WINDOW_NS


@part
def push(f: Row, x: float, y: float) -> None:
    """One more window; the oldest of more than three hundred leaves."""
    k = f.count % WINDOWS
    if f.count >= WINDOWS:
        f.xx -= f.xs[k] * f.xs[k]
        f.xy -= f.xs[k] * f.ys[k]
        f.yy -= f.ys[k] * f.ys[k]
    f.xs[k], f.ys[k] = x, y
    f.xx, f.xy, f.yy = f.xx + x * x, f.xy + x * y, f.yy + y * y
    f.count += 1
    if f.count % WINDOWS == 0:
        # What adding and subtracting has rounded away must not pile up over a day.
        f.xx = f.xy = f.yy = 0.0
        for j in range(WINDOWS):
            f.xx += f.xs[j] * f.xs[j]
            f.xy += f.xs[j] * f.ys[j]
            f.yy += f.ys[j] * f.ys[j]
    now = f.figures[0]
    now.at = f.next
    now.scale = np.sqrt(max(0.0, f.xx) / min(f.count, WINDOWS))
    now.beta = f.xy / f.xx if f.xx > 0.0 else 0.0
    now.r2 = f.xy * f.xy / (f.xx * f.yy) if f.xx > 0.0 and f.yy > 0.0 else 0.0


@part
def known(f: Row, at: int) -> Row:
    """FIGURES of the windows up to `at`, which no row read so far lies behind.

    The end of a bar may have closed a window that ends after the second that is told of; never more than one since.
    """
    return f.figures[0] if at >= f.figures[0].at else f.figures[1]


@part
def stamp(f: Row, traded: Row, bar: Row) -> None:
    """A bar has closed: what is known at its end goes with it. `traded` is all that came before."""
    advance(f, traded, bar.end)
    figures = known(f, bar.end)
    bar.ofi_scale, bar.ofi_beta, bar.ofi_r2 = figures.scale, figures.beta, figures.r2


@part
def depth_of(depth: int, quotes: int) -> float:
    """Mean size of a side of the touch; NaN without a quote."""
    return 0.5 * depth / quotes if quotes > 0 else np.nan


@part
def z_of(ofi: int, depth: int, quotes: int, usual: float, length: int) -> float:
    """How many times its usual size an OFI of `length` ns is, `usual` being the scale; NaN while it is not known."""
    if depth <= 0 or usual <= 0.0:
        return np.nan
    return float(ofi * 2.0 * quotes / depth / (usual * np.sqrt(length / WINDOW_NS)))
