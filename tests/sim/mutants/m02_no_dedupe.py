"""M02: an execution that is told twice counts twice."""

from typing import Any

from bot.domain.order import FillReport
from bot.orders.manager import OrderManager
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Forget each execution before it is asked whether it is known."""
    on_fill = OrderManager.on_fill

    async def broken(self: Any, fill: FillReport, **how: Any) -> None:
        live = self._machine.owner.get(fill.client_order_id)
        if live is not None:
            live.fill_ids.discard(fill.exec_id)
            self.recovery._fills.pop(fill.exec_id, None)
        await on_fill(self, fill, **how)

    patch.setattr(OrderManager, "on_fill", broken)


MUTANT = Mutant("M02", "does not know an execution again", "I02", change)
