"""A day made by hand, event by event, so that a test can break one invariant at a time.

stage = Stage()
stage.approve() · stage.place() · stage.fill("entry") · stage.wait(seconds) · stage.rest()
stage.found      numbers of the invariants that did not hold, in order
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bot.domain.decision import Approved, Proposal
from bot.domain.instrument import Instrument
from bot.domain.order import Bracket, BracketState, FillReport, Order, OrderState, OrderType, Role
from bot.domain.seal import SEAL
from bot.journal import canon, rows
from bot.journal.first_rows import json_text
from tests.sim.eye import Eye
from tests.sim.mind import Mind
from tests.sim.seen import SECOND, Day, Execution, TrueOrder, Truth

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"), contract="ESM2026", max_position=2)
RUN = "run"
BEGIN = 1_000 * SECOND


class Stage:
    """One instrument, one bracket at a time unless a test wants more. Each method is one thing that happens."""

    def __init__(self, **day: Any) -> None:
        self.now = BEGIN
        self.truth = Truth()
        self.mind: Mind | None = None
        self.day = Day([ES], **day)
        self.eye = Eye(self.day, lambda: self.now, self._look, lambda: self.mind)
        self.brackets: dict[str, Bracket] = {}
        self._seq = 0
        self._chain = canon.START

    @property
    def found(self) -> list[str]:
        """Numbers of the invariants that were broken, each once."""
        return list(dict.fromkeys(one.number for one in self.eye.violations))

    def _look(self) -> Truth:
        self.truth.changes += 1
        self.truth.settle(self.now)
        return self.truth

    def wait(self, seconds: float) -> None:
        """Time goes by, a second at a time."""
        end = self.now + int(seconds * SECOND)
        while self.now < end:
            self.now = min(self.now + SECOND, end)
            self.eye.flags.quoted[0] = self.now
            self.eye.step()

    def bracket(
        self, name: str = "b", *, side: int = 1, quantity: int = 1, signal: str = "", known: int = 0
    ) -> Bracket:
        """A bracket that was approved: entry 100, stop 96, target 108, or mirrored."""
        entry, stop, target = 100, 100 - 4 * side, 100 + 8 * side
        known = known or self.now
        wish = Proposal("test", 0, side, quantity, entry, stop, target, signal or f"signal-{name}", known, 60 * SECOND)

        def order(role: Role, way: int, kind: OrderType, price: int | None, trigger: int | None) -> Order:
            return Order(f"{name}-{role}", name, 0, role, way, kind, quantity, price, trigger, self.now)

        made = self.brackets[name] = Bracket(
            name,
            Approved(wish, self.now, {}, SEAL),
            order(Role.ENTRY, side, OrderType.LIMIT, entry, None),
            order(Role.STOP, -side, OrderType.STOP, None, stop),
            order(Role.TARGET, -side, OrderType.LIMIT, target, None),
        )
        return made

    def write(self, table: str, *body: object) -> Any:
        """One row becomes durable; `seq`, run and chain are added."""
        self._seq += 1
        kind = rows.TABLES[table]
        chained = table in canon.CHAINED
        if chained:
            self._chain = canon.link(self._chain, canon.text(table, body, RUN))
            body = (*body, self._chain)
        row = kind(self._seq, RUN, *body)  # type: ignore[call-arg,arg-type]  # any kind of row
        self.eye.writing([(table, [row])])
        self.eye.wrote([(table, [row])])
        return row

    def decide(self, name: str = "b", verdict: str = "approved", reasons: object = (), ts: int = 0) -> None:
        """A decision's row."""
        body = (
            "d-" + name,
            ts or self.now,
            self.now,
            verdict,
            "test",
            "ES",
            "ESM2026",
            1,
            f"signal-{name}",
            1,
            100,
            96,
        )
        self.write("decision", *body, 108, 60 * SECOND, 0, "", "{}", "{}", json_text(reasons))

    def intend(self, name: str = "b", *, decided: bool = True, **how: Any) -> Bracket:
        """Decision, bracket and orders become durable."""
        one = self.bracket(name, **how)
        wish = one.approved.proposal
        if decided:
            self.decide(name)
        body = (name, "d-" + name, wish.signal_id, "test", "ES", "ESM2026", wish.side, wish.quantity)
        self.write("bracket", *body, wish.entry, wish.stop, wish.target, 0, self.now)
        for order in one.orders:
            self.order(order)
        return one

    def order(self, order: Order) -> None:
        """An order's row."""
        body = (order.client_order_id, order.bracket_id, "ES", "ESM2026", order.role.value, order.side)
        self.write(
            "order", *body, order.type.value, order.quantity, order.price, order.stop_price, self.now, order.reason
        )

    def place(self, name: str = "b", **how: Any) -> Bracket:
        """A whole bracket: written, sent, working at the exchange."""
        one = self.intend(name, **how)
        self.send(one)
        return one

    def send(self, one: Bracket) -> None:
        """It leaves, and works."""
        self.eye.flags.quoted.setdefault(0, self.now)
        self.eye.sent("place", orders=one.orders, bracket=one)
        for order in one.orders:
            self.works(order, OrderState.WORKING if order.role is Role.ENTRY else OrderState.SENT)

    def works(self, order: Order, state: OrderState = OrderState.WORKING, broker_id: str = "", group: str = "") -> None:
        """An order is at the exchange."""
        name = broker_id or f"p-{order.client_order_id}"
        one = TrueOrder.of(order, name, state, group or order.bracket_id, self.now)
        self.truth.orders[one.broker_id] = one
        self.eye.step()

    def ends(self, name: str) -> None:
        """An order has ended at the exchange."""
        self.truth.orders = {key: one for key, one in self.truth.orders.items() if one.name != name}
        self.eye.step()

    def protect(self, order: Order, *, group: str = "") -> None:
        """A protective order: written, sent, working."""
        self.order(order)
        self.eye.sent("protect", orders=(order,))
        self.works(order, group=group)

    def fill(self, role: str, name: str = "b", units: int = 0, *, exec_id: str = "", corrects: str = "") -> FillReport:
        """An execution at the exchange, of which nobody has heard."""
        order = getattr(self.brackets[name], role)
        price = order.price if order.price is not None else order.stop_price
        report = FillReport(
            order.client_order_id,
            exec_id or f"x{len(self.truth.executions) + 1}",
            self.now,
            order.side,
            units or order.quantity,
            price,
            corrects=corrects,
        )
        self.truth.executed(Execution(report, 0, name, order.role))
        self.truth.account[0] = self.truth.ours[0]
        for one in list(self.truth.of_bracket(name)):
            if one.name == order.client_order_id:
                one.filled += report.quantity
                if not one.rest:
                    del self.truth.orders[one.broker_id]
            elif order.role is Role.ENTRY:
                one.state = OrderState.WORKING
            elif not self.truth.shares[name]:
                del self.truth.orders[one.broker_id]
        self.eye.step()
        return report

    def hear(self, report: FillReport, name: str = "b", **changed: Any) -> None:
        """A fill reaches the desk, and its row becomes durable."""
        self.eye.heard(report)
        role = next(one.role for one in self.brackets[name].orders if one.client_order_id == report.client_order_id)
        told = replace(report, **changed)
        body = (f"f-{report.exec_id}", told.exec_id, told.client_order_id, name, "ES", "ESM2026", role.value, told.side)
        self.write("fill", *body, told.quantity, told.price, told.ts, "live", "", told.corrects or None)

    def somebody_trades(self, units: int) -> None:
        """The account holds so many more, signed."""
        self.truth.account[0] = self.truth.account.get(0, 0) + units
        self.eye.step()

    def adjust(self, units: int, name: str = "b") -> None:
        """The desk writes that units of a bracket went without a fill (signed: the position's change)."""
        facts = json_text({"bracket": name})
        self.write("adjustment", f"a-{self._seq}", self.now, "ES", "ESM2026", units, None, "adjusted", "left", facts)

    def state(self, state: BracketState, name: str = "b") -> None:
        """A bracket's state becomes durable."""
        self.write("bracket_event", name, state.value, self.now, "")

    def remembers(self, **believed: Any) -> None:
        """What the desk believes; a test says only what it is about."""
        held = (self.eye.durable.positions.get("ES", 0),)
        told: Mapping[str, Any] = {"positions": held, "ledger": held, **believed}
        self.mind = Mind(**told)

    def rest(self, **believed: Any) -> None:
        """The day is over."""
        self.remembers(**believed)
        self.eye.rest()
