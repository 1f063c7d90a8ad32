"""Whether what a model promised is still kept: a bet against it that grows when candidates win less often.

    E = mean over λ in {.1, .25, .5} of ∏ (1 + λ·(p0 − y)), y 1 for a win, else 0; E ≥ 20 is an alarm

As long as each candidate wins with at least its p0, E does not grow on average, and it reaches 20 by chance at most
once in twenty, however often it is looked at (Ville). An alarm stays until the model is another one and a person has
reset it.
"""

import math

from bot.models.betting import together

ALARM = 20.0
LAMBDAS = (0.1, 0.25, 0.5)


class Monitor:
    """The outcomes of one model's promises, one after the other."""

    def __init__(self) -> None:
        self._logs = [0.0] * len(LAMBDAS)
        self.outcomes = 0
        self.alarm_ns: int | None = None
        """When E first reached ALARM; None while it has not."""

    def add(self, promised: float, won: bool, ts: int) -> None:
        """A candidate that was promised to win with `promised` at least has won, or not, at `ts`."""
        gap = promised - won
        self._logs = [log + math.log1p(stake * gap) for log, stake in zip(self._logs, LAMBDAS, strict=True)]
        self.outcomes += 1
        if self.alarm_ns is None and self.e >= ALARM:
            self.alarm_ns = ts

    @property
    def e(self) -> float:
        """How much a bet against the promises has made of one."""
        return together(self._logs)
