"""Brackets on their way: sent, filled, covered, timed out, flattened. What the desk asks of them and tells them.

machine.py    what is done with one bracket: next state, orders, cancellations, deadlines
recovery.py   the broker's answers: the start, reconnects, polls
bracket.py    the facts of one bracket        table.py   state × event
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

from bot.config import ManageSettings
from bot.domain.decision import Approved
from bot.domain.market import ABSENT, Ticks, standing
from bot.domain.order import (
    BracketState,
    BrokerState,
    CommissionReport,
    FillReport,
    Known,
    LinkReport,
    OrderReport,
    OrderState,
    Role,
    SnapshotReport,
    Unavailable,
)
from bot.domain.past import Past
from bot.errors import Unreachable
from bot.faults import fault_point
from bot.orders.anomalies import Anomalies
from bot.orders.bracket import Leg, LiveBracket, build
from bot.orders.deadlines import Deadlines
from bot.orders.excursion import extremes
from bot.orders.machine import Machine
from bot.orders.meaning import event_of, fill_event, nothing_new
from bot.orders.moves import Level, Moves
from bot.orders.quotes import Quotes
from bot.orders.recovery import Recovery
from bot.orders.sound import Band
from bot.orders.table import ENDED, Event
from bot.orders.throttle import Throttle
from bot.orders.timers import GRACE_NS, UNANSWERED_NS, UNHEARD_NS
from bot.ports import Broker, Gate, Journal

OnOperatorCancel = Literal["reprotect", "flatten", "yield"]
"""What follows when somebody at the broker ends the stop of a position."""
MESSAGES_PER_MINUTE = 60
"""So many order messages of entries may leave in any minute, and so many of what protects or ends."""


def _no_wall() -> int:
    return 0


class OrderManager:
    """Owns every live bracket and the positions that they make.

    `wall_ns` is the wall's clock: only by it an order is without an answer. A replay has none, and always answers.
    """

    def __init__(
        self,
        broker: Broker,
        journal: Journal,
        gate: Gate,
        contracts: Sequence[str],
        products: Sequence[str] = (),
        *,
        wall_ns: Callable[[], int] = _no_wall,
        manages: Mapping[str, ManageSettings] | None = None,
        bands: Sequence[Band] = (),
        on_operator_cancel: OnOperatorCancel = "reprotect",
        throttle: Throttle | None = None,
    ) -> None:
        self._broker, self._journal, self._gate, self._contracts = broker, journal, gate, contracts
        self._machine = Machine(broker, journal, gate, contracts, wall_ns, throttle or Throttle(MESSAGES_PER_MINUTE))
        self._moves = Moves(self._machine, {} if manages is None else manages)
        self._deadlines = Deadlines(self._machine, self._moves)
        self._anomalies = Anomalies(self._machine, bands)
        self.quotes = Quotes(self._machine)
        self.on_operator_cancel = on_operator_cancel
        confirmed = partial(self.on_fill, confirmed=True)
        self.recovery = Recovery(self._machine, products or contracts, confirmed, self.on_order, self._moves.refused)
        self.fills = 0

    # What the desk asks

    @property
    def round_trips(self) -> int:
        """Brackets that went in and came out."""
        return self._machine.round_trips

    @property
    def net_ticks(self) -> int:
        """Σ ticks × quantity of the round trips, before commission."""
        return self._machine.net_ticks

    @property
    def holding(self) -> bool:
        """Whether any bracket holds a position."""
        return any(live.share for live in self._machine.live.values())

    @property
    def live(self) -> tuple[LiveBracket, ...]:
        """Every bracket that has not ended, in order of sending."""
        return tuple(self._machine.live.values())

    @property
    def settled(self) -> bool:
        """Whether the broker has said what it holds since the link was lost last."""
        return self._machine.settled

    def position(self, instrument: int) -> int:
        """Signed units held of one instrument."""
        return self._machine.positions.of(instrument)

    def open_brackets(self, strategy: str) -> int:
        """How many brackets of a strategy have not ended."""
        return sum(live.bracket.approved.proposal.strategy == strategy for live in self._machine.live.values())

    def next_due(self) -> int | None:
        """When the next time-out fires, ns UTC."""
        return self._machine.timers.next_due()

    def watch(self, ticks: Ticks) -> None:
        """Fold what was printed into the excursion of every position held, and see where its market stands."""
        for live in self._machine.live.values():
            if live.share:
                instrument = live.bracket.entry.instrument
                low, high = extremes(ticks, instrument)
                if low != ABSENT:
                    live.watch(low, high)
                if (tick := standing(ticks, instrument, len(ticks))) is not None:
                    self._machine.touches[instrument] = int(tick["bid"]), int(tick["ask"])
                    self._deadlines.see(live, int(ticks["ts"][-1]))

    def levels(self) -> Sequence[Level]:
        """Prices at which stops move next."""
        return self._moves.levels()

    def next_move(self, ticks: Ticks) -> int | None:
        """Index of the first of these rows whose print moves a stop."""
        return self._moves.first(ticks)

    # What the desk tells

    async def recover(self, past: Past, answer: Known[BrokerState] | Unavailable, now: int) -> tuple[str, ...]:
        """The one start path; sentences for a person. Raises Unreachable, ConfigError."""
        notes = await self.recovery.recover(past, answer, now)
        self.quotes.taken_up()
        return notes

    async def place(self, approved: Approved, decision_id: str, now: int) -> None:
        """Journal a bracket with its three orders in one commit, then send it."""
        bracket, machine = build(approved, self._journal.next_id, now), self._machine
        self._journal.bracket(bracket, decision_id)
        for order in bracket.orders:
            self._journal.order(order)
        self._journal.commit()
        fault_point("intent-committed")
        live = LiveBracket.of(bracket)
        machine.take(live)
        self._gate.opened(bracket)
        if why := machine.closing.kept_back(machine.throttle, len(bracket.orders), now):
            await self._void(live, now, f"not sent: {why}")
            return
        try:
            await self._broker.place(bracket)
        except Unreachable as error:
            await self._void(live, now, f"not sent: {error.what}")
            return
        fault_point("bracket-sent")
        for leg in live.legs.values():
            machine.sent(leg, now)
        await machine.on(live, Event.SENT, now, "sent to the broker")
        self._journal.commit()
        machine.at(now + approved.proposal.ttl_ns, "ttl", live)
        machine.at(now + UNANSWERED_NS, "unanswered", live)

    async def on_order(self, report: OrderReport) -> None:
        """The broker's word on an order that is ours; a word on another's is not for here."""
        machine = self._machine
        live = machine.owner.get(report.client_order_id)
        if live is None:
            self._anomalies.stranger(report)
            return
        leg = live.legs[report.client_order_id]
        if self._anomalies.word(leg, report):
            return
        resized = report.quantity not in (0, leg.told) and (leg.alive or leg.concluded)
        if resized:
            leg.told = report.quantity
        # Executions say how much has filled; a status that arrives late must not take that back.
        if report.state is OrderState.WORKING and leg.state in (OrderState.PARTIAL, OrderState.FILLED):
            await self._moves.heard(live, leg, report)
            return
        if not resized and nothing_new(leg, report):
            return
        live.unsent = live.unsent and leg.concluded
        if report.broker_id:
            leg.broker_ids.add(report.broker_id)
        woken = not leg.alive
        uncertain = leg.state is OrderState.PENDING_UNKNOWN or len(leg.broker_ids) > 1
        # Filled, say the words, and the executions are still to come: they will end it.
        if report.state is not OrderState.FILLED or leg.filled + leg.taken >= leg.told:
            leg.state, leg.changed_ns = report.state, report.ts
        elif not leg.said_filled:
            leg.said_filled = True
            machine.at(report.ts + UNHEARD_NS, "unheard", live)
        self._journal.order_event(report)
        await self._after_word(live, leg, report)
        await self._moves.heard(live, leg, report)
        if leg.order.role is Role.QUOTE and not leg.alive:
            await self.quotes.ended(live, leg, report.ts, report.message)
        if woken and leg.alive and live.state in ENDED:
            await machine.cancel(leg, report.ts)
        if len(leg.broker_ids) > 1 and leg.order.role is Role.ENTRY and not leg.cancelling:
            await machine.cancel_entry(live, report.ts, "two orders at the broker under one name")
        if uncertain or live.yielded:
            machine.look(leg.order.instrument, report.ts)
        if resized:
            machine.watchdog(live, report.ts, 0)
        self._journal.commit()

    async def on_fill(self, fill: FillReport, *, confirmed: bool = False) -> None:
        """One execution: written and committed, then counted, then acted upon. A repeated execution id is nothing.

        `confirmed`: an answer of the broker has it, whatever there is to be said against it.
        """
        machine = self._machine
        if self.recovery.knows(fill.exec_id):
            return
        live = machine.owner.get(fill.client_order_id)
        if live is None:
            self._anomalies.orphan(fill)
            return
        leg = live.legs[fill.client_order_id]
        if fill.exec_id in live.fill_ids or self._anomalies.fill(
            live, leg, fill, confirmed=confirmed or fill.source == "recovered"
        ):
            return
        fault_point("fill-received")
        order, before = leg.order, live.executions.get(fill.corrects)
        self._journal.fill(self._journal.next_id(), fill, order, self._contracts[order.instrument])
        self._journal.commit()
        fault_point("fill-committed")
        self.fills += 1
        first, live.unsent = not live.filled_in, False
        if late := live.state in ENDED:
            machine.reopen(live)
        if live.adjusted * order.side * live.side < 0:
            self.recovery.take_back(live, fill)
        if not live.share:
            machine.forget(order.instrument)
        if first and order.role is Role.QUOTE:
            self.quotes.begin(live, leg)
        live.book(fill)
        self.recovery.book(fill)
        machine.positions.book(order.instrument, fill.side, fill.quantity)
        self._gate.fill(fill, order)
        self._journal.order_state(fill.client_order_id, leg.state, fill.ts)
        if before is not None:
            machine.positions.book(order.instrument, -before.side, before.quantity)
            self._broker.ask()
            await machine.on(live, Event.CORRECTED, fill.ts, "an execution was corrected")
        else:
            why = "an execution came late" if late else leg.moved or order.reason
            await machine.on(live, fill_event(live, leg), fill.ts, why)
        if first and order.role is Role.ENTRY:
            self._on_open(live, fill.ts)
        if live.state is BracketState.FLATTENING and live.share > 0:
            # A fill that beat its cancel: what it brought must leave as well.
            await machine.flatten(live, fill.ts, live.exit_reason or "flatten")
        if live.quoted:
            await self.quotes.filled(live, fill.ts)
        machine.watchdog(live, fill.ts, 0 if late else GRACE_NS)
        await machine.trim(live, fill.ts)
        self._journal.commit()

    def on_commission(self, commission: CommissionReport) -> None:
        """What an execution cost."""
        self._journal.commission(commission)
        self._gate.commission(commission)
        self._journal.commit()

    async def on_link(self, report: LinkReport) -> None:
        """The link to the broker changed; the row is the desk's."""
        await self.recovery.link(report)

    async def on_snapshot(self, report: SnapshotReport) -> None:
        """The broker has said what it holds, or that it cannot say."""
        await self.recovery.hear(report)
        if isinstance(report.answer, Known):
            for live in self.live:
                await self._deadlines.answered(live, report.answer.asked_ns, report.ts)
        await self.move(report.ts)

    def allow(self, instrument: int | None = None) -> None:
        """A person knows what somebody else holds in an instrument, or in all of them: entries may go on."""
        for at in range(len(self._contracts)) if instrument is None else (instrument,):
            self.recovery.allow(at)

    def clock_moved(self, ns: int) -> None:
        """The clock by which it is told the time was set by so much."""
        self._machine.timers.shift(ns)

    async def on_time(self, now: int) -> None:
        """Do everything that is due at or before `now`."""
        while (found := self._machine.timers.take(now)) is not None:
            due, timer = found
            if timer.what == "ask":
                self._machine.asked(due)
            elif timer.what == "siblings":
                await self._machine.clear(timer.live, due)
            elif timer.what == "after":
                self.recovery.look_back(timer.live, due)
            elif timer.live.bracket.id in self._machine.live or timer.what == "unheard":
                await self._deadlines.meet(timer, due)
            else:
                continue
            self._journal.commit()

    async def cancel_entries(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None:
        """Ask for the end of every working entry (of one instrument, of one strategy)."""
        for live in self._chosen(instrument, strategy):
            await self._machine.cancel_entry(live, now, why)
        self._journal.commit()

    async def flatten(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None:
        """Cancel entries and leave every position at market; `why` becomes the exit's reason."""
        for live in self._chosen(instrument, strategy):
            await self._machine.cancel_entry(live, now, why)
            if live.share > 0:
                await self._machine.flatten(live, now, why)
        self._journal.commit()

    async def move(self, now: int) -> None:
        """A print has been walked that moves a stop, or the broker's answer lets one move."""
        for live in list(self._machine.live.values()):
            await self._moves.review(live, now)
        self._journal.commit()

    async def tighten(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None:
        """Move the stops of open positions nearer; `why` becomes the reason of an exit there.

        To the entry's price, or one tick behind the touch where the market is not beyond it; never away from it.
        """
        for live in self._chosen(instrument, strategy):
            live.tightening = why if live.share > 0 else ""
            await self._moves.review(live, now)
        self._journal.commit()

    # How it is done

    def _chosen(self, instrument: int | None, strategy: str) -> list[LiveBracket]:
        return [
            live
            for live in self._machine.live.values()
            if instrument in (None, live.bracket.entry.instrument)
            and strategy in ("", live.bracket.approved.proposal.strategy)
        ]

    async def _void(self, live: LiveBracket, now: int, why: str) -> None:
        """Nothing of it has left, and nothing of it will."""
        for leg in live.legs.values():
            leg.state, leg.concluded, leg.changed_ns = OrderState.CANCELLED, True, now
            self._journal.order_state(leg.order.client_order_id, leg.state, now, why)
        await self._machine.on(live, Event.VOIDED, now, why)
        self._journal.commit()

    async def _after_word(self, live: LiveBracket, leg: Leg, report: OrderReport) -> None:
        machine = self._machine
        if live.state is BracketState.PENDING_UNKNOWN and (live.filled_in or report.state is OrderState.WORKING):
            if not live.unknown():
                await machine.on(live, Event.ANSWERED, report.ts, report.message or "the broker has answered")
        elif (event := event_of(live, leg, report)) is not None:
            if event is Event.STOP_LOST and report.state is OrderState.CANCELLED and not leg.cancelling:
                self._taken_away(live, report.ts)
            await machine.on(live, event, report.ts, report.message)
            if event is Event.ENTRY_REJECTED:
                machine.closing.refused(live, report.message, report.ts)
            elif event is Event.ACKED:
                machine.closing.accepted(live)
        await machine.trim(live, report.ts)

    def _taken_away(self, live: LiveBracket, ts: int) -> None:
        """Somebody at the broker has ended the stop of a position."""
        if self.on_operator_cancel == "flatten":
            live.losses = max(live.losses, 1)  # this one is the last
        elif self.on_operator_cancel == "yield" and live.share > 0:
            live.yielded = True
            why = "a person took its stop away: it is theirs to protect (on_operator_cancel)"
            live.flag("no stop")
            self._journal.bracket_state(live.bracket.id, live.state, ts, why)

    def _on_open(self, live: LiveBracket, ts: int) -> None:
        wish = live.bracket.approved.proposal
        if wish.time_stop_ns:
            self._machine.at(ts + wish.time_stop_ns, "time", live)
