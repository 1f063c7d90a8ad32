"""M07: stop and target keep the size of the order, whatever of it filled."""

from typing import Any

from bot.orders.machine import Machine
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Nothing is made to fit."""

    async def nothing(self: Any, *args: Any) -> None:
        return None

    patch.setattr(Machine, "trim", nothing)


MUTANT = Mutant("M07", "sizes exits to the order, not to what filled", "I07", change)
