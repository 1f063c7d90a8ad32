"""Training: labelled candidates become a model, or a refusal that says what is lacking. Needs the extra `ml`.

    model         L2 logistic regression, C of {.01, .1, 1} by log loss on blocks of days, standardised on what it is
                  trained on
    calibration   the last two fifths of the days, by inductive Venn-Abers
    test          a walk forward over the last three of six blocks of days: trained and calibrated on what lies before
Nothing is drawn at random: the same candidates give the same bytes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bot.errors import PaperpitError
from bot.models import folds
from bot.models.features import HARMONICS, MOST, numbers, offered
from bot.models.folds import Index, Times
from bot.models.record import Bin, Model, Scores, Tested

CANDIDATES_MIN, RARER_MIN = 300, 50
C = (0.01, 0.1, 1.0)
CV_BLOCKS, WALK_BLOCKS, WALK_FIRST = 5, 6, 3
TRAINED_SHARE = 0.6
BINS = 10
_TINY = 1e-12
Floats = NDArray[np.float64]


class NotTrained(PaperpitError):
    """There is not enough to train on, or nothing to tell candidates apart by."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal whose end is known. Times are ns UTC."""

    id: str
    strategy: str
    session: int  # yyyymmdd
    known: int
    end: int
    evidence: Mapping[str, float | None]
    params_hash: str
    fill_model: str
    break_even: float
    won: bool


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One fit: how features become a score, and what lies in the middle of them."""

    mean: Floats
    sd: Floats
    weights: Floats
    intercept: float
    c: float

    def score(self, x: Floats) -> Floats:
        return (x - self.mean) / self.sd @ self.weights + self.intercept


def train(found: Sequence[Candidate], *, features: Sequence[str] = (), version: str = "") -> Model:
    """A model of one strategy's candidates; `features` are names of evidence, the usual ones where none is named.

    Raises NotTrained under 300 candidates or 50 of the rarer outcome, and where nothing varies.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums in one order, whatever the machine; and threads for matrices this small only wait
        return _train(found, features, version)


def _train(found: Sequence[Candidate], features: Sequence[str], version: str) -> Model:
    found = sorted(found, key=lambda one: (one.known, one.id))
    enough(found)
    names, x, found = _table(found, features)
    enough(found)
    y = np.array([one.won for one in found], float)
    times = Times(
        np.array([one.session for one in found]),
        np.array([one.known for one in found]),
        np.array([one.end for one in found]),
    )
    break_even = np.array([one.break_even for one in found])
    everything = np.arange(len(found))
    trained, calibrated = folds.split(times, everything, TRAINED_SHARE)
    _both(y, trained, "train on")
    _both(y, calibrated, "calibrate on")
    tested = _tested(times, x, y, break_even)
    fitted = _fit(times, x, y, trained)
    knots, low, high = _venn_abers(fitted.score(x[calibrated]), y[calibrated])
    precision = _precision((x[trained] - fitted.mean) / fitted.sd)
    z = (x[calibrated] - fitted.mean) / fitted.sd
    return Model(
        strategy=found[0].strategy,
        features=tuple(names),
        mean=_floats(fitted.mean),
        sd=_floats(fitted.sd),
        weights=_floats(fitted.weights),
        intercept=fitted.intercept,
        c=fitted.c,
        knots=_floats(knots),
        low=_floats(low),
        high=_floats(high),
        precision=tuple(_floats(row) for row in precision),
        distances=_floats(np.sort(np.einsum("ij,jk,ik->i", z, precision, z))),
        params=tuple(sorted({one.params_hash for one in found})),
        data_hash=_hash(found),
        candidates=len(found),
        won=int(y.sum()),
        training_days=tuple(np.unique(times.day[trained]).tolist()),
        calibration_days=tuple(np.unique(times.day[calibrated]).tolist()),
        until_ns=max(one.known for one in found),
        fill_models=tuple(sorted({one.fill_model for one in found})),
        tested=tested,
        version=version,
    )


