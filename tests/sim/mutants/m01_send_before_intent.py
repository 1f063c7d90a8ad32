"""M01: the broker hears of a bracket before its rows are durable."""

from typing import Any

from bot.orders.manager import OrderManager
from tests.sim.mutants.mutant import Mutant, Patch


class _Later:
    """A journal that commits only when it is told so by the broken desk."""

    def __init__(self, journal: Any) -> None:
        self._journal = journal

    def commit(self) -> None:
        """Not yet."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


def change(patch: Patch) -> None:
    """Let `place` commit at its end alone."""
    place = OrderManager.place

    async def broken(self: Any, *args: Any) -> None:
        journal = self._journal
        self._journal = _Later(journal)
        try:
            await place(self, *args)
        finally:
            self._journal = journal
            journal.commit()

    patch.setattr(OrderManager, "place", broken)


MUTANT = Mutant("M01", "sends before the intent is durable", "I03", change)
