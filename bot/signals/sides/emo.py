"""Ellis, Michaely and O'Hara: exactly at the ask a buyer, exactly at the bid a seller, anything else by the tick rule.

Source
    Ellis, Michaely & O'Hara 2000, The accuracy of trade classification rules: evidence from Nasdaq.
"""

from bot.domain.market import BUY, SELL, SIDE_EMO, SIDE_TICK, Ticks
from bot.kernel import kernel
from bot.signals.sides.memory import hear, say


@kernel
def fill(ticks: Ticks, memory: Ticks) -> None:
    """Give the prints of a batch their sides, in place."""
    m = memory[0]
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        if not hear(m, tick):
            continue
        if m.whole and tick.price == m.ask:
            say(tick, BUY, SIDE_EMO)
        elif m.whole and tick.price == m.bid:
            say(tick, SELL, SIDE_EMO)
        else:
            say(tick, m.direction, SIDE_TICK)
