"""M12: a calendar that is not there has no events."""

from typing import Any

from bot.risk.blackout import Blackout
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Without a calendar every hour is open."""
    at = Blackout.at

    def broken(self: Any, ts: int) -> Any:
        return () if self.calendar.state == "absent" else at(self, ts)

    patch.setattr(Blackout, "at", broken)


MUTANT = Mutant("M12", "takes a missing calendar for an empty one", "I14", change)
