"""M23: a stop between two ticks goes to the nearest one, and half of the time that risks more."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from bot.domain.instrument import Instrument
from tests.sim.checkers.sending import rounded
from tests.sim.checkers.stage import ES
from tests.sim.mutants.mutant import Mutant, Patch


def change(patch: Patch) -> None:
    """Round as at school."""

    def broken(self: Any, side: int, price: Decimal) -> int:
        return int((price / self.tick).to_integral_value(ROUND_HALF_EVEN))

    patch.setattr(Instrument, "stop_ticks", broken)


def history() -> list[str]:
    """Stops of both sides at every hundredth of a few points."""
    return [
        f"I17 grid: {words}"
        for side in (1, -1)
        for wanted in (4200 + Decimal(cents) / 100 for cents in range(400))
        for words in rounded(ES, side, wanted, ES.stop_ticks(side, wanted))
    ]


MUTANT = Mutant("M23", "rounds a stop to the nearest tick", "I17", change, history, "every price of a few points")
