"""Where in the searched values results are good together: a plateau can be traded, a lone peak was luck.

Score
    R after costs per session of a trial. Numbers of one axis are neighbours by their order, whatever lies between them;
    values of an axis without an order are equal or not. A trial's neighbours are the nearest others, two for each axis
    and a quarter of all at most;
    its level is the mean score of itself and of them. The plateau is the trial with the highest level.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.search.sweep import Trial

Floats = NDArray[np.float64]
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an axis: the mean score of its trials, and how many there are."""

    value: Any
    score: float
    trials: int


@dataclass(frozen=True, slots=True)
class Plateau:
    """What the trials look like from above."""

    axes: Mapping[str, Sequence[Value]]
    """By axis, numbers in order; of a range, up to ten values stand together under their middle one."""
    scores: Mapping[int, float]
    """Trial's number → its score."""
    levels: Mapping[int, float]
    """Trial's number → mean score of itself and its neighbours."""
    peak: Trial
    """The trial with the highest score."""
    top: Trial
    """The trial with the highest level."""

    @property
    def words(self) -> str:
        """What is to be said of the peak."""
        high, level = self.scores[self.peak.number], self.levels[self.peak.number]
        if high <= 0:
            return "no trial gained anything"
        share = max(0.0, level / high)
        kind = "a plateau" if share >= PLATEAU_MIN else "a lone peak"
        return f"the best trial made {high:+.2f} R a session, with its neighbours {level:+.2f} R: {kind}"

    def shape(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "peak": self.peak.number,
            "top": self.top.number,
            "peak_r": round(self.scores[self.peak.number], DIGITS),
            "peak_level_r": round(self.levels[self.peak.number], DIGITS),
            "top_r": round(self.scores[self.top.number], DIGITS),
            "top_level_r": round(self.levels[self.top.number], DIGITS),
            "axes": {
                name: [{"value": v.value, "r": round(v.score, DIGITS), "trials": v.trials} for v in values]
                for name, values in self.axes.items()
            },
            "words": self.words,
        }


PLATEAU_MIN = 0.5
"""Of the peak's score that its neighbourhood must hold."""
BINS = 10


def plateau(trials: Sequence[Trial], sessions: int, numeric: Mapping[str, bool]) -> Plateau | None:
    """The view of all trials that were played; None without any. `numeric` says which axes have an order."""
    done = [trial for trial in trials if trial.error is None]
    if not done:
        return None
    scores = np.array([fsum(trial.days.values()) / max(1, sessions) for trial in done])
    levels = _levels(done, scores, numeric)
    numbers = [trial.number for trial in done]
    return Plateau(
        {name: _along(done, scores, name, ordered=ordered) for name, ordered in numeric.items()},
        dict(zip(numbers, scores.tolist(), strict=True)),
        dict(zip(numbers, levels.tolist(), strict=True)),
        done[int(np.argmax(scores))],
        done[int(np.argmax(levels))],
    )


def _levels(done: Sequence[Trial], scores: Floats, numeric: Mapping[str, bool]) -> Floats:
    near = min(2 * len(numeric), len(done) // 4)
    if near < 1:
        return scores
    places = [_places([trial.params[name] for trial in done], ordered) for name, ordered in numeric.items()]
    levels = np.empty(len(done))
    for at in range(len(done)):
        away = np.zeros(len(done))
        for ordered, place in zip(numeric.values(), places, strict=True):
            gap = np.abs(place - place[at])
            away += gap**2 if ordered else (gap > 0) * 1.0
        away[at] = -1.0
        levels[at] = scores[np.argsort(away, kind="stable")[: near + 1]].mean()
    return levels


def _places(values: Sequence[Any], ordered: bool) -> Floats:
    """Where each value stands among all of its axis: numbers from 0 to 1 by rank, others by which one they are."""
    known = sorted(set(values)) if ordered else list({repr(value): value for value in values}.values())
    at = {repr(value): index for index, value in enumerate(known)}
    ranks = np.array([at[repr(value)] for value in values], float)
    return ranks / max(1, len(known) - 1) if ordered else ranks


def _along(done: Sequence[Trial], scores: Floats, name: str, *, ordered: bool) -> list[Value]:
    found: dict[str, list[tuple[Any, float]]] = defaultdict(list)
    for trial, score in zip(done, scores.tolist(), strict=True):
        found[repr(trial.params[name])].append((trial.params[name], score))
    groups = list(found.values())
    if ordered:
        groups.sort(key=lambda group: group[0][0])
        if len(groups) > BINS:
            edges = [round(len(groups) * part / BINS) for part in range(BINS + 1)]
            groups = [list(chain.from_iterable(groups[a:b])) for a, b in pairwise(edges)]
    return [
        Value(group[len(group) // 2][0], fsum(score for _, score in group) / len(group), len(group)) for group in groups
    ]
