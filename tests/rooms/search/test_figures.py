"""What is said of the best of many trials: on coin-flippers it is nothing, on an edge that is there it is something."""

import math
import sys
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.review.stats import DEFLATED_MIN
from bot.search.figures import BLOCKS, BLOCKS_MIN, matrix, pbo, sharpes, verdict, walk_forward
from bot.search.plateau import plateau
from bot.search.sweep import Found, Trial
from tests.rooms.search.asking import trials_of

SESSIONS, TRIALS, SWEEPS = 64, 48, 60


def dated(results: Any, trips: int = 2) -> Found:
    """A sweep with these results, sessions × trials."""
    dates = [20250101 + day for day in range(len(results))]
    trials = [
        Trial(number, {"x": number}, trips * len(results), days=dict(zip(dates, column.tolist(), strict=True)))
        for number, column in enumerate(results.T)
    ]
    return Found(trials, dates, len(trials), len(trials))


def test_coin_flippers_are_told_for_what_they_are() -> None:
    # given sweeps of settings that are all worth nothing
    judged = [
        verdict(dated(np.random.default_rng(900 + seed).normal(0, 1, (SESSIONS, TRIALS)))) for seed in range(SWEEPS)
    ]
    # then the choice of the best is luck half of the time or more, and hardly one is called more than luck
    chances = [float(one.pbo.value or 0) for one in judged]
    believed = sum(float(one.deflated.value or 0) > DEFLATED_MIN for one in judged)
    after = [float(one.walk_forward.value or 0) for one in judged]
    sys.stdout.write(f"coin-flippers: PBO {np.mean(chances):.2f}, {believed} of {SWEEPS} believed\n")
    assert 0.4 < np.mean(chances) < 0.65
    assert believed <= 0.05 * SWEEPS + 3 * math.sqrt(0.05 * 0.95 * SWEEPS)
    assert abs(np.mean(after)) < 3 / math.sqrt(SWEEPS * 53)


def test_an_edge_that_is_there_is_found() -> None:
    # given one setting among the same that makes something every session
    results = np.random.default_rng(7).normal(0, 1, (SESSIONS, TRIALS))
    results[:, 11] += 0.9
    # when
    judged = verdict(dated(results))
    # then
    assert judged.best is not None
    assert judged.best.number == 11
    assert judged.pbo.value is not None
    assert judged.pbo.value < 0.05
    assert float(judged.deflated.value or 0) > DEFLATED_MIN
    assert float(judged.walk_forward.value or 0) > 0.5


def test_more_tries_than_the_sweep_s_own_deflate_it_further() -> None:
    results = np.random.default_rng(7).normal(0, 1, (SESSIONS, TRIALS))
    results[:, 11] += 0.45
    found = dated(results)
    values = [
        float(verdict(Found(found.trials, found.sessions, tries, 0)).deflated.value or 0) for tries in (48, 480, 48_000)
    ]
    assert values[0] > values[1] > values[2]


def by_hand(results: Any, blocks: int) -> float:
    """PBO as the paper tells it, one split after the other."""
    parts = np.array_split(results, blocks)
    below = total = 0
    for half in combinations(range(blocks), blocks // 2):
        inside = sharpes(np.concatenate([parts[at] for at in half]))
        outside = sharpes(np.concatenate([parts[at] for at in range(blocks) if at not in half]))
        pick = int(np.argmax(inside))
        rank = float((outside < outside[pick]).sum() + 1)
        share = rank / (results.shape[1] + 1)
        below += math.log(share / (1 - share)) <= 0
        total += 1
    return below / total


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), sessions=st.integers(8, 11), trials=st.integers(2, 7))
def test_the_probability_of_overfitting_is_the_paper_s(seed: int, sessions: int, trials: int) -> None:
    results = np.random.default_rng(seed).normal(0, 1, (sessions, trials))
    figure = pbo(results)
    assert figure.value == pytest.approx(by_hand(results, sessions // 2 * 2), abs=1e-6)


def test_sixteen_blocks_or_as_many_as_the_sessions_allow() -> None:
    def blocks(sessions: int) -> int:
        return int(pbo(np.random.default_rng(1).normal(0, 1, (sessions, 3))).facts["blocks"])

    assert [blocks(n) for n in (8, 13, 16, 40)] == [8, 12, BLOCKS, BLOCKS]


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (np.zeros((BLOCKS_MIN - 1, 3)), "too few sessions (7 of 8) to tell"),
        (np.zeros((20, 1)), "there is nothing to choose from"),
        (np.zeros((20, 3)), "every trial came to the same"),
    ],
)
def test_where_there_is_too_little_it_says_so(results: Any, words: str) -> None:
    figure = pbo(results)
    assert (figure.value, figure.words) == (None, words)


