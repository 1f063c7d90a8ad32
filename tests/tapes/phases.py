"""Hours in a range that sellers hit and that does not give, or that they do not; then it is left."""

from decimal import Decimal

from bot.config.params import MINUTE_NS
from tests.tapes import Tape

QUARTER_HOUR = 15 * MINUTE_NS
LOW, HIGH = 16800, 16820
WIDTH = HIGH - LOW


def quarter(told: Tape, path: tuple[int, ...], sold: int, bought: int) -> None:
    """A quarter of an hour in which price goes through these ticks, evenly, with so much sold and bought at each.

    Something happens every 20 s or so: a longer silence would be a gap in the range.
    """
    begun, step = told.now, QUARTER_HOUR // (6 * len(path))
    for k in range(6 * len(path)):
        price, told.now = path[k // 6] * told.tick, begun + k * step
        told.quote(str(price), str(price + told.tick))
        told.sold(sold // 6, str(price)).bought(bought // 6, str(price))
    told.now = begun + QUARTER_HOUR


def phase(
    told: Tape,
    *,
    low: int = LOW,
    bars: int = 8,
    sold: int = 90,
    bought: int = 30,
    leave: int = 1,
    sink: int = 0,
    beyond: int = 6,
) -> Tape:
    """`bars` quarters between `low` and 20 ticks more, then one that leaves upwards (1) or downwards (−1)."""
    high = low + HIGH - LOW
    told.quote(str(low * told.tick), str((low + 1) * told.tick))
    for k in range(bars):
        down = k * sink
        path = (low + 10, high, low + 12, low, low + 1, low + 9, low + 10)
        quarter(told, tuple(price - down for price in path), sold, bought)
    left = high + beyond if leave > 0 else low - beyond - bars * sink
    quarter(told, (low + 10, low + 12, low + 12, low + 11, left, left), 30, 30)
    return told


def range_of(product: str, start: str) -> Tape:
    """A tape of a product to tell one on."""
    return Tape(product, str(Decimal("0.01") if product == "CL" else Decimal("0.1")), start)
