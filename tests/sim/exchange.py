"""The truth: orders at the broker, their groups, executions, positions. Nothing is lost here; what is said may be.

    a bracket     stop and target work for what their entry has filled, less what has left again; they die with an
                  entry of which nothing filled, and with the bracket when it is done
    a group       all exits of a bracket: an execution leaves less for the others (a `loose` one does not hold)
    a halt        nothing fills, a market order is refused

Prices are ticks, times ns since the loop began.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from bot.domain.order import Bracket, Order, OrderFact, OrderState, OrderType, Role

LIVE = frozenset({"waits", "works"})
_STATES = {
    "waits": OrderState.WORKING,
    "works": OrderState.WORKING,
    "filled": OrderState.FILLED,
    "cancelled": OrderState.CANCELLED,
    "rejected": OrderState.REJECTED,
}


@dataclass(slots=True)
class Group:
    """One bracket at the broker: its entry and everything that takes it out."""

    id: str
    entry: "Placed | None" = None
    exits: "list[Placed]" = field(default_factory=list)
    came_in: int = 0
    went_out: int = 0
    loose: bool = False

    @property
    def share(self) -> int:
        """Units that are in and not out."""
        return self.came_in - self.went_out


@dataclass(slots=True)
class Placed:
    """One order at the broker. `ref` is our client order id; somebody else's order has none."""

    ref: str
    broker_id: str
    instrument: int
    role: Role
    side: int
    type: OrderType
    quantity: int
    price: int | None
    trigger: int | None
    group: Group
    state: str = "works"
    filled: int = 0

    @property
    def alive(self) -> bool:
        """Whether it can still fill."""
        return self.state in LIVE

    @property
    def left(self) -> int:
        """Units that have not filled."""
        return self.quantity - self.filled

    def fact(self, now_ns: int) -> OrderFact:
        """As a snapshot shows it."""
        state = OrderState.PARTIAL if self.alive and self.filled else _STATES[self.state]
        return OrderFact(
            self.ref, state, now_ns, self.broker_id, self.instrument, self.side, self.quantity, self.filled,
            self.price, self.trigger,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution. `corrects` another where it is not new; without `ref` it is somebody else's."""

    exec_id: str
    ref: str
    instrument: int
    side: int
    quantity: int
    price: int
    at_ns: int
    corrects: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What the broker says about an order."""

    ref: str
    state: OrderState
    broker_id: str
    quantity: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an execution cost."""

    exec_id: str


Said = Word | Execution | Cost


class Exchange:
    """Takes orders, fills them by the prices that it is told, and says what happens."""

    def __init__(self, chance: Random, *, shrinks: bool, says_filled: bool, piece: int) -> None:
        self._chance = chance
        self._shrinks, self._says_filled, self._piece = shrinks, says_filled, piece
        self._living: list[Placed] = []
        """Orders that lived when somebody looked last, in the order in which they came."""
        self.numbered = 0
        """How many orders ever came."""
        self.by_ref: dict[str, list[Placed]] = {}
        self.executions: list[Execution] = []
        """Every execution that was ever said, corrections included."""
        self.positions: list[int] = [0, 0]
        self.hands: list[int] = [0, 0]
        """The part of the positions that somebody else traded."""
        self.halted = False
        self.bids = [0, 0]
        self.now_ns: Callable[[], int] = lambda: 0
        self.say: Callable[[Said], None] = lambda said: None
        self.reject: Callable[[str], bool] = lambda role: False
        """Whether the next order of a role is refused, `bracket`: whether the next group is loose."""
        self.groups: dict[str, Group] = {}
        """Every bracket that ever came, by its id."""
        self._standing: dict[str, Execution] = {}

    # What it is told

    def place(self, bracket: Bracket) -> None:
        """Take a bracket; one that is known is not taken again."""
        if bracket.entry.client_order_id in self.by_ref:
            return
        group = self._group(bracket.id)
        group.loose = self.reject("bracket")
        entry = group.entry = self._take(bracket.entry, group, "works")
        children = [self._take(order, group, "waits") for order in (bracket.stop, bracket.target)]
        group.exits += children
        if self._refused(entry):
            for child in children:
                self._end(child, "cancelled", "its parent was refused")
            return
        self._tell(entry)
        for child in children:
            if not self._refused(child):
                self._tell(child)
        self._meet(entry)

    def protect(self, order: Order) -> None:
        """Take an exit; one that is known is not taken again."""
        if order.client_order_id in self.by_ref:
            return
        group = self._group(order.bracket_id)
        placed = self._take(order, group, "works")
        group.exits.append(placed)
        if self._refused(placed):
            return
        if self.halted and order.type is OrderType.MARKET:
            self._end(placed, "rejected", "the market is halted")
            return
        if group.share <= 0 and self._grouped(placed):
            self._end(placed, "cancelled", "its group is done")
            return
        self._tell(placed)
        self._meet(placed)

    def amend(self, ref: str, trigger: int | None, quantity: int | None, *, second: bool = False) -> None:
        """Change an order; `second`: the change becomes another order under the same name."""
        found = [one for one in self.by_ref.get(ref, ()) if one.alive]
        if not found:
            return
        one = found[-1]
        if self.reject("amend"):
            self._tell(one, "the change was refused")
            return
        if second:
            other = replace(one, broker_id=self._number(), filled=0)
            self._keep(other)
            one.group.exits.append(other)
            one = other
        one.trigger = one.trigger if trigger is None else trigger
        if quantity is not None:
            one.quantity = max(quantity, one.filled)
        self._tell(one)
        if not one.left:
            self._end(one, "cancelled", "nothing is left of it")
        else:
            self._meet(one)

    def cancel(self, ref: str, why: str = "cancelled on request") -> None:
        """End every order under a name that still lives."""
        for one in self.by_ref.get(ref, ()):
            if one.alive:
                self._end(one, "cancelled", why)
                if one.role is Role.ENTRY:
                    self._entry_over(one.group)

    # What happens

    def step(self, instrument: int, bid: int) -> None:
        """The market is at `bid` and one tick above."""
        self.bids[instrument] = bid
        if not self.halted:
            for one in self.working():
                if one.instrument == instrument:
                    self._meet(one)

    @property
    def busy(self) -> bool:
        """Whether anything works or is held."""
        return any(self.positions) or bool(self.working())

    def trade_by_hand(self, instrument: int, units: int) -> None:
        """Somebody trades on the account."""
        side = 1 if units > 0 else -1
        self.hands[instrument] += units
        self._execute("", instrument, side, abs(units), self.bids[instrument])

    def foreign(self, instrument: int) -> Placed:
        """Somebody else's order, far from the market."""
        order = Placed(
            "", self._number(), instrument, Role.ENTRY, 1, OrderType.LIMIT, 1, self.bids[instrument] - 500, None,
            Group("foreign"),
        )  # fmt: skip
        self._keep(order)
        return order

    def correct(self, exec_id: str, *, bust: bool) -> None:
        """An execution turns out to have been another, or none."""
        before = self._standing.get(exec_id)
        placed = self.by_ref[before.ref][-1] if before is not None and before.ref else None
        if before is None or placed is None or not before.quantity:
            return
        number = int(exec_id.rpartition(".")[2]) + 1
        after = replace(
            before,
            exec_id=f"{exec_id.rpartition('.')[0]}.{number:02d}",
            quantity=0 if bust else before.quantity,
            price=before.price + (0 if bust else self._chance.choice((-1, 1))),
            corrects=exec_id,
        )
        lost = before.quantity - after.quantity
        del self._standing[exec_id]
        self._standing[after.exec_id] = after
        self.executions.append(after)
        self.positions[after.instrument] -= after.side * lost
        self._count(placed, -lost)
        self.say(after)

    def standing(self) -> list[Execution]:
        """Executions of ours that stand, in order."""
        return [one for one in self._standing.values() if one.ref]

    def working(self) -> list[Placed]:
        """Orders that live, in the order in which they came."""
        living = [one for one in self._living if one.state in LIVE]
        if len(living) != len(self._living):
            self._living = living
        return living

    # How it is done

    def _group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group(name))

    def _number(self) -> str:
        self.numbered += 1
        return f"p{self.numbered}"

    def _take(self, order: Order, group: Group, state: str) -> Placed:
        placed = Placed(
            order.client_order_id, self._number(), order.instrument, order.role, order.side, order.type,
            order.quantity, order.price, order.stop_price, group, state,
        )  # fmt: skip
        self._keep(placed)
        return placed

    def _keep(self, placed: Placed) -> None:
        self._living.append(placed)
        if placed.ref:
            self.by_ref.setdefault(placed.ref, []).append(placed)

    def _refused(self, placed: Placed) -> bool:
        if not self.reject(placed.role.value):
            return False
        self._end(placed, "rejected", "201 order rejected")
        return True

    def _tell(self, placed: Placed, message: str = "") -> None:
        if placed.ref:
            self.say(Word(placed.ref, _STATES[placed.state], placed.broker_id, placed.quantity, message))

    def _end(self, placed: Placed, state: str, why: str) -> None:
        placed.state = state
        self._tell(placed, why)

    def _meet(self, one: Placed) -> None:
        """Fill what the market reaches."""
        if self.halted or one.state != "works" or not one.ref:
            return
        group, bid = one.group, self.bids[one.instrument]
        touch = bid + 1 if one.side > 0 else bid
        if one.type is OrderType.LIMIT:
            assert one.price is not None
            reached, price = one.side * (one.price - touch) >= 0, one.price
        elif one.type is OrderType.STOP:
            assert one.trigger is not None
            reached, price = one.side * (touch - one.trigger) >= 0, touch
        else:
            reached, price = True, touch
        if not reached:
            return
        units = min(one.left, self._piece)
        if one.role is not Role.ENTRY and self._grouped(one):
            units = min(units, group.share)
        if units > 0:
            self._fill(one, units, price)

    def _grouped(self, one: Placed) -> bool:
        """Whether an exit takes out no more than is in; what brings a share back that went below nothing is free."""
        entry = one.group.entry
        return not one.group.loose and (entry is None or one.side != entry.side)

    def _fill(self, one: Placed, units: int, price: int) -> None:
        group = one.group
        one.filled += units
        one.state = "works" if one.left else "filled"
        self._count(one, units)
        early = self._says_filled and self._chance.random() < 0.5
        word = Word(one.ref, OrderState.PARTIAL if one.left else OrderState.FILLED, one.broker_id, one.quantity)
        if early:
            self.say(word)
        self._execute(one.ref, one.instrument, one.side, units, price)
        if self._says_filled and not early:
            self.say(word)
        if one.role is Role.ENTRY:
            for child in group.exits:
                if child.state == "waits":
                    child.state = "works"
        self._fit(group)

    def _count(self, one: Placed, units: int) -> None:
        """Units of an order have filled, or have not after all."""
        group = one.group
        if one.role is Role.ENTRY:
            group.came_in += units
        else:
            back = group.entry is not None and one.side == group.entry.side
            group.went_out += -units if back else units

    def _execute(self, ref: str, instrument: int, side: int, units: int, price: int) -> None:
        one = Execution(f"x{len(self.executions) + 1:03d}.01", ref, instrument, side, units, price, self.now_ns())
        self.executions.append(one)
        self._standing[one.exec_id] = one
        self.positions[instrument] += side * units
        self.say(one)
        if ref:
            self.say(Cost(one.exec_id))

    def _entry_over(self, group: Group) -> None:
        if not group.came_in:
            for child in group.exits:
                if child.alive and child.state == "waits":
                    self._end(child, "cancelled", "its parent is gone")
        self._fit(group)

    def _fit(self, group: Group) -> None:
        """End what a finished bracket has left, and make exits follow what is held where the broker does that."""
        entry = group.entry
        if group.loose or (entry is not None and entry.alive) or not (group.came_in or group.went_out):
            return
        for child in group.exits:
            if not child.alive:
                continue
            if group.share <= 0:
                self._end(child, "cancelled", "the bracket is done")
            elif self._shrinks and child.left > group.share:
                child.quantity = child.filled + group.share
                self._tell(child)
