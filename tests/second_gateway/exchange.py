"""What this gateway's broker holds: orders, brackets, paper fills, positions, and a ledger of what it executed.

It knows nothing of sockets: what a client has to hear goes to `tell(client, kind, order, …)`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.second_gateway.fields import Order
from tests.second_gateway.options import Options

LIVE = ("Submitted", "PreSubmitted", "PendingCancel")
TICK = Decimal("0.25")


@dataclass
class Execution:
    """A row of the ledger."""

    order: Order
    exec_id: str
    quantity: int
    price: Decimal
    seconds: int
    filled: int
    average: Decimal
    opening: bool


@dataclass
class Exchange:
    """Orders and what they did. `now` gives wall seconds."""

    options: Options
    tell: Callable[..., None]
    now: Callable[[], float]
    tick: Decimal = TICK
    orders: dict[tuple[int, int], Order] = field(default_factory=dict)
    ledger: list[Execution] = field(default_factory=list)
    position: int = 0
    average: Decimal = Decimal(0)
    bid: Decimal = Decimal("5999.75")
    ask: Decimal = Decimal("6000.00")
    last: Decimal = Decimal("6000.00")
    reject: Callable[[Order], str] = lambda order: ""
    perm: int = 1_870_000_000
    hold_fills: bool = False

    def place(self, new: Order) -> None:
        """A placeOrder message: a new order, or another word on one."""
        key = (new.client, new.number)
        old = self.orders.get(key)
        if old is not None:
            return self._amend(old, new)
        for price in (new.limit, new.stop):
            if price is not None and price % self.tick:
                text = "The price does not conform to the minimum price variation for this contract."
                return self.tell(new.client, "error", new.number, 110, text)
        parent = self.orders.get((new.client, new.parent)) if new.parent else None
        if new.parent and (parent is None or parent.status in ("Cancelled", "Filled", "Inactive")):
            return self.tell(new.client, "error", new.number, 10006, "Missing parent order.")
        why = self.reject(new)
        if why:
            new.status = "Inactive"
            self.orders[key] = new
            self.tell(new.client, "error", new.number, 201, f"Order rejected - reason:{why}")
            return self.tell(new.client, "status", new)
        self.orders[key] = new
        if new.transmit:
            family = [one for one in self.orders.values() if one.status == "held back" and self._kin(one, new)]
            for one in sorted(family, key=lambda one: one.number):
                self._release(one)
        return None

    def _kin(self, one: Order, other: Order) -> bool:
        head = other.parent or other.number
        return one.client == other.client and head in (one.number, one.parent)

    def _release(self, one: Order) -> None:
        self.perm += 7
        one.perm = self.perm
        one.status = "Submitted"
        if one.kind == "STP" or self._waits(one):
            one.status = "PreSubmitted" if one.kind == "STP" else self.options.children
        self.tell(one.client, "new", one)

    def _waits(self, one: Order) -> bool:
        parent = self.orders.get((one.client, one.parent))
        return parent is not None and parent.filled == 0

    def _amend(self, old: Order, new: Order) -> None:
        if old.status not in LIVE and old.status != "held back":
            return self.tell(old.client, "error", old.number, 104, "Cannot modify a filled order.")
        if (old.action, old.kind) != (new.action, new.kind):
            text = "Order modify failed. Order being modified does not match original order."
            return self.tell(old.client, "error", old.number, 105, text)
        old.limit, old.stop, old.quantity, old.oca = new.limit, new.stop, new.quantity, new.oca
        if old.status == "held back":
            return self._release(old) if new.transmit else None
        return self.tell(old.client, "changed", old)

    def cancel(self, client: int, number: int) -> None:
        """A cancelOrder message."""
        one = self.orders.get((client, number))
        if one is None:
            text = f"OrderId {number} that needs to be cancelled is not found."
            return self.tell(client, "error", number, 10147, text)
        if one.status not in LIVE:
            text = f"OrderId {number} that needs to be cancelled can not be cancelled, state: {one.status}."
            return self.tell(client, "error", number, 10148, text)
        if self.options.pending_cancel:
            one.status = "PendingCancel"
            self.tell(client, "status", one)
        return self._end(one)

    def _end(self, one: Order) -> None:
        one.status = "Cancelled"
        self.tell(one.client, "cancelled", one)
        if not one.filled:
            for child in [c for c in self.orders.values() if c.client == one.client and c.parent == one.number]:
                if child.status in LIVE:
                    self._end(child)

    def group(self, one: Order) -> str:
        """The OCA group as it is read back: of the client's own making, or what a parent's children get."""
        parent = self.orders.get((one.client, one.parent))
        return one.oca or (str(parent.perm) if parent is not None else "")

    def moved(self) -> None:
        """The market has another quote or print: fill what is to be filled."""
        if self.hold_fills:
            return
        for one in list(self.orders.values()):
            if one.status not in LIVE or self._waits(one) or not one.left:
                continue
            opposite = self.ask if one.side > 0 else self.bid
            price = None
            if one.kind == "MKT":
                price = opposite
            elif one.kind == "LMT" and one.limit is not None and one.side * (one.limit - opposite) >= 0:
                price = one.limit if one.rested else opposite
            elif one.kind == "STP" and one.stop is not None and one.side * (self.last - one.stop) >= 0:
                price = opposite
            if price is not None:
                many = self.options.parts and one.kind == "LMT" and not one.parent and one.left > 1
                self.fill(one, 1 if many else self._at_most(one), price)
            one.rested = True

    def _at_most(self, one: Order) -> int:
        parent = self.orders.get((one.client, one.parent))
        if parent is None:
            return one.left
        taken = sum(c.filled for c in self.orders.values() if (c.client, c.parent) == (one.client, one.parent))
        return min(one.left, parent.filled - taken)

    def fill(self, one: Order, quantity: int, price: Decimal) -> None:
        """Execute, write the ledger, and tell."""
        if quantity <= 0:
            return
        first = one.filled == 0
        opening = self.position * one.side >= 0
        one.filled += quantity
        one.value += quantity * price
        one.last = price
        self.position += one.side * quantity
        if not one.left:
            one.status = "Filled"
        serial = len(self.ledger) + 1
        done = Execution(
            one, f"0000e1a7.{serial:08x}.01.01", quantity, price, int(self.now()), one.filled, one.average, opening
        )
        self.ledger.append(done)
        self.tell(one.client, "filled", one, done)
        if first and not one.parent:
            for child in [c for c in self.orders.values() if (c.client, c.parent) == (one.client, one.number)]:
                if child.status in LIVE:
                    child.status = "PreSubmitted" if child.kind == "STP" else "Submitted"
                    self.tell(child.client, "status", child)
        if not one.left and self.group(one):
            for other in list(self.orders.values()):
                if other is not one and other.status in LIVE and self.group(other) == self.group(one):
                    self._end(other)

    def at_rest(self) -> bool:
        """Whether nothing is held and nothing works."""
        return self.position == 0 and not [one for one in self.orders.values() if one.status in LIVE]

    def cover(self) -> int:
        """Units of the position that a working stop protects."""
        sign = 1 if self.position > 0 else -1
        return sum(
            one.left
            for one in self.orders.values()
            if one.kind == "STP" and one.status in LIVE and one.side == -sign and not self._waits(one)
        )


async def until(condition: Callable[[], Any], seconds: float, what: str | Callable[[], str]) -> Any:
    """Wait until something is so; an assertion that names it when it never is."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := condition()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"after {seconds:g} s still not: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(0.02)
    return found
