"""Accumulation by hand: a range in which sellers hit, price holds, and leaves upwards; and what is none."""

from typing import Any

import pytest

from bot.config.params import MINUTE_NS
from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import DAY
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, mirrored
from tests.tapes.phases import HIGH, LOW, QUARTER_HOUR, phase


def afternoon(**told: int) -> Ticks:
    """A phase of ES from ten o'clock, and the first row after it."""
    return phase(Tape(start=f"{DAY} 10:00"), **told).wait(1).rows()


def found(ticks: Ticks, **params: Any) -> list[tuple[int, int, dict[str, float]]]:
    engine = build(ES, WEEK, [Wish(params={"accumulation": params} if params else {})])
    events = [e for e in engine.scan(ticks) if engine.kinds[e["kind"]] == "accumulation"]
    return [(int(e["side"]), int(e["price"]), engine.evidence(e)) for e in events]


def test_sellers_who_are_taken_for_hours_are_an_accumulation_once_price_leaves() -> None:
    [(side, price, facts)] = found(afternoon())
    assert (side, price) == (1, LOW)
    assert (facts["low"], facts["high"], facts["bars"], facts["tests"]) == (LOW, HIGH, 8, 8)
    assert facts["cvd"] == 8 * 7 * (30 - 90)
    assert facts["z"] < -2.5


def test_distribution_is_its_mirror() -> None:
    [(side, price, facts)] = found(mirrored(afternoon(), 16800))
    assert (side, price, facts["high"]) == (-1, LOW, LOW)
    assert facts["cvd"] == 8 * 7 * (30 - 90)


@pytest.mark.parametrize(
    ("why", "ticks"),
    [
        ("nothing leant against price", afternoon(sold=60, bought=60)),
        ("buyers pushed it out", afternoon(sold=30, bought=90)),
        ("sellers had their way", afternoon(leave=-1)),
        ("too short for a range", afternoon(bars=4)),
        ("it sank all the while", afternoon(sink=4)),
    ],
)
def test_what_lacks_one_condition_is_none(why: str, ticks: Ticks) -> None:
    assert found(ticks) == [], why


def test_days_are_read_like_quarters() -> None:
    day = 1440 * MINUTE_NS
    ticks = afternoon()
    engine = build(ES, WEEK, [Wish(QUARTER_HOUR, day)])
    sources = {(kind, timeframe) for kind, timeframe, _ in engine.sources}
    assert {("accumulation", QUARTER_HOUR), ("accumulation", day)} <= sources
    assert [e["timeframe"] for e in engine.scan(ticks) if engine.kinds[e["kind"]] == "accumulation"] == [QUARTER_HOUR]
