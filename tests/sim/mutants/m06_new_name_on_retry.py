"""M06: an order without an answer is sent once more, under another name."""

from typing import Any

from bot.domain.order import BracketState
from bot.orders.deadlines import Deadlines
from bot.orders.manager import OrderManager
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault


def change(patch: Patch) -> None:
    """Place the bracket anew when three seconds went by without a word."""
    place, meet = OrderManager.place, Deadlines.meet
    placed: dict[str, tuple[Any, str]] = {}

    async def remembering(self: Any, approved: Any, decision_id: str, now: int) -> None:
        before = set(self._machine.live)
        await place(self, approved, decision_id, now)
        placed.update(dict.fromkeys(set(self._machine.live) - before, (self, decision_id)))

    async def broken(self: Any, timer: Any, at: int) -> None:
        live = timer.live
        if timer.what == "unanswered" and live.state is BracketState.SENT and live.bracket.id in placed:
            manager, decision_id = placed.pop(live.bracket.id)
            await manager.place(live.bracket.approved, decision_id, at)
        await meet(self, timer, at)

    patch.setattr(OrderManager, "place", remembering)
    patch.setattr(Deadlines, "meet", broken)


MUTANT = Mutant(
    "M06",
    "tries again under a new client order id",
    "I05",
    change,
    aimed=tuple(Fault("word", nth, "late", 5.0) for nth in range(1, 60)),
)
