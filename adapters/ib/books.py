"""Our own books of orders, executions and positions, kept from what IB says word by word.

The library keeps books too, of beliefs: an error cancels an order there, a correction fills it twice, a reconnect
forgets it (traps A1–A15, T1–T25 of the tests). Here a status ends an order, an execution fills it, an error is a
question; identity is `orderRef`, then permId, and the order number only within one connection.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from ib_async.contract import Contract
from ib_async.objects import CommissionReport as Cost
from ib_async.objects import Execution
from ib_async.order import Order as Placed
from ib_async.order import OrderState as Shown

from adapters.ib.codes import Does, code_of
from adapters.ib.executions import Executed, Executions, read
from adapters.ib.kept import CANCELLED, INACTIVE, Kept, numbers_in
from adapters.ib.link import FIRST_QUESTION, Link
from bot.domain.instrument import Instrument
from bot.domain.order import FillReport, OrderFact, OrderReport, OrderState

_UNSET = 1e300


class Books:
    """Ears for everything about orders; what is news goes to the link's reports."""

    def __init__(
        self,
        link: Link,
        instruments: Sequence[Instrument],
        contracts: Sequence[Contract],
        broker_ids: Mapping[str, str] | None = None,
    ) -> None:
        self._link, self._instruments = link, instruments
        self.index_of = {contract.conId: index for index, contract in enumerate(contracts)}
        self.kept: dict[str, Kept] = {}
        self.executions = Executions()
        self.holds: dict[int, int] = {}
        """Newest word on units by contract id."""
        self.highest = 0
        """The highest order number that this client id has been seen to use."""
        self.wanted = asyncio.Event()
        """Something has to be read again."""
        self.changed = asyncio.Event()
        """Set whenever anything here changes."""
        self.on_thrown_away: Callable[[], None] = lambda: None
        """Called when the gateway has thrown away a message of ours and does not say which."""
        self.silent = True
        """Until the first snapshot is out: what it finds is in the answer, not in a report."""
        self._fresh: set[str] = set()
        self._by_number: dict[int, Kept] = {}
        self._by_perm: dict[int, Kept] = {}
        for ref, broker_id in (broker_ids or {}).items():
            kept = self.kept[ref] = Kept(ref)
            kept.number, perm = numbers_in(broker_id)
            self.highest = max(self.highest, kept.number)
            if perm:
                self._by_perm[perm] = kept

    # What the broker asks

    def sent(self, kept: Kept) -> None:
        """An order has left."""
        self.kept[kept.ref] = self._by_number[kept.number] = kept
        self.highest = max(self.highest, kept.number)

    def connected(self) -> None:
        """Another connection: its order numbers are told anew."""
        self._by_number.clear()
        for kept in self.kept.values():
            kept.wish = None  # what has become of an amendment is shown by the open orders

    @property
    def live(self) -> bool:
        """Whether an order of ours has not ended, or something is held."""
        mine = any(self.holds.get(con_id) for con_id in self.index_of)
        return mine or any(not kept.ended for kept in self.kept.values())

    @property
    def unsure(self) -> bool:
        """Whether the fate of an order is not known."""
        open_ended = (OrderState.SENT, OrderState.PENDING_UNKNOWN)
        return any(kept.state in open_ended or kept.cancel_asked for kept in self._living())

    @property
    def settled(self) -> bool:
        """Whether everything that was sent on this connection has been answered, and what was filled has its price."""
        unpaid = any(self.executions.unpaid(exec_id) for exec_id in self._fresh)
        return all(kept.answered for kept in self._living() if self.numbered(kept.ref) is not None) and not unpaid

    def numbered(self, ref: str) -> int | None:
        """The order number that this connection knows it by; None: it cannot be spoken of here."""
        kept = self.kept.get(ref)
        return kept.number if kept is not None and self._by_number.get(kept.number) is kept else None

    def parent_lives(self, kept: Kept) -> bool:
        """Whether the parent of a child still waits to be filled."""
        parent = self._by_number.get(kept.parent) if kept.parent else None
        return parent is not None and not parent.ended and not parent.filled

    def fills(self) -> tuple[FillReport, ...]:
        """All executions of ours, as reports."""
        return tuple(self._fill(one, one.exchange_ns, "recovered", "") for one in self.executions.of_ours())

    # What the gateway says

    def openOrder(self, number: int, contract: Contract, placed: Placed, shown: Shown) -> None:
        """Message 5: the one word that names an order of ours by our own id."""
        self._link.asking.heard("open orders", (number, contract, placed, shown))
        mine = placed.clientId == self._link.params.client_id
        if mine:
            self.highest = max(self.highest, number)
        kept = self.of(placed)
        if kept is None:
            return
        if mine and number > 0:
            kept.number = number
            self._by_number[number] = kept
        if placed.permId:
            self._by_perm[placed.permId] = kept
        self._terms(kept, contract, placed)
        revived = kept.ended and kept.state is not OrderState.FILLED
        if kept.hear(placed.permId, shown.status) or revived or kept.terms_changed:
            self._judge(kept)

    def openOrderEnd(self) -> None:
        """Message 53."""
        self._link.asking.ended("open orders")

    def orderStatus(
        self,
        number: int,
        status: str,
        filled: float,
        remaining: float,
        average: float,
        perm: int,
        parent: int,
        last: float,
        client: int,
        why_held: str,
        cap: float,
    ) -> None:
        """Message 3: commentary. It can end an order, it never fills one."""
        kept = self._by_perm.get(perm) if perm else None
        if kept is None and client == self._link.params.client_id:
            kept = self._by_number.get(number)
            strange = kept is not None and perm and any(known and known != perm for known in kept.words)
            if kept is None or strange:
                # Somebody whom only an open order's own reference can name.
                self.want()
                return
        if kept is None:
            return
        if perm:
            self._by_perm[perm] = kept
        kept.claimed = max(kept.claimed, int(filled))
        if kept.ended and kept.state is not OrderState.FILLED and status not in kept.words.values():
            self.want()  # it had ended: only the open orders can bring it back
            return
        if kept.hear(perm, status):
            self._judge(kept)

    def execDetails(self, request: int, contract: Contract, execution: Execution) -> None:
        """Message 11: live, and in answers."""
        self._link.asking.heard(("executions", request), (contract, execution))
        if execution.acctNumber and execution.acctNumber != self._link.account:
            return
        kept = self._of_execution(execution)
        mine = execution.clientId == self._link.params.client_id
        ref = kept.ref if kept is not None else execution.orderRef if mine else ""
        index = self.index_of.get(contract.conId, -1)
        instrument = self._instruments[index] if index >= 0 else None
        one = read(execution, ref if index >= 0 else "", contract.conId, index, instrument)
        news, before = self.executions.take(one)
        if not news or not one.ref:
            return
        recovered = request >= FIRST_QUESTION
        self._told(one, before, kept, recovered)
        self.changed.set()

    def execDetailsEnd(self, request: int) -> None:
        """Message 55."""
        self._link.asking.ended(("executions", request))

    def commissionReport(self, cost: Cost) -> None:
        """Message 59."""
        report = self.executions.cost(cost)
        if report is not None:
            self._link.report(report)
        self.changed.set()

    def position(self, account: str, contract: Contract, units: float, average: float) -> None:
        """Message 61: in answers, and afterwards whenever it changes."""
        if account == self._link.account:
            self.holds[contract.conId] = int(units)
            self._link.asking.heard("positions", (contract.conId, int(units)))

    def positionEnd(self) -> None:
        """Message 62."""
        self._link.asking.ended("positions")

    def order_error(self, number: int, code: int, text: str) -> None:
        """Message 4 with an order's number: never its end."""
        does = code_of(code).does
        kept = self._by_number.get(number)
        if kept is not None and does is Does.REFUSED:
            kept.refusal = f"{code} {text}"
        if kept is not None and does is Does.TOLD and kept.state is OrderState.WORKING:
            self._tell(kept, OrderState.WORKING, f"{code} {text}")
        if does is not Does.TOLD:
            self.want()

    def thrown_away(self) -> None:
        """Code 100: a message of ours came too fast and was not read."""
        self.on_thrown_away()
        self.want()

    def undone(self) -> list[Kept]:
        """Orders whose end or change was asked for and has not been seen."""
        return [kept for kept in self._living() if kept.cancel_asked or kept.wish is not None]

    def on_broken(self, message: str, why: str) -> None:
        """A message about orders could not be read: whatever it said is asked for."""
        self.want()

    def want(self) -> None:
        """Have everything read again."""
        self.wanted.set()

    # What follows from it

    def of(self, placed: Placed) -> Kept | None:
        """The order of ours that IB shows; None: somebody else's."""
        kept = self.kept.get(placed.orderRef) if placed.orderRef else None
        if kept is None and not placed.orderRef and placed.permId:
            kept = self._by_perm.get(placed.permId)
        if kept is None and placed.orderRef and placed.clientId == self._link.params.client_id:
            kept = self.kept[placed.orderRef] = Kept(placed.orderRef)
        return kept

    def _of_execution(self, execution: Execution) -> Kept | None:
        if execution.orderRef:
            return self.kept.get(execution.orderRef)
        kept = self._by_perm.get(execution.permId)
        if kept is None and execution.clientId == self._link.params.client_id:
            kept = self._by_number.get(execution.orderId)
        return kept

    def _terms(self, kept: Kept, contract: Contract, placed: Placed) -> None:
        """Take over price and quantity as IB has them; who changed them, we or a person in TWS, is not said."""
        index = self.index_of.get(contract.conId, -1)
        kept.instrument, kept.side = index, 1 if placed.action == "BUY" else -1
        kept.parent, kept.group = placed.parentId or kept.parent, placed.ocaGroup
        units, lasts = int(placed.totalQuantity), how_long(placed.tif, placed.outsideRth)
        if kept.lasts and lasts != kept.lasts:
            kept.terms_changed, kept.lasts = f"IB holds it as {lasts}, it was sent as {kept.lasts}", lasts
        if index < 0:
            kept.quantity = units
            return
        one = self._instruments[index]
        limit = _ticks(one, placed.lmtPrice) if placed.orderType in ("LMT", "STP LMT") else None
        trigger = _ticks(one, placed.auxPrice) if placed.orderType in ("STP", "STP LMT") else None
        if kept.quantity and (units, limit, trigger) != (kept.quantity, kept.price, kept.stop_price):
            prices = [f"{name} {one.text(at)}" for name, at in (("limit", limit), ("stop", trigger)) if at is not None]
            kept.terms_changed = f"now {', '.join([f'{units} units', *prices])}"
        kept.quantity, kept.price, kept.stop_price = units, limit, trigger
        if kept.wish == (units, trigger):
            kept.wish = None

    def _judge(self, kept: Kept) -> None:
        state = kept.judged()
        if state is None:
            self.want()
            return
        kept.state = state
        new = [name for name in kept.broker_ids() if name not in kept.told_ids]
        if state is OrderState.PENDING_UNKNOWN:
            self.want()
        if state is OrderState.SENT:
            return
        if state in (OrderState.PARTIAL, OrderState.FILLED):
            state = OrderState.WORKING  # executions tell how far it has filled
            if kept.ended or (kept.told is not None and not new and not kept.terms_changed):
                self.changed.set()
                return
        if state is not kept.told or new or kept.terms_changed:
            self._tell(kept, state, self._why(kept, state))

    def _why(self, kept: Kept, state: OrderState) -> str:
        if len(kept.told_ids) and len(kept.broker_ids()) > len(kept.told_ids):
            return "a second order at the broker under this id"
        if state is OrderState.CANCELLED:
            return kept.refusal or ("cancelled on request" if kept.cancel_asked else "cancelled at the broker")
        if state in (OrderState.REJECTED, OrderState.PENDING_UNKNOWN):
            return kept.refusal or "the broker shows it as inactive"
        return kept.terms_changed

    def _tell(self, kept: Kept, state: OrderState, message: str) -> None:
        """One report; the broker's newest name for the order goes with it."""
        names = kept.broker_ids()
        fresh = [name for name in names if name not in kept.told_ids] or names[-1:]
        now = max(self._link.now_ns(), kept.told_ns)
        kept.told, kept.told_ns, kept.terms_changed = state, now, ""
        kept.told_ids.update(names)
        if not self.silent:
            for name in fresh or [""]:
                self._link.report(OrderReport(kept.ref, state, now, name, message, kept.quantity, kept.stop_price))
        self.changed.set()

    def _told(self, one: Executed, before: Executed | None, kept: Kept | None, recovered: bool) -> None:
        now = self._link.now_ns()
        since = kept.told_ns if kept is not None else 0
        ts = max(since, min(now, one.exchange_ns) if recovered else now)
        if kept is not None:
            kept.filled += one.quantity - (before.quantity if before else 0)
            kept.told_ns = ts
        if not (self.silent and recovered):
            self._fresh.add(one.exec_id)
            source: Literal["live", "recovered"] = "recovered" if recovered else "live"
            self._link.report(self._fill(one, ts, source, before.exec_id if before else ""))
        cost = self.executions.cost_of(one.exec_id)
        if cost is not None:
            self._link.report(cost)
        if kept is not None:
            self._judge(kept)

    def _fill(self, one: Executed, ts: int, source: Literal["live", "recovered"], corrects: str) -> FillReport:
        return FillReport(
            *(one.ref, one.exec_id, ts, one.side, one.quantity, one.price),
            source=source,
            corrects=corrects,
            exchange_ns=one.exchange_ns,
            instrument=one.index,
        )

    # What a snapshot makes of it

    def reread(self, shown: Mapping[str, str]) -> None:
        """The open orders have been read (`shown`: client order id → status): what is refused and idle has ended."""
        for kept in self._living():
            if kept.refusal and kept.state in (OrderState.WORKING, OrderState.PARTIAL) and kept.ref in shown:
                # An amendment was refused: the order stands as it stood.
                why, kept.refusal, kept.wish = kept.refusal, "", None
                self._tell(kept, OrderState.WORKING, why)
            # One that IB would not even look at (read-only, no such contract) never has a status.
            said = INACTIVE in kept.words.values() or not kept.words
            idle = shown.get(kept.ref, INACTIVE) == INACTIVE and said
            if idle and kept.refusal and not kept.filled:
                kept.state = OrderState.REJECTED
                self._tell(kept, OrderState.REJECTED, kept.refusal)

    def fact(self, number: int, contract: Contract, placed: Placed, now: int) -> OrderFact:
        """An open order as a snapshot shows it."""
        kept = self.of(placed)
        index, side = self.index_of.get(contract.conId, -1), 1 if placed.action == "BUY" else -1
        if kept is None:
            name = f"{number}/{placed.permId}"
            return OrderFact("", OrderState.WORKING, now, name, index, side, int(placed.totalQuantity))
        name = f"{kept.number}/{placed.permId}" if placed.permId else ""
        return OrderFact(
            kept.ref, kept.state, now, name, index, side, kept.quantity, kept.filled, kept.price, kept.stop_price
        )

    def over(self, placed: Placed, shown: Shown, now: int) -> OrderFact | None:
        """A completed order of ours that was cancelled, and that we took to be alive: it has ended."""
        kept = self.kept.get(placed.orderRef) if placed.orderRef else None
        if kept is None or kept.ended or shown.status not in CANCELLED:
            return None
        kept.hear(placed.permId, shown.status)
        kept.state = OrderState.CANCELLED
        self._tell(kept, kept.state, self._why(kept, kept.state))
        return OrderFact(kept.ref, kept.state, now, f"{kept.number}/{placed.permId}" if placed.permId else "")

    def living(self) -> set[str]:
        """Our own ids of all orders that have not ended, as far as we know."""
        return {kept.ref for kept in self._living()}

    def _living(self) -> list[Kept]:
        return [kept for kept in self.kept.values() if not kept.ended]


def how_long(tif: str, outside_rth: bool) -> str:
    """How long an order works, and when."""
    return f"{tif} {'at any hour' if outside_rth else 'in regular hours'}"


def _ticks(instrument: Instrument, price: Any) -> int | None:
    """An order's price in ticks; IB's "unset" is none, and one off our grid is told by its quantity alone."""
    if price is None or price == "" or not -_UNSET < float(price) < _UNSET:
        return None
    return round(float(price) / float(instrument.tick))
