"""M24: what is shown of a journal's place has its password in it."""

from typing import Any

from bot.errors import Unreachable
from bot.journal.place import Place, place
from tests.sim.checkers.stage import Stage
from tests.sim.mutants.mutant import Mutant, Patch

SECRET = "hunter2-of-the-journal"


def change(patch: Patch) -> None:
    """It is shown as it is."""

    def broken(self: Any) -> str:
        return repr(self)

    patch.setattr(Place, "shown", property(broken))


def history() -> list[str]:
    """A server that cannot be reached is named in the error that a person reads."""
    stage = Stage(canary=SECRET)
    where = place(f"postgresql://trader:{SECRET}@host/journal")
    stage.eye.said(str(Unreachable("the journal cannot be reached", where=where.shown)))
    stage.eye.said(where.shown)
    return [str(one) for one in stage.eye.violations]


MUTANT = Mutant("M24", "shows a secret", "I26", change, history, "an error about the journal's place")
