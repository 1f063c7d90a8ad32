"""What is done with one bracket: its next state by the table, and the orders, cancellations and deadlines that follow.

Write-ahead: an intent is committed before the broker hears of it, a fill before anyone acts on it. A broker that cannot
be reached is no verdict: what could not be sent is written down, and looked at again when the broker has answered.
"""

from collections.abc import Awaitable, Callable, Sequence

from bot.domain.market import ABSENT
from bot.domain.order import BracketState, Order, OrderState, OrderType, Protective, Role
from bot.errors import Unreachable
from bot.faults import fault_point
from bot.orders.bracket import NO_TARGET, Leg, LiveBracket
from bot.orders.closing import Closing
from bot.orders.doubt import UNCERTAIN, doubt, doubts, unfinished
from bot.orders.positions import Positions
from bot.orders.table import ENDED, Action, Event, follow
from bot.orders.throttle import Throttle
from bot.orders.timers import (
    AGAIN_NS,
    GRACE_NS,
    REPROTECT_NS,
    RETRY_NS,
    SIBLINGS_NS,
    UNANSWERED_NS,
    UNHEARD_NS,
    Timers,
    What,
    pause_ns,
)
from bot.ports import Broker, Gate, Journal


class Machine:
    """Every bracket that lives or has lived, the positions that they make, and each next step."""

    def __init__(
        self,
        broker: Broker,
        journal: Journal,
        gate: Gate,
        contracts: Sequence[str],
        wall_ns: Callable[[], int],
        throttle: Throttle,
    ) -> None:
        self.broker, self.journal, self.gate, self.contracts = broker, journal, gate, contracts
        self.wall_ns = wall_ns
        self.closing = Closing(gate, journal)
        self.throttle = throttle
        self.positions = Positions(len(contracts))
        self.live: dict[str, LiveBracket] = {}
        self.owner: dict[str, LiveBracket] = {}
        self.timers = Timers()
        self.settled, self.answered_ns = True, 0
        """Whether the broker has said what it holds since the link was lost; when its newest answer was asked for."""
        self.holds: dict[int, str] = {}
        """Instrument → what the broker's answers leave uncertain there, brackets aside."""
        self.foreign: dict[int, str] = {}
        """Instrument → what somebody else has there, and no person has let stay."""
        self.room: dict[int, int] = {}
        """Instrument → signed units that the broker says are held, where that is not what the fills say."""
        self.touches = [(ABSENT, ABSENT)] * len(contracts)
        """Instrument → bid and ask, ticks, as far as the market has been watched."""
        self._asking = False
        self.round_trips = self.net_ticks = 0

    def take(self, live: LiveBracket) -> None:
        """Look after a bracket from here on."""
        self.live[live.bracket.id] = live
        for name in live.legs:
            self.owner[name] = live

    def forget(self, instrument: int) -> None:
        """A position begins: where the market stood when one was held last is no news."""
        if not any(live.share for live in self.live.values() if live.bracket.entry.instrument == instrument):
            self.touches[instrument] = (ABSENT, ABSENT)

    async def on(self, live: LiveBracket, event: Event, ts: int, why: str) -> None:
        """Follow the table: write the new state, then do what it says."""
        if event is Event.STOP_LOST:
            fault_point("stop-lost")
            # What is not verified is settled by the broker's answer, which counts the loss itself.
            live.losses += live.share > 0 and live.state is not BracketState.UNVERIFIED
        elif event is Event.OVERFILLED:
            live.flipped_ns = ts
            self.broker.ask()
        before, (live.state, action) = live.state, follow(live.state, event)
        if live.state is not before:
            if before is BracketState.NAKED and event is Event.COVERED:
                why = f"protected after {(ts - live.naked_ns) // 10**6} ms"
            self.journal.bracket_state(live.bracket.id, live.state, ts, why or event.value)
            self._changed(live, before, ts)
        if action is Action.ASK:
            self.journal.bracket_state(live.bracket.id, live.state, ts, f"unexpected: {event.value}")
            self.broker.ask()
        elif action is Action.SETTLE:
            await self.settle(live, ts, why or event.value)
        elif action is Action.CANCEL_ENTRY and not (live.quoted and event is Event.EXIT_PART and live.share > 0):
            await self.cancel_entry(live, ts, event.value)
        elif action is Action.CANCEL_EXITS:
            for leg in live.of_role(Role.STOP) + live.of_role(Role.TARGET):
                await self.cancel(leg, ts)
        elif action is Action.LEAVE or (action is Action.PROTECT and live.losses > 1):
            await self.flatten(live, ts, "flatten")
        elif action is Action.PROTECT:
            await self.protect(live, ts)
        elif action is Action.TARGET:
            await self.target(live, ts, why)
        elif action is Action.LATER:
            await self.protect(live, ts)
            self.later(live, ts)
        elif event is Event.TARGET_GONE and live.flag(NO_TARGET):
            self.journal.bracket_state(
                live.bracket.id, live.state, ts, "no target works: it was cancelled at the broker"
            )
        elif live.state is BracketState.STUCK:
            self.later(live, ts)

    async def settle(self, live: LiveBracket, ts: int, why: str) -> None:
        """Take the state that the facts imply, and act on it: cover what is naked, cancel what should be gone."""
        before, live.state = live.state, live.implied()
        if before is BracketState.STUCK and live.share and not live.of_role(Role.FLATTEN):
            live.state = before
        if live.state is not before:
            self.journal.bracket_state(live.bracket.id, live.state, ts, why)
        self._changed(live, before, ts)
        if not self.settled:
            return
        if live.state in ENDED:
            await self.clear(live, ts)
            return
        for leg in live.of_role(Role.ENTRY):
            if leg.cancelling and ts - leg.cancel_ns >= AGAIN_NS:
                await self.cancel(leg, ts)
            elif (live.filled_out or leg.taken) and not leg.cancelling:
                # What went out, or was taken back, is not to be bought again; a crash may have come before this.
                await self.cancel_entry(live, ts, "exit-part" if live.filled_out else "an execution was taken back")
        if live.state is BracketState.STUCK:
            if live.lost_exit:
                await self.flatten(live, ts, live.leaving)
            else:
                self.later(live, ts)
        elif live.flipped:
            self.at(ts + GRACE_NS, "uncovered", live)
        elif live.leaving and live.share:
            await self.flatten(live, ts, live.leaving)
            if live.state is BracketState.FLATTENING:  # by an exit that was perhaps lost: a stop holds meanwhile
                await self.protect(live, ts)
        elif live.state is BracketState.NAKED and live.uncovered > live.coming:
            await self.lose(live, ts)
        await self.trim(live, ts)

    async def lose(self, live: LiveBracket, ts: int) -> None:
        """A position is seen to be without its stop: protected the first time, flattened the second."""
        if live.yielded:
            return
        fault_point("stop-lost")
        live.losses += 1
        if live.losses > 1:
            await self.flatten(live, ts, "flatten")
        else:
            await self.protect(live, ts)

    async def cancel_entry(self, live: LiveBracket, ts: int, why: str) -> None:
        """Ask for the end of what of the entry still works, unless that was done just now."""
        live.wanted.clear()
        for leg in live.of_role(Role.ENTRY):
            if leg.cancelling and ts - leg.cancel_ns < AGAIN_NS:
                continue
            self.journal.order_state(leg.order.client_order_id, leg.state, ts, f"cancel asked: {why}")
            leg.cancelling = why
            await self.cancel(leg, ts)

    async def cancel(self, leg: Leg, ts: int) -> None:
        """Ask for an order's end; only a report ends it."""
        leg.cancelling, leg.cancel_ns = leg.cancelling or "not wanted", ts
        await self.tell(leg, ts, self.broker.cancel(leg.order.client_order_id, ts))

    async def target(self, live: LiveBracket, ts: int, why: str) -> None:
        """The target again, the first time that it is refused; the position stands under its stop meanwhile."""
        flag = live.flag(NO_TARGET)
        order = self._exit(live, Role.TARGET, live.share, ts, "") if flag and self.settled else None
        if order is None or not await self.send(live, order, ts):
            self.journal.bracket_state(live.bracket.id, live.state, ts, f"goes on without a target: {why}")

    async def flatten(self, live: LiveBracket, ts: int, why: str) -> None:
        """One market exit for what is held; it joins the bracket's group, so that stop and exit cannot both fill.

        Never a second one while the first may live; while nobody knows what is held, the wish is kept.
        """
        live.leaving = live.leaving or why
        if live.of_role(Role.FLATTEN):
            return
        await self.cancel_entry(live, ts, why)
        order = self._exit(live, Role.FLATTEN, live.share, ts, why) if self.settled else None
        if order is not None and await self.send(live, order, ts):
            await self.on(live, Event.FLATTEN, ts, why)

    async def protect(self, live: LiveBracket, ts: int) -> None:
        """A stop for what nothing covers: where the last one stood, or behind the touch when the market is past it."""
        bare = 0 if live.yielded else live.uncovered - live.coming
        order = self._exit(live, Role.STOP, bare, ts, live.moved) if bare > 0 and self.settled else None
        if order is not None and await self.send(live, order, ts):
            self.at(ts + REPROTECT_NS, "unprotected", live)
        if bare > 0 and not live.quoted and any(not leg.cancelling for leg in live.of_role(Role.ENTRY)):
            # This stop does not follow the entry, as the broker's own did: nothing more is to come in.
            await self.cancel_entry(live, ts, "stop-lost")

    async def trim(self, live: LiveBracket, ts: int) -> None:
        """Make exits fit what is held once the entry is over: a broker need not shrink them, and a rest would flip us.

        Only exits whose quantity the broker has told; the newest give way first. An entry may have filled unheard.
        """
        if live.state in ENDED or live.of_role(Role.ENTRY) or live.share <= 0 or not self.settled:
            return
        for role in (Role.STOP, Role.TARGET):
            told = [leg for leg in live.of_role(role) if leg.working and leg.told]
            surplus = sum(leg.left for leg in told) - live.share
            if surplus > 0 and self._asks_first(live):
                return
            for leg in reversed(told):
                if surplus <= 0:
                    break
                if leg.left <= surplus:
                    surplus -= leg.left
                    if ts - leg.cancel_ns >= AGAIN_NS:
                        await self.cancel(leg, ts)
                else:
                    await self._resize(leg, leg.told - surplus, ts)
                    surplus = 0

    async def clear(self, live: LiveBracket, ts: int) -> None:
        """Ask for the end of everything that a bracket which has ended still has at the broker.

        Exits that outlive an entry of which nothing was heard say that it may have filled: first the broker is asked.
        """
        if live.state not in ENDED or (not live.filled_in and self._asks_first(live)):
            return  # an execution has woken it meanwhile, or may have been missed
        for leg in live.legs.values():
            if leg.alive and leg.state is not OrderState.INTENDED and ts - leg.cancel_ns >= AGAIN_NS:
                await self.cancel(leg, ts)

    def _asks_first(self, live: LiveBracket) -> bool:
        """Ask the broker, where an entry that has not filled whole ended since: more of it may have filled, unheard."""
        if asks := bool(self.wall_ns()) and not live.whole and self.answered_ns <= live.entry.changed_ns:
            self.broker.ask()
        return asks

    def watchdog(self, live: LiveBracket, ts: int, grace_ns: int) -> None:
        """A deadline, armed while a position is larger than what covers it; no poll."""
        if live.state not in ENDED and (live.uncovered > 0 or live.flipped):
            self.at(ts + grace_ns, "uncovered", live)

    def later(self, live: LiveBracket, ts: int) -> None:
        """An exit that cannot be had now is tried again, each time after twice as long, sooner when nothing covers."""
        bare = live.uncovered > 0 or live.flipped
        due = ts + pause_ns(live.attempts, bare=bare)
        if live.retry_ns <= ts or due < live.retry_ns:
            live.retry_ns = due
            live.attempts += 1
            self.at(due, "retry", live)

    def at(self, ts: int, what: What, live: LiveBracket) -> None:
        """Set a deadline."""
        self.timers.at(ts, what, live)

    def unanswered(self, live: LiveBracket, due: int) -> bool:
        """Take note that orders have no word; True when there were any.

        Three seconds of the wall must have gone by as well: a tape may run faster than a broker answers.
        """
        late = [leg for leg in live.legs.values() if leg.wordless and due - leg.sent_ns >= UNANSWERED_NS]
        if any(self.wall_ns() - leg.sent_wall_ns < UNANSWERED_NS for leg in late):
            self.at(due + UNANSWERED_NS, "unanswered", live)
            return False
        for leg in late:
            leg.state, leg.silent_ns = OrderState.PENDING_UNKNOWN, due
            self.journal.order_state(leg.order.client_order_id, leg.state, due, "no word for 3 s")
        return bool(late)

    def sent(self, leg: Leg, ts: int) -> None:
        """An order has left."""
        leg.state, leg.sent_ns, leg.sent_wall_ns = OrderState.SENT, ts, self.wall_ns()

    def reopen(self, live: LiveBracket) -> None:
        """A bracket that had ended is alive: something of it filled late, or works after all."""
        if live.counted:
            self.round_trips -= 1
            self.net_ticks -= live.net_ticks
            live.counted = False
        self.live[live.bracket.id] = live

    def look(self, instrument: int, ts: int) -> None:
        """Tell the gate what is uncertain in an instrument, and see that the broker is asked while anything is."""
        said = doubts(self.live.values(), instrument)
        self.gate.hold(instrument, "; ".join(filter(None, dict.fromkeys([*said, self.holds.get(instrument, "")]))))
        self.gate.foreign(instrument, self.foreign.get(instrument, ""))
        if said and not self._asking:
            self._asking = True
            self.at(ts + AGAIN_NS, "ask", next(iter(self.live.values())))

    def asked(self, ts: int) -> None:
        """It is time to ask the broker again, if anything is still uncertain."""
        self._asking = False
        doubtful = [live for live in self.live.values() if doubt(live)]
        if doubtful:
            self.broker.ask()
            self.look(doubtful[0].bracket.entry.instrument, ts)

    def unfinished(self) -> dict[str, LiveBracket]:
        """Brackets that the broker's answer may settle: uncertain ones, and those for which something is to be done."""
        return {name: live for name, live in self.live.items() if doubt(live) or unfinished(live)}

    def _changed(self, live: LiveBracket, before: BracketState, ts: int) -> None:
        if before in ENDED and live.state not in ENDED:
            self.live[live.bracket.id] = live
            self.gate.woke(live.bracket)
        if live.state is BracketState.NAKED and before is not live.state:
            live.naked_ns = ts
        if live.state in ENDED and live.bracket.id in self.live:
            self._end(live, ts)
        if live.state in UNCERTAIN or before in UNCERTAIN:
            self.look(live.bracket.entry.instrument, ts)

    def _end(self, live: LiveBracket, ts: int) -> None:
        if live.filled_in:
            if not live.adjusted:
                live.counted = True
                self.round_trips += 1
                self.net_ticks += live.net_ticks
            self.journal.excursion(live.bracket.id, *live.excursion())
        del self.live[live.bracket.id]
        self.gate.ended(live.bracket)
        if any(leg.alive for leg in live.legs.values()):
            # They die with the bracket: the broker sees to it, or else we do.
            self.at(ts + SIBLINGS_NS, "siblings", live)

    async def _resize(self, leg: Leg, quantity: int, ts: int) -> None:
        if leg.asked == quantity and ts - leg.asked_ns < AGAIN_NS:
            return
        leg.asked, leg.asked_ns = quantity, ts
        name = leg.order.client_order_id
        self.journal.amendment(name, "asked", None, quantity, ts, "fit")
        self.journal.commit()
        await self.tell(leg, ts, self.broker.amend(name, ts, stop_price=None, quantity=quantity))

    async def tell(self, leg: Leg, ts: int, telling: Awaitable[None]) -> None:
        """Tell the broker something about an order; what cannot be told is written, and done after the next answer."""
        self.count(ts)
        try:
            await telling
            fault_point("change-told")
        except Unreachable as error:
            leg.asked, leg.move, leg.cancel_ns = 0, None, 0
            self.journal.order_state(leg.order.client_order_id, leg.state, ts, f"not told: {error.what}")

    def count(self, ts: int) -> None:
        """One more message that protects or ends; too many of them are a bug, and close everything."""
        if not self.throttle.protective(ts):
            self.closing.kill(f"over {self.throttle.per_minute} messages in a minute that protect or cancel", ts)

    async def send(self, live: LiveBracket, order: Order, ts: int) -> bool:
        """Journal an order that only reduces, then send it; False when it could not leave."""
        leg = live.legs[order.client_order_id] = Leg(order)
        self.owner[order.client_order_id] = live
        self.journal.order(order)
        self.journal.commit()
        fault_point("exit-committed")
        self.count(ts)
        try:
            await self.broker.protect(Protective(order, live.exits))
        except Unreachable as error:
            leg.state, leg.concluded = OrderState.CANCELLED, True
            self.journal.order_state(order.client_order_id, leg.state, ts, f"not sent: {error.what}")
            self.at(ts + RETRY_NS, "retry", live)
            return False
        fault_point("exit-sent")
        self.sent(leg, ts)
        self.journal.order_state(order.client_order_id, OrderState.SENT, ts)
        self.at(ts + UNHEARD_NS, "unheard", live)
        self.at(ts + UNANSWERED_NS, "unanswered", live)
        return True

    def _exit(self, live: LiveBracket, role: Role, units: int, ts: int, why: str) -> Order | None:
        """An order that can only reduce; None when the broker says that there is nothing of it to reduce."""
        bracket, way = live.bracket, live.side if units < 0 else -live.side
        units, instrument = abs(units), bracket.entry.instrument
        held = self.room.get(instrument)
        if held is not None:
            units = min(units, max(0, -way * held))
        if not units:
            return None
        kind, limit, trigger = OrderType.MARKET, None, None
        if role is Role.STOP:
            kind, trigger = OrderType.STOP, live.legal(self.touches[instrument])
        elif role is Role.TARGET:
            kind, limit = OrderType.LIMIT, bracket.target.price
        return Order(self.journal.next_id(), bracket.id, instrument, role, way, kind, units, limit, trigger, ts, why)
