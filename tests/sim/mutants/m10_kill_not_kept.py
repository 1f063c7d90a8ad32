"""M10: the kill switch is set and not written."""

from typing import Any

from bot.domain.command import KILL
from bot.journal import Writer
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault


def change(patch: Patch) -> None:
    """Its row is left out."""
    control = Writer.control

    def broken(self: Any, key: str, *args: Any) -> None:
        if key != KILL:
            control(self, key, *args)

    patch.setattr(Writer, "control", broken)


MUTANT = Mutant(
    "M10",
    "does not keep the kill switch",
    "I22",
    change,
    aimed=tuple(Fault("placed", nth, "flatten", 20.0, 2.0) for nth in range(1, 15)),
)
