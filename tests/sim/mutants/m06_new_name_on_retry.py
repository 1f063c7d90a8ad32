"""M06: an order without an answer is sent once more, under another name."""

from typing import Any

from bot.domain.order import BracketState
from bot.orders.manager import OrderManager
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Place the bracket anew when three seconds went by without a word."""
    place, due = OrderManager.place, OrderManager._due
    decisions: dict[str, str] = {}

    async def remembering(self: Any, approved: Any, decision_id: str, now: int) -> None:
        before = set(self._machine.live)
        await place(self, approved, decision_id, now)
        decisions.update(dict.fromkeys(set(self._machine.live) - before, decision_id))

    async def broken(self: Any, timer: Any, at: int) -> None:
        live = timer.live
        if timer.what == "unanswered" and live.state is BracketState.SENT and live.bracket.id in decisions:
            await self.place(live.bracket.approved, decisions.pop(live.bracket.id), at)
        await due(self, timer, at)

    patch.setattr(OrderManager, "place", remembering)
    patch.setattr(OrderManager, "_due", broken)


MUTANT = Mutant("M06", "tries again under a new client order id", "I05", change)
