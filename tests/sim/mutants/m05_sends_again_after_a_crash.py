"""M05: what was journalled and never sent is sent by the next run."""

from contextlib import suppress
from typing import Any

from bot.errors import Unreachable
from bot.orders.recovery import Recovery
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault

OLD_NS = 2_000_000_000


def change(patch: Patch) -> None:
    """Send every bracket of which nothing is known when the broker's answers do not have it."""
    hear, sent = Recovery.hear, set[str]()

    async def broken(self: Any, report: Any) -> None:
        machine = self._machine
        for live in list(machine.live.values()):
            old = report.ts - live.bracket.entry.created_ns > OLD_NS
            if live.unsent and old and live.bracket.id not in sent:
                sent.add(live.bracket.id)
                with suppress(Unreachable):
                    await machine.broker.place(live.bracket)
        await hear(self, report)

    patch.setattr(Recovery, "hear", broken)


MUTANT = Mutant(
    "M05",
    "sends an old intent after a restart",
    "I18",
    change,
    aimed=tuple(Fault("point:intent-committed", nth, "kill") for nth in (1, 3, 5)),
)
