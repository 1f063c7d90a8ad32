"""Whether candidates are like the known ones: honest p-values, and a martingale that seldom cries without cause."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.models.novelty import ALARM, Stream, p_value


@given(known=st.lists(st.floats(0, 100), max_size=50), new=st.floats(0, 100))
def test_p_is_the_share_that_lies_as_far_out(known: list[float], new: float) -> None:
    assert p_value(sorted(known), new) == (1 + sum(one >= new for one in known)) / (1 + len(known))


def test_a_stream_of_the_same_kind_is_seldom_called_another() -> None:
    chance, cried = np.random.default_rng(73), 0
    for _ in range(200):
        draws = chance.chisquare(6, 600)
        stream = Stream(sorted(draws[:100].tolist()))
        for one in draws[100:].tolist():
            stream.add(one, 0)
        cried += stream.alarm
    print(f"same kind, 500 candidates after 100: alarm in {cried} of 200 streams")
    assert cried <= 4


def test_a_stream_of_another_kind_is_called_so_soon_and_for_good() -> None:
    chance = np.random.default_rng(74)
    stream = Stream(sorted(chance.chisquare(6, 150).tolist()))
    for one in (3 * chance.chisquare(6, 40)).tolist():
        stream.add(one, 0)
    assert stream.martingale >= ALARM
    for one in chance.chisquare(6, 400).tolist():
        stream.add(one, 0)
    assert stream.alarm
    stream.reset()
    assert not stream.alarm
    assert stream.martingale == 1
