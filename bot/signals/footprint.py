"""What a bar holds: prices, volumes, and a cell for every price that was traded; and the bar as a plain value.

Definition
    Volumes are split by who caused the print: bought (at the ask), sold (at the bid), unknown. `low_buy` and its
    siblings are what had been traded when the extreme was printed last: the rest says who was left.
    POC is the price with the largest volume; of equals the one nearer the close, then nearer the open, then printed
    last.
Source
    Specification of signals §1, §5; ruling 19.
"""

from operator import itemgetter

import msgspec
import numpy as np

from bot.domain.market import ABSENT, Ticks
from bot.kernel import Row, part

# BAR.flags
PARTIAL, HALT_IN, LOCKED, EMPTY, OPENING = 1, 2, 4, 8, 16
FLAGS = {"partial": PARTIAL, "halted": HALT_IN, "locked": LOCKED, "empty": EMPTY, "opening": OPENING}

CELL = np.dtype(
    [
        ("price", "i4"),
        ("prints", "i4"),
        ("buy", "i8"),
        ("sell", "i8"),
        ("unknown", "i8"),
        ("dwell", "i8"),  # ns during which this was the last price
        ("last", "i8"),  # ordinal of the last print here; 0 = none in this bar
    ],
    align=True,
)

BAR = np.dtype(
    [
        ("timeframe", "i8"),
        ("start", "i8"),
        ("end", "i8"),
        ("known", "i8"),
        ("row", "i8"),
        ("before", "u1"),
        ("flags", "u1"),
        ("day", "i4"),
        ("open", "i4"),  # ABSENT when there is no price
        ("high", "i4"),
        ("low", "i4"),
        ("close", "i4"),
        ("poc", "i4"),
        ("prints", "i4"),  # prints of one stamp, price and side count once
        ("buy", "i8"),
        ("sell", "i8"),
        ("unknown", "i8"),
        ("delta_min", "i8"),
        ("delta_max", "i8"),
        ("squares", "f8"),  # Σ size² over orders with a known side
        ("unsure", "f8"),  # Σ size · doubt of its side
        ("by_tick_rule", "i8"),
        ("ofi", "i8"),  # order-flow imbalance; Σ of both sizes, and number of the quotes that it was counted of
        ("depth", "i8"),
        ("quotes", "i8"),
        ("ofi_scale", "f8"),  # at the bar's end, see order_flow.py
        ("ofi_beta", "f8"),
        ("ofi_r2", "f8"),
        ("low_buy", "i8"),  # bought and sold up to the last print at the low …
        ("low_sell", "i8"),
        ("high_buy", "i8"),  # … and at the high
        ("high_sell", "i8"),
        ("last_ts", "i8"),
        ("clustering", "f8"),
        ("cells_from", "i8"),
        ("cells_to", "i8"),
    ],
    align=True,
)


@part
def clear(bar: Row) -> None:
    """Make a bar empty; its grid stays."""
    bar.flags = 0
    bar.open = bar.high = bar.low = bar.close = bar.poc = ABSENT
    bar.prints = 0
    bar.buy = bar.sell = bar.unknown = bar.delta_min = bar.delta_max = bar.by_tick_rule = 0
    bar.ofi = bar.depth = bar.quotes = 0
    bar.low_buy = bar.low_sell = bar.high_buy = bar.high_sell = 0
    bar.squares = bar.unsure = 0.0


@part
def wipe(bar: Row, ladder: Ticks) -> None:
    """Empty the cells of a bar."""
    if bar.open != ABSENT:
        for p in range(bar.low, bar.high + 1):
            c = ladder[p & (ladder.shape[0] - 1)]
            c.prints, c.buy, c.sell, c.unknown, c.dwell, c.last = 0, 0, 0, 0, 0, 0


@part
def poc(bar: Row, cells: Ticks, first: int, stop: int) -> int:
    """The price with the largest volume among `cells[first:stop]`; ABSENT when there is none."""
    best = first
    for k in range(first + 1, stop):
        c, b = cells[k], cells[best]
        more = (c.buy + c.sell + c.unknown) - (b.buy + b.sell + b.unknown)
        if more == 0:
            more = abs(b.price - bar.close) - abs(c.price - bar.close)
        if more == 0:
            more = abs(b.price - bar.open) - abs(c.price - bar.open)
        if more == 0:
            more = c.last - b.last
        if more > 0:
            best = k
    return cells[best].price if first < stop else ABSENT


