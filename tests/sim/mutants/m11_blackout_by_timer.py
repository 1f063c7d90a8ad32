"""M11: a blackout is what a timer has announced, not what time and calendar say."""

from typing import Any

from bot.desk.loop import Desk
from bot.risk.rules.time import InBlackout
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """The rule looks at a flag that the edge sets; an edge that came before the start was missed."""
    told: set[int] = set()
    edge, check = Desk._edge, InBlackout.check

    async def announced(self: Any, one: Any) -> None:
        if one.what == "blackout-start" and one.ts == one.from_ns:
            told.add(one.from_ns)
        await edge(self, one)

    def broken(self: Any, proposal: Any, ctx: Any) -> Any:
        windows = ctx.blackout.at(ctx.now)
        return check(self, proposal, ctx) if any(window.from_ns in told for window in windows) else None

    patch.setattr(Desk, "_edge", announced)
    patch.setattr(InBlackout, "check", broken)


MUTANT = Mutant("M11", "knows a blackout by its timer only", "I13", change)
