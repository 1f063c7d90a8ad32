"""The paper account: positions with what they cost, money, and what a position is worth now. Money is Decimal."""

from dataclasses import dataclass, field
from decimal import Decimal

from adapters.gateway.seam import Listed
from adapters.gateway.speech import money_of_point

EQUITY = Decimal(1_000_000)
"""What a paper account begins with."""


@dataclass(slots=True)
class Position:
    """Units of one contract in one account. `cost` is signed, costs included, as IB's average cost is."""

    account: str
    listed: Listed
    units: int = 0
    cost: Decimal = Decimal(0)
    realized: Decimal = Decimal(0)

    @property
    def average_cost(self) -> Decimal:
        """Per unit, multiplier and commission included; 0 when flat."""
        return (self.cost / self.units).quantize(Decimal("0.0000001")) if self.units else Decimal(0)

    def traded(self, units: int, price: Decimal, commission: Decimal) -> Decimal | None:
        """Book signed `units` at `price`; what closing them earned after costs, None when nothing was closed."""
        point = money_of_point(self.listed)
        closing = min(abs(units), abs(self.units)) if units * self.units < 0 else 0
        realized: Decimal | None = None
        share = commission / abs(units)
        if closing:
            direction = 1 if self.units > 0 else -1
            gone = self.cost / self.units * closing * direction
            realized = price * point * closing * direction - gone - share * closing
            self.cost -= gone
            self.realized += realized
        opening = abs(units) - closing
        if opening:
            self.cost += (price * point * (1 if units > 0 else -1) + share) * opening
        self.units += units
        if not self.units:
            self.cost = Decimal(0)
        return realized

    def corrected(self, units: int, step: Decimal, *, closed: bool) -> Decimal:
        """Signed units turn out to have been traded `step` points higher; what that adds to the profit of closing."""
        money = step * money_of_point(self.listed) * units
        if not closed:
            self.cost += money
            return Decimal(0)
        self.realized -= money
        return -money

    def worth(self, price: Decimal | None) -> Decimal:
        """What it would bring at `price`; its cost while no price is known."""
        return self.cost if price is None else price * money_of_point(self.listed) * self.units


@dataclass(slots=True)
class Accounts:
    """Every position, by account and contract."""

    positions: dict[tuple[str, int], Position] = field(default_factory=dict)

    def position(self, account: str, listed: Listed) -> Position:
        """The position in a contract, made when it is asked for."""
        return self.positions.setdefault((account, listed.con_id), Position(account, listed))

    def of(self, account: str) -> list[Position]:
        """All positions of an account that were ever held."""
        return [one for one in self.positions.values() if one.account == account]

    def realized(self, account: str) -> Decimal:
        """What all that was closed has earned."""
        return sum((one.realized for one in self.of(account)), Decimal(0))
