"""Pressure and its first shallow pull-back, by hand: what counts, what ends the wait, and what is never asked."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.config import instrument
from bot.config.params import MINUTE_NS
from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.test_sweep import DAYS
from tests.tapes import Tape, mirrored
from tests.tapes.pressing import START, apple, minutes

AAPL = instrument("AAPL")


def seen(ticks: Ticks, context: int = 15, **params: Any) -> list[tuple[str, int, Mapping[str, float]]]:
    wish = Wish(MINUTE_NS, context * MINUTE_NS, {"imbalance_pullback": params})
    engine = build(AAPL, DAYS, [wish])
    found = [(engine.kinds[e["kind"]], int(e["side"]), engine.evidence(e)) for e in engine.scan(ticks)]
    return [one for one in found if one[0] in ("imbalance_pullback", "pullback_void")]


def test_m13_the_first_shallow_pull_back_after_pressure_and_no_second_one() -> None:
    [(kind, side, facts)] = seen(apple().rows())
    assert (kind, side, facts["window"], facts["grade"]) == ("imbalance_pullback", 1, 900, 75)
    assert facts["depth"] == facts["extreme"] - facts["pulled_to"] == 10
    assert facts["depth_min"] <= facts["depth"] <= facts["depth_max"]
    assert facts["bars"] == facts["waited"] // 60


def test_in_the_mirror_it_is_a_short() -> None:
    [(kind, side, facts)] = seen(mirrored(apple().rows(), START))
    assert (kind, side, facts["depth"]) == ("imbalance_pullback", -1, 10)


@pytest.mark.parametrize(
    ("told", "params", "reason"),
    [
        (apple(back=40), {}, 1),
        (apple(), {"depth_max_ticks": 9, "depth_max_atr": 0.25}, 1),
        (apple(waits=16), {}, 2),
        (apple(waits=3), {"wait": "3m"}, 2),
    ],
)
def test_too_deep_or_too_late_it_is_void(told: Tape, params: Mapping[str, Any], reason: int) -> None:
    [(kind, _, facts)] = seen(told.rows(), **params)
    assert (kind, facts["reason"]) == ("pullback_void", reason)


def test_pressure_of_the_other_side_ends_the_wait() -> None:
    """Five minutes are bought, the next five sold, and price stands still: that is not pressure of its own."""
    told = Tape("AAPL", "0.01", "2026-05-27 09:30")
    minutes(told, [START + 4 * (k % 2) for k in range(31)], 5)
    minutes(told, range(START, START + 41, 8), 9)
    minutes(told, [START + 40] * 7, 1)
    void = [facts for kind, _, facts in seen(told.rows(), context=5) if kind == "pullback_void"]
    assert [facts["reason"] for facts in void] == [3]


def test_a_halt_ends_it() -> None:
    told = Tape("AAPL", "0.01", "2026-05-27 09:30")
    minutes(told, [START + 4 * (k % 2) for k in range(16)], 5)
    minutes(told, range(START, START + 121, 8), 8)
    told.halt()
    told.now += 10 * 10**9
    minutes(told.resume(), [START + 120] * 3, 5)
    assert [facts["reason"] for _, _, facts in seen(told.rows())] == [4]


def test_less_than_was_asked_for_is_no_pressure() -> None:
    assert seen(apple().rows(), grade_min=85) == []
    assert seen(apple(bought=7).rows()) == []
