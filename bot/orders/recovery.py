"""The one start path, the same after every reconnect and in every poll: read, ask, compare, and only then trade.

    recover(past, answer)   at the start: what earlier runs left is taken up, then compared with the broker's answer
    link(report)            the link changed: without it nothing is certain
    hear(report)            an answer: executions first, then orders, then positions; only a Known one decides anything

Silence is counted: three Known answers without an order, two seconds apart on one unbroken connection, are the broker's
word that it is gone (rulings 21). A position does not wait for that: where two answers in a row lack its stop, or the
exit that was to take it out, another stop joins the group, and is cancelled if the first comes back. Positions that
differ in two such answers become an adjustment, and the instrument stays closed to entries while anybody else's units
are in it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.order import (
    Adjustment,
    BracketState,
    BrokerState,
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
from bot.orders.adopt import Adoption
from bot.orders.bracket import Leg, LiveBracket
from bot.orders.machine import Machine
from bot.orders.reconcile import LAG_NS, Belief, Believed, Difference, Plan, reconcile
from bot.orders.sound import CLOCKS_NS
from bot.orders.table import ENDED, Event
from bot.orders.timers import AGAIN_NS, BUSTED_NS, LOOK_NS

ABSENCES = 3
"""So many Known answers without an order end it."""
_SILENCE = ("timeout", "inconsistent")
"""Why an answer may come if it is asked for once more on the same link."""

OnFill = Callable[[FillReport], Awaitable[None]]
OnOrder = Callable[[OrderReport], Awaitable[None]]
OnUnmoved = Callable[[LiveBracket, Leg, int], Awaitable[None]]


@dataclass(slots=True)
class _Absence:
    """How often an order was missing, on which connection, and when last: by the wall, where there is one."""

    connection: int
    heard_ns: int
    count: int = 1


class Recovery:
    """Brings what we believe and what the broker says together."""

    def __init__(
        self, machine: Machine, products: Sequence[str], on_fill: OnFill, on_order: OnOrder, on_unmoved: OnUnmoved
    ) -> None:
        self._machine, self._products = machine, tuple(products)
        self._on_fill, self._on_order, self._on_unmoved = on_fill, on_order, on_unmoved
        self._fills: dict[str, int] = {}
        self._absent: dict[str, _Absence] = {}
        self._doubts: dict[int, tuple[int, int, int, int]] = {}  # instrument → ours, theirs, connection, heard
        self._cancelled: set[str] = set()
        self._told: dict[Difference, None] = {}  # in order, as they came up
        self._allowed: dict[int, int] = {}
        self._strays: list[FillReport] = []
        """Executions of exits that no journal knows, as far as they may explain why positions differ."""
        self._explained: set[str] = set()
        """Those that explain nothing any more: positions agreed with them, or were adjusted."""
        self._traded_ns = 0
        """When the newest execution was."""
        self._looking = False

    async def recover(self, past: Past, answer: Known[BrokerState] | Unavailable, now: int) -> tuple[str, ...]:
        """Take up what earlier runs left, and bring it together with the broker's answer; sentences for a person.

        One answer: what it leaves uncertain is asked about while the desk runs, under its deadlines, entries closed.

        Raises Unreachable when the broker does not answer, ConfigError when a bracket lives in a contract that is not
        on this market.
        """
        if isinstance(answer, Unavailable):
            raise Unreachable(f"the broker did not say what it holds: {answer.reason} {answer.detail}".rstrip())
        machine = self._machine
        adopted = Adoption(machine, self._products).take_up(past, now)
        fault_point("taken-up")
        self._fills.update(past.fills)
        for one in past.brackets:
            for fill in one.fills:
                if fill.ts > now - BUSTED_NS and fill.client_order_id in machine.owner:
                    self._look_after(machine.owner[fill.client_order_id], fill.ts)
        machine.settled = not machine.live
        await self._bring_together(answer, now)
        fault_point("compared")
        notes = [*adopted, *map(str, self._told), *self._sentences()]
        if notes:
            machine.journal.mode_change("reconciled", notes, now)
            machine.journal.commit()
        return tuple(notes)

    async def link(self, report: LinkReport) -> None:
        """Without a link nothing is certain; with it again, the broker's answer is waited for."""
        machine = self._machine
        if report.state != "up":
            machine.settled = False
            for live in list(machine.live.values()):
                if live.state is not BracketState.UNVERIFIED:
                    why = f"link {report.state}" + (f": {report.code}" if report.code else "")
                    await machine.on(live, Event.LINK_LOST, report.ts, why)
        elif not machine.settled:
            if machine.live:
                machine.broker.ask()
            else:
                machine.settled = True
        machine.journal.commit()

    async def hear(self, report: SnapshotReport) -> None:
        """An answer of the broker. One that did not come decides nothing, and is asked for again."""
        if isinstance(report.answer, Known):
            await self._bring_together(report.answer, report.ts)
        elif report.answer.reason in _SILENCE and self._machine.broker.link == "up":
            self._machine.broker.ask()

    def knows(self, exec_id: str) -> bool:
        """Whether an execution was written, by this run or an earlier one; also one that does not stand any more."""
        return exec_id in self._fills

    def book(self, fill: FillReport) -> None:
        """An execution was written."""
        self._fills[fill.exec_id] = fill.side * fill.quantity
        self._look_after(self._machine.owner[fill.client_order_id], fill.ts)

    def look_back(self, live: LiveBracket, due: int) -> None:
        """An execution may be taken back when nothing lives, and nobody be told: then only a question shows it."""
        if not self._machine.live:
            self._machine.broker.ask()
        if due < self._traded_ns + BUSTED_NS:
            self._machine.at(due + LOOK_NS, "after", live)
        else:
            self._looking = False

    def allow(self, instrument: int) -> None:
        """A person knows of what somebody else holds in an instrument: entries may go on while it stays as it is."""
        self._allowed[instrument] = self._foreign(instrument)
        if self._allowed[instrument]:
            self._machine.broker.ask()

    def _look_after(self, live: LiveBracket, ts: int) -> None:
        """Begin to ask; only a wire loses anything."""
        self._traded_ns = max(self._traded_ns, ts)
        if self._machine.wall_ns() and not self._looking:
            self._looking = True
            self._machine.at(ts + LOOK_NS, "after", live)

    async def _bring_together(self, known: Known[BrokerState], ts: int) -> None:
        machine = self._machine
        plan = reconcile(self._belief(), known.value, known.asked_ns)
        machine.answered_ns = known.asked_ns
        self._tell(plan, ts)
        doubtful = machine.unfinished()
        # What belongs together is counted before anything is done about a part of it.
        machine.settled = False
        for fill in plan.fills:
            await self._on_fill(fill)
        for fact in known.value.orders:
            if (owner := machine.owner.get(fact.client_order_id)) is not None:
                owner.legs[fact.client_order_id].spent(fact.filled)
        for word in plan.words:
            leg = machine.owner[word.client_order_id].legs[word.client_order_id]
            # It was asked for after its end was told: it is there, whatever was said.
            leg.concluded = leg.concluded or not leg.alive
            await self._on_order(word)
        gone = self._count_absences(plan.absent, known, ts)
        adjusted = self._positions(plan, known, ts)
        machine.settled = True
        for word in plan.ended:
            await self._on_order(word)
        for name in gone:
            leg = machine.owner[name].legs[name]
            leg.concluded = True
            whole = leg.filled and leg.left <= 0
            message = "it has filled" if whole else f"gone: {ABSENCES} answers of the broker were without it"
            await self._on_order(OrderReport(name, OrderState.CANCELLED, ts, message=message))
            leg.missed = 0  # should it come after all, its next end is another
        await self._cancel(plan, ts)
        for live in {**doubtful, **machine.unfinished(), **adjusted}.values():
            await machine.on(live, Event.ANSWERED, ts, "by the broker's answer")
        for live in list(machine.live.values()):
            await machine.trim(live, ts)
        for name in plan.unmoved:
            await self._on_unmoved(machine.owner[name], machine.owner[name].legs[name], ts)
        for instrument in range(len(self._products)):
            machine.look(instrument, ts)
        machine.journal.commit()

    def _belief(self) -> Belief:
        machine = self._machine
        shares: dict[int, int] = {}
        for live in machine.live.values():
            at = live.bracket.entry.instrument
            shares[at] = shares.get(at, 0) + live.side * live.share
        return Belief(
            orders={name: _believed(live, live.legs[name]) for name, live in machine.owner.items()},
            fills=self._fills,
            positions={at: units for at, units in enumerate(machine.positions.all()) if units},
            shares=shares,
            products=self._products,
        )

    def _tell(self, plan: Plan, ts: int) -> None:
        """Write each difference once, while it lasts."""
        news = [one for one in plan.differences if one not in self._told]
        self._told = {one: None for one in self._told if one in plan.differences} | dict.fromkeys(news)
        if news:
            self._machine.journal.mode_change("difference", [str(one) for one in news], ts)

    def _count_absences(self, absent: Sequence[str], known: Known[BrokerState], ts: int) -> list[str]:
        """Orders that the broker has been silent about for long enough."""
        machine, gone, heard_ns = self._machine, [], self._heard_ns(known)
        alive = [name for name in absent if machine.owner[name].legs[name].alive]
        for name in self._absent.keys() - set(alive):
            del self._absent[name]
            machine.owner[name].legs[name].missed = 0
        for name in alive:
            live = machine.owner[name]
            leg = live.legs[name]
            seen = self._absent.get(name)
            if seen is None or seen.connection != known.connection:
                self._absent[name], leg.missed = _Absence(known.connection, heard_ns), 0
            elif heard_ns - seen.heard_ns >= AGAIN_NS:
                seen.count, seen.heard_ns = seen.count + 1, heard_ns
            leg.missed += 1
            if leg.state is not OrderState.PENDING_UNKNOWN and live.state not in ENDED:
                leg.state = OrderState.PENDING_UNKNOWN
                machine.journal.order_state(name, leg.state, ts, "not in the broker's answer")
            # What has filled whole, for all that was told of it, need not be missed for long.
            if self._absent[name].count >= ABSENCES or (leg.filled and leg.left <= 0):
                gone.append(name)
                del self._absent[name]
        if self._absent:
            machine.broker.ask()
        return gone

    def _positions(self, plan: Plan, known: Known[BrokerState], ts: int) -> dict[str, LiveBracket]:
        """Positions that differ twice are adjusted; until then nothing is sent that they contradict.

        Brackets whose share was adjusted.
        """
        machine, touched, heard_ns = self._machine, dict[str, LiveBracket](), self._heard_ns(known)
        differing = {instrument: (ours, theirs) for instrument, ours, theirs in plan.positions}
        self._strays = [one for one in plan.strays if one.exec_id not in self._explained]
        self._explained |= {
            one.exec_id for one in self._strays if one.instrument not in differing and one.ts <= known.asked_ns - LAG_NS
        }
        for instrument in self._doubts.keys() - differing.keys():
            del self._doubts[instrument]
            machine.room.pop(instrument, None)
        for instrument, (ours, theirs) in differing.items():
            machine.room[instrument] = theirs
            before = self._doubts.get(instrument)
            lags = instrument in plan.lagging
            if before is None or before[:3] != (ours, theirs, known.connection) or lags:
                self._doubts[instrument] = (ours, theirs, known.connection, heard_ns)
                machine.broker.ask()
            elif heard_ns - before[3] >= AGAIN_NS:
                touched |= self._adjust(instrument, theirs - ours, ts)
                del self._doubts[instrument], machine.room[instrument]
        self._hold(plan, differing)
        return touched

    def _hold(self, plan: Plan, differing: Mapping[int, tuple[int, int]]) -> None:
        """Say what of each instrument nobody can explain."""
        for instrument, product in enumerate(self._products):
            others, doubt = list(plan.strange.get(instrument, ())), ""
            if instrument in self._doubts:
                ours, theirs = differing[instrument]
                doubt = f"the broker holds {theirs:+d} {product} and the journal {ours:+d}; it is asked again"
            elif (foreign := self._foreign(instrument)) and self._allowed.get(instrument) != foreign:
                others.append(
                    f"{foreign:+d} {product} belong to no bracket of ours and are left alone: close them at the broker,"
                    f" or say that they may stay: paperpit resume --instrument {product} --reason TEXT"
                )
            self._machine.holds[instrument], self._machine.foreign[instrument] = doubt, "; ".join(others)

    def _heard_ns(self, known: Known[BrokerState]) -> int:
        """When an answer was heard, by the wall: a tape may stand still, or run faster than a broker settles."""
        return self._machine.wall_ns() or known.asked_ns

    def _adjust(self, instrument: int, units: int, ts: int) -> dict[str, LiveBracket]:
        """Make our position the broker's.

        By what somebody else holds, by what entries may have filled unheard, by shares of brackets, then somebody's.
        """
        touched = {}
        others = _towards(units, self._foreign(instrument))
        there = [live for live in self._machine.live.values() if live.bracket.entry.instrument == instrument]
        came = [(live, -live.side * live.unheard, "came in without a fill that was heard") for live in there]
        left = [
            (live, live.side * self._may_have_left(live), "left at the broker without a fill of ours") for live in there
        ]
        for live, most, reason in came + left:
            if part := _towards(units - others, most):
                self._book(Adjustment(instrument, part, ts, reason, live.bracket.id))
                live.adjusted -= live.side * part
                live.adjusted_ns = ts
                units -= part
                touched[live.bracket.id] = live
        if units:
            self._book(Adjustment(instrument, units, ts, "somebody else traded, or the broker's memory is too short"))
        self._explained |= {one.exec_id for one in self._strays if one.instrument == instrument}
        return touched

    def _may_have_left(self, live: LiveBracket) -> int:
        """Units that may have gone out of a bracket without a fill that is written.

        As many as it holds. Exits of ours of which no journal knows may have taken out more: that is for us to undo.
        """
        at, since = live.bracket.entry.instrument, live.bracket.entry.created_ns - CLOCKS_NS
        strays = [one for one in self._strays if (one.instrument, one.side) == (at, -live.side) and one.ts >= since]
        return max(live.share, sum(one.quantity for one in strays)) if strays else live.share

    def take_back(self, live: LiveBracket, fill: FillReport) -> None:
        """A fill explains what had been adjusted: it counts instead. One of an order that was made later cannot."""
        if live.legs[fill.client_order_id].order.created_ns > live.adjusted_ns > 0:
            return
        back = -fill.side * min(abs(live.adjusted), fill.quantity)
        reason = f"explained by execution {fill.exec_id}"
        self._book(Adjustment(live.bracket.entry.instrument, back, fill.ts, reason, live.bracket.id))
        live.adjusted -= live.side * back

    def _book(self, adjustment: Adjustment) -> None:
        machine, at = self._machine, adjustment.instrument
        machine.journal.adjustment(machine.journal.next_id(), adjustment, machine.contracts[at])
        machine.positions.book(at, 1, adjustment.quantity)
        machine.gate.adjusted(adjustment)

    def _foreign(self, instrument: int) -> int:
        """Signed units that no live bracket holds."""
        mine = (
            live.side * live.share
            for live in self._machine.live.values()
            if live.bracket.entry.instrument == instrument
        )
        return self._machine.positions.of(instrument) - sum(mine)

    async def _cancel(self, plan: Plan, ts: int) -> None:
        """What works at the broker under our name, and is not wanted there any more."""
        for name in plan.cancel:
            live = self._machine.owner.get(name)
            if live is not None:
                # Its executions, counted just now, may have woken what had ended.
                if live.state in ENDED or live.legs[name] is live.entry:
                    await self._machine.cancel(live.legs[name], ts)
            elif name not in self._cancelled:
                self._cancelled.add(name)
                await self._machine.broker.cancel(name, ts)

    def _sentences(self) -> list[str]:
        told = (*self._machine.holds.items(), *self._machine.foreign.items())
        return [f"{self._products[at]}: {words}" for at, words in told if words]


def _believed(live: LiveBracket, leg: Leg) -> Believed:
    return Believed(
        instrument=leg.order.instrument,
        side=leg.order.side,
        state=leg.state,
        told=leg.told,
        broker_ids=frozenset(leg.broker_ids),
        since_ns=max(leg.sent_ns, leg.changed_ns) if leg.alive else leg.changed_ns,
        over=live.state in ENDED,
        ending=leg.role is Role.ENTRY and bool(leg.cancelling),
        cancel_ns=leg.cancel_ns,
        trigger=leg.trigger,
        moving_ns=leg.move.ts if leg.move is not None else 0,
    )


def _towards(units: int, held: int) -> int:
    """As much of `units` as takes out what is held."""
    if units * held >= 0:
        return 0
    return max(units, -held) if units < 0 else min(units, -held)
