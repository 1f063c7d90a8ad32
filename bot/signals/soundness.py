"""What a row is good for: nothing, to be read, or to confirm a signal at.

Rows are cleaned where they come in (`bot/tape/clean.py`); this is what every scan makes of the marks.
"""

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, TS_REGRESSED
from bot.kernel import Row, hot


@hot
def void(tick: Row) -> bool:
    """As if it had never been: set apart where it came in, or a print without a price or a size."""
    return bool(tick.flags & QUARANTINED or (tick.kind == PRINT and (tick.price == ABSENT or tick.size <= 0)))


@hot
def crossed(tick: Row) -> bool:
    """The book on it cannot be true: its bid is above its ask."""
    return bool(tick.bid > tick.ask and tick.ask != ABSENT)


@hot
def sound(tick: Row) -> bool:
    """A signal may be confirmed at it: price and stamp are what they should be, and so is the book."""
    return not (tick.flags & (OFF_GRID | TS_REGRESSED) or crossed(tick))
