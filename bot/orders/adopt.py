"""What earlier runs left, taken up: brackets that live, counters of the gate, what a person had closed.

Everything that is adopted is unverified until the broker has said what it holds. No entry is ever sent again.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.domain.command import DAY_END, KILL, paused, since
from bot.domain.decision import Proposal
from bot.domain.order import (
    Adjustment,
    Bracket,
    BracketState,
    CommissionReport,
    FillReport,
    Order,
    OrderState,
    Role,
)
from bot.domain.past import Past, PastBracket
from bot.errors import ConfigError
from bot.orders.bracket import OPERATOR, Leg, LiveBracket, Move
from bot.orders.machine import Machine
from bot.orders.quotes import exits
from bot.orders.table import ENDED


class Adoption:
    """Puts a past into a machine that has just been made."""

    def __init__(self, machine: Machine, products: Sequence[str]) -> None:
        self._machine, self._products = machine, tuple(products)
        self._brackets: dict[str, Bracket] = {}

    def take_up(self, past: Past, now: int) -> list[str]:
        """All of it, with sentences about it. Raises ConfigError for a bracket that cannot be looked after."""
        notes = []
        machine = self._machine
        for product, contract in past.positions:
            if product in self._products and machine.contracts[self._products.index(product)] == contract:
                machine.positions.book(self._products.index(product), 1, past.positions[product, contract])
        for one in past.brackets:
            product = past.products[one.proposal.instrument]
            if product in self._products:
                live = self._bracket(one, self._products.index(product))
                if one.state not in ENDED:
                    notes.append(self._wake(live, one, product, now))
            elif one.state not in ENDED:
                raise ConfigError(
                    f"bracket {one.id} of {product} has not ended, and no strategy here trades {product}",
                    do=f"start with a strategy that trades {product}; it need not be allowed to enter",
                )
        self._count(past)
        self._elsewhere(past)
        self._held(now)
        self._close(past)
        machine.journal.remember(past.broker_ids)
        return notes

    def _bracket(self, one: PastBracket, instrument: int) -> LiveBracket:
        orders = [replace(it.order, instrument=instrument) for it in one.orders]
        live = self._quoted(one, orders) if orders[0].role is Role.QUOTE else self._placed(one, orders)
        for name, units in one.taken.items():
            live.legs[name].taken = units
        for fill in one.fills:
            live.book(fill)
        sent = one.state is not BracketState.INTENDED
        for it, order in zip(one.orders, orders, strict=True):
            leg = live.legs[order.client_order_id]
            leg.state = _state(it.state, leg, sent=sent or order.role not in _BRACKET)
            leg.broker_ids.update(it.broker_ids)
            if it.named is not None:
                leg.trigger, leg.moved = it.named.price, "" if it.named.reason == OPERATOR else it.named.reason
            if it.asked is not None:
                leg.move = Move(it.asked.price, it.asked.reason, it.asked.ts)
        live.unsent = not sent
        live.adjusted = -live.side * one.adjusted
        # What was to leave is to leave still, whatever became of that order.
        left = [order for order in orders if order.role is Role.FLATTEN]
        live.leaving = left[-1].reason or left[-1].role.value if left and live.share else ""
        self._brackets[one.id] = live.bracket
        for name in live.legs:
            self._machine.owner[name] = live
        return live

    def _placed(self, one: PastBracket, orders: list[Order]) -> LiveBracket:
        """A bracket of entry, stop and target."""
        proposal = replace(one.proposal, instrument=orders[0].instrument)
        approved = self._machine.gate.readmit(proposal, one.approved_ns, one.room)
        first = {role: next(order for order in orders if order.role is role) for role in _BRACKET}
        bracket = Bracket(one.id, approved, *(first[role] for role in _BRACKET))
        return LiveBracket(bracket, {order.client_order_id: Leg(order) for order in orders}, state=one.state)

    def _quoted(self, one: PastBracket, orders: list[Order]) -> LiveBracket:
        """A maker's inventory: its side is that of the quote that filled first.

        Each quote as it was approved, by the distances of the first: only that one's are written with the bracket.
        """
        machine, legs = self._machine, {order.client_order_id: Leg(order) for order in orders}
        quotes = [leg for leg in legs.values() if leg.order.role is Role.QUOTE]
        for leg in quotes:
            wish = _side(replace(one.proposal, instrument=leg.order.instrument), leg.order)
            leg.approved = machine.gate.readmit(wish, one.approved_ns, one.room)
        filled = [legs[fill.client_order_id] for fill in one.fills if fill.quantity]
        first = next((leg for leg in filled if leg.order.role is Role.QUOTE), quotes[0])
        assert first.approved is not None
        stop, target = exits(first.approved, first.order)
        stop = next((order for order in orders if (order.role, order.side) == (Role.STOP, stop.side)), stop)
        for leg in quotes if filled else ():
            leg.role = Role.ENTRY if leg.order.side == first.order.side else Role.TARGET
        return LiveBracket(Bracket(one.id, first.approved, first.order, stop, target), legs, state=one.state)

    def _wake(self, live: LiveBracket, one: PastBracket, product: str, now: int) -> str:
        machine, wish = self._machine, live.bracket.approved.proposal
        contract = machine.contracts[live.bracket.entry.instrument]
        if contract != one.contract:
            raise ConfigError(
                f"bracket {one.id} lives in {one.contract}, and this market is {contract}",
                do=f"let the adapter trade {one.contract} until it is flat",
            )
        machine.take(live)
        live.state = BracketState.UNVERIFIED
        machine.journal.bracket_state(one.id, live.state, now, f"taken up again; it was {one.state.value}")
        if live.of_role(Role.ENTRY):
            machine.at(live.bracket.entry.created_ns + wish.ttl_ns, "ttl", live)
        if live.filled_in and wish.time_stop_ns:
            machine.at(live.opened_ns + wish.time_stop_ns, "time", live)
        held = f"holds {live.side * live.share:+d}" if live.share else "has not filled"
        return f"taken up again: {product} {wish.strategy}, bracket {one.id}, {held}"

    def _count(self, past: Past) -> None:
        """The gate counts the last days as it would have, had it been there."""
        gate = self._machine.gate
        for one in past.happened:
            bracket = self._brackets.get(one.bracket_id)
            if isinstance(one.report, CommissionReport):
                gate.commission(one.report)
            elif one.what == "resumed":
                gate.pause(False, "", strategy=one.strategy)
            elif bracket is None:
                continue
            elif isinstance(one.report, FillReport):
                gate.fill(one.report, self._order(one.report))
            elif isinstance(one.report, Adjustment):
                gate.adjusted(replace(one.report, instrument=bracket.entry.instrument))
            elif one.what == "opened":
                gate.opened(bracket)
            elif one.what == "woke":
                gate.woke(bracket)
            else:
                gate.ended(bracket)

    def _elsewhere(self, past: Past) -> None:
        """Results in products that are not traded any more belong to the account's day all the same."""
        paid = {
            one.report.exec_id: Decimal(one.report.amount)
            for one in past.happened
            if isinstance(one.report, CommissionReport)
        }
        for one in past.brackets:
            product = past.products[one.proposal.instrument]
            if product not in self._products and one.fills:
                ticks = sum(-fill.side * fill.quantity * fill.price for fill in one.fills)
                costs = sum((paid.get(fill.exec_id, _NOTHING) for fill in one.fills), _NOTHING)
                self._machine.gate.elsewhere(one.fills[-1].ts, past.tick_values[product] * ticks - costs)

    def _held(self, now: int) -> None:
        """What no bracket that is remembered holds is held all the same, and counts against the gate's limits."""
        machine = self._machine
        for instrument, held in enumerate(machine.positions.all()):
            units = held - int(machine.gate.facts(instrument, now)["position"] or 0)
            if units:
                machine.gate.adjusted(Adjustment(instrument, units, now, "held by no bracket of the last days"))

    def _order(self, fill: FillReport) -> Order:
        return self._machine.owner[fill.client_order_id].legs[fill.client_order_id].order

    def _close(self, past: Past) -> None:
        """Kill switch and pauses hold until a person takes them back, and a day that is over until the next."""
        for key, setting in past.settings.items():
            scope = paused(key)
            if key == KILL:
                self._machine.gate.kill(bool(setting.value), since(setting.why, setting.ts))
            elif key == DAY_END:
                self._machine.gate.end_day(int(str(setting.value)), setting.why)
            elif scope is not None and setting.value:
                strategy, product = scope
                if not product or product in self._products:
                    at = self._products.index(product) if product else None
                    self._machine.gate.pause(True, since(setting.why, setting.ts), strategy=strategy, instrument=at)


_NOTHING = Decimal(0)
_BRACKET = (Role.ENTRY, Role.STOP, Role.TARGET)


def _side(wish: Proposal, order: Order) -> Proposal:
    """One side of a quote, with the distances of another."""
    assert order.price is not None
    return replace(
        wish,
        quote=True,
        side=order.side,
        quantity=order.quantity,
        entry=order.price,
        stop=order.price - order.side * wish.risk_ticks,
        target=order.price + order.side * wish.reward_ticks,
    )


def _state(word: OrderState, leg: Leg, *, sent: bool) -> OrderState:
    """The newest word on an order; what has filled comes from executions, and a bracket is sent as one."""
    if leg.filled and word not in (OrderState.CANCELLED, OrderState.REJECTED):
        return leg.state
    return OrderState.SENT if word is OrderState.INTENDED and sent else word
