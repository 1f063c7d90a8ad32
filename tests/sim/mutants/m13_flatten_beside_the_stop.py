"""M13: a market exit stands for itself, and the stop goes on working beside it."""

from dataclasses import replace
from typing import Any

from bot.domain.order import Protective, Role
from bot.orders.machine import Machine
from tests.sim.broker import SimBroker
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """It does not join the bracket's group, and nobody clears what is left of that."""
    protect = SimBroker.protect

    async def alone(self: Any, order: Protective) -> None:
        one = order.order
        await protect(self, Protective(replace(one, bracket_id="alone")) if one.role is Role.FLATTEN else order)

    async def nothing(self: Any, *args: Any) -> None:
        return None

    patch.setattr(SimBroker, "protect", alone)
    patch.setattr(Machine, "clear", nothing)


MUTANT = Mutant("M13", "flattens without cancelling the stop", "I07", change)
