"""The deflated Sharpe ratio, held against the example that its authors work out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.review.deflated import Moments, best_of, deflated, moments

# Bailey & López de Prado 2014, "A numerical example": an annual Sharpe ratio of 2.5 over 1,250 days (250 a year),
# skewness −3, kurtosis 10, the best of 100 tries whose annual Sharpe ratios have a variance of ½.
DAILY = Moments(sharpe=2.5 / math.sqrt(250), sessions=1_250, skew=-3, kurtosis=10)
SPREAD = math.sqrt(0.5 / 250)


def test_it_is_the_example_of_the_paper() -> None:
    assert best_of(100, SPREAD) == pytest.approx(0.1132, abs=5e-5)
    assert deflated(DAILY, 100, SPREAD) == pytest.approx(0.9004, abs=5e-5)
    assert deflated(DAILY, 46, SPREAD) == pytest.approx(0.9505, abs=5e-5)


def test_kurtosis_is_raw_three_for_a_normal() -> None:
    # given the other convention, in which a normal distribution has 0, the example does not come out
    seen = moments(np.random.default_rng(1).normal(0.1, 1, 200_000).tolist())
    assert seen is not None
    assert seen.kurtosis == pytest.approx(3, abs=0.05)
    assert seen.skew == pytest.approx(0, abs=0.02)
    excess = Moments(DAILY.sharpe, DAILY.sessions, DAILY.skew, DAILY.kurtosis - 3)
    assert deflated(excess, 100, SPREAD) != pytest.approx(0.9004, abs=1e-3)


def test_what_does_not_vary_has_no_sharpe_ratio() -> None:
    assert moments([1.0]) is None
    assert moments([1.0] * 30) is None


def test_one_try_is_the_best_of_nothing() -> None:
    assert best_of(1, SPREAD) == 0


results = st.lists(st.floats(-3, 6).map(lambda r: round(r, 3)), min_size=3, max_size=60)


@given(results, st.integers(1, 500), st.integers(0, 500), st.floats(0, 1))
def test_more_tries_never_raise_it(results: list[float], tries: int, more: int, spread: float) -> None:
    seen = moments(results)
    if seen is not None:
        assert 0 <= deflated(seen, tries + more, spread) <= deflated(seen, tries, spread) <= 1
