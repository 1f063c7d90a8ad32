"""A drill that holds a position and then thinks for ever, as a stranger's strategy may."""

from collections.abc import Sequence

from bot.domain.decision import Proposal, Refusal, Signal
from bot.ports import DeskView
from strategies.drill import Drill
from strategies.drill import Params as DrillParams

Params = DrillParams


class Wedging(Drill):
    """Trades like a drill until it holds something."""

    Params = DrillParams

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A wish, or never anything again."""
        while desk.position:
            pass
        return super().decide(signal, desk)
