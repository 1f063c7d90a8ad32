"""The intervals are exact: equal to published values, and their ends are where the tails have 2.5 %."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.scoring.interval import count, share

# Clopper & Pearson 1934 and the tables printed since; k = 0 has the closed form 1 − 0.025^(1/n).
SHARES = [
    (0, 10, 0.0, 0.3085),
    (1, 10, 0.0025, 0.4450),
    (5, 10, 0.1871, 0.8129),
    (10, 10, 0.6915, 1.0),
    (8, 20, 0.1912, 0.6395),
    (81, 263, 0.2527, 0.3676),
]
# Garwood 1936, as in the tables of Poisson limits.
COUNTS = [
    (0, 0.0, 3.689),
    (1, 0.0253, 5.572),
    (2, 0.2422, 7.225),
    (5, 1.623, 11.668),
    (10, 4.795, 18.390),
    (20, 12.217, 30.888),
    (100, 81.364, 121.627),
]


@pytest.mark.parametrize(("hits", "of", "low", "high"), SHARES)
def test_a_share_has_the_published_interval(hits: int, of: int, low: float, high: float) -> None:
    assert share(hits, of) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("seen", "low", "high"), COUNTS)
def test_a_count_has_the_published_interval(seen: int, low: float, high: float) -> None:
    assert count(seen) == pytest.approx((low, high), abs=6e-4)


def test_nothing_has_no_share() -> None:
    assert share(0, 0) is None


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 300))
def test_an_interval_holds_its_share_and_mirrors(hits: int, of: int) -> None:
    hits = min(hits, of)
    (low, high), (mirror_low, mirror_high) = share(hits, of) or (), share(of - hits, of) or ()
    assert 0 <= low <= hits / of <= high <= 1
    assert (low, high) == pytest.approx((1 - mirror_high, 1 - mirror_low), abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 500))
def test_the_ends_of_a_count_leave_a_fortieth_beyond(seen: int) -> None:
    def at_most(most: int, mean: float) -> float:
        return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(most + 1))

    low, high = count(seen)
    assert at_most(seen, high) == pytest.approx(0.025, abs=1e-6)
    if seen:
        assert at_most(seen - 1, low) == pytest.approx(0.975, abs=1e-6)


def test_thousands_are_no_trouble() -> None:
    low, high = share(8_000, 10_000) or (0.0, 0.0)
    assert 0.791 < low < 0.8 < high < 0.809
    assert count(10_000) == pytest.approx((9_805, 10_198), abs=1)
