"""One bracket while it lives: what of it has filled, what still works, how far price went for and against it."""

from dataclasses import dataclass, field

from bot.domain.order import ENDED, Bracket, BracketState, FillReport, Order, OrderState, Role

_COVERING = frozenset({OrderState.SENT, OrderState.WORKING, OrderState.PARTIAL})


@dataclass(slots=True)
class Leg:
    """One order of a bracket and the broker's newest word on it."""

    order: Order
    state: OrderState = OrderState.INTENDED
    filled: int = 0


@dataclass(slots=True)
class LiveBracket:
    """The facts of one bracket. `state` follows the table; `filled_in` and `filled_out` come from executions only."""

    bracket: Bracket
    legs: dict[str, Leg]
    state: BracketState = BracketState.INTENDED
    filled_in: int = 0
    filled_out: int = 0
    entry_value: int = 0  # Σ price × quantity of the entry fills, ticks
    exit_value: int = 0  # the same of the exit fills
    opened_ns: int = 0  # time of the first entry fill
    low: int | None = None
    high: int | None = None
    exit_reason: str = ""
    fill_ids: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, bracket: Bracket) -> "LiveBracket":
        """A bracket that was journalled and has not been sent."""
        return cls(bracket, {order.client_order_id: Leg(order) for order in bracket.orders})

    @property
    def side(self) -> int:
        """+1 for a long bracket, −1 for a short one."""
        return self.bracket.entry.side

    @property
    def share(self) -> int:
        """Units that this bracket holds, without sign."""
        return self.filled_in - self.filled_out

    @property
    def cover(self) -> int:
        """Units that working stops, or exits on their way, would take out.

        A stop counts for all that is held: a broker keeps a child's quantity equal to what its parent has filled.
        """
        alive = [leg for leg in self.legs.values() if leg.state in _COVERING]
        if any(leg.order.role is Role.STOP for leg in alive):
            return self.share
        return sum(leg.order.quantity - leg.filled for leg in alive if leg.order.role is Role.FLATTEN)

    def of_role(self, role: Role) -> list[Leg]:
        """Legs of one role that have not ended."""
        return [leg for leg in self.legs.values() if leg.order.role is role and leg.state not in ENDED]

    def book(self, fill: FillReport) -> None:
        """Count an execution in."""
        self.fill_ids.add(fill.exec_id)
        leg = self.legs[fill.client_order_id]
        leg.filled += fill.quantity
        leg.state = OrderState.FILLED if leg.filled >= leg.order.quantity else OrderState.PARTIAL
        if leg.order.role is Role.ENTRY:
            if not self.filled_in:
                self.opened_ns = fill.ts
            self.filled_in += fill.quantity
            self.entry_value += fill.price * fill.quantity
            # The fill itself is the first price that was for or against us.
            self.low = fill.price if self.low is None else min(self.low, fill.price)
            self.high = fill.price if self.high is None else max(self.high, fill.price)
        else:
            self.filled_out += fill.quantity
            self.exit_value += fill.price * fill.quantity
            self.exit_reason = leg.order.reason or leg.order.role.value
            assert self.low is not None
            assert self.high is not None
            self.low, self.high = min(self.low, fill.price), max(self.high, fill.price)

    def watch(self, low: int, high: int) -> None:
        """Fold the lowest and highest print that came while the position was held into its excursion."""
        if self.low is not None and self.high is not None:
            self.low, self.high = min(self.low, low), max(self.high, high)

    @property
    def net_ticks(self) -> int:
        """Σ ticks × quantity of a bracket that is flat again, before commission."""
        return self.side * (self.exit_value - self.entry_value)

    def excursion(self) -> tuple[int, int]:
        """(MAE, MFE) in whole ticks per unit from the entry's average price, towards the larger; both ≥ 0."""
        assert self.low is not None
        assert self.high is not None
        worst, best = (self.low, self.high) if self.side > 0 else (self.high, self.low)
        if self.exit_reason == Role.TARGET.value and self.bracket.target.price is not None:
            # The print that went through the target filled us there; what lay beyond was never ours.
            best = self.side * min(self.side * best, self.side * self.bracket.target.price)
        against = self.side * (self.entry_value - worst * self.filled_in)
        in_favour = self.side * (best * self.filled_in - self.entry_value)
        return max(0, -(-against // self.filled_in)), max(0, -(-in_favour // self.filled_in))
