"""Estimates with their intervals: whole exchange sessions are drawn anew, never single round trips.

Round trips of one session share its market, so they say less than as many independent ones. The stationary bootstrap
draws sessions in blocks of 5 on average, wrapped at the end. Every figure is a ratio of sums over sessions (a mean is
Σ value ÷ Σ count), so that one matrix of weights (draws × sessions) times the sums of each session gives all draws.

Sources: Politis & Romano, "The Stationary Bootstrap" (JASA 89, 1994); clusters: Cameron, Gelbach & Miller,
"Bootstrap-Based Improvements for Inference with Clustered Errors" (Review of Economics and Statistics 90, 2008).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.review import ROUND_TRIPS_MIN, SESSIONS_MIN

Floats = NDArray[np.float64]
MEAN_BLOCK = 5
SHORT = 2 * MEAN_BLOCK - 1
"""How many sessions a draw takes less than there are. The block that a session is in has 9 on average, and draws of T
out of the same T scatter by 1 − 9/T of what they should: draws of T − 9 are right, of few sessions a little wide."""
SIGNIFICANCE, POWER = 0.05, 0.8
"""Of the question how many more round trips are needed: two-sided, and how likely it is answered then."""
MORE_MAX = 100_000
_SURE = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2) + NormalDist().inv_cdf(POWER)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are drawn: their level, how many draws, and the seed, which makes them the same again."""

    level: float = 0.95
    draws: int = 2_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its interval, what it was made of, and what may be said of it.

    With too few sessions or round trips there is no value either: `words` say so.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    sessions: int
    words: str

    def shape(self) -> dict[str, Any]:
        """The object of the command-line contract."""
        return {name: _rounded(getattr(self, name)) for name in self.__slots__}


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def too_few(round_trips: int, sessions: int) -> str:
    """Why nothing is estimated; empty when there is enough."""
    if sessions < SESSIONS_MIN:
        return f"too few sessions ({sessions} of {SESSIONS_MIN}) to tell"
    if round_trips < ROUND_TRIPS_MIN:
        return f"too few round trips ({round_trips} of {ROUND_TRIPS_MIN}) to tell"
    return ""


