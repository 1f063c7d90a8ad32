"""M16: a status that says `filled` is believed, and the execution that comes after it is not looked at."""

from typing import Any

from bot.domain.order import FillReport, OrderReport, OrderState
from bot.orders.manager import OrderManager
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Executions of an order that is known to be filled are nothing new."""
    on_order, on_fill = OrderManager.on_order, OrderManager.on_fill
    filled: set[str] = set()

    async def believing(self: Any, report: OrderReport) -> None:
        if report.state is OrderState.FILLED:
            filled.add(report.client_order_id)
        await on_order(self, report)

    async def deaf(self: Any, fill: FillReport, **how: Any) -> None:
        if fill.client_order_id not in filled:
            await on_fill(self, fill, **how)

    patch.setattr(OrderManager, "on_order", believing)
    patch.setattr(OrderManager, "on_fill", deaf)


MUTANT = Mutant("M16", "believes a status over executions", "I01", change)
