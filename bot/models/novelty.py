"""Whether candidates are like those that the model was calibrated on.

    p of a point    (1 + number of calibration distances ≥ d) ÷ (1 + their number), d the squared Mahalanobis distance
    stream          M = mean over eps in {.1 … .9} of ∏ eps·p^(eps−1), each p against the calibration and all that came
                    before it; M ≥ 100 is an alarm and stays one (Ville: by chance at most once in a hundred, for ever)
Source
    V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World; power martingale. The bag of distances
    grows with the stream: only then are its p-values independent, and the promise about false alarms holds.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Sequence

from bot.models.betting import together

POINT = 0.01
"""A candidate whose p is below this is alone."""
ALARM = 100.0
_EPS = tuple(k / 10 for k in range(1, 10))


def p_value(ordered: Sequence[float], distance: float) -> float:
    """The conformal p of a distance among `ordered` ones (ascending)."""
    return (1 + len(ordered) - bisect_left(ordered, distance)) / (1 + len(ordered))


class Stream:
    """The candidates since the model was made or a person reset it, one after the other."""

    def __init__(self, calibration: Sequence[float]) -> None:
        self._calibration = calibration
        self.reset()

    def reset(self) -> None:
        """Nothing has come yet."""
        self._bag = list(self._calibration)
        self._logs = [0.0] * len(_EPS)
        self.seen = 0
        self.alarm_ns: int | None = None
        """When M first reached ALARM; None while it has not."""

    def add(self, distance: float, ts: int) -> None:
        """One more candidate, at `ts`."""
        p = math.log(p_value(self._bag, distance))
        self._logs = [log + math.log(eps) + (eps - 1) * p for log, eps in zip(self._logs, _EPS, strict=True)]
        insort(self._bag, distance)
        self.seen += 1
        if self.alarm_ns is None and self.martingale >= ALARM:
            self.alarm_ns = ts

    @property
    def alarm(self) -> bool:
        """Whether M has ever reached ALARM."""
        return self.alarm_ns is not None

    @property
    def martingale(self) -> float:
        """M; infinite where no number holds it."""
        return together(self._logs)
