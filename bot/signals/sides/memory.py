"""What the textbook rules remember: the newest book, and the direction of the last price change."""

import numpy as np

from bot.domain.market import ABSENT, BUY, OFF_GRID, PRINT, QUARANTINED, SELL, Ticks
from bot.kernel import Row, part

MEMORY = np.dtype(
    [
        ("bid", "i8"),
        ("ask", "i8"),
        ("whole", "i8"),  # both sides are there, with a spread between them
        ("price", "i8"),  # of the last print
        ("direction", "i8"),  # of the last price change; 0 before the first
    ],
    align=True,
)


def fresh() -> Ticks:
    """One MEMORY of nothing."""
    memory = np.zeros(1, MEMORY)
    memory["price"] = ABSENT
    return memory


@part
def hear(m: Row, tick: Row) -> bool:
    """Take the book that stands on a row, and the price change; whether the row is a print that wants a side."""
    if tick.flags & QUARANTINED:
        return False
    m.bid, m.ask = tick.bid, tick.ask
    m.whole = 1 if tick.bid != ABSENT and tick.ask != ABSENT and tick.bid < tick.ask else 0
    if tick.kind != PRINT or tick.flags & OFF_GRID:
        return False
    if m.price != ABSENT and tick.price != m.price:
        m.direction = BUY if tick.price > m.price else SELL
    m.price = tick.price
    return True


@part
def say(tick: Row, side: int, method: int) -> None:
    """Give a print its side; no method stands where there is none."""
    tick.side, tick.side_method = side, method if side != 0 else 0
