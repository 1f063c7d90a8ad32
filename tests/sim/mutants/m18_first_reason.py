"""M18: a refusal names the first rule that failed."""

from dataclasses import replace
from typing import Any

from bot.domain.decision import Blocked
from bot.risk.gate import Gate
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault


def change(patch: Patch) -> None:
    """The other reasons are thrown away."""
    judge = Gate.judge

    def broken(self: Any, *args: Any, **how: Any) -> Any:
        verdict = judge(self, *args, **how)
        return replace(verdict, reasons=verdict.reasons[:1]) if isinstance(verdict, Blocked) else verdict

    patch.setattr(Gate, "judge", broken)


MUTANT = Mutant(
    "M18",
    "tells the first reason only",
    "I12",
    change,
    aimed=tuple(Fault("placed", nth, what, 40.0, 2.0) for nth in range(1, 15) for what in ("pause", "flatten", "cut")),
)
