"""What is done when a deadline of a bracket is met: the watchdog, time-outs, second tries.

The watchdog's (reliability notes §5.3): one second after an entry's fill, at once after a lost stop, a stop is placed
for what is bare; two seconds later, or at the second loss, the position leaves at market.
"""

from collections.abc import Iterable

from bot.domain.market import ABSENT
from bot.domain.order import BracketState, OrderState, Role
from bot.orders.bracket import Leg, LiveBracket
from bot.orders.machine import Machine
from bot.orders.moves import Moves
from bot.orders.table import Event
from bot.orders.timers import GRACE_NS, REPROTECT_NS, STALLED_NS, Timer


class Deadlines:
    """Meets them one by one."""

    def __init__(self, machine: Machine, moves: Moves) -> None:
        self._machine, self._moves = machine, moves

    async def meet(self, timer: Timer, due: int) -> None:
        """Do what is due, unless it has become pointless."""
        machine, live = self._machine, timer.live
        match timer.what:
            case "ttl" if due < live.until_ns:
                machine.at(live.until_ns, "ttl", live)
            case "ttl":
                await machine.cancel_entry(live, due, "ttl")
            case "time" if live.share > 0:
                await machine.flatten(live, due, "time")
            case "unheard" if machine.wall_ns() and (live.coming or live.untold):
                machine.broker.ask()
            case "unanswered" if machine.unanswered(live, due):
                await machine.on(live, Event.UNANSWERED, due, "no word for 3 s")
                machine.look(live.bracket.entry.instrument, due)
            case "uncovered":
                await self._uncovered(live, due)
            case "moving":
                self._moves.unanswered(live, due)
            case "unprotected" if not live.yielded and live.state is not BracketState.STUCK:
                await self._unprotected(live, due)
            case "stalled":
                self._stalled(live, due)
            case "retry" if live.state is not BracketState.UNVERIFIED:
                await self._again(live, due)

    async def _uncovered(self, live: LiveBracket, due: int) -> None:
        machine = self._machine
        if live.flipped and not live.whole and not live.quoted and machine.answered_ns <= live.flipped_ns:
            # An execution of the entry may be late, not lost: what is really held only the broker can say.
            machine.broker.ask()
            machine.at(due + GRACE_NS, "uncovered", live)
        elif live.flipped and live.state is not BracketState.STUCK:
            if not live.leaving:
                why = f"bracket {live.bracket.id} holds {live.side * live.share:+d}, which nobody wanted"
                machine.closing.pause(live, why, due)
            await machine.flatten(live, due, "flatten")
        elif live.uncovered > live.coming and not live.yielded:
            await machine.on(live, Event.STOP_LOST, due, "no working stop")

    async def _unprotected(self, live: LiveBracket, due: int) -> None:
        """Two seconds after a stop was sent: what is bare leaves. A stop sent since then has a deadline of its own."""
        if live.uncovered > live.on_its_way(due - REPROTECT_NS):
            await self._machine.flatten(live, due, "flatten")

    async def _again(self, live: LiveBracket, due: int) -> None:
        """What could not be sent, or was refused, is tried again."""
        if live.leaving and live.share:
            await self._machine.flatten(live, due, live.leaving)
        elif live.uncovered > live.coming:
            await self._machine.protect(live, due)
        if live.state is BracketState.STUCK:
            self._machine.later(live, due)

    # A stop that is triggered and does not fill

    def see(self, live: LiveBracket, ts: int) -> None:
        """The market has been looked at: are there stops that it has reached? Only a wire can be late with a fill."""
        if self._machine.wall_ns():
            for leg in self._reached(live):
                if not leg.reached_ns:
                    leg.reached_ns = ts
                    self._machine.at(ts + STALLED_NS, "stalled", live)

    def _stalled(self, live: LiveBracket, due: int) -> None:
        """Three seconds later it has not filled: the broker is asked, and its answer decides."""
        if any(due - leg.reached_ns >= STALLED_NS for leg in self._reached(live)):
            self._machine.broker.ask()

    async def answered(self, live: LiveBracket, asked_ns: int, ts: int) -> None:
        """The broker's answer, asked for at `asked_ns`, has a stop working that should have filled long ago."""
        for leg in self._reached(live):
            if leg.reached_ns and asked_ns - leg.reached_ns >= STALLED_NS and not live.leaving:
                why = "triggered and not filled for 3 s: it covers nothing"
                self._machine.journal.order_state(leg.order.client_order_id, leg.state, ts, why)
                await self._machine.flatten(live, ts, "flatten")

    def _reached(self, live: LiveBracket) -> Iterable[Leg]:
        """Working stops that the market stands at or beyond; the others are forgotten again."""
        touch = self._machine.touches[live.bracket.entry.instrument]
        near = touch[0] if live.side > 0 else touch[1]
        for leg in live.of_role(Role.STOP):
            if near == ABSENT or leg.trigger is None or live.side * (near - leg.trigger) > 0:
                leg.reached_ns = 0
            elif leg.state is OrderState.WORKING:
                yield leg