@part
def pour(base: Row, cells: Ticks, bar: Row, ladder: Ticks) -> None:
    """Add a bar that has closed, cell by cell, to a longer one that is still open."""
    bar.flags |= base.flags & (HALT_IN | LOCKED)
    delta = bar.buy - bar.sell
    bar.delta_min = min(bar.delta_min, delta + base.delta_min)
    bar.delta_max = max(bar.delta_max, delta + base.delta_max)
    if base.open != ABSENT:
        if bar.open == ABSENT or base.low <= bar.low:
            bar.low, bar.low_buy, bar.low_sell = base.low, bar.buy + base.low_buy, bar.sell + base.low_sell
        if bar.open == ABSENT or base.high >= bar.high:
            bar.high, bar.high_buy, bar.high_sell = base.high, bar.buy + base.high_buy, bar.sell + base.high_sell
        if bar.open == ABSENT:
            bar.open = base.open
        bar.close, bar.last_ts = base.close, base.last_ts
        pour_cells(base, cells, ladder)
    bar.buy, bar.sell, bar.unknown = bar.buy + base.buy, bar.sell + base.sell, bar.unknown + base.unknown
    bar.prints += base.prints
    bar.squares, bar.unsure = bar.squares + base.squares, bar.unsure + base.unsure
    bar.by_tick_rule += base.by_tick_rule
    bar.ofi, bar.depth, bar.quotes = bar.ofi + base.ofi, bar.depth + base.depth, bar.quotes + base.quotes


@part
def pour_cells(base: Row, cells: Ticks, ladder: Ticks) -> None:
    """Add the cells of `base` to a longer bar's ladder."""
    mask = ladder.shape[0] - 1
    for p in range(base.low, base.high + 1):
        c = cells[p & mask]
        if c.last > 0:
            into = ladder[p & mask]
            into.price, into.last = p, c.last
            into.prints, into.dwell = into.prints + c.prints, into.dwell + c.dwell
            into.buy, into.sell, into.unknown = into.buy + c.buy, into.sell + c.sell, into.unknown + c.unknown


_AT = {name: at for at, name in enumerate(BAR.names or ())}
_PLAIN = itemgetter(*(_AT[name] for name in ("timeframe", "start", "end")))
_PRICES = itemgetter(*(_AT[name] for name in ("open", "high", "low", "close", "poc")))
_FLOW = itemgetter(*(_AT[name] for name in ("buy", "sell", "unknown")))
_REST = itemgetter(*(_AT[name] for name in ("delta_min", "delta_max", "prints")))
_FLAGS, _FROM, _TO = _AT["flags"], _AT["cells_from"], _AT["cells_to"]
_CELL = ["price", "sell", "buy", "unknown"]


class Footprint(msgspec.Struct, frozen=True):
    """A closed bar as a plain value, written as JSON as it stands. Prices are ticks, stamps ns UTC, volumes units."""

    timeframe: int
    start: int
    end: int
    open: int | None
    high: int | None
    low: int | None
    close: int | None
    poc: int | None
    buy: int
    sell: int
    unknown: int
    delta: int
    delta_min: int
    delta_max: int
    prints: int
    flags: tuple[str, ...]
    cells: tuple[tuple[int, int, int, int], ...]
    """(price, volume at the bid, volume at the ask, unknown), lowest price first."""

    @classmethod
    def of(cls, bar: Row, cells: Ticks) -> "Footprint":
        """A BAR row and its cells."""
        # One conversion of the whole row: field by field it is ten times slower.
        values = bar.item()
        timeframe, start, end = _PLAIN(values)
        opened, high, low, close, poc = (None if price == ABSENT else price for price in _PRICES(values))
        buy, sell, unknown = _FLOW(values)
        delta_min, delta_max, prints = _REST(values)
        flags = tuple(name for name, bit in FLAGS.items() if values[_FLAGS] & bit) if values[_FLAGS] else ()
        rows = tuple(cells[values[_FROM] : values[_TO]][_CELL].tolist())
        return cls(
            timeframe, start, end, opened, high, low, close, poc,
            buy, sell, unknown, buy - sell, delta_min, delta_max, prints, flags, rows,
        )  # fmt: skip
