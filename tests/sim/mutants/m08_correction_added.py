"""M08: an execution that corrects another counts on top of it."""

from dataclasses import replace
from typing import Any

from bot.domain.order import FillReport
from bot.risk.ledger import Ledger
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """The gate's ledger takes every execution for a new one."""
    fill = Ledger.fill

    def broken(self: Any, report: FillReport, order: Any) -> None:
        fill(self, replace(report, corrects=""), order)

    patch.setattr(Ledger, "fill", broken)


MUTANT = Mutant("M08", "adds a correction instead of replacing", "I09", change)
