"""Intervals of figures whose samples hang together: whole blocks of them are drawn again, never single ones.

Definition
    Blocks are sessions where there are at least twenty, else quarters of an hour; under twenty there is no interval.
    2,000 draws of as many blocks with replacement, from a fixed seed; the middle 95 % of the figure over the draws.
Source
    Specification of signals §15, E4 (fewer than twenty days: insufficient). Quarters of an hour of one day
    are alike in more than their hour, so that their intervals are too narrow rather than too wide: they say so by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCKS_MIN, DRAWS, SEED = 20, 2_000, 1
QUARTER_NS = 900_000_000_000
TAILS = (2.5, 97.5)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what is known of its exactness; None where it is not known."""

    value: float | None
    low: float | None
    high: float | None
    samples: int
    blocks: int
    unit: str
    """What the blocks are."""

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def facts(self) -> dict[str, Any]:
        """As JSON would have it."""
        return {name: getattr(self, name) for name in self.__slots__}


def blocks(stamps: npt.NDArray[np.int64], sessions: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], str]:
    """Which block each sample is of, and what they are. `sessions` = number of each sample's session."""
    if len(np.unique(sessions)) >= BLOCKS_MIN:
        return sessions, "sessions"
    return stamps // QUARTER_NS, "quarters of an hour"


def mean(values: Floats, block: npt.NDArray[np.int64], unit: str, weights: Floats | None = None) -> Figure:
    """The mean of `values`, by `weights`."""
    w = np.ones(len(values)) if weights is None else weights
    return _figure([w * values, w], lambda s: s[..., 0] / s[..., 1], block, unit)


def slope(x: Floats, y: Floats, block: npt.NDArray[np.int64], unit: str) -> Figure:
    """The slope of y on x by least squares, with an intercept."""

    def fitted(s: Floats) -> Floats:
        n, sx, sy, sxx, sxy = (s[..., k] for k in range(5))
        spread = n * sxx - sx * sx
        return np.where(spread > 0, (n * sxy - sx * sy) / np.where(spread > 0, spread, 1.0), np.nan)

    return _figure([np.ones(len(x)), x, y, x * x, x * y], fitted, block, unit)


def _figure(
    parts: list[Floats], of_sums: Callable[[Floats], Floats], block: npt.NDArray[np.int64], unit: str
) -> Figure:
    samples = len(parts[0])
    if not samples:
        return Figure(None, None, None, 0, 0, unit)
    names, index = np.unique(block, return_inverse=True)
    sums = np.stack([np.bincount(index, part, len(names)) for part in parts], axis=1)
    value = float(of_sums(sums.sum(axis=0)))
    low = high = None
    if len(names) >= BLOCKS_MIN:
        drawn = np.random.default_rng(SEED).multinomial(len(names), np.full(len(names), 1 / len(names)), DRAWS)
        low, high = (float(edge) for edge in np.nanpercentile(of_sums(np.asarray(drawn @ sums, np.float64)), TAILS))
    return Figure(None if np.isnan(value) else value, low, high, samples, len(names), unit)