def enough(found: Sequence[Candidate]) -> None:
    """Raises NotTrained where there are too few candidates, or too few of one outcome."""
    won = sum(one.won for one in found)
    rarer = min(won, len(found) - won)
    if len(found) < CANDIDATES_MIN or rarer < RARER_MIN:
        raise NotTrained(
            f"NOT_TRAINED: {len(found)} labelled candidates, {won} won and {len(found) - won} did not",
            allowed=f"{CANDIDATES_MIN} or more, {RARER_MIN} or more of the rarer outcome",
            do="replay more days through the strategy, then train again",
        )


def _table(found: Sequence[Candidate], wanted: Sequence[str]) -> tuple[list[str], Floats, list[Candidate]]:
    """Names, one row a candidate, and the candidates that have all of them. What never varies tells nothing."""
    names = [*(wanted or offered(found[-1].evidence)), *HARMONICS]
    if len(names) == len(HARMONICS) or len(names) > MOST:
        there = ", ".join(sorted(found[-1].evidence)) or "none"
        raise NotTrained(
            "NOT_TRAINED: no evidence to learn from is named" if len(names) == len(HARMONICS) else
            f"NOT_TRAINED: {len(names) - len(HARMONICS)} features are too many",
            allowed=f"1 to {MOST - len(HARMONICS)} of: {there}",
            do="name them with --feature",
        )  # fmt: skip
    x = np.array([numbers(names, one.evidence, one.known) for one in found])
    whole = np.isfinite(x).all(axis=1)
    kept = [one for one, has in zip(found, whole, strict=True) if has]
    x = x[whole]
    varies = x.std(axis=0) > 1e-9 * (1 + np.abs(x).max(axis=0)) if len(x) else np.zeros(len(names), bool)
    if kept and not varies.any():
        raise NotTrained("NOT_TRAINED: no feature varies", do="name others with --feature")
    return [name for name, keeps in zip(names, varies, strict=True) if keeps], x[:, varies], kept


def _both(y: Floats, some: Index, what: str) -> None:
    if len(some) == 0 or y[some].min() == y[some].max():
        raise NotTrained(
            f"NOT_TRAINED: the days to {what} have {int(y[some].sum())} that won of {len(some)}",
            allowed="both outcomes, on days of their own",
            do="replay more days through the strategy, then train again",
        )


def _fit(times: Times, x: Floats, y: Floats, some: Index) -> _Fitted:
    """A fit of `some` with the C that does best on blocks of their days; the smallest, where nothing can tell."""
    inner = Times(times.day[some], times.known[some], times.end[some])
    losses = dict.fromkeys(C, 0.0)
    for held in folds.blocks(inner, CV_BLOCKS):
        rest = folds.apart(inner, np.setdiff1d(np.arange(len(some)), held), held)
        if len(rest) == 0 or y[some[rest]].min() == y[some[rest]].max():
            continue
        for c in C:
            p = _sigmoid(_logistic(x[some[rest]], y[some[rest]], c).score(x[some[held]]))
            losses[c] += _log_loss(p, y[some[held]]) * len(held)
    return _logistic(x[some], y[some], min(C, key=lambda c: losses[c]))


def _logistic(x: Floats, y: Floats, c: float) -> _Fitted:
    from sklearn.linear_model import LogisticRegression

    mean, sd = x.mean(axis=0), x.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    found = LogisticRegression(C=c, tol=1e-10, solver="newton-cholesky").fit((x - mean) / sd, y)
    return _Fitted(mean, sd, found.coef_[0], float(found.intercept_[0]), c)


