"""M04: nobody looks after a position that has lost its stop."""

from typing import Any

from bot.orders.machine import Machine
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """No deadline is set, and no stop is sent."""

    async def nothing(self: Any, *args: Any) -> None:
        return None

    patch.setattr(Machine, "watchdog", lambda *args: None)
    patch.setattr(Machine, "protect", nothing)
    patch.setattr(Machine, "lose", nothing)


MUTANT = Mutant("M04", "has no watchdog", "I06", change)
