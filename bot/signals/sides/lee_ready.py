"""Lee and Ready: above the middle of the newest quote a buyer, below it a seller, at it by the tick rule.

Their lag of five seconds answered the reporting delays of 1988; here it is none, in order of arrival.

Source
    Lee & Ready 1991, Inferring trade direction from intraday data.
"""

from bot.domain.market import BUY, SELL, SIDE_LEE_READY, SIDE_TICK, Ticks
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
        beyond = 2 * tick.price - m.bid - m.ask if m.whole else 0
        if beyond > 0:
            say(tick, BUY, SIDE_LEE_READY)
        elif beyond < 0:
            say(tick, SELL, SIDE_LEE_READY)
        else:
            say(tick, m.direction, SIDE_TICK)
