"""Brackets on their way: sent, filled, covered, timed out, flattened. Each step is in the table and is written first.

The order of things is the write-ahead law: an intent is committed before the broker hears of it, a fill before anyone
acts on it. Time-outs (an entry's ttl, a position's time stop, the watchdog's deadline) are kept here and fire when the
desk says that their time has come.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.decision import Approved
from bot.domain.market import ABSENT, Ticks
from bot.domain.order import (
    Bracket,
    BracketState,
    CommissionReport,
    FillReport,
    LinkReport,
    Order,
    OrderReport,
    OrderState,
    OrderType,
    Protective,
    Role,
    SnapshotReport,
)
from bot.orders.bracket import Leg, LiveBracket
from bot.orders.excursion import extremes
from bot.orders.positions import Positions
from bot.orders.table import ENDED, Action, Event, follow
from bot.ports import Broker, Gate, Journal

SECOND_NS = 1_000_000_000
GRACE_NS = 1 * SECOND_NS  # a position may be without a stop for this long after its entry filled
REPROTECT_NS = 2 * SECOND_NS  # an acknowledgement of a new stop may take this long; then the position is flattened

Ended = Callable[[LiveBracket], None]


@dataclass(frozen=True, slots=True)
class _Timer:
    what: str  # "ttl", "time", "uncovered", "unprotected"
    bracket_id: str


class OrderManager:
    """Owns every live bracket and the positions that they make."""

    def __init__(self, broker: Broker, journal: Journal, gate: Gate, contracts: list[str]) -> None:
        self._broker, self._journal, self._gate, self._contracts = broker, journal, gate, contracts
        self._positions = Positions(len(contracts))
        self._live: dict[str, LiveBracket] = {}
        self._owner: dict[str, LiveBracket] = {}
        self._timers: list[tuple[int, int, _Timer]] = []
        self._numbered = 0
        self.fills = 0
        self.round_trips = 0
        self.net_ticks = 0

    # What the desk asks

    @property
    def holding(self) -> bool:
        """Whether any bracket holds a position."""
        return any(live.share for live in self._live.values())

    @property
    def live(self) -> tuple[LiveBracket, ...]:
        """Every bracket that has not ended, in order of sending."""
        return tuple(self._live.values())

    def position(self, instrument: int) -> int:
        """Signed units held of one instrument."""
        return self._positions.of(instrument)

    def open_brackets(self, strategy: str) -> int:
        """How many brackets of a strategy have not ended."""
        return sum(live.bracket.approved.proposal.strategy == strategy for live in self._live.values())

    def next_due(self) -> int | None:
        """When the next time-out fires, ns UTC."""
        return self._timers[0][0] if self._timers else None

    def watch(self, ticks: Ticks) -> None:
        """Fold what was printed into the excursion of every position held."""
        for live in self._live.values():
            if live.share:
                low, high = extremes(ticks, live.bracket.entry.instrument)
                if low != ABSENT:
                    live.watch(low, high)

    # What the desk tells

    async def place(self, approved: Approved, decision_id: str, now: int) -> None:
        """Journal a bracket with its three orders in one commit, then send it."""
        bracket = self._build(approved, now)
        self._journal.bracket(bracket, decision_id)
        for order in bracket.orders:
            self._journal.order(order)
        self._journal.commit()
        live = LiveBracket.of(bracket)
        self._live[bracket.id] = live
        for order in bracket.orders:
            self._owner[order.client_order_id] = live
        self._gate.opened(bracket)
        await self._broker.place(bracket)
        for leg in live.legs.values():
            leg.state = OrderState.SENT
        await self._on(live, Event.SENT, now, "sent to the broker")
        self._journal.commit()
        self._at(now + approved.proposal.ttl_ns, "ttl", live)

    async def on_order(self, report: OrderReport) -> None:
        """The broker's word on an order that is ours; a word on another's is not for here."""
        live = self._owner.get(report.client_order_id)
        if live is None:
            return
        leg = live.legs[report.client_order_id]
        # Executions say how much has filled; a status that arrives late must not take that back.
        if report.state is OrderState.WORKING and leg.state in (OrderState.PARTIAL, OrderState.FILLED):
            return
        leg.state = report.state
        self._journal.order_event(report)
        event = self._event_of(live, leg, report)
        if event is not None:
            await self._on(live, event, report.ts, report.message)
        self._journal.commit()

    async def on_fill(self, fill: FillReport) -> None:
        """One execution: written and committed, then counted, then acted upon. A repeated execution id is nothing."""
        live = self._owner.get(fill.client_order_id)
        if live is None or fill.exec_id in live.fill_ids:
            return
        leg = live.legs[fill.client_order_id]
        order = leg.order
        self._journal.fill(self._journal.next_id(), fill, order, self._contracts[order.instrument])
        self._journal.commit()
        self.fills += 1
        first = not live.filled_in
        live.book(fill)
        self._positions.book(order.instrument, fill.side, fill.quantity)
        self._gate.fill(fill, order)
        self._journal.order_state(fill.client_order_id, leg.state, fill.ts)
        await self._on(live, self._fill_event(live, leg), fill.ts, order.reason)
        if first and order.role is Role.ENTRY:
            self._on_open(live, fill.ts)
        if live.state is BracketState.FLATTENING and live.share:
            # A fill that beat its cancel: what it brought must leave as well.
            await self._flatten(live, fill.ts, live.exit_reason or "flatten")
        self._watchdog(live, fill.ts, GRACE_NS)
        self._journal.commit()

    def on_commission(self, commission: CommissionReport) -> None:
        """What an execution cost."""
        self._journal.commission(commission)
        self._gate.commission(commission)
        self._journal.commit()

    async def on_link(self, report: LinkReport) -> None:
        """The link changed. What a broker holds it goes on holding; nothing follows from the news alone."""

    async def on_snapshot(self, report: SnapshotReport) -> None:
        """What the broker holds, asked by the adapter itself."""

    async def on_time(self, now: int) -> None:
        """Do everything that is due at or before `now`."""
        while self._timers and self._timers[0][0] <= now:
            due, _, timer = heapq.heappop(self._timers)
            live = self._live.get(timer.bracket_id)
            if live is None:
                continue
            if timer.what == "ttl":
                await self._cancel_entry(live, due, "ttl")
            elif timer.what == "time" and live.share:
                await self._flatten(live, due, "time")
            elif timer.what == "uncovered" and live.share > live.cover:
                await self._on(live, Event.STOP_LOST, due, "no working stop")
            elif timer.what == "unprotected" and live.share > live.cover:
                await self._flatten(live, due, "flatten")
            self._journal.commit()

    async def cancel_entries(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None:
        """Ask for the end of every working entry (of one instrument, of one strategy)."""
        for live in self._chosen(instrument, strategy):
            await self._cancel_entry(live, now, why)
        self._journal.commit()

    async def flatten(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None:
        """Cancel entries and leave every position at market; `why` becomes the exit's reason."""
        for live in self._chosen(instrument, strategy):
            await self._cancel_entry(live, now, why)
            if live.share:
                await self._flatten(live, now, why)
        self._journal.commit()

    # How it is done

    def _build(self, approved: Approved, now: int) -> Bracket:
        wish = approved.proposal
        bracket_id = self._journal.next_id()

        def order(role: Role, side: int, kind: OrderType, price: int | None, stop: int | None) -> Order:
            name = self._journal.next_id()
            return Order(name, bracket_id, wish.instrument, role, side, kind, wish.quantity, price, stop, now)

        return Bracket(
            bracket_id,
            approved,
            order(Role.ENTRY, wish.side, OrderType.LIMIT, wish.entry, None),
            order(Role.STOP, -wish.side, OrderType.STOP, None, wish.stop),
            order(Role.TARGET, -wish.side, OrderType.LIMIT, wish.target, None),
        )

    def _chosen(self, instrument: int | None, strategy: str) -> list[LiveBracket]:
        return [
            live
            for live in self._live.values()
            if instrument in (None, live.bracket.entry.instrument)
            and strategy in ("", live.bracket.approved.proposal.strategy)
        ]

    def _event_of(self, live: LiveBracket, leg: Leg, report: OrderReport) -> Event | None:
        if report.state is OrderState.WORKING:
            started = all(one.state is not OrderState.SENT for one in live.legs.values())
            if leg.order.role is not Role.ENTRY and live.state is BracketState.NAKED:
                return Event.COVERED
            return Event.ACKED if started and live.state is BracketState.SENT else None
        if report.state not in (OrderState.CANCELLED, OrderState.REJECTED):
            return None
        if leg.order.role is Role.ENTRY:
            if live.filled_in and live.share == 0:
                return Event.EXIT_REST
            rejected = report.state is OrderState.REJECTED
            return Event.ENTRY_REJECTED if rejected and not live.filled_in else Event.ENTRY_CANCELLED
        return Event.STOP_LOST if leg.order.role is Role.STOP and live.state not in ENDED else None

    def _fill_event(self, live: LiveBracket, leg: Leg) -> Event:
        if leg.order.role is Role.ENTRY:
            return Event.ENTRY_REST if live.filled_in >= leg.order.quantity else Event.ENTRY_PART
        return Event.EXIT_PART if live.share or live.of_role(Role.ENTRY) else Event.EXIT_REST

    async def _on(self, live: LiveBracket, event: Event, ts: int, why: str) -> None:
        step = follow(live.state, event)
        if step is None:
            self._journal.bracket_state(live.bracket.id, live.state, ts, f"unexpected: {event.value}")
            return
        before, (live.state, action) = live.state, step
        if live.state is not before:
            self._journal.bracket_state(live.bracket.id, live.state, ts, why or event.value)
        if live.state in ENDED:
            self._end(live)
        if action is Action.CANCEL_ENTRY:
            await self._cancel_entry(live, ts, event.value)
        elif action is Action.CANCEL_EXITS:
            for leg in live.of_role(Role.STOP) + live.of_role(Role.TARGET):
                await self._broker.cancel(leg.order.client_order_id, ts)
        elif action is Action.PROTECT and live.share > live.cover:
            await self._protect(live, ts)

    async def _cancel_entry(self, live: LiveBracket, ts: int, why: str) -> None:
        for leg in live.of_role(Role.ENTRY):
            self._journal.order_state(leg.order.client_order_id, leg.state, ts, f"cancel asked: {why}")
            await self._broker.cancel(leg.order.client_order_id, ts)

    async def _flatten(self, live: LiveBracket, ts: int, why: str) -> None:
        """One market exit for what is held; it joins the bracket's group, so that stop and exit cannot both fill."""
        if live.of_role(Role.FLATTEN):
            return
        await self._cancel_entry(live, ts, why)
        await self._send(live, self._exit_order(live, OrderType.MARKET, None, ts, why), ts)
        await self._on(live, Event.FLATTEN, ts, why)

    async def _protect(self, live: LiveBracket, ts: int) -> None:
        stop = live.bracket.stop.stop_price
        await self._send(live, self._exit_order(live, OrderType.STOP, stop, ts, ""), ts)
        self._at(ts + REPROTECT_NS, "unprotected", live)

    def _exit_order(self, live: LiveBracket, kind: OrderType, stop: int | None, ts: int, why: str) -> Order:
        role = Role.STOP if kind is OrderType.STOP else Role.FLATTEN
        bracket = live.bracket
        return Order(
            self._journal.next_id(),
            bracket.id,
            bracket.entry.instrument,
            role,
            -live.side,
            kind,
            live.share,
            None,
            stop,
            ts,
            why,
        )

    async def _send(self, live: LiveBracket, order: Order, ts: int) -> None:
        live.legs[order.client_order_id] = Leg(order)
        self._owner[order.client_order_id] = live
        self._journal.order(order)
        self._journal.commit()
        await self._broker.protect(Protective(order))
        live.legs[order.client_order_id].state = OrderState.SENT
        self._journal.order_state(order.client_order_id, OrderState.SENT, ts)

    def _on_open(self, live: LiveBracket, ts: int) -> None:
        wish = live.bracket.approved.proposal
        if wish.time_stop_ns:
            self._at(ts + wish.time_stop_ns, "time", live)

    def _watchdog(self, live: LiveBracket, ts: int, grace_ns: int) -> None:
        """A deadline, armed while a position is larger than what covers it; no poll."""
        if live.state not in ENDED and live.share > live.cover:
            self._at(ts + grace_ns, "uncovered", live)

    def _end(self, live: LiveBracket) -> None:
        if live.filled_in:
            self.round_trips += 1
            self.net_ticks += live.net_ticks
            self._journal.excursion(live.bracket.id, *live.excursion())
        del self._live[live.bracket.id]
        self._gate.ended(live.bracket)

    def _at(self, ts: int, what: str, live: LiveBracket) -> None:
        heapq.heappush(self._timers, (ts, self._numbered, _Timer(what, live.bracket.id)))
        self._numbered += 1
