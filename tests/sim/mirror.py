"""The simulated exchange's books as checkers read them: copied order by order and execution by execution."""

from bot.domain.order import FillReport, Order, OrderState
from tests.sim.exchange import Exchange, Placed, Said
from tests.sim.seen import Execution, TrueOrder, Truth


class Mirror:
    """Keeps a `Truth` true to an exchange. What is on the wire counts as well, until it arrives or is lost."""

    def __init__(self, exchange: Exchange) -> None:
        self.truth = Truth()
        self._exchange = exchange
        self._executions = 0
        self._wire: dict[str, TrueOrder] = {}
        self._told, self._copied = 0, (-1, -1)
        say = exchange.say

        def counted(said: Said) -> None:
            self._told += 1
            say(said)

        exchange.say = counted

    def on_the_wire(self, order: Order, now: int) -> None:
        """An order of ours has left."""
        self._copied = (-1, -1)
        if order.client_order_id not in self._exchange.by_ref:
            name = order.client_order_id
            self._wire[name] = TrueOrder.of(order, f"wire:{name}", OrderState.SENT, order.bracket_id, now)

    def lost(self, name: str) -> None:
        """It will never arrive."""
        self._copied = (-1, -1)
        self._wire.pop(name, None)

    def look(self, now: int) -> Truth:
        """Copy what has changed: the exchange says a word about everything that it does with an order of ours."""
        truth, exchange = self.truth, self._exchange
        version = (self._told, exchange.numbered)
        if version == self._copied:
            return truth
        self._copied = version
        truth.changes += 1
        for name in [name for name in self._wire if name in exchange.by_ref]:
            del self._wire[name]
        before, truth.orders = truth.orders, {one.broker_id: one for one in self._wire.values()}
        for placed in exchange.working():
            truth.orders[placed.broker_id] = _order(placed, before.get(placed.broker_id), now)
            if placed.group.loose:
                truth.wronged.add(placed.group.id)
        for one in exchange.executions[self._executions :]:
            if one.ref:
                placed = exchange.by_ref[one.ref][-1]
                report = FillReport(
                    one.ref, one.exec_id, one.at_ns, one.side, one.quantity, one.price, corrects=one.corrects
                )
                truth.executed(Execution(report, one.instrument, placed.group.id, placed.role))
        self._executions = len(exchange.executions)
        truth.account.update(enumerate(exchange.positions))
        truth.settle(now)
        return truth

    def forgets(self, memory: int) -> None:
        """The broker tells of its newest executions alone (0: of all), and of none that was corrected meanwhile."""
        ours = [one.exec_id for one in self._exchange.executions if one.ref]
        self.truth.forgotten = set(ours[: max(0, len(ours) - memory)]) if memory else set()
        self.truth.forgotten |= {one.corrects for one in self._exchange.executions}


def _order(placed: Placed, before: TrueOrder | None, now: int) -> TrueOrder:
    one = before
    if one is None:
        mine = bool(placed.ref)
        one = TrueOrder(
            placed.ref,
            placed.broker_id,
            placed.group.id if mine else "",
            placed.instrument,
            placed.role if mine else None,
            placed.side,
            placed.type,
            placed.quantity,
            group=placed.group.id if mine else "",
            since=now,
        )
    one.quantity, one.filled = placed.quantity, placed.filled
    one.price, one.stop_price = placed.price, placed.trigger
    one.state = OrderState.SENT if placed.state == "waits" else _STATE[bool(placed.filled)]
    return one


_STATE = {False: OrderState.WORKING, True: OrderState.PARTIAL}
