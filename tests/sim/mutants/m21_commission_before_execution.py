"""M21: a commission whose execution is not known is an error."""

from typing import Any

from bot.domain.order import CommissionReport
from bot.orders.manager import OrderManager
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """It raises."""
    on_commission = OrderManager.on_commission

    def broken(self: Any, commission: CommissionReport) -> None:
        if not self.recovery.knows(commission.exec_id):
            raise KeyError(commission.exec_id)
        on_commission(self, commission)

    patch.setattr(OrderManager, "on_commission", broken)


MUTANT = Mutant("M21", "cannot hear a commission before its execution", "crash", change)
