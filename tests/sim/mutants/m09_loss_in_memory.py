"""M09: the day's loss lives in memory alone, and a restart begins at nothing."""

from typing import Any

from bot.orders.adopt import Adoption
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """A restart tells the gate nothing of what happened before."""

    def nothing(self: Any, past: Any) -> None:
        return None

    patch.setattr(Adoption, "_count", nothing)


MUTANT = Mutant("M09", "keeps the daily loss in memory only", "I10", change)
