"""The deflated Sharpe ratio: how likely a result per session is real, after so many settings have been tried.

Source: Bailey & López de Prado, "The Deflated Sharpe Ratio" (Journal of Portfolio Management 40/5, 2014). Sharpe ratios
are per session, never annualised, and the kurtosis is the raw one: 3 for a normal distribution, not 0.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

EULER = 0.5772156649015329
"""The Euler–Mascheroni constant."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a result per session: its Sharpe ratio, how many sessions, skewness, and raw kurtosis."""

    sharpe: float
    sessions: int
    skew: float
    kurtosis: float


def moments(results: Sequence[float]) -> Moments | None:
    """Moments of results per session; None where they do not vary, or there are fewer than two."""
    seen = np.asarray(results, float)
    if len(seen) < 2 or np.ptp(seen) == 0:
        return None
    away = seen - seen.mean()
    variance = float((away**2).mean())
    return Moments(
        sharpe=float(seen.mean() / seen.std(ddof=1)),
        sessions=len(seen),
        skew=float((away**3).mean()) / variance**1.5,
        kurtosis=float((away**4).mean()) / variance**2,
    )


def best_of(tries: int, spread: float) -> float:
    """The Sharpe ratio that the best of so many worthless tries is expected to show.

    `spread` is the standard deviation of the Sharpe ratios of the tries. One try alone is not the best of anything: 0.
    """
    if tries < 2:
        return 0.0
    near, far = _NORMAL.inv_cdf(1 - 1 / tries), _NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return spread * ((1 - EULER) * near + EULER * far)


def deflated(seen: Moments, tries: int, spread: float) -> float:
    """The probability, 0 to 1, that the true Sharpe ratio is above what the best of so many worthless tries shows.

    Φ((SR − SR0) √(T − 1) ÷ √(1 − skew·SR + (kurtosis − 1)/4·SR²)), SR0 = `best_of(tries, spread)`.
    """
    sharpe = seen.sharpe
    # Never below zero: kurtosis ≥ 1 + skew² makes it a square of something and the rest.
    under = 1 - seen.skew * sharpe + (seen.kurtosis - 1) / 4 * sharpe**2
    surplus = (sharpe - best_of(tries, spread)) * math.sqrt(seen.sessions - 1)
    return _NORMAL.cdf(surplus / math.sqrt(under)) if under > 1e-12 else float(surplus > 0)
