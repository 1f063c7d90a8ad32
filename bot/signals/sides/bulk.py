"""Bulk volume: how much of a bar was bought, guessed from its price change alone; it says nothing of a single print.

Definition
    bought = F(Δ / σ), Δ the change from the last bar's last price to this one's, σ its standard deviation over all bars
    of the tape, F the distribution of Student's t with a quarter of a degree of freedom. Half where there is no change
    to go by: in the first bar, or where no price ever changed.
Source
    Easley, López de Prado & O'Hara 2012, Bulk classification of trading activity; specification of signals §2.
"""

import math

import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]
FREEDOM = 0.25
_STEPS, _ENOUGH, _TINY = 500, 1e-15, 1e-300


def bought(closes: npt.NDArray[np.int64]) -> Shares:
    """Share of each bar's volume that was bought, from the last prices (ticks) of the bars in order."""
    shares = np.full(len(closes), 0.5)
    changes = np.diff(closes).astype(np.float64)
    spread = float(changes.std()) if len(changes) else 0.0
    if spread > 0:
        # Few changes are different ones, and the distribution is not cheap.
        values, where = np.unique(changes, return_inverse=True)
        shares[1:] = np.array([student(value / spread, FREEDOM) for value in values])[where]
    return shares


def student(x: float, freedom: float) -> float:
    """P(t ≤ x) of Student's t: 1 − I(ν/(ν + x²); ν/2, 1/2)/2 above 0, its mirror below (Abramowitz & Stegun 26.7.1)."""
    tail = incomplete_beta(freedom / (freedom + x * x), freedom / 2, 0.5) / 2
    return 1 - tail if x > 0 else tail


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I(x; a, b), by its continued fraction (DLMF 8.17.22, Lentz's method)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        # There the fraction is slow; the mirror's is fast.
        return 1 - incomplete_beta(1 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), _TINY)
    value = d
    for m in range(1, _STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + step * d)
            c = _away(1 + step / c)
            value *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return math.exp(scale) * value / a


def _away(number: float) -> float:
    """Never quite zero."""
    return number if abs(number) > _TINY else _TINY
