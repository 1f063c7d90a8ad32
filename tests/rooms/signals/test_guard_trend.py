"""G11: a market that goes one way. Only who stands against it is kept out."""

import numpy as np
import pytest

from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import at, guarded, tape
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import mirrored


def run(minutes: int, up: int, seed: int = 1, then: int = 0) -> Ticks:
    """A mid that wavers by a tick every ten seconds and gains `up` ticks a minute, then stands for a while."""
    chance = np.random.default_rng(seed)
    told = tape("09:31")
    for k in range(6 * (minutes + then)):
        low = 16800 + up * min(k, 6 * minutes) // 6 + int(chance.integers(-1, 2))
        told.quote(str(low / 4), str((low + 1) / 4)).wait(10)
    return told.rows()


def test_g11_a_run_of_more_than_half_an_hour_is_a_trend_until_it_is_none() -> None:
    first, last = guarded(run(45, 2, then=40), 11)
    assert first[0] is True
    assert first[1] <= at("10:07")
    assert last[0] is False
    assert last[1] > at("10:16")


def test_m06_a_market_that_comes_back_is_no_trend() -> None:
    assert guarded(run(120, 0), 11) == []


@pytest.mark.parametrize("up", [1, -1])
def test_g11_says_which_way_it_runs(up: int) -> None:
    engine = build(ES, WEEK, [Wish()])
    ticks = run(45, 2)
    events = engine.scan(ticks if up > 0 else mirrored(ticks, 16800))
    told = [engine.evidence(e) for e in events if e["kind"] == 1]
    (trend,) = [facts for facts in told if facts["number"] == 11]
    assert trend["direction"] == up
    assert trend["value"] >= 0.6
    assert all(facts["direction"] == 0 for facts in told if facts["number"] != 11)
