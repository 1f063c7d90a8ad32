"""Broker at Interactive Brokers: brackets out, reports in. Nothing leaves unless the link may be trusted with it.

A bracket is a parent with two children, released by the last (the target), so that a cut in the middle leaves nothing
working; IB links the children itself, so they get no group of ours. What is placed later to protect gets one.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from ib_async.contract import Contract

from adapters.ib.books import Books, how_long
from adapters.ib.encode import Placing
from adapters.ib.keeper import Keeper
from adapters.ib.kept import Kept, numbers_in
from adapters.ib.link import UNTICK, Link
from adapters.ib.pace import PAUSE_S, Sending
from adapters.ib.recovery import Recovery
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks
from bot.domain.order import (
    NO_QUOTES,
    AccountFacts,
    Bracket,
    BrokerState,
    Known,
    Order,
    OrderReport,
    OrderState,
    OrderType,
    Protective,
    Quoted,
    Report,
    Role,
    Unavailable,
)
from bot.domain.order import Link as State
from bot.errors import ConfigError, Unreachable
from bot.ports import Stop

_TYPES = {OrderType.LIMIT: "LMT", OrderType.STOP: "STP", OrderType.MARKET: "MKT"}
_CANCEL_WITH_BLOCK = 1
_GROUP = "paperpit-"
_WAY = frozenset({"reconcile", "subscribing", "live"})
_SECOND_NS = 1_000_000_000
_log = logging.getLogger("paperpit.ib")


class IbBroker:
    """The Broker port over a link. `contracts` are IB's, resolved, in the order of `instruments`."""

    def __init__(
        self,
        link: Link,
        instruments: Sequence[Instrument],
        contracts: Sequence[Contract],
        *,
        broker_ids: Mapping[str, str] | None = None,
        last_broker_id: str = "",
    ) -> None:
        self._link, self._instruments, self._contracts = link, instruments, contracts
        self.books = Books(link, instruments, contracts, broker_ids)
        self.books.highest = max(self.books.highest, numbers_in(last_broker_id)[0])
        self.recovery = Recovery(link, self.books)
        chance = Random(f"{link.where} {link.params.client_id}")
        self.keeper = Keeper(link, self.recovery.recover, self.recovery.attend, chance)
        self._unsent: list[tuple[int, Sending, list[Kept]]] = []  # with the connection that they wait for
        self._next_number = 0
        self._connection = 0
        self._ticks: Ticks | None = None
        self._first_row = 0
        link.orders = self.books
        self.books.on_thrown_away = self._again_soon
        self._again: asyncio.TimerHandle | None = None

    @property
    def link(self) -> State:
        """How well the gateway can be reached."""
        return self._link.state

    @property
    def stage(self) -> str:
        """How far the connection has come: down, handshake, proving, snapshot, reconcile, subscribing, live."""
        return self._link.stage

    # Connecting

    async def connect(self) -> AccountFacts:
        """Ask for everything once, then keep the link. Raises Unreachable, NotPaper, ConfigError (read-only API)."""
        link = self._link
        if link.stage in ("down", "handshake"):
            await link.open()
        answer = await self._first_snapshot()
        if link.read_only:
            raise ConfigError(
                f"the gateway takes no orders from programs: {link.read_only}",
                where=link.where,
                do=UNTICK,
            )
        if isinstance(answer, Unavailable) and answer.reason in ("timeout", "link_down", "rejected"):
            raise Unreachable(
                f"the gateway does not say what it holds: {answer.detail}",
                where=link.where,
                do="restart the gateway; nothing is traded before orders, executions and positions are known",
            )
        self.books.silent = False
        link.anew, link.stage = False, "live"
        link.state = "degraded" if link.gateway_lost else "up"
        offset = await self._offset()
        self.keeper.start()
        greeting = link.greeting
        told = ", ".join(greeting.accounts) if greeting is not None else link.account
        proof = f"the gateway at {link.where} names {told}: paper accounts begin with DU or DF"
        simulated_at = link.where if greeting is not None and greeting.plays_a_tape else ""
        return AccountFacts(link.account, paper=True, proof=proof, clock_offset_ns=offset, simulated_at=simulated_at)

    async def _first_snapshot(self) -> Known[BrokerState] | Unavailable:
        """What the broker holds; asked again on another connection when no answer came, for one may be lost."""
        link = self._link
        link.stage = "snapshot"
        answer = await self.recovery.take()
        if isinstance(answer, Unavailable) and answer.reason == "timeout":
            _log.warning("%s: %s; connecting again", link.where, answer.detail)
            link.let_go(answer.detail)
            self.books.connected()
            await link.open()
            link.stage = "snapshot"
            answer = await self.recovery.take()
        return answer

    async def _offset(self) -> int:
        """A first idea of the gateway's clock, to a second; the keeper finds it to a fifth of one."""
        answer = await self._link.current_time() if not self._link.tape else None
        if not isinstance(answer, Known):
            if not self._link.tape:
                _log.warning("%s does not tell the time: its clock cannot be held against ours", self._link.where)
            return 0
        low = answer.value[0] * _SECOND_NS - answer.answered_ns
        high = (answer.value[0] + 1) * _SECOND_NS - answer.asked_ns
        return 0 if low <= 0 <= high else int(low if low > 0 else high)

    async def close(self) -> None:
        """Let go of the gateway."""
        if self._again is not None:
            self._again.cancel()
        self._link.close()
        await self.keeper.close()

    async def snapshot(self) -> Known[BrokerState] | Unavailable:
        """Orders, executions, positions and orders again, each with its end marker on this connection."""
        if self._link.stage == "down":
            return Unavailable("link_down", self._link.why or "not connected")
        return await self.recovery.take()

    def ask(self) -> None:
        """Have everything read again soon; a SnapshotReport tells what came of it."""
        self.books.want()

    # Orders

    async def place(self, bracket: Bracket) -> None:
        """Send entry, stop and target in one write; a bracket that was sent is not sent again."""
        if bracket.entry.client_order_id in self.books.kept:
            return
        self._must_be_up()
        entry, stop, target = (self._kept(order) for order in bracket.orders)
        legs = [
            self._placing(entry, transmit=False),
            self._placing(stop, parent=entry.number, transmit=False),
            self._placing(target, parent=entry.number),
        ]
        self._send([entry, stop, target], legs)

    async def quote(self, quoted: Quoted) -> None:
        """Refused: paper fills a quote as soon as the other side touches it. No queue, so no truth."""
        raise ConfigError(f"adapter ib {NO_QUOTES}", allowed="replay, synthetic")

    async def protect(self, order: Protective) -> None:
        """Send a stop or a market exit in one group with what else would take the bracket out."""
        one = order.order
        if one.client_order_id in self.books.kept:
            return
        self._must_hear()
        kept = self._kept(one)
        kept.sent_group = self._group(order)
        self._send([kept], [self._placing(kept)], protects=True)

    async def amend(self, client_order_id: str, ts: int, *, stop_price: int | None, quantity: int | None) -> None:
        """Send the order again with its own number and other terms. Refused unless the link is up."""
        self._must_be_up()
        number, kept = self.books.numbered(client_order_id), self.books.kept.get(client_order_id)
        if kept is None or number is None:
            raise Unreachable(f"order {client_order_id} is not known to this connection", where=self._link.where)
        if kept.ended:
            return
        if self._waits(kept):
            raise Unreachable(f"order {client_order_id} has not left yet", where=self._link.where)
        units, trigger = kept.wish or (kept.quantity, kept.stop_price)
        kept.wish = (units if quantity is None else quantity, trigger if stop_price is None else stop_price)
        self._amend(kept)

    def _amend(self, kept: Kept) -> None:
        parent = kept.parent if self.books.parent_lives(kept) else 0
        self._send([kept], [self._placing(kept, parent=parent)], protects=True)

    async def cancel(self, client_order_id: str, ts: int) -> None:
        """Ask for an order's end by the number that this client id knows it by."""
        self._must_hear()
        number, kept = self.books.numbered(client_order_id), self.books.kept.get(client_order_id)
        if kept is not None and kept.ended:
            return
        if kept is None or number is None:
            # Never by a guessed number: it may be another order's.
            why = "not known to this connection: it cannot be cancelled from here"
            now = self._link.now_ns()
            self._link.report(OrderReport(client_order_id, OrderState.PENDING_UNKNOWN, now, message=why))
            self.books.want()
            return
        kept.cancel_asked = True
        if not self._waits(kept):  # a cancel goes before everything: it would overtake its order
            self._tell_cancel(kept)

    def _tell_cancel(self, kept: Kept) -> None:
        try:
            self._link.tell(lambda wire: wire.cancel(kept.number))
        except ConnectionError as error:
            raise self._not_sent() from error

    def _again_soon(self) -> None:
        """A message of ours was thrown away: what has not come of our cancels and amendments is asked for again."""
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(PAUSE_S, self._tell_again)

    def _tell_again(self) -> None:
        self._again = None
        if self._link.stage != "live":
            return  # whoever comes back asks first what there is
        for kept in self.books.undone():
            if self.books.numbered(kept.ref) is None or self._waits(kept):
                continue
            if kept.cancel_asked:
                self._tell_cancel(kept)
            elif self._link.state == "up":
                self._amend(kept)

    def _waits(self, kept: Kept) -> bool:
        """Whether an order stands in line before the wire and has not left."""
        return any(not sending.sent and any(one is kept for one in group) for _, sending, group in self._unsent)

    def _must_be_up(self) -> None:
        if self._link.state != "up" or self._link.stage != "live":
            raise self._not_sent()

    def _must_hear(self) -> None:
        """Protection leaves as soon as somebody hears it: also while the gateway has lost IB."""
        if self._link.stage not in _WAY and self._link.state == "down":
            raise self._not_sent()

    def _not_sent(self) -> Unreachable:
        why = self._link.why or self._link.stage
        return Unreachable(f"nothing was sent: the link is {self._link.state} ({why})", where=self._link.where)

    def _kept(self, order: Order) -> Kept:
        """An order as it will be known from now on, with the next number."""
        if self._connection != self._link.number and self._link.greeting is not None:
            self._connection = self._link.number
            self._next_number = max(self._next_number, self._link.greeting.next_order_id)
        self._next_number = max(self._next_number, self.books.highest + 1)
        kept = Kept(order.client_order_id, order, self._next_number)
        kept.instrument, kept.side, kept.quantity = order.instrument, order.side, order.quantity
        kept.price, kept.stop_price = order.price, order.stop_price
        self._next_number += 1
        return kept

    def _placing(self, kept: Kept, *, parent: int = 0, transmit: bool = True) -> Placing:
        instrument = self._instruments[kept.instrument]
        order, kind = kept.order, self._type(kept)
        units, trigger = kept.wish or (kept.quantity, kept.stop_price)
        kept.parent = parent or kept.parent
        lasting = kind is OrderType.STOP or order is None or order.role in (Role.STOP, Role.TARGET)
        tif: Literal["DAY", "GTC"] = "GTC" if lasting else "DAY"
        outside = instrument.kind == "future"
        kept.lasts = how_long(tif, outside)
        group = kept.sent_group or (kept.group if kept.group.startswith(_GROUP) else "")
        return Placing(
            number=kept.number,
            ref=kept.ref,
            account=self._link.account,
            side=kept.side,
            quantity=units,
            type=_TYPES[kind],  # type: ignore[arg-type]  # the three of Placing
            tif=tif,
            price=None if kept.price is None else instrument.to_price(kept.price),
            trigger=None if trigger is None else instrument.to_price(trigger),
            outside_rth=outside,
            transmit=transmit,
            parent=parent,
            oca_group=group,
            oca_type=_CANCEL_WITH_BLOCK if group else 0,
        )

    def _type(self, kept: Kept) -> OrderType:
        if kept.order is not None:
            return kept.order.type
        if kept.stop_price is not None:
            return OrderType.STOP
        return OrderType.LIMIT if kept.price is not None else OrderType.MARKET

    def _group(self, order: Protective) -> str:
        """The group of what takes a bracket out: IB's own where its children have one that was read back."""
        mates = [kept for ref in order.beside if (kept := self.books.kept.get(ref)) is not None and not kept.ended]
        return next((kept.group for kept in mates if kept.group), _GROUP + order.order.bracket_id)

    def _send(self, kept: list[Kept], legs: list[Placing], *, protects: bool = False) -> None:
        wire = self._link.wire
        if wire is None:
            raise self._not_sent()
        contract = self._contracts[kept[0].instrument]
        try:
            sending = wire.place(contract, legs, protects=protects)
        except ConnectionError as error:
            raise self._not_sent() from error
        for one in kept:
            self.books.sent(one)
        if not sending.sent and not any(one.words for one in kept):  # an amendment that stays here changes nothing
            self._unsent.append((self._link.number, sending, kept))

    # Reports

    def next_report(self, ticks: Ticks, row: int, stop: Stop) -> tuple[int, Report] | None:
        """The next report in wire order, at the row that it came after."""
        self.keeper.check()
        if ticks is not self._ticks:
            self._first_row += 0 if self._ticks is None else len(self._ticks)
            self._ticks = ticks
        self._never_left()
        reports = self._link.reports
        if not reports:
            return None
        came_after = reports[0][0] - self._first_row - 1
        if came_after >= (stop.row + 1 if stop.through else stop.row):
            return None
        return max(row, came_after), reports.popleft()[1]

    def _never_left(self) -> None:
        """Whoever has left meanwhile may be followed by its cancel; who has not when the link ends, was never sent."""
        if not self._unsent:
            return
        over = self._link.number if self._link.stage == "down" else self._link.number - 1
        unsent, self._unsent = self._unsent, []
        for number, sending, group in unsent:
            if not sending.sent and number > over:
                self._unsent.append((number, sending, group))
            for kept in group:
                if sending.sent and kept.cancel_asked and not kept.ended and number > over:
                    self._tell_cancel(kept)
                elif not sending.sent and number <= over:
                    kept.state = kept.told = OrderState.REJECTED
                    now = self._link.now_ns()
                    told = OrderReport(kept.ref, OrderState.REJECTED, now, message="never sent: the link ended")
                    self._link.report(told)

    async def settled(self, seconds: float) -> None:
        """Come back when every order has been answered and every fill has its price, or after so long."""
        books = self.books
        try:
            async with asyncio.timeout(seconds):
                while not books.settled and self._link.stage != "down":
                    books.changed.clear()
                    await books.changed.wait()
        except TimeoutError:
            return
