"""The newest quote alone: at its ask or above a buyer, at its bid or below a seller, inside nobody.

The naive rule that every other must beat: on a feed that delivers prints after the quote that they caused it reads the
wrong book.
"""

from bot.domain.market import BUY, SELL, SIDE_QUOTE, Ticks
from bot.kernel import kernel
from bot.signals.sides.memory import hear, say


@kernel
def fill(ticks: Ticks, memory: Ticks) -> None:
    """Give the prints of a batch their sides, in place."""
    m = memory[0]
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        if hear(m, tick):
            side = 0
            if m.whole and tick.price >= m.ask:
                side = BUY
            elif m.whole and tick.price <= m.bid:
                side = SELL
            say(tick, side, SIDE_QUOTE)
