"""How many market orders bring a volume."""

from bot.kernel import part

_LOTS_PER_ORDER_X10, _ECHO = 36, 2


@part
def orders_for(lots: int, seconds: int, lot: int) -> int:
    """Rate (mHz) of staged market orders that brings `lots` in so many seconds, their echo included."""
    return 10_000 * lots // (_LOTS_PER_ORDER_X10 * _ECHO * seconds * lot)