class Sample:
    """The round trips of a group, by session: `sessions` names the session of each, in any order-keeping number."""

    def __init__(self, sessions: Sequence[int], bootstrap: Bootstrap) -> None:
        self.bootstrap = bootstrap
        self.names, self._at = np.unique(np.asarray(sessions, np.int64), return_inverse=True)
        self.n = len(sessions)

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        return len(self.names)

    def sums(self, values: Sequence[float | None] | Floats) -> Floats:
        """The sum of each session; what is None counts nothing."""
        known = np.nan_to_num(np.asarray(values, float))
        return np.bincount(self._at, known, self.sessions).astype(float)

    def mean(self, values: Sequence[float | None] | Floats) -> Estimate:
        """The mean of one value a round trip; those with None (or NaN) are left out."""
        known = ~np.isnan(np.asarray(values, float))
        return self.quotient(self.sums(values), self.sums(known.astype(float)), int(known.sum()))

    def elsewhere(self, hits: Sequence[float] | Floats) -> Floats:
        """For each round trip the share of hits in all sessions but its own: (hits + 1) ÷ (round trips + 2)."""
        sums, counts = self.sums(hits), self.sums(np.ones(self.n))
        return np.asarray(((sums.sum() - sums + 1) / (self.n - counts + 2))[self._at])

    def quotient(self, above: Floats, below: Floats, n: int | None = None) -> Estimate:
        """Σ above ÷ Σ below, both by session; no value where there is nothing below."""
        n = self.n if n is None else n
        if few := too_few(n, self.sessions):
            return Estimate(None, None, None, n, self.sessions, few)
        if not below.sum():
            return Estimate(None, None, None, n, self.sessions, "nothing to divide by")
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = (self._weights @ above) / (self._weights @ below)
        return self._estimate(float(above.sum() / below.sum()), drawn, n)

    def drawdown(self, values: Sequence[float | None]) -> Estimate:
        """The deepest fall of the running sum from its highest, measured at the ends of sessions; positive."""
        if few := too_few(self.n, self.sessions):
            return Estimate(None, None, None, self.n, self.sessions, few)
        sums = self.sums(values)
        return self._estimate(float(deepest(sums[None, :])[0]), deepest(sums[self._drawn[0]]), self.n)

    def needed(self, values: Sequence[float | None]) -> Estimate:
        """About how many more round trips it takes to tell a mean as large as this one from zero."""
        known = ~np.isnan(np.asarray(values, float))
        n, sums, counts = int(known.sum()), self.sums(values), self.sums(known.astype(float))
        few = too_few(n, self.sessions)
        if few or not sums.sum():
            return Estimate(None, None, None, n, self.sessions, few or "the mean is zero: no number would do")
        # The spread of the drawn means, not of round trips: those of one session say less than as many others.
        with np.errstate(invalid="ignore"):
            drawn = (self._weights @ sums) / (self._weights @ counts)
        spread = float(np.nanstd(drawn)) * math.sqrt(n)
        more = max(0, math.ceil(round_trips_for(spread, abs(float(sums.sum())) / n)) - n)
        words = f"about {more:,} more round trips needed" if more else "enough round trips"
        if more > MORE_MAX:
            words = f"more than {MORE_MAX:,} more round trips needed, which is never"
        return Estimate(float(more), None, None, n, self.sessions, words)

    def _estimate(self, value: float, drawn: Floats, n: int) -> Estimate:
        tail = (1 - self.bootstrap.level) / 2
        known = drawn[~np.isnan(drawn)]
        low, high = np.quantile(known, (tail, 1 - tail), method="inverted_cdf")
        # The draws may all lie on one side of what happened; it is inside all the same.
        bounds = min(float(low), value), max(float(high), value)
        least, most = (bound if math.isfinite(bound) else None for bound in bounds)
        words = f"{100 * self.bootstrap.level:g} % interval of {self.sessions} sessions"
        return Estimate(value, least, most, n, self.sessions, words)

    @cached_property
    def _drawn(self) -> tuple[NDArray[np.int32], Floats]:
        return drawn_sessions(self.sessions, self.bootstrap.draws, self.bootstrap.seed)

    @property
    def _weights(self) -> Floats:
        return self._drawn[1]


@lru_cache(maxsize=4)  # each is some megabytes
def drawn_sessions(sessions: int, draws: int, seed: int) -> tuple[NDArray[np.int32], Floats]:
    """Stationary bootstrap: as many sessions a draw in order, and how often each is among its first T − 9."""
    random = np.random.default_rng((seed, sessions))
    at = np.arange(sessions, dtype=np.int32)
    fresh = random.random((draws, sessions), np.float32) < 1 / MEAN_BLOCK
    fresh[:, 0] = True
    begun = np.maximum.accumulate(np.where(fresh, at, 0), axis=1)
    first = np.take_along_axis(random.integers(0, sessions, (draws, sessions), np.int32), begun, axis=1)
    taken = (first + at - begun) % np.int32(sessions)
    enough = taken[:, : sessions - SHORT]
    flat = (np.arange(draws)[:, None] * sessions + enough).ravel()
    return taken, np.bincount(flat, minlength=draws * sessions).reshape(draws, sessions).astype(float)


def deepest(results: Floats) -> Floats:
    """The maximum drawdown of each row of results: it begins at zero, and a fall is counted positive."""
    sums = np.cumsum(results, axis=1)
    highest = np.maximum(np.maximum.accumulate(sums, axis=1), 0)
    return np.asarray((highest - sums).max(axis=1))


def round_trips_for(spread: float, effect: float) -> float:
    """How many round trips tell a mean of `effect` from zero: ((1.96 + 0.84) · sd ÷ effect)², for 5 % and 80 %."""
    return (_SURE * spread / effect) ** 2
