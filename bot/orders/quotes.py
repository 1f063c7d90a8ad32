"""A maker's bid and ask: at most one of each works for a strategy in an instrument, and a stop for what they brought.

From flat to flat is one bracket, as with any other strategy: what enlarges the inventory is its entry, what makes it
smaller its exit, and its side is that of its first fill. Until something has filled both quotes are entries; from then
on the other side's is a target. Its stop stands `stop_ticks` behind the first fill and follows the inventory's size.

    quote     what a strategy wants now: a quote that is as it was keeps its place in the queue, another one is first
              ended, and replaced when the broker has said that it is gone
    filled    the first fill settles the side and sends the stop, later ones see that it covers; flat ends all quotes
    ended     a quote has ended: its successor follows, or the bracket is over

A bracket never begins before the last one is over, so that no fill can belong to two of them.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.domain.decision import Approved
from bot.domain.order import HEDGE, Bracket, BracketState, Order, OrderState, OrderType, Quoted, Role
from bot.errors import Unreachable
from bot.faults import fault_point
from bot.orders.bracket import Leg, LiveBracket
from bot.orders.machine import Machine
from bot.orders.table import ENDED, Event
from bot.orders.timers import UNANSWERED_NS

FRESH_NS = 2_000_000_000
"""A quote that had to wait longer for the end of its forerunner is not sent any more (law 12)."""
_QUOTING = frozenset(
    {
        *(BracketState.INTENDED, BracketState.SENT, BracketState.WORKING),
        *(BracketState.PARTIAL, BracketState.OPEN, BracketState.EXITING),
    }
)
"""States in which quotes may be sent."""
Wanted = Mapping[int, tuple[Approved, str]]
"""Side → what the gate has approved of it, with the decision's id."""


