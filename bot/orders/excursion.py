"""How far price went for and against a position while it was held."""

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, Ticks
from bot.kernel import kernel


@kernel
def extremes(ticks: Ticks, instrument: int) -> tuple[int, int]:
    """Lowest and highest print of an instrument in some rows, ticks; (ABSENT, ABSENT) without one."""
    low, high = ABSENT, ABSENT
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        if tick.kind != PRINT or tick.instrument != instrument or tick.flags & (OFF_GRID | QUARANTINED):
            continue
        if low == ABSENT or tick.price < low:
            low = int(tick.price)
        if high == ABSENT or tick.price > high:
            high = int(tick.price)
    return low, high
