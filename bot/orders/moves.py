"""Stops that move, towards protection only: for a person or a blackout, and as `[manage]` of a strategy says.

The stop that the broker named last is in force and covers the position, also while another trigger is asked for. One
amendment of a bracket is under way at a time, and none while the link is not up. What has no word after three seconds
is asked for; an answer of the broker that shows the old trigger ends the wish.

Where to is said in `bot.domain.moving`; entry is the average of its fills. R stays that of the first stop.
"""

from collections.abc import Mapping, Sequence

from bot.config import ManageSettings
from bot.domain.market import Ticks
from bot.domain.moving import first_beyond, level, managed, mean_entry, nearest, tightened
from bot.domain.order import BracketState, OrderReport, Role
from bot.orders.bracket import OPERATOR, Leg, LiveBracket, Move
from bot.orders.machine import Machine
from bot.orders.timers import UNANSWERED_NS

Level = tuple[int, int, int]
"""(instrument, side, price): a print there or further in the side's favour moves a stop."""

_MOVABLE = frozenset({BracketState.PARTIAL, BracketState.OPEN, BracketState.EXITING})


class Moves:
    """Asks for other triggers and hears what became of them. `manages`: strategy → its `[manage]`."""

    def __init__(self, machine: Machine, manages: Mapping[str, ManageSettings]) -> None:
        self._machine, self._manages = machine, manages

    def levels(self) -> Sequence[Level]:
        """Prices at which stops move next."""
        if not self._manages:
            return ()
        found = []
        for live in self._machine.live.values():
            manage, leg = self._manages.get(live.bracket.approved.proposal.strategy), self._movable(live)
            if manage is not None and leg is not None and leg.trigger is not None:
                price = level(manage, live.side, entry_of(live), leg.trigger)
                if price is not None:
                    found.append((live.bracket.entry.instrument, live.side, price))
        return found

    def first(self, ticks: Ticks) -> int | None:
        """Index of the first row at which a stop moves; None without one."""
        rows = [row for one in self.levels() if (row := first_beyond(ticks, *one)) is not None]
        return min(rows, default=None)

    async def review(self, live: LiveBracket, ts: int) -> None:
        """Ask for the trigger that the facts want now, if it is nearer than the one in force."""
        leg = self._movable(live)
        if leg is None or leg.trigger is None:
            return
        wanted = nearest(self._wanted(live), live.side, leg.trigger)
        live.tightening = ""
        if wanted is not None:
            await self._ask(live, leg, *wanted, ts)

    async def heard(self, live: LiveBracket, leg: Leg, report: OrderReport) -> None:
        """The broker has named a trigger, ours or somebody else's."""
        if report.stop_price is None or report.stop_price == leg.trigger or not leg.alive:
            return
        ours = leg.move is not None and leg.move.price == report.stop_price
        reason = leg.move.reason if leg.move is not None and ours else OPERATOR
        name = leg.order.client_order_id
        self._machine.journal.amendment(name, "named", report.stop_price, None, report.ts, reason)
        leg.trigger, leg.moved = report.stop_price, reason if ours else ""
        leg.move = None if ours else leg.move
        await self.review(live, report.ts)

    async def refused(self, live: LiveBracket, leg: Leg, ts: int) -> None:
        """The broker's answer shows the old trigger, long enough after another was asked for."""
        if leg.move is not None:
            name, move = leg.order.client_order_id, leg.move
            self._machine.journal.amendment(name, "refused", move.price, None, ts, move.reason)
            leg.move = None
            await self.review(live, ts)

    def unanswered(self, live: LiveBracket, due: int) -> None:
        """Three seconds have gone by: whoever has no word by now is asked for."""
        if any(leg.move is not None and due - leg.move.ts >= UNANSWERED_NS for leg in live.legs.values()):
            self._machine.broker.ask()
            self._machine.at(due + UNANSWERED_NS, "moving", live)

    def _movable(self, live: LiveBracket) -> Leg | None:
        """The stop that can be amended just now: one that works, with nothing under way, on a link that is up."""
        machine = self._machine
        if live.state not in _MOVABLE or live.share <= 0 or not machine.settled or machine.broker.link != "up":
            return None
        stops = live.of_role(Role.STOP)
        if any(leg.move is not None for leg in stops):
            return None
        free = [leg for leg in stops if leg.working and not leg.cancelling and leg.trigger is not None]
        return min(free, key=lambda leg: live.side * (leg.trigger or 0), default=None)

    def _wanted(self, live: LiveBracket) -> list[tuple[int, str]]:
        found = []
        if live.tightening:
            price = tightened(live.side, entry_of(live), self._machine.touches[live.bracket.entry.instrument])
            found += [(price, live.tightening)] if price is not None else []
        manage = self._manages.get(live.bracket.approved.proposal.strategy)
        best = live.high if live.side > 0 else live.low
        if manage is not None and best is not None:
            found += managed(manage, live.side, entry_of(live), best)
        return found

    async def _ask(self, live: LiveBracket, leg: Leg, price: int, reason: str, ts: int) -> None:
        machine, name = self._machine, leg.order.client_order_id
        if not machine.throttle.room(ts):
            return  # what only makes a position better waits
        leg.move = Move(price, reason, ts)
        machine.journal.amendment(name, "asked", price, None, ts, reason)
        machine.journal.commit()
        machine.at(ts + UNANSWERED_NS, "moving", live)
        await machine.tell(leg, ts, machine.broker.amend(name, ts, stop_price=price, quantity=None))


def entry_of(live: LiveBracket) -> int:
    """The entry's average price, ticks, rounded towards protection; its limit while no fill of it was heard."""
    if not live.filled_in:
        return live.bracket.entry.price or 0
    return mean_entry(live.side, live.entry_value, live.filled_in)
