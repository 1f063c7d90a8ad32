"""Exhaustion by hand: sellers at the low of a bar who ran dry there, or were taken."""

from collections.abc import Mapping

import pytest

from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.guarding import DAY
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, mirrored

EASY = {"atr_bars_min": 1, "effort_bars_min": 1, "prints_min": 5}


def tail(*, at_low: int = 4, above: int = 40, bought: int = 0, relief: int = 60) -> Tape:
    """Two quiet minutes, then one that falls four ticks, is sold `at_low` at the very low, and comes back."""
    told = Tape(start=f"{DAY} 10:00").quote("4200.00", "4200.25")
    for _ in range(24):
        told.sold(5, "4200.00").bought(5, "4200.25").wait(4.99)
    told.at("10:02:05").quote("4199.50", "4199.75").sold(above, "4199.50").wait(1)
    told.quote("4199.25", "4199.50").sold(above, "4199.25").wait(1)
    if bought:
        told.bought(bought, "4199.50").wait(1)
    told.quote("4199.00", "4199.25").sold(at_low, "4199.00").wait(2)
    for k in range(4):
        low = 4199.25 + 0.25 * k
        told.quote(str(low), str(low + 0.25)).bought(relief // 4, str(low + 0.25)).wait(2)
    return told.at("10:03:01").wait(0)


def found(ticks: Ticks, **params: Mapping[str, float]) -> list[tuple[int, int, dict[str, float]]]:
    engine = build(ES, WEEK, [Wish(params={"rejection": EASY, **params})])
    events = [e for e in engine.scan(ticks) if engine.kinds[e["kind"]] == "exhaustion"]
    return [(int(e["side"]), int(e["price"]), engine.evidence(e)) for e in events]


def test_sellers_who_run_dry_at_the_low_are_exhausted() -> None:
    [(side, price, facts)] = found(tail().rows())
    assert (side, price) == (1, 16796)
    assert facts["td"] == -1.0
    assert facts["low_cell"] == pytest.approx(4 / 44)  # the bar opened two ticks up
    assert facts["relief"] == 1.0
    assert facts["dry"] == 1.0
    assert facts["absorbed"] != facts["absorbed"]


def test_buyers_are_exhausted_likewise() -> None:
    [(side, price, _)] = found(mirrored(tail().rows(), 16800))
    assert (side, price) == (-1, 16804)


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("most was sold at the very low", tail(at_low=80)),
        ("who came after sold as well", tail(relief=0).sold(9, "4200.00")),
        ("hardly anybody was there", tail(above=1, at_low=1)),
    ],
)
def test_what_lacks_one_condition_is_none(why: str, told: Tape) -> None:
    assert found(told.rows()) == [], why


def test_sellers_who_were_taken_at_the_low_are_exhausted_too() -> None:
    fixed = {"baseline_mu": 3.0, "baseline_sd": 0.5, "volume_min": 50, "age_min": "1s", "rho_min": 1.0}
    told = Tape(start=f"{DAY} 10:00").quote("4200.00", "4200.25")
    for _ in range(24):
        told.sold(5, "4200.00").bought(5, "4200.25").wait(4.99)
    told.at("10:02:05").quote("4199.00", "4199.25", 20, 20).sold(30, "4199.50").sold(5, "4199.25")
    for _ in range(20):
        told.sold(15, "4199.00").wait(0.4)
    for k in range(4):
        low = 4199.25 + 0.25 * k
        told.quote(str(low), str(low + 0.25)).bought(30, str(low + 0.25)).wait(2)
    ticks = told.at("10:03:01").wait(0).rows()
    assert found(ticks) == []
    [(side, _, facts)] = found(ticks, absorption=fixed)
    assert (side, facts["absorbed"], facts["dry"]) == (1, 16796, 0.0)
