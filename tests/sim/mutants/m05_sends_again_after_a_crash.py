"""M05: what was journalled and never sent is sent by the next run."""

from typing import Any

from bot.errors import Unreachable
from bot.orders.recovery import Recovery
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault


def change(patch: Patch) -> None:
    """Send every bracket of which nothing is known, once the past is taken up."""
    recover = Recovery.recover

    async def broken(self: Any, past: Any, answer: Any, now: int) -> Any:
        machine = self._machine
        ask = machine.broker.snapshot
        sent: set[str] = set()

        async def first() -> Any:
            for live in list(machine.live.values()):
                if live.unsent and live.bracket.id not in sent:
                    sent.add(live.bracket.id)
                    try:
                        await machine.broker.place(live.bracket)
                    except Unreachable:
                        continue
            return await ask()

        machine.broker.snapshot = first
        try:
            return await recover(self, past, answer, now)
        finally:
            machine.broker.snapshot = ask

    patch.setattr(Recovery, "recover", broken)


MUTANT = Mutant(
    "M05",
    "sends an old intent after a restart",
    "I18",
    change,
    aimed=tuple(Fault("point:intent-committed", nth, "kill") for nth in (1, 3, 5)),
)
