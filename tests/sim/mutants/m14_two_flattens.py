"""M14: a market exit is sent while another one may still fill."""

from typing import Any

from bot.domain.order import Role
from bot.orders.machine import Machine
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Nobody remembers that one is on its way."""
    flatten = Machine.flatten

    async def broken(self: Any, live: Any, ts: int, why: str) -> None:
        hidden = {name: leg for name, leg in live.legs.items() if leg.order.role is Role.FLATTEN}
        for name in hidden:
            del live.legs[name]
        await flatten(self, live, ts, why)
        live.legs.update(hidden)

    patch.setattr(Machine, "flatten", broken)


MUTANT = Mutant("M14", "sends a second market exit beside the first", "I07", change)
