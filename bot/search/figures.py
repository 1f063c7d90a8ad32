"""What may be said of the best of many trials: results per session, and what chance alone would have shown.

    deflated Sharpe   how likely the best trial's Sharpe ratio per session is more than what the best of so many
                      worthless settings shows (`bot.review.deflated`)
    PBO               how often the trial that is best in one half of the sessions is below the middle in the other:
                      combinatorially symmetric cross-validation over S blocks of sessions
    walk-forward      what came of always going on with the trial that was best so far; between choosing and trading one
                      session is left out, for what detectors remember reaches across it

Sources: Bailey, Borwein, López de Prado & Zhu, "The Probability of Backtest Overfitting" (Journal of Computational
Finance 20/4, 2017): λ = ln(ω / (1 − ω)), ω the relative rank out of sample, PBO the share of λ ≤ 0. Purging and
embargo: López de Prado, "Advances in Financial Machine Learning" (2018), chapter 7.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.review.deflated import best_of, deflated, moments
from bot.review.estimates import too_few
from bot.search.sweep import Found, Trial

Floats = NDArray[np.float64]
BLOCKS, BLOCKS_MIN = 16, 8
FOLDS, EMBARGO = 5, 1
AT_ONCE = 1_000
"""Splits whose figures are held at a time."""
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or why there is none; and what else stands beside it."""

    value: float | None
    words: str
    facts: Mapping[str, Any]

    def shape(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"value": self.value, **self.facts, "words": self.words}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the trials of a sweep are worth together."""

    best: Trial | None
    """That with the highest Sharpe ratio per session; where nothing varies, with the most R."""
    deflated: Figure
    pbo: Figure
    walk_forward: Figure


def verdict(found: Found) -> Verdict:
    """Judge a sweep; trials that failed are left out, but were tries."""
    trials = [trial for trial in found.trials if trial.error is None]
    results = matrix(trials, found.sessions)
    best = None
    if trials and any(trial.round_trips for trial in trials):
        at = int(np.lexsort((-results.sum(axis=0), -sharpes(results)))[0])
        best = trials[at]
    return Verdict(best, _deflated(found, best, results), pbo(results), walk_forward(results))


def matrix(trials: Sequence[Trial], sessions: Sequence[int]) -> Floats:
    """R after costs, sessions × trials; a session without a round trip came to nothing."""
    at = {date: row for row, date in enumerate(sessions)}
    made = np.zeros((len(sessions), len(trials)))
    for column, trial in enumerate(trials):
        for date, value in trial.days.items():
            if date in at:
                made[at[date], column] += value
    return made


def sharpes(results: Floats) -> Floats:
    """Mean over standard deviation of each column; 0 where it does not vary or there are fewer than two rows."""
    if len(results) < 2:
        return np.zeros(results.shape[1])
    spread = results.std(axis=0, ddof=1)
    ratios: Floats = np.divide(results.mean(axis=0), spread, out=np.zeros(results.shape[1]), where=spread > 1e-12)
    return ratios


def _deflated(found: Found, best: Trial | None, results: Floats) -> Figure:
    tries = max(found.tries, len(found.trials))
    facts: dict[str, Any] = {"sharpe": None, "best_of_tries": None, "tries": tries}
    if best is None:
        return Figure(None, "no trial made a round trip", facts)
    if few := too_few(best.round_trips, len(found.sessions)):
        return Figure(None, few, facts)
    seen = moments([best.days.get(date, 0.0) for date in found.sessions])
    if seen is None:
        return Figure(None, "every session came to the same", facts)
    ratios = sharpes(results)
    # One trial alone does not scatter: then as estimates of a Sharpe ratio of zero do.
    spread = float(np.std(ratios, ddof=1)) if len(ratios) > 1 else math.sqrt(1 / (len(found.sessions) - 1))
    chance = best_of(tries, spread)
    value = round(deflated(seen, tries, spread), DIGITS)
    facts |= {"sharpe": round(seen.sharpe, DIGITS), "best_of_tries": round(chance, DIGITS)}
    words = (
        f"the best of {tries:,} coin-flippers would show a Sharpe ratio of {chance:.2f} a session, "
        f"the best trial here shows {seen.sharpe:.2f}"
    )
    return Figure(value, words, facts)


def pbo(results: Floats) -> Figure:
    """How likely the choice of the best is a choice of luck, by every way to halve the blocks."""
    sessions, trials = results.shape
    blocks = min(BLOCKS, sessions // 2 * 2)
    facts: dict[str, Any] = {"blocks": blocks, "splits": None}
    if trials < 2:
        return Figure(None, "there is nothing to choose from", facts)
    if blocks < BLOCKS_MIN:
        return Figure(None, f"too few sessions ({sessions} of {BLOCKS_MIN}) to tell", facts)
    if (results == results[:, :1]).all():
        return Figure(None, "every trial came to the same", facts)
    parts = np.array_split(results, blocks)
    counts = np.array([len(part) for part in parts], float)
    sums = np.array([part.sum(axis=0) for part in parts])
    squares = np.array([(part**2).sum(axis=0) for part in parts])
    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    below = 0
    for begin in range(0, len(halves), AT_ONCE):
        chosen = np.zeros((len(halves[begin : begin + AT_ONCE]), blocks))
        np.put_along_axis(chosen, halves[begin : begin + AT_ONCE], 1.0, axis=1)
        inside = _ratios(chosen, counts, sums, squares)
        outside = _ratios(1 - chosen, counts, sums, squares)
        picked = np.argmax(inside, axis=1)
        own = np.take_along_axis(outside, picked[:, None], axis=1)
        # Equal ones share their places.
        rank = (outside < own - 1e-12).sum(axis=1) + ((np.abs(outside - own) <= 1e-12).sum(axis=1) + 1) / 2
        below += int((rank / (trials + 1) <= 0.5).sum())
    value = round(below / len(halves), DIGITS)
    words = (
        f"of {len(halves):,} ways to halve {blocks} blocks of {sessions} sessions, what was best in one half was in "
        f"the lower half of all trials in the other {value:.0%} of the time"
    )
    return Figure(value, words, {"blocks": blocks, "splits": len(halves)})


def _ratios(chosen: Floats, counts: Floats, sums: Floats, squares: Floats) -> Floats:
    """Sharpe ratios of each trial over each choice of blocks: choices × trials."""
    rows = (chosen @ counts)[:, None]
    mean = chosen @ sums / rows
    variance = np.maximum(chosen @ squares / rows - mean**2, 0.0) * rows / (rows - 1)
    spread = np.sqrt(variance)
    ratios: Floats = np.divide(mean, spread, out=np.zeros_like(mean), where=spread > 1e-9)
    return ratios


def walk_forward(results: Floats) -> Figure:
    """Mean R a session of choosing anew five times, each time from all sessions up to one before."""
    sessions, trials = results.shape
    least = 2 * (FOLDS + 1)
    facts: dict[str, Any] = {"sessions": None, "chosen_r": None, "folds": FOLDS, "embargo_sessions": EMBARGO}
    if trials < 2:
        return Figure(None, "there is nothing to choose from", facts)
    if sessions < least:
        return Figure(None, f"too few sessions ({sessions} of {least}) to tell", facts)
    edges = [round(sessions * fold / (FOLDS + 1)) for fold in range(FOLDS + 2)]
    gained, promised = list[float](), list[float]()
    for begin, end in pairwise(edges[1:]):
        known = results[: begin - EMBARGO]
        ratios = sharpes(known)
        pick = int(np.lexsort((-known.sum(axis=0), -ratios))[0])
        gained += results[begin:end, pick].tolist()
        promised.append(float(known[:, pick].mean()))
    value, before = round(math.fsum(gained) / len(gained), DIGITS), math.fsum(promised) / len(promised)
    words = (
        f"choosing the best so far {FOLDS} times made {value:+.2f} R a session in the {len(gained)} sessions that came "
        f"after, where it had made {before:+.2f} R when it was chosen"
    )
    return Figure(value, words, {**facts, "sessions": len(gained), "chosen_r": round(before, DIGITS)})
