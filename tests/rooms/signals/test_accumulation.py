"""Accumulation by hand: a range in which sellers hit, price holds, and leaves upwards; and what is none."""

from typing import Any

import pytest

from bot.config.params import MINUTE_NS
from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import DAY
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, mirrored

QUARTER_HOUR = 15 * MINUTE_NS
LOW, HIGH = 16800, 16820


def quarter(told: Tape, path: tuple[int, ...], sold: int, bought: int) -> None:
    """A quarter of an hour in which price goes through these ticks, evenly, with so much sold and bought at each.

    Something happens every 20 s or so: a longer silence would be a gap in the range.
    """
    begun, step = told.now, QUARTER_HOUR // (6 * len(path))
    for k in range(6 * len(path)):
        price, told.now = path[k // 6], begun + k * step
        told.quote(str(price / 4), str((price + 1) / 4))
        told.sold(sold // 6, str(price / 4)).bought(bought // 6, str(price / 4))
    told.now = begun + QUARTER_HOUR


def afternoon(*, bars: int = 8, sold: int = 90, bought: int = 30, leave: int = 1, sink: int = 0) -> Ticks:
    """`bars` quarters between two edges, then one that leaves the range upwards (1) or downwards (−1)."""
    told = Tape(start=f"{DAY} 10:00").quote(str(LOW / 4), str((LOW + 1) / 4))
    for k in range(bars):
        down = k * sink
        path = (LOW + 10, HIGH, LOW + 12, LOW, LOW + 1, LOW + 9, LOW + 10)
        quarter(told, tuple(price - down for price in path), sold, bought)
    beyond = HIGH + 6 if leave > 0 else LOW - 6 - bars * sink
    quarter(told, (LOW + 10, LOW + 12, LOW + 12, LOW + 11, beyond, beyond), 30, 30)
    return told.wait(1).rows()


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
