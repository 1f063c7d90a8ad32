"""Chance in whole numbers: the published sequence, and distributions that are what they say."""

import numpy as np
import pytest

from adapters.synthetic.chance import below, draw, heavy, seeded, waiting

DRAWS = 20_000


def test_the_sequence_is_splitmix64s_published_one() -> None:
    rng = seeded(1234567)
    assert [int(draw(rng)) for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_negative_seed_is_a_seed() -> None:
    assert int(draw(seeded(-1))) == int(draw(seeded(2**64 - 1)))


def test_below_is_even_over_its_range() -> None:
    rng = seeded(7)
    counts = np.bincount([below(rng, 10) for _ in range(DRAWS)], minlength=10)
    assert len(counts) == 10
    assert counts == pytest.approx(DRAWS / 10, rel=0.1)


def test_waiting_times_are_exponential() -> None:
    rng = seeded(7)
    times = np.array([waiting(rng, 1_000_000) for _ in range(DRAWS)])
    assert times.mean() == pytest.approx(1_000_000, rel=0.03)
    assert times.std() == pytest.approx(1_000_000, rel=0.05)
    assert np.median(times) == pytest.approx(1_000_000 * np.log(2), rel=0.04)


def test_sizes_have_a_pareto_tail() -> None:
    rng = seeded(7)
    sizes = np.array([heavy(rng, 416, 8) for _ in range(DRAWS)])
    assert sizes.min() == 1
    for size in (2, 4, 8, 16, 32):
        assert (sizes >= size).mean() == pytest.approx((416 / 1024) ** np.log2(size), rel=0.2)
