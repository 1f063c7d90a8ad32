"""An instrument: its tick grid, its money, its hours. Only here does a price change between Decimal and ticks."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Literal

from bot.domain.expiry import Expires
from bot.errors import PaperpitError


class OffGrid(PaperpitError):
    """A price is not a multiple of the tick."""

    exit_code = 78


@dataclass(frozen=True, slots=True)
class Instrument:
    """A product (`ES`), or one contract of it (`ESZ2026`), with the facts that arithmetic needs.

    Source: contract specifications of the exchange; the broker's contract details win at run time.
    """

    product: str
    tick: Decimal
    """Smallest price step, in points."""
    tick_value: Decimal
    """Money per tick and unit, in `currency`."""
    kind: Literal["future", "stock"] = "future"
    contract: str = ""
    """Full contract with its expiry, `ESZ2026`; equal to the product where there is none."""
    expires: Expires = ""
    """How its last trading day follows from the contract (`domain/expiry.py`); empty: it has none, or unknown."""
    currency: str = "USD"
    exchange: str = ""
    primary_exchange: str = ""
    """A stock's home, where `exchange` is a router (`SMART`)."""
    months: str = ""
    """Month codes of the contracts that are traded; empty: all."""
    calendar: str = "CME Globex Equity"
    """Name of the session calendar (pandas_market_calendars)."""
    zone: str = "America/New_York"
    regular_open: str = "09:30"
    regular_close: str = "16:00"
    commission: Decimal = Decimal("0")
    """Per unit and side, exchange fees included."""
    slippage_ticks: int = 1
    """Ticks that a stop order pays beyond the opposite touch in a replay."""
    events: tuple[str, ...] = ()
    """Calendar event kinds that close entries (`fomc`, `cpi`, `nfp`, `ppi`, `eia`)."""
    round_ticks: int = 20
    major_round_ticks: int = 100
    max_spread_ticks: int = 2
    stale_ns: int = 2_000_000_000
    max_order: int = 1
    max_position: int = 2
    collar_ticks: int = 16
    min_stop_ticks: int = 3
    max_stop_ticks: int = 40
    max_bracket_risk: Decimal = Decimal("500")
    max_order_notional: Decimal | None = None
    """Worth of one entry, at most; None: not bounded."""
    max_position_notional: Decimal | None = None
    """Worth of what is held and works on one side, at most; None: not bounded."""
    margin_percent: Decimal = Decimal(100)
    """Initial margin in percent of the worth."""
    band_low: int | None = None
    """Lower price limit in ticks, where known."""
    band_high: int | None = None
    generic: bool = field(default=False)
    """True when no entry in instruments.toml exists and generic facts were assumed."""

    def to_ticks(self, price: Decimal | str | int) -> int:
        """The price as a count of ticks. Raises OffGrid, naming the two nearest legal prices."""
        value = Decimal(price)
        count = value / self.tick
        if count != count.to_integral_value():
            below = count.to_integral_value(ROUND_FLOOR) * self.tick
            raise OffGrid(
                f"{value} is not a price of {self.product}: its tick is {self.tick}",
                allowed=f"{below} or {below + self.tick}",
            )
        return int(count)

    def to_price(self, ticks: int) -> Decimal:
        """The price of a count of ticks, with as many decimals as the tick has."""
        return Decimal(ticks) * self.tick

    def text(self, ticks: int) -> str:
        """The price as a person reads it."""
        return f"{self.to_price(ticks):f}"

    def money(self, ticks: int | Decimal, quantity: int = 1) -> Decimal:
        """Money of `ticks` price steps on `quantity` units."""
        return self.tick_value * ticks * quantity

    def worth(self, ticks: int, quantity: int) -> Decimal:
        """Notional of `quantity` units at a price of `ticks`; crude oil below zero is worth as much as above."""
        return abs(self.tick_value * ticks * quantity)

    def margin(self, ticks: int, quantity: int) -> Decimal:
        """Initial margin of `quantity` units at a price of `ticks`."""
        return self.worth(ticks, quantity) * self.margin_percent / 100

    def break_even(self, risk: int, reward: int) -> Fraction:
        """Win rate at which a bracket of so many ticks earns nothing: (risk + c) ÷ (risk + reward).

        c, in ticks, are commissions of a round trip and the slippage of a stop (signals notes §10).
        """
        fees = 2 * Fraction(self.commission) / Fraction(self.tick_value)
        return (risk + fees + self.slippage_ticks) / (risk + reward)

    def stop_ticks(self, side: int, price: Decimal) -> int:
        """Protective rounding of a stop: for a long the tick at or above, for a short the tick at or below."""
        return self._round(price, up=side > 0)

    def entry_ticks(self, side: int, price: Decimal) -> int:
        """Rounding of an entry limit towards not paying more: a buy down, a sale up."""
        return self._round(price, up=side < 0)

    def target_ticks(self, side: int, price: Decimal) -> int:
        """Rounding of a target towards being reached: a long's down, a short's up."""
        return self._round(price, up=side < 0)

    def _round(self, price: Decimal, *, up: bool) -> int:
        return int((price / self.tick).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))
