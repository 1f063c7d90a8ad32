"""A drill that breaks from a given bar on, as a stranger's strategy may."""

from collections.abc import Sequence
from typing import Literal

from bot.config import StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView
from strategies.drill import Drill
from strategies.drill import Params as DrillParams


class Params(DrillParams):
    """[params]: from which closed bar on, how often, and how."""

    at_bar: int = 5
    times: int = 1_000
    how: Literal["raises", "nonsense"] = "raises"


class Failing(Drill):
    """Trades like a drill, and then divides by zero, or answers with something that is no wish."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        own = Params(**spec.params)
        super().__init__(spec.model_copy(update={"params": {"every": own.every}}), instrument)
        self._wrong = range(own.at_bar, own.at_bar + own.times)
        self._how = own.how

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """As a drill, but for some bars."""
        wishes = super().decide(signal, desk)
        if self._bars not in self._wrong:
            return wishes
        return [wishes[1 // 0]] if self._how == "raises" else ["buy, buy"]  # type: ignore[list-item]  # nonsense on purpose
