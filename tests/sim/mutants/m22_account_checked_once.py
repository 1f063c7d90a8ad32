"""M22: the account is proven at the first connection, and not at the next."""

import asyncio
from typing import Any

from adapters.ib import link as linking
from adapters.ib.link import Link
from adapters.ib.params import Params
from bot.errors import NotPaper
from tests.rooms.ib.desk import HURRY
from tests.rooms.ib.peer import listening
from tests.sim.checkers.stage import Stage
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """What was proven once is believed."""
    prove = linking.prove
    proven: list[str] = []

    def broken(told: Any, params: Params) -> str:
        if not proven:
            proven.append(prove(told, params))
        return proven[0]

    patch.setattr(linking, "prove", broken)


def history() -> list[str]:
    """A gateway that is logged in with a live account when the desk comes back."""
    stage = Stage()
    stage.eye.flags.paper, proven = asyncio.run(_twice())
    if proven:
        stage.place()  # the link is taken for proven: entries may leave
    return [str(one) for one in stage.eye.violations if one.number == "I16"]


async def _twice() -> tuple[bool, bool]:
    """(whether the account at hand is a paper account, whether the link takes it for one)."""
    async with listening() as gateway:
        link = Link(Params(port=gateway.port), HURRY)
        await link.open()
        link.drop("the gateway is started again")
        gateway.accounts = "U1234567"
        try:
            await link.connect()
        except NotPaper:
            return False, False
        link.drop("enough")
        return False, True


MUTANT = Mutant("M22", "proves the account at its first connection only", "I16", change, history, "two connections")