class Quotes:
    """Every maker's quotes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def of(self, strategy: str, instrument: int) -> LiveBracket | None:
        """The bracket that a maker's quotes work for; None before the first and between two."""
        for live in self._machine.live.values():
            wish = live.bracket.approved.proposal
            if wish.quote and (wish.strategy, wish.instrument) == (strategy, instrument):
                return live
        return None

    def standing(self, strategy: str, instrument: int) -> dict[int, tuple[int, int]]:
        """Side → (price in ticks, units) that works or is about to."""
        live = self.of(strategy, instrument)
        if live is None:
            return {}
        found = {leg.order.side: (leg.order.price or 0, leg.left) for leg in live.quotes if not leg.cancelling}
        return found | {side: (one.proposal.entry, one.proposal.quantity) for side, one in live.wanted.items()}

    def alive(self, strategy: str, instrument: int) -> frozenset[int]:
        """Sides of which something may still fill, also what is being cancelled."""
        live = self.of(strategy, instrument)
        return frozenset() if live is None else frozenset(leg.order.side for leg in live.quotes)

    async def quote(
        self,
        strategy: str,
        instrument: int,
        keep: frozenset[int],
        wanted: Wanted,
        now: int,
        closed: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        """Make it so: of the sides in `keep` what works stays, `wanted` comes anew, everything else is pulled.

        `closed` names, by side, the rules that let nothing work there.
        """
        live = self.of(strategy, instrument)
        for side in (1, -1):
            if side in keep:
                continue
            wish = wanted.get(side)
            old = [] if live is None else [leg for leg in live.quotes if leg.order.side == side]
            if live is not None:
                live.wanted.pop(side, None)
            if live is None or not old:
                if wish is not None and self._may(live, now, hedge=wish[0].proposal.hedge):
                    live = await self._post(live, *wish, now)
            elif wish is None or self._machine.throttle.quote(now, hedge=wish[0].proposal.hedge):
                if wish is not None:
                    live.wanted[side] = wish[0]
                for leg in old:
                    await self._pull(live, leg, now, "requote" if wish else closed.get(side, "not wanted"))
        if live is not None:
            ttl = max((one.proposal.ttl_ns for one, _ in wanted.values()), default=0)
            live.until_ns = max(
                live.until_ns, now + (ttl or live.bracket.approved.proposal.ttl_ns if keep or ttl else 0)
            )
            self._tell(live)
        self._machine.journal.commit()

    def begin(self, live: LiveBracket, leg: Leg) -> None:
        """Before its first fill is counted: the side is settled, and where its stop stands."""
        order, approved = leg.order, leg.approved
        assert approved is not None
        live.bracket = Bracket(live.bracket.id, approved, order, *exits(approved, order))
        for one in (one for one in live.legs.values() if one.order.role is Role.QUOTE):
            one.role = Role.ENTRY if one.order.side == order.side else Role.TARGET
        self._machine.gate.opened(live.bracket)

    async def filled(self, live: LiveBracket, ts: int) -> None:
        """After a fill was counted and the bracket knows of it: cover what is held; flat, nothing may come in again."""
        machine, stop = self._machine, live.bracket.stop
        if live.share > 0 and live.state in _QUOTING:
            if not stop.client_order_id:
                stop = replace(stop, client_order_id=machine.journal.next_id(), quantity=live.share, created_ns=ts)
                live.bracket = replace(live.bracket, stop=stop)
                await machine.send(live, stop, ts)
            else:
                await machine.protect(live, ts)
        elif not live.share:  # flat, or what had come in was taken back
            live.wanted.clear()
            for leg in live.quotes + (live.of_role(Role.STOP) if not live.filled_in else []):
                await self._pull(live, leg, ts, "flat")
            await self._over(live, ts, "flat")
        self._tell(live)

    async def ended(self, live: LiveBracket, leg: Leg, ts: int, why: str) -> None:
        """A quote has ended, by the broker's word."""
        wish = live.wanted.pop(leg.order.side, None)
        if wish is not None and ts - wish.proposal.known <= FRESH_NS and self._may(live, ts, hedge=wish.proposal.hedge):
            await self._post(live, wish, "", ts)
        else:
            await self._over(live, ts, why)
        self._tell(live)

    async def _over(self, live: LiveBracket, ts: int, why: str) -> None:
        """It is over as soon as nothing of it is held, works or is to come."""
        if not live.quotes and not live.wanted and not live.share and live.state not in ENDED:
            await self._machine.on(live, Event.EXIT_REST if live.filled_in else Event.ENTRY_CANCELLED, ts, why)

    def _may(self, live: LiveBracket | None, now: int, *, hedge: bool) -> bool:
        """Whether a quote may leave: the journal can be written, messages are left, nothing is being left or over."""
        machine = self._machine
        if machine.journal.down or not machine.settled or not machine.throttle.quote(now, hedge=hedge):
            return False
        if live is None:
            return True
        over = live.filled_in and not live.share
        return live.state in _QUOTING and not live.leaving and not over

    async def _post(self, live: LiveBracket | None, approved: Approved, decision_id: str, now: int) -> LiveBracket:
        """Journal a quote, and the bracket where it is the first, in one commit; then send it."""
        machine, wish = self._machine, approved.proposal
        bracket_id = machine.journal.next_id() if live is None else live.bracket.id
        order = Order(
            *(machine.journal.next_id(), bracket_id, wish.instrument, Role.QUOTE, wish.side, OrderType.LIMIT),
            *(wish.quantity, wish.entry, None, now, HEDGE if wish.hedge else ""),
        )
        if begins := live is None:
            bracket = Bracket(bracket_id, approved, order, *exits(approved, order))
            live = LiveBracket(bracket, {order.client_order_id: Leg(order)})
            machine.journal.bracket(bracket, decision_id)
            machine.take(live)
            machine.at(now + wish.ttl_ns, "ttl", live)
        assert live is not None
        leg = live.legs.setdefault(order.client_order_id, Leg(order))
        leg.approved = approved
        leg.role = Role.TARGET if live.filled_in and wish.side != live.side else Role.ENTRY
        machine.owner[order.client_order_id] = live
        machine.journal.order(order)
        machine.journal.commit()
        fault_point("intent-committed")
        if why := await self._unsent(Quoted(approved, order), now):
            leg.state, leg.concluded, leg.changed_ns = OrderState.CANCELLED, True, now
            machine.journal.order_state(order.client_order_id, leg.state, now, f"not sent: {why}")
            if begins:
                await machine.on(live, Event.VOIDED, now, f"not sent: {why}")
            else:
                await self._over(live, now, f"not sent: {why}")
            return live
        fault_point("bracket-sent")
        machine.sent(leg, now)
        if machine.wall_ns():  # only a wire can fail to answer
            machine.at(now + UNANSWERED_NS, "unanswered", live)
        if begins:
            await machine.on(live, Event.SENT, now, "sent to the broker")
        else:
            machine.journal.order_state(order.client_order_id, OrderState.SENT, now)
        return live

    async def _unsent(self, quoted: Quoted, now: int) -> str:
        """Send a quote that is durable: why it has not left, or nothing."""
        if self._machine.journal.down:
            return self._machine.journal.down
        self._machine.throttle.entry(now, 1)
        try:
            await self._machine.broker.quote(quoted)
        except Unreachable as error:
            return error.what
        return ""

    async def _pull(self, live: LiveBracket, leg: Leg, now: int, why: str) -> None:
        if not leg.cancelling:
            self._machine.journal.order_state(leg.order.client_order_id, leg.state, now, f"cancel asked: {why}")
            leg.cancelling = why
            await self._machine.cancel(leg, now)

    def taken_up(self) -> None:
        """Earlier runs' quotes are looked after: let the gate count them, too."""
        for live in self._machine.live.values():
            if live.quoted:
                self._tell(live)

    def _tell(self, live: LiveBracket) -> None:
        """Let the gate count what works."""
        wish, units = live.bracket.approved.proposal, {1: 0, -1: 0}
        for leg in live.quotes:
            units[leg.order.side] += leg.left
        entering = max(sum(x.left for x in live.of_role(Role.ENTRY) if x.order.side == side) for side in units)
        self._machine.gate.quoting(wish.strategy, wish.instrument, units[1], units[-1], entering * wish.risk_ticks)


def exits(approved: Approved, order: Order) -> tuple[Order, Order]:
    """Stop and target as a quote that fills would have them; neither has a name yet, and the target gets none."""
    wish = approved.proposal
    bare = replace(order, client_order_id="", side=-wish.side, price=None, reason="")
    return (
        replace(bare, role=Role.STOP, type=OrderType.STOP, stop_price=wish.stop),
        replace(bare, role=Role.TARGET, price=wish.target),
    )
