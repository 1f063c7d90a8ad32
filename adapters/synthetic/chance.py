"""Chance that is the same on every machine: whole numbers only, no library's generator.

splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). A generator is an array of
one uint64; every function here draws from it in a fixed order, so one seed is one tape for ever.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.kernel import kernel

Rng = npt.NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)
_S1, _S43, _S53 = np.uint64(1), np.uint64(43), np.uint64(53)
_TOP, _LOW10 = np.uint64(1 << 63), np.uint64(1023)

ONE = 1 << 20
"""1.0 in the fixed point of `waiting`."""
_LN2 = round(math.log(2) * ONE)
_LOG2 = np.array([round(math.log2(1 + i / 1024) * ONE) for i in range(1025)], np.int64)


def seeded(seed: int) -> Rng:
    """A generator for `seed`; any whole number will do."""
    return np.array([seed % 2**64], np.uint64)


@kernel
def draw(rng: Rng) -> Any:
    """The next 64 bits, as uint64."""
    rng[0] += _STEP
    z = rng[0]
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


@kernel
def below(rng: Rng, n: int) -> int:
    """A whole number in [0, n), n < 2**32; the bias of n / 2**32 is left in."""
    return int(np.int64(((draw(rng) >> _S32) * np.uint64(n)) >> _S32))


@kernel
def waiting(rng: Rng, mean: int) -> int:
    """An exponential waiting time with this mean (any unit, below 2**36), by the logarithm of a uniform number."""
    u = draw(rng)
    halvings = 1
    while u < _TOP and halvings < 40:
        u = u << _S1
        halvings += 1
    index = np.int64((u >> _S53) & _LOW10)
    part = np.int64((u >> _S43) & _LOW10)
    log2 = (halvings << 20) - _LOG2[index] - (((_LOG2[index + 1] - _LOG2[index]) * part) >> 10)
    return int((((log2 * _LN2) >> 20) * mean) >> 20)


@kernel
def heavy(rng: Rng, again: int, octaves: int) -> int:
    """A size with a Pareto tail: each doubling follows with probability `again` / 1024, at most `octaves` times.

    again = 416 gives P(size >= s) ~ s**-1.3, the tail of E-mini prints (median 1, 99th percentile about 34).
    """
    k = 0
    while k < octaves and below(rng, 1024) < again:
        k += 1
    return (1 << k) + below(rng, 1 << k)


def mean_heavy_x10(again: int, octaves: int) -> int:
    """The mean of `heavy`, times ten."""
    more, mean = Fraction(again, 1_024), Fraction(0)
    for k in range(octaves + 1):
        chance = more**k * (1 if k == octaves else 1 - more)
        mean += chance * (Fraction(3, 2) * 2**k - Fraction(1, 2))
    return round(10 * mean)
