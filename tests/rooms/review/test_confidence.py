"""The confidence sequence: its formula by hand, its error over all looks together, and what it takes to show a mean."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.review.confidence import SESSIONS_MAX, by_chance, looks, sessions_for


def test_three_sessions_worked_by_hand() -> None:
    # Values 1, 0, 1 of [0, 1] at a level of 0: ln(2/1) = 0.693147. Weights are √(1.386294 ÷ (σ̂² i ln(1 + i))), at
    # most ½; the first is √(1.386294 ÷ (0.25 × 0.693147)) = 2.83, so ½, and so are the next two. ψ(½) = 0.048287.
    # μ̂ before each: 0.5, (0.5 + 1) ÷ 2 = 0.75, (0.5 + 1) ÷ 3 = 0.5. So 4 (x − μ̂)² is 1, 2.25, 1.
    # After three: middle ⅔, margin (0.693147 + 4.25 × 0.048287) ÷ 1.5 = 0.598912.
    assert looks([1, 0, 1], 0, 0, 1).low.tolist() == pytest.approx([0, 0, 0.067755], abs=1e-6)
    assert looks([1, 0, 1], 0.95, 0, 1).low.tolist() == [0, 0, 0]


def test_it_is_the_formula_as_it_is_printed() -> None:
    values = [0.9, 0.7, 0.1, 0.8] * 100
    assert looks(values, 0.95, 0, 1).low[-1] == pytest.approx(lowest(values, 0.05), abs=1e-12)


def lowest(values: list[float], alpha: float) -> float:
    """The lower bound by the formula as it is printed, one value after the other."""
    total = weighed = paid = spread_sum = 0.0
    mean, spread, best, sure = 0.5, 0.25, 0.0, math.log(2 / alpha)
    for i, x in enumerate(values, 1):
        weight = min(math.sqrt(2 * sure / (spread * i * math.log(1 + i))), 0.5)
        total += weight
        weighed += weight * x
        paid += 4 * (x - mean) ** 2 * (-math.log(1 - weight) - weight) / 4
        mean = (0.5 + sum(values[:i])) / (i + 1)
        spread_sum += (x - mean) ** 2
        spread = (0.25 + spread_sum) / (i + 1)
        best = max(best, weighed / total - (sure + paid) / total)
    return best


@pytest.mark.parametrize(
    "chances", [((2.0, 1 / 3), (-1.0, 2 / 3)), ((-1.0, 0.5), (1.0, 0.5)), ((3.0, 0.25), (-1.0, 0.75))]
)
def test_it_is_wrong_at_any_of_a_thousand_looks_no_more_often_than_it_says(
    chances: tuple[tuple[float, float], ...],
) -> None:
    values, shares = zip(*chances, strict=True)
    drawn = np.random.default_rng(77).choice(values, (600, 1_000), p=shares)
    for level in (0.95, 0.8):
        found = looks(drawn, level)
        ever = ((found.low > 0) | (found.high < 0)).any(axis=1)
        assert ever.mean() <= 1 - level


def test_an_interval_of_one_look_is_wrong_at_some_look_far_more_often() -> None:
    # Why all this: the usual 95 % of the newest mean, looked at every evening.
    drawn = np.random.default_rng(77).choice([1.0, -1.0], (600, 1_000))
    at = np.arange(1, 1_001)
    means = np.cumsum(drawn, axis=1) / at
    assert (np.abs(means) > 1.96 / np.sqrt(at))[:, 20:].any(axis=1).mean() > 0.25


@given(st.lists(st.floats(-5, 9), min_size=1, max_size=60), st.floats(0.5, 0.99))
def test_it_only_ever_narrows_and_a_wider_level_holds_the_narrower_one(values: list[float], level: float) -> None:
    found, wider = looks(values, level), looks(values, 1 - (1 - level) / 4)
    assert (np.diff(found.low) >= 0).all()
    assert (np.diff(found.high) <= 0).all()
    assert found.low[0] >= -1.5
    assert found.high[0] <= 3
    assert wider.low[0] <= found.low[0]
    assert wider.high[0] >= found.high[0]


def test_a_mean_is_shown_after_about_as_many_sessions_as_were_said() -> None:
    needed = sessions_for(0.3, 1.2, 0.95)
    assert needed is not None
    drawn = np.random.default_rng(5).normal(0.3, 1.2, (200, 3 * needed))
    above = looks(drawn, 0.95).low > 0
    first = np.where(above.any(axis=1), above.argmax(axis=1) + 1, 3 * needed)
    assert 0.6 * needed < float(np.median(first)) < 1.4 * needed


def test_what_is_not_above_zero_is_never_shown() -> None:
    assert sessions_for(0, 1, 0.95) is None
    assert sessions_for(-0.2, 1, 0.95) is None
    assert sessions_for(0.0001, 1, 0.95) is None
    few, many = sessions_for(0.5, 1, 0.95), sessions_for(0.1, 1, 0.95)
    assert few is not None
    assert many is not None
    assert few < many < SESSIONS_MAX


def test_days_that_all_gained_are_rare_among_coins_and_a_balance_is_not() -> None:
    # Twelve days of +1: only one of 4,096 ways of tossing gives as much.
    assert by_chance([1.0] * 12, 20_000, 1) == pytest.approx(1 / 4_096, abs=3e-4)
    assert by_chance([1.0, -1.0] * 10, 2_000, 1) > 0.4
    assert by_chance([-1.0] * 12, 2_000, 1) == 1


def test_the_coins_say_by_chance_as_often_as_chance_does() -> None:
    random = np.random.default_rng(8)
    found = [by_chance(random.choice([2.0, -1.0], 25, p=[1 / 3, 2 / 3]), 400, seed) for seed in range(600)]
    assert np.mean(np.array(found) <= 0.05) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 600)
