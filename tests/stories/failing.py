"""A drill that breaks at a given bar, as a stranger's strategy may."""

from collections.abc import Sequence

from bot.config import StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView
from strategies.drill import Drill
from strategies.drill import Params as DrillParams


class Params(DrillParams):
    """[params]: at which closed bar."""

    at_bar: int = 5


class Failing(Drill):
    """Trades like a drill, and then divides by zero."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        own = Params(**spec.params)
        super().__init__(spec.model_copy(update={"params": {"every": own.every}}), instrument)
        self._at_bar = own.at_bar

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """As a drill, but for one bar."""
        wishes = super().decide(signal, desk)
        return wishes if self._bars != self._at_bar else [wishes[1 // 0]]
