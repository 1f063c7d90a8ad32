"""The working orders of a replay: which slot holds which order, which orders belong together."""

from dataclasses import dataclass, field

import numpy as np

from adapters.replay.matching import FAR, LIMIT, STOP, WORK
from bot.domain.order import ENDED, Order, OrderState, OrderType, Role

_ORDER = {Role.QUOTE: 0, Role.ENTRY: 0, Role.STOP: 1, Role.TARGET: 2, Role.FLATTEN: 3}
ENTERS = (Role.ENTRY, Role.QUOTE)
"""Roles whose quantity is their own; the others take out what is held."""


@dataclass(slots=True)
class Group:
    """One bracket at the broker: its orders cancel each other, its exits never exceed what the entry filled."""

    bracket_id: str
    orders: list["Held"] = field(default_factory=list)
    position: int = 0  # units in, without sign
    side: int = 0  # of quotes: which way they are

    def of(self, role: Role) -> list["Held"]:
        """The group's orders of one role that have not ended."""
        return [held for held in self.orders if held.order.role is role and held.state not in ENDED]


@dataclass(slots=True)
class Held:
    """One order as the broker holds it."""

    order: Order
    group: Group
    slot: int
    state: OrderState = OrderState.SENT
    filled: int = 0
    fills: int = 0
    waiting: int = 0  # units of a target that filled within a stamp that is not over yet
    beaten: bool = False  # its stop was hit within that stamp


@dataclass(frozen=True, slots=True)
class Amend:
    """Other terms of an order, on their way."""

    held: Held
    stop_price: int | None
    quantity: int | None


class Book:
    """Slots of WORK rows, handed out in the order in which they must be looked at: a stop before its target."""

    def __init__(self, slippage: list[int]) -> None:
        self.works = np.zeros(16, WORK)
        self.used = 0
        self.live = 0
        self._slippage = slippage
        self._slots: list[Held | None] = [None] * 16
        self.orders: dict[str, Held] = {}

    def add(self, order: Order, group: Group) -> Held:
        """A slot for `order`, not live yet."""
        held = Held(order, group, self._free_slot())
        self._slots[held.slot] = held
        self.orders[order.client_order_id] = held
        group.orders.append(held)
        group.orders.sort(key=lambda one: _ORDER[one.order.role])
        work = self.works[held.slot]
        stop = order.type is not OrderType.LIMIT
        work["kind"] = STOP if stop else LIMIT
        work["triggered"] = order.type is OrderType.MARKET
        price = order.stop_price if order.type is OrderType.STOP else order.price
        work["price"] = 0 if price is None else price
        work["instrument"], work["side"] = order.instrument, order.side
        work["remaining"] = order.quantity if order.role in ENTERS else 0
        work["ahead"], work["live"] = FAR, 0
        work["slippage"] = self._slippage[order.instrument] if stop else 0
        return held

    def at(self, slot: int) -> Held:
        """The order in a slot."""
        held = self._slots[slot]
        assert held is not None
        return held

    def wake(self, held: Held, seen: int) -> None:
        """Let the scan look at the order from row number `seen` + 1 on."""
        work = self.works[held.slot]
        if not work["live"]:
            self.live += 1
        work["live"], work["seen"] = 1, seen

    def end(self, held: Held, state: OrderState) -> None:
        """The order has ended; its slot is free again."""
        if self.works[held.slot]["live"]:
            self.live -= 1
        self.works[held.slot]["live"] = 0
        held.state = state
        self._slots[held.slot] = None
        while self.used and self._slots[self.used - 1] is None:
            self.used -= 1

    def _free_slot(self) -> int:
        # Always past the newest one: a bracket's stop must keep its place before its target.
        if self.used == len(self.works):
            self.works = np.concatenate([self.works, np.zeros(len(self.works), WORK)])
            self._slots.extend([None] * (len(self._slots)))
        self.used += 1
        return self.used - 1
