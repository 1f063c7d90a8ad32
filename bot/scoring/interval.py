"""Exact 95 % intervals of a share and of a rate, by bisection on the tails of the binomial and Poisson distributions.

Source: Clopper & Pearson 1934 (share); Garwood 1936 (count of a Poisson process). Both cover at least as often as they
say, and are meant for small counts.
"""

import math
from collections.abc import Callable

TAIL = 0.025
"""Probability beyond each end."""
HALVINGS = 60
NOTHING = 1e-15
"""Terms fall faster than geometrically, so what follows one this small adds up to nothing."""


def share(hits: int, of: int) -> tuple[float, float] | None:
    """The interval of a share of which `hits` out of `of` were seen; None of nothing."""
    assert 0 <= hits <= of, "a share is at most one"
    if of == 0:
        return None
    low = 0.0 if hits == 0 else _crossing(lambda p: _successes(of, p, hits, of) - TAIL, 0.0, 1.0)
    high = 1.0 if hits == of else _crossing(lambda p: TAIL - _successes(of, p, 0, hits), 0.0, 1.0)
    return low, high


def count(seen: int) -> tuple[float, float]:
    """The interval of the mean of a Poisson count of which `seen` were seen."""
    assert seen >= 0, "nothing is seen less than never"
    above = seen + 12.0 + 6.0 * math.sqrt(seen + 1.0)  # far beyond any upper end
    low = 0.0 if seen == 0 else _crossing(lambda m: 1.0 - _events(m, seen - 1) - TAIL, 0.0, above)
    return low, _crossing(lambda m: TAIL - _events(m, seen), 0.0, above)


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that rises from below to above zero crosses it."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _successes(n: int, p: float, first: int, last: int) -> float:
    """Probability of `first` to `last` successes in `n` tries of chance 0 < p < 1."""
    yes, no, all_ways = math.log(p), math.log1p(-p), math.lgamma(n + 1)

    def log_of(k: int) -> float:
        return all_ways - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * yes + (n - k) * no

    return _mass(log_of, first, last, round(n * p))


def _events(mean: float, most: int) -> float:
    """Probability of at most `most` events where `mean` > 0 are expected."""
    log = math.log(mean)
    return _mass(lambda k: k * log - mean - math.lgamma(k + 1), 0, most, round(mean))


def _mass(log_of: Callable[[int], float], first: int, last: int, mode: int) -> float:
    """Sum of exp(log_of(k)) for k from first to last, from the largest term outwards until the rest is nothing."""
    top = min(max(mode, first), last)
    terms = []
    for steps in (range(top, last + 1), range(top - 1, first - 1, -1)):
        for k in steps:
            term = math.exp(log_of(k))
            terms.append(term)
            if term < NOTHING:
                break
    return math.fsum(terms)
