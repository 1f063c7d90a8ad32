"""What may be said of a mean however often one looks: a confidence sequence, and whole days that change their sign.

An interval of 95 % holds for one look. Who looks every evening and stops at the first that lies above zero is wrong
more often than one time in twenty. A confidence sequence is right at all looks together: the chance that it is wrong at
*any* of them, now or later, is at most 1 − level.

    λᵢ = min(√(2 ln(2/α) ÷ (σ̂²ᵢ₋₁ i ln(1 + i))), ½)     what is known before the i-th value decides its weight
    Σ λᵢxᵢ ÷ Σ λᵢ  ±  (ln(2/α) + Σ 4 (xᵢ − μ̂ᵢ₋₁)² ψ(λᵢ)) ÷ Σ λᵢ,     ψ(λ) = (−ln(1 − λ) − λ) ÷ 4
    μ̂ᵢ = (½ + Σ x) ÷ (i + 1),  σ̂²ᵢ = (¼ + Σ (xⱼ − μ̂ⱼ)²) ÷ (i + 1),  of values in [0, 1]

What one look excludes stays out. Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by
betting" (Journal of the Royal Statistical Society B 86/1, 2024), theorem 2: the predictable plug-in empirical-Bernstein
confidence sequence.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_R, MOST_R = -1.5, 3.0
"""Results are clipped to this many R: the sequence needs bounds that hold for sure."""
_LARGEST_WEIGHT = 0.5
SESSIONS_MAX = 10_000
"""Forty years of sessions: who needs more never gets them."""


class Looks(NamedTuple):
    """The interval at each look, the last one the newest; in the unit of the values."""

    low: Floats
    high: Floats


def looks(values: Sequence[float] | Floats, level: float, least: float = LEAST_R, most: float = MOST_R) -> Looks:
    """The confidence sequence of the mean of `values`, clipped to [least, most], in the order in which they came.

    Also of many rows of values at once, along the last axis.
    """
    x = (np.clip(np.asarray(values, float), least, most) - least) / (most - least)
    at = np.arange(1, x.shape[-1] + 1)
    means = (0.5 + np.cumsum(x, axis=-1)) / (at + 1)
    spreads = (0.25 + np.cumsum((x - means) ** 2, axis=-1)) / (at + 1)
    sure = math.log(2 / (1 - level))
    weights = _weights(_before(spreads, 0.25), at, sure)
    total = np.cumsum(weights, axis=-1)
    middle = np.cumsum(weights * x, axis=-1) / total
    margin = (sure + np.cumsum(4 * (x - _before(means, 0.5)) ** 2 * _psi(weights), axis=-1)) / total
    low = np.maximum.accumulate(np.maximum(middle - margin, 0), axis=-1)
    high = np.minimum.accumulate(np.minimum(middle + margin, 1), axis=-1)
    return Looks(least + (most - least) * low, least + (most - least) * high)


def sessions_for(mean: float, spread: float, level: float, least: float = LEAST_R, most: float = MOST_R) -> int | None:
    """How many sessions, all in all, it takes until the sequence of such a mean lies above zero.

    `spread` is the standard deviation of a session. None for a mean that is not above zero, and beyond SESSIONS_MAX.
    """
    at = np.arange(1, SESSIONS_MAX + 1)
    variance, sure = max((spread / (most - least)) ** 2, 1e-6), math.log(2 / (1 - level))
    weights = _weights(np.full(SESSIONS_MAX, variance), at, sure)
    margin = (sure + 4 * variance * np.cumsum(_psi(weights))) / np.cumsum(weights)
    enough = np.flatnonzero(margin < mean / (most - least))
    return int(at[enough[0]]) if len(enough) else None


def by_chance(sums: Sequence[float] | Floats, draws: int, seed: int) -> float:
    """How often Σ is at least what it is when each day's sum keeps or changes its sign by the toss of a coin.

    One-sided: small where the sums lie above zero. What a day holds stays together, however alike its parts are. As
    with any permutation drawn by chance, what was seen counts as one of the draws.
    """
    days = np.asarray(sums, float)
    coins = np.random.default_rng((seed, len(days))).integers(0, 2, (draws, len(days)), np.int8) * 2 - 1
    seen = days.sum()
    return float(1 + np.count_nonzero(coins @ days >= seen - 1e-9)) / (draws + 1)


def _weights(spreads: Floats, at: NDArray[np.int64], sure: float) -> Floats:
    return np.asarray(np.minimum(np.sqrt(2 * sure / (spreads * at * np.log1p(at))), _LARGEST_WEIGHT))


def _psi(weights: Floats) -> Floats:
    return np.asarray((-np.log1p(-weights) - weights) / 4)


def _before(running: Floats, first: float) -> Floats:
    """What was known one value earlier."""
    return np.concatenate([np.full((*running.shape[:-1], 1), first), running[..., :-1]], axis=-1)
