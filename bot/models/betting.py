"""Several bets on one thing, each with a part of one: what they have made together."""

import math
from collections.abc import Sequence

LARGEST_LOG = 700.0
"""e^709 is the last number."""
LARGEST_TOLD = 1e300


def finite(made: float) -> float:
    """What bets have made as JSON can hold it, which knows no infinity."""
    return min(made, LARGEST_TOLD)


def together(logs: Sequence[float]) -> float:
    """The mean of what bets have made of one each, from its logarithms; infinite where no number holds it."""
    return math.inf if max(logs) > LARGEST_LOG else math.fsum(map(math.exp, logs)) / len(logs)
