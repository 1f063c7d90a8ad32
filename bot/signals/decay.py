"""Forgetting at an exponential rate, in event time."""

import math

from bot.kernel import kernel

FORGOTTEN = 10.0
"""Time constants after which nothing more is forgotten: the span of a decay is clamped."""
_NEAR = 0.02


@kernel
def decay(dt: int, tau: float) -> float:
    """exp(−dt/tau) with dt clamped to [0, 10·tau]; both in ns.

    Most steps on a busy tape are far shorter than tau: a short series is exact there to 1e-12 and three times faster.
    """
    x = dt / tau
    if x <= 0.0:
        return 1.0
    if x < _NEAR:
        return 1.0 - x * (1.0 - x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x / 120.0))))
    return math.exp(-min(x, FORGOTTEN))
