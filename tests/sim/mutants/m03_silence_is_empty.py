"""M03: an answer that did not come is read as one that nothing is there."""

from dataclasses import replace
from typing import Any

from bot.domain.order import BrokerState, Known, SnapshotReport, Unavailable
from bot.orders.recovery import Recovery
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault


def change(patch: Patch) -> None:
    """Make of silence an empty answer."""
    hear = Recovery.hear

    async def broken(self: Any, report: SnapshotReport) -> None:
        if isinstance(report.answer, Unavailable):
            nothing = Known(BrokerState("", (), (), ()), report.ts, report.ts)
            report = replace(report, answer=nothing)
        await hear(self, report)

    patch.setattr(Recovery, "hear", broken)


MUTANT = Mutant(
    "M03",
    "reads silence as an empty account",
    "I06",
    change,
    aimed=tuple(Fault("ask", nth, "silent") for nth in range(4, 150) if nth % 12 < 6),
)
