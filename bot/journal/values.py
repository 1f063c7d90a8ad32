"""How the journal's integers leave it: prices and money as decimal text, ticks as numbers, sides as words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from bot.journal import rows

NEW_YORK = ZoneInfo("America/New_York")
LONG_SHORT = {1: "long", -1: "short", 0: None}
BUY_SELL = {1: "buy", -1: "sell"}

CENT = Decimal("0.01")
_VWAP_DIGITS = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Grid:
    """The price step of an instrument and what one step is worth."""

    tick: Decimal
    tick_value: Decimal
    currency: str = "USD"

    def price(self, ticks: int) -> str:
        """A price in ticks as decimal text."""
        return f"{ticks * self.tick:f}"

    def optional(self, ticks: int | None) -> str | None:
        """The same for a price that may be absent."""
        return None if ticks is None else self.price(ticks)

    def mean_price(self, ticks: Fraction) -> str:
        """A mean price: exact where a decimal can say it, else to eight digits."""
        if ticks.denominator == 1:
            return self.price(ticks.numerator)
        exact = Decimal(ticks.numerator) * self.tick / ticks.denominator
        return f"{exact.quantize(_VWAP_DIGITS).normalize():f}"

    def money(self, ticks: int) -> Decimal:
        """The worth of so many ticks × units."""
        return ticks * self.tick_value


GridOf = Mapping[tuple[str, str], Grid]
"""(run, product) → Grid."""


def grids(instruments: Iterable[rows.Instrument]) -> dict[tuple[str, str], Grid]:
    """The grid of each product in each run."""
    return {(it.run, it.product): Grid(Decimal(it.tick), Decimal(it.tick_value), it.currency) for it in instruments}


def money_text(amount: Decimal) -> str:
    """An amount of money with at least its cents."""
    exponent = amount.as_tuple().exponent
    return f"{amount.quantize(CENT) if isinstance(exponent, int) and exponent > -2 else amount:f}"


def number(value: Fraction) -> int | float:
    """A count of ticks: a whole number where it is one."""
    return value.numerator if value.denominator == 1 else float(value)


def ratio(above: int, below: int) -> float:
    """A multiple of R, of whole numbers: a quotient of two is as near as a float can be."""
    return round(above / below, 6)


def new_york(ns: int) -> datetime:
    """A stamp as New York time, to the second."""
    return datetime.fromtimestamp(ns // 10**9, UTC).astimezone(NEW_YORK)


def clock(ns: int) -> str:
    """A moment's time of day, UTC."""
    return f"{datetime.fromtimestamp(ns // 10**9, UTC):%H:%M:%S}.{ns // 10**6 % 1000:03}Z"
