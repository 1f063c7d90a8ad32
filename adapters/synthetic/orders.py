"""How many market orders bring a volume."""

from typing import Any

from bot.kernel import part

_ECHO = 2
"""An order of a crowd brings about as many again: excitement of 1/2."""


@part
def orders_for(lots: int, seconds: int, nature: Any) -> int:
    """Rate (mHz) of staged market orders that brings `lots` in so many seconds, their echo included."""
    return int(10_000 * lots // (nature.mean * _ECHO * seconds * nature.lot))