def _venn_abers(scores: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """The different scores, and p0 and p1 for a new one before, at and after each of them."""
    from scipy.optimize import isotonic_regression

    knots, at, weights = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(at, weights=y) / weights
    ends = np.zeros((2, 2 * len(knots) + 1))
    for place in range(2 * len(knots) + 1):
        knot, hit = divmod(place, 2)
        for label in (0, 1):
            values, masses = means.copy(), weights.astype(float)
            if hit:
                masses[knot] += 1
                values[knot] += (label - values[knot]) / masses[knot]
            else:
                values, masses = np.insert(values, knot, label), np.insert(masses, knot, 1.0)
            ends[label, place] = isotonic_regression(values, weights=masses).x[knot]
    return knots, ends[0], ends[1]


def _precision(z: Floats) -> Floats:
    from sklearn.covariance import LedoitWolf

    found: Floats = LedoitWolf(assume_centered=True).fit(z).precision_
    return found


def _tested(times: Times, x: Floats, y: Floats, break_even: Floats) -> Tested:
    """What models of the days before said of each later block of days."""
    from sklearn.isotonic import IsotonicRegression

    of: list[tuple[Index, Floats, Floats, Floats, Floats]] = []
    for before, held in folds.forward(times, WALK_BLOCKS, WALK_FIRST):
        trained, calibrated = folds.split(times, before, TRAINED_SHARE)
        _both(y, trained, "train on in a walk forward")
        _both(y, calibrated, "calibrate on in a walk forward")
        fitted = _fit(times, x, y, trained)
        scores, new = fitted.score(x[calibrated]), fitted.score(x[held])
        knots, low, high = _venn_abers(scores, y[calibrated])
        left = np.searchsorted(knots, new)
        place = 2 * left + (knots[np.minimum(left, len(knots) - 1)] == new)
        plain = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, y[calibrated]).predict(new)
        of.append((held, low[place], high[place], plain, np.full(len(held), y[calibrated].mean())))
    if not of:
        raise NotTrained("NOT_TRAINED: too few days for a walk forward", do="replay more days through the strategy")
    held, low, high, plain, base = (np.concatenate(parts) for parts in zip(*of, strict=True))
    p, won, keeps = high / (1 - low + high), y[held], low > break_even[held]
    return Tested(
        candidates=len(held),
        days=len(np.unique(times.day[held])),
        kept=int(keeps.sum()),
        kept_won=int(won[keeps].sum()),
        venn_abers=_scores(p, won),
        isotonic=_scores(plain, won),
        base=_scores(base, won),
        skill=_skill(p, np.concatenate([part[4] for part in of]), won, times.day[held]),
        table=tuple(_bins(p, won)),
        width=float((high - low).mean()),
    )


def _bins(p: Floats, y: Floats) -> list[Bin]:
    order = np.argsort(p, kind="stable")
    return [
        Bin(len(part), float(p[part].mean()), float(y[part].mean()))
        for part in np.array_split(order, min(BINS, len(order)))
    ]


def _scores(p: Floats, y: Floats) -> Scores:
    ece = sum(one.count * abs(one.promised - one.won) for one in _bins(p, y)) / len(y)
    return Scores(float(ece), float(((p - y) ** 2).mean()), _log_loss(p, y))


def _skill(p: Floats, base: Floats, y: Floats, day: NDArray[np.int64]) -> float:
    """By how many standard errors (of days: candidates are not independent) the log loss beats the base rate's."""
    gain = _losses(base, y) - _losses(p, y)
    days, at = np.unique(day, return_inverse=True)
    of_day = np.bincount(at, weights=gain - gain.mean())
    spread = float(np.sqrt((of_day**2).sum() * len(days) / max(1, len(days) - 1)))
    return float(gain.sum() / spread) if spread > 0 else 0.0


def _losses(p: Floats, y: Floats) -> Floats:
    p = np.clip(p, _TINY, 1 - _TINY)
    found: Floats = -(y * np.log(p) + (1 - y) * np.log1p(-p))
    return found


def _log_loss(p: Floats, y: Floats) -> float:
    return float(_losses(p, y).mean())


def _sigmoid(score: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-score))
    return found


def _hash(found: Sequence[Candidate]) -> str:
    rows: list[Any] = [
        (one.known, one.end, one.session, sorted(one.evidence.items()), one.params_hash, one.fill_model, one.won)
        for one in found
    ]
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()


def _floats(some: Floats) -> tuple[float, ...]:
    return tuple(float(one) for one in some)
