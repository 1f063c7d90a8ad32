"""The tick rule: the sign of the last price change; before the first nobody.

Source
    Lee & Ready 1991, who call it the tick test.
"""

from bot.domain.market import SIDE_TICK, Ticks
from bot.kernel import kernel
from bot.signals.sides.memory import hear, say


@kernel
def fill(ticks: Ticks, memory: Ticks) -> None:
    """Give the prints of a batch their sides, in place."""
    m = memory[0]
    for i in range(ticks.shape[0]):
        if hear(m, ticks[i]):
            say(ticks[i], m.direction, SIDE_TICK)
