"""Intervals: whole sessions are drawn, the figure lies inside, more of the same narrows it, a seed is one answer."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.review import ROUND_TRIPS_MIN, SESSIONS_MIN
from bot.review.deflated import deflated, moments
from bot.review.estimates import SHORT, Bootstrap, Estimate, Sample, deepest, drawn_sessions, round_trips_for

FEW_DRAWS = Bootstrap(draws=400)
Days = list[list[float]]
"""The results of each session's round trips."""

days = st.lists(
    st.lists(st.integers(-300, 600).map(lambda r: r / 100), min_size=2, max_size=5),
    min_size=SESSIONS_MIN,
    max_size=2 * SESSIONS_MIN,
)
FIGURES: dict[str, Callable[[Sample, list[float]], Estimate]] = {
    "mean": lambda sample, r: sample.mean(r),
    "win rate": lambda sample, r: sample.mean([float(one > 0) for one in r]),
    "profit factor": lambda sample, r: sample.quotient(
        sample.sums(np.maximum(r, 0)), sample.sums(np.maximum(np.negative(r), 0))
    ),
    "drawdown": lambda sample, r: sample.drawdown(r),
}


def figure(name: str, results: Days, bootstrap: Bootstrap = FEW_DRAWS) -> Estimate:
    sessions = [20_260_101 + index for index, one in enumerate(results) for _ in one]
    return FIGURES[name](Sample(sessions, bootstrap), [r for one in results for r in one])


@pytest.mark.parametrize("name", FIGURES)
@settings(max_examples=10, deadline=None)
@given(results=days, level=st.floats(0.5, 0.99))
def test_the_figure_lies_in_its_interval(name: str, results: Days, level: float) -> None:
    made = figure(name, results, Bootstrap(level=level, draws=400))
    if made.value is not None:
        assert made.low is None or made.low <= made.value
        assert made.high is None or made.value <= made.high


@pytest.mark.parametrize("name", FIGURES)
@settings(max_examples=8, deadline=None)
@given(results=days, order=st.randoms(use_true_random=False))
def test_the_order_within_a_session_changes_nothing(name: str, results: Days, order: object) -> None:
    shuffled = [order.sample(one, len(one)) for one in results]  # type: ignore[attr-defined]
    before, after = figure(name, results), figure(name, shuffled)
    assert after.shape() == pytest.approx(before.shape(), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(results=days)
def test_more_of_the_same_narrows_the_interval(results: Days) -> None:
    once, often = figure("mean", results), figure("mean", results * 9)
    assert once.value == pytest.approx(often.value)
    assert width(often) <= 0.7 * width(once) + 1e-9


def width(made: Estimate) -> float:
    assert made.low is not None
    assert made.high is not None
    return made.high - made.low


@settings(max_examples=10, deadline=None)
@given(results=days, seed=st.integers(0, 1_000))
def test_a_seed_is_one_answer(results: Days, seed: int) -> None:
    first = figure("drawdown", results, Bootstrap(draws=200, seed=seed))
    drawn_sessions.cache_clear()
    assert figure("drawdown", results, Bootstrap(draws=200, seed=seed)) == first


def test_round_trips_of_one_session_are_not_independent() -> None:
    # given the same round trip four times a session
    random = np.random.default_rng(5)
    days = [[r] for r in random.normal(0, 1, 60)]
    # then the interval is that of the sessions alone: single round trips would halve it
    assert width(figure("mean", [one * 4 for one in days])) == pytest.approx(width(figure("mean", days)))


def test_blocks_are_five_sessions_long_on_average_and_wrap() -> None:
    taken, weights = drawn_sessions(50, 2_000, 1)
    goes_on = (np.diff(taken, axis=1) % 50 == 1).mean()
    assert goes_on == pytest.approx(0.8 + 0.2 / 50, abs=0.01)
    assert (weights.sum(axis=1) == 50 - SHORT).all()
    assert weights.mean(axis=0) == pytest.approx(np.full(50, 1 - SHORT / 50), abs=0.1)


@pytest.mark.parametrize(("sessions", "least", "most"), [(SESSIONS_MIN, 1, 1.4), (100, 0.95, 1.1), (400, 0.95, 1.05)])
def test_draws_scatter_as_means_of_so_many_sessions_do(sessions: int, least: float, most: float) -> None:
    # Of 20 sessions, draws of 20 scatter by two thirds of it: an interval of 95 % would hold 85 % of truths.
    _, weights = drawn_sessions(sessions, 2_000, 1)
    days = np.random.default_rng(3).normal(0, 1, (sessions, 500))
    drawn = (weights @ days) / (sessions - SHORT)
    assert least < drawn.var(axis=0).mean() * sessions < most


def test_too_few_are_said_instead_of_a_number() -> None:
    assert figure("mean", [[1.0, -1.0]] * 7).words == "too few sessions (7 of 20) to tell"
    made = figure("drawdown", [[1.0]] * (ROUND_TRIPS_MIN - 1))
    assert (made.value, made.low, made.high) == (None, None, None)
    assert made.words == "too few round trips (29 of 30) to tell"


def test_without_a_loss_there_is_no_profit_factor_and_no_upper_bound_where_draws_have_none() -> None:
    assert figure("profit factor", [[1.0, 2.0]] * 40).value is None
    made = figure("profit factor", [[1.0, 1.0]] * 39 + [[1.0, -1.0]])
    assert (made.value, made.high) == (79.0, None)


def test_a_value_that_is_not_known_counts_nothing() -> None:
    sample = Sample([index // 2 for index in range(80)], FEW_DRAWS)
    made = sample.mean([1.0, None] * 40)
    assert (made.value, made.n) == (1.0, 40)


def test_the_example_of_the_page_is_right() -> None:
    # docs/statistics.md: 24 sessions with +2 R and −1 R, then 16 with −1 R twice
    example = [[2.0, -1.0]] * 24 + [[-1.0, -1.0]] * 16
    values = {name: figure(name, example).value for name in FIGURES}
    assert values == {
        "mean": pytest.approx(-0.1),
        "win rate": pytest.approx(0.3),
        "profit factor": pytest.approx(48 / 56),
        "drawdown": 32,
    }
    seen = moments([sum(one) for one in example])
    assert seen is not None
    assert (seen.sharpe, seen.skew, seen.kurtosis) == pytest.approx((-0.134, -0.408, 1.167), abs=1e-3)
    assert deflated(seen, 1, 0.1) == pytest.approx(0.194, abs=1e-3)


def test_a_drawdown_begins_at_nothing() -> None:
    assert deepest(np.array([[-1.0, -2.0, 5.0], [2.0, -1.0, 3.0], [1.0, 1.0, 1.0]])).tolist() == [3, 1, 0]


@pytest.mark.parametrize(("won", "needed"), [(0.42, 765), (0.45, 304), (0.40, 2_093)])
def test_telling_a_win_rate_from_a_break_even_of_37_in_100_takes_as_many(won: float, needed: int) -> None:
    spread = (won * (1 - won)) ** 0.5
    assert round_trips_for(spread, won - 0.37) == pytest.approx(needed, abs=1)


def test_more_are_needed_until_zero_is_far_away() -> None:
    random = np.random.default_rng(2)
    sessions = [index // 4 for index in range(400)]
    near = Sample(sessions, FEW_DRAWS).needed(random.normal(0.02, 1, 400).tolist())
    far = Sample(sessions, FEW_DRAWS).needed(random.normal(0.5, 1, 400).tolist())
    assert near.value is not None
    assert near.value > 400
    assert far.value == 0
