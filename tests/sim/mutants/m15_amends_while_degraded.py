"""M15: an order is amended while the gateway cannot reach its exchange."""

from typing import Any

from bot.orders.recovery import Recovery
from tests.sim.broker import SimBroker
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.plan import Fault


def change(patch: Patch) -> None:
    """A degraded link changes nothing for the desk, and the adapter refuses nothing."""
    must, link = SimBroker._must, Recovery.link

    def willing(self: Any, *links: str) -> None:
        must(self, "up", "degraded")

    async def careless(self: Any, report: Any) -> None:
        if report.state != "degraded":
            await link(self, report)

    patch.setattr(SimBroker, "_must", willing)
    patch.setattr(Recovery, "link", careless)


MUTANT = Mutant(
    "M15",
    "amends while the link is degraded",
    "I05",
    change,
    aimed=tuple(Fault("placed", nth, "degraded", 30.0, 3.0) for nth in range(1, 15)),
)