def test_a_sweep_of_failures_says_nothing() -> None:
    judged = verdict(Found([Trial(0, {}, error="no")], [20260101], 1, 1))
    assert (judged.best, judged.deflated.value, judged.pbo.value, judged.walk_forward.value) == (None,) * 4
    assert judged.deflated.words == "no trial made a round trip"


def test_walking_forward_never_looks_ahead() -> None:
    # given a setting that is good until the middle and bad from then on, and one the other way round
    turn = np.where(np.arange(60) < 30, 1.0, -1.0) + np.random.default_rng(3).normal(0, 0.1, 60)
    figure = walk_forward(np.stack([turn, -turn], axis=1))
    # then the first is chosen and lost with
    assert float(figure.value or 0) < -0.1
    assert figure.facts["chosen_r"] > 0.2


@given(seed=st.integers(0, 1000), at=st.integers(20, 59))
@settings(max_examples=25, deadline=None)
def test_what_comes_later_changes_no_earlier_choice(seed: int, at: int) -> None:
    results = np.random.default_rng(seed).normal(0, 1, (60, 4))
    other = results.copy()
    other[at:] = 0.0
    before = (at - 10) // 10 * 10  # folds of ten: those that ended before
    gained = [_gained(one)[:before] for one in (results, other)]
    assert gained[0] == gained[1]


def _gained(results: Any) -> list[float]:
    """What walking forward made in each session that came after, one fold after the other."""
    totals = list[float]()
    for end in range(20, 61, 10):
        known = results[: end - 10 - 1]
        order = np.lexsort((-known.sum(axis=0), -sharpes(known)))
        totals += results[end - 10 : end, order[0]].tolist()
    assert walk_forward(results).value == pytest.approx(sum(totals) / len(totals), abs=1e-6)
    return totals


def test_a_plateau_is_told_from_a_lone_peak() -> None:
    # given settings that are good around (4, 6) and one far away that is better, alone
    grid = [(a, b) for a in range(9) for b in range(9)]
    hill = {(a, b): max(0.0, 1.0 - 0.2 * (abs(a - 4) + abs(b - 6))) for a, b in grid}
    hill[8, 0] = 1.4
    trials = [Trial(n, {"a": a, "b": b}, 30, days={20260105: hill[a, b]}) for n, (a, b) in enumerate(grid)]
    # when
    view = plateau(trials, 1, {"a": True, "b": True})
    # then
    assert view is not None
    assert view.peak.params == {"a": 8, "b": 0}
    assert view.top.params == {"a": 4, "b": 6}
    assert view.words.endswith("a lone peak")
    without = plateau([one for one in trials if one is not view.peak], 1, {"a": True, "b": True})
    assert without is not None
    assert without.peak.params == {"a": 4, "b": 6}
    assert without.words.endswith("a plateau")


def test_values_stand_in_their_order_and_many_together() -> None:
    trials = trials_of({value: [float(value)] for value in (30, 2, 11)})
    view = plateau(trials, 1, {"x": True})
    assert view is not None
    assert [(one.value, one.score) for one in view.axes["x"]] == [(2, 2.0), (11, 11.0), (30, 30.0)]
    many = plateau(trials_of({value / 7: [1.0] for value in range(100)}), 1, {"x": True})
    assert many is not None
    assert [one.trials for one in many.axes["x"]] == [10] * 10


def test_results_stand_by_session() -> None:
    trials = [Trial(0, {}, days={20260102: 2.0}), Trial(1, {}, days={20260101: -1.0})]
    assert matrix(trials, [20260101, 20260102]).tolist() == [[0.0, -1.0], [2.0, 0.0]]
