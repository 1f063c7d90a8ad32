"""A drill that sends its own process a signal at a given bar: the only way to interrupt a replay at a known place."""

import os
import signal
from collections.abc import Sequence

from bot.config import StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView
from strategies.drill import Drill
from strategies.drill import Params as DrillParams


class Params(DrillParams):
    """[params]: at which closed bar, and by which signal."""

    at_bar: int = 20
    signal: str = "SIGKILL"


class Interrupted(Drill):
    """Trades like a drill until its time has come."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        own = Params(**spec.params)
        super().__init__(spec.model_copy(update={"params": {"every": own.every}}), instrument)
        self._at_bar, self._signal = own.at_bar, signal.Signals[own.signal]

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """As a drill, but for one bar."""
        wishes = super().decide(signal, desk)
        if self._bars == self._at_bar:
            os.kill(os.getpid(), self._signal)
        return wishes
