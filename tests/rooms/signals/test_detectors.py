"""Each detector by hand: what makes it speak, and for each of its conditions a twin tape on which it is silent."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import UNKNOWN, Ticks
from bot.signals.engine import Engine, Wish, build
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, ns

DAY = "2026-05-27"
BASE = {"baseline_mu": math.log(31), "baseline_sd": 0.6}
Seen = list[tuple[Any, Mapping[str, float]]]


def at(time: str) -> int:
    return ns(f"{DAY} {time}")


def engine(**params: Mapping[str, Any]) -> Engine:
    return build(ES, WEEK, [Wish(params={"absorption": BASE, **params})])


def seen(kind: str, ticks: Ticks, watch: Engine | None = None) -> Seen:
    watch = watch or engine()
    return [(e, watch.evidence(e)) for e in watch.scan(ticks) if watch.kinds[e["kind"]] == kind]


def attacked(size: int = 20, seconds: int = 15, shown: int = 40, bought: int = 0) -> Tape:
    """Somebody sells into 4200.25 every half second; the bid stays."""
    told = Tape(start=f"{DAY} 10:00").quote("4200.25", "4200.50", shown, 60)
    for _ in range(2 * seconds):
        told.sold(size, "4200.25").wait(0.499)
        if bought:
            told.bought(bought, "4200.50")
    return told


def lift(told: Tape) -> Ticks:
    """The bid follows, and somebody buys two ticks above the level."""
    return told.quote("4200.50", "4200.75", 40, 60).bought(5, "4200.75").wait(0.1).rows()


def test_volume_that_a_level_takes_without_giving_is_absorption() -> None:
    [(event, numbers)] = seen("absorption", lift(attacked()))
    assert (event["side"], event["price"]) == (1, 16801)
    assert numbers["raw"] == 600
    assert numbers["rho"] == 15
    assert numbers["z"] == pytest.approx((math.log1p(numbers["volume"]) - math.log(31)) / 0.6)
    taken = sum(20 * math.exp(-k * 0.5 / 45) for k in range(30))
    assert numbers["volume"] == pytest.approx(taken, rel=0.02)


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("too little volume", attacked(size=2)),
        ("too young", attacked(size=60, seconds=4)),
        ("shown all along", attacked(shown=400)),
        ("bought as much as sold", attacked(bought=20)),
    ],
)
def test_what_lacks_one_condition_is_none(why: str, told: Tape) -> None:
    assert seen("absorption", lift(told)) == [], why


def test_a_level_that_broke_is_none() -> None:
    told = attacked().quote("4200.00", "4200.25").sold(5, "4200.00").quote("4200.25", "4200.50", 40, 60)
    assert seen("absorption", lift(told)) == []


def test_a_level_that_was_left_alone_for_long_is_none() -> None:
    told = attacked()
    for _ in range(200):
        told.wait(1)
    assert seen("absorption", lift(told)) == []


def test_without_a_lift_it_is_none() -> None:
    told = attacked().bought(5, "4200.50")
    assert seen("absorption", told.rows()) == []


def test_one_level_speaks_once_in_its_cool_down() -> None:
    told = attacked().quote("4200.50", "4200.75", 40, 60)
    for _ in range(40):
        told.bought(5, "4200.75").wait(1)
    assert len(seen("absorption", told.rows())) == 1


def test_selling_that_dries_up_under_a_bid_that_holds_is_early() -> None:
    told = attacked()
    for _ in range(40):
        told.wait(0.25)
    [(event, numbers)] = seen("absorption_early", told.rows())
    assert (event["side"], event["price"]) == (1, 16801)
    assert numbers["rate_5s"] <= numbers["rate"] / 2
    assert seen("absorption", told.rows()) == []


def test_a_bid_that_fills_up_again_shows_refills_and_what_was_hidden() -> None:
    told = Tape(start=f"{DAY} 10:00").quote("4200.25", "4200.50", 40, 60)
    for _ in range(30):
        told.sold(30, "4200.25").quote("4200.25", "4200.50", 10, 60).wait(0.1).quote("4200.25", "4200.50", 40, 60)
        told.now += SECOND_NS // 3
    [(_, numbers)] = seen("absorption", lift(told))
    assert numbers["refills"] == 30
    assert numbers["hidden"] == 0
    iceberg = Tape(start=f"{DAY} 10:00").quote("4200.25", "4200.50", 40, 60)
    for _ in range(30):
        iceberg.sold(30, "4200.25").quote("4200.25", "4200.50", 40, 60)
        iceberg.now += SECOND_NS // 2
    [(_, numbers)] = seen("absorption", lift(iceberg))
    assert numbers["hidden"] == 30 * 30


def test_levels_that_break_are_the_baseline() -> None:
    told = Tape(start=f"{DAY} 10:00")
    for k in range(40):
        bid = 17000 - k
        told.quote(str(bid / 4), str((bid + 1) / 4)).sold(20 + k % 5, str(bid / 4)).wait(1)
    bid = 17000 - 40
    told.quote(str(bid / 4), str((bid + 1) / 4), 40, 60)
    for _ in range(40):
        told.sold(20, str(bid / 4)).wait(0.3)
    told.quote(str((bid + 1) / 4), str((bid + 2) / 4)).bought(5, str((bid + 2) / 4))
    [(_, numbers)] = seen("absorption", told.rows(), build(ES, WEEK, [Wish()]))
    assert numbers["samples"] == 40
    assert numbers["mu"] == pytest.approx(np.mean([math.log(21 + k % 5) for k in range(40)]), abs=0.03)
    young = told.rows()[told.rows()["ts"] >= at("10:00:15")]
    assert seen("absorption", young, build(ES, WEEK, [Wish()])) == []


def minute(told: Tape, prices: list[float], size: int = 10, side: str = "bought") -> Tape:
    """One bar: a print every second and a half or so, through these prices in turn."""
    began = told.now - told.now % MINUTE_NS
    for k, price in enumerate(prices):
        told.now = began + (k * 59 * SECOND_NS) // len(prices)
        getattr(told, side if k % 2 else "sold")(size, str(price))
    told.now = began + MINUTE_NS
    return told


def quiet(bars: int) -> Tape:
    told = Tape(start=f"{DAY} 10:00").quote("4200.00", "4200.25")
    for _ in range(bars):
        minute(told, [4200.0, 4200.25, 4200.5, 4200.75, 4200.25] * 5)
    return told


FALL_AND_BACK = [4200.5] * 5 + [4200.0, 4199.5, 4199.0, 4199.0, 4199.0, 4199.25, 4199.75] + [4200.25, 4200.5] * 8


def test_a_long_tail_on_volume_that_was_left_behind_is_a_full_rejection() -> None:
    told = minute(quiet(20), FALL_AND_BACK, size=20)
    [(event, numbers)] = seen("rejection", told.wait(0).rows())
    assert (event["ts"], event["side"], event["price"]) == (at("10:21"), 1, 16796)
    assert (numbers["tail"], numbers["range"], numbers["tail_share"], numbers["clv"]) == (6, 6, 1.0, 1.0)
    assert numbers["atr_ticks"] == pytest.approx(3.0)
    assert numbers["effort"] == pytest.approx(len(FALL_AND_BACK) * 20 / 250)
    assert numbers["full"] == 1


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("usual volume makes it minor", minute(quiet(20), FALL_AND_BACK, size=5)),
        ("a young market makes it minor", minute(quiet(5), FALL_AND_BACK, size=20)),
        ("too few prints", minute(quiet(20), FALL_AND_BACK[:3] + [4199.0] + [4200.5] * 4, size=90)),
        ("closed at the low", minute(quiet(20), FALL_AND_BACK[::-1] + [4199.0] * 9, size=20)),
        ("no range", minute(quiet(20), [4200.0] * 25, size=20)),
    ],
)
def test_a_bar_that_lacks_one_condition_is_no_full_rejection(why: str, told: Tape) -> None:
    assert [e for e, _ in seen("rejection", told.wait(0).rows()) if e["side"] == 1] == [], why


def test_a_tail_across_a_gap_is_none() -> None:
    jump = [4200.5] * 8 + [4199.0] * 8 + [4200.5] * 14
    told = minute(quiet(20), jump, size=20).wait(0).rows()
    found = seen("rejection", told) + seen("rejection_minor", told)
    assert [e["ts"] for e, _ in found if e["side"] == 1] == []


def test_the_bar_itself_is_not_in_its_average_range() -> None:
    calm, wild = quiet(20), quiet(20)
    minute(calm, FALL_AND_BACK, size=20)
    minute(wild, [4200.5] * 5 + [4190.0 + k / 4 for k in range(30)] + [4197.5] * 5 + [4200.5] * 5, size=20)
    numbers = [seen("rejection", told.wait(0).rows())[0][1]["atr_ticks"] for told in (calm, wild)]
    assert numbers[0] == numbers[1] == pytest.approx(3.0)


def window(told: Tape, bought: int, sold: int, prints: int = 120, size: int = 1) -> Tape:
    """Five minutes in which so many of `prints` were bought and sold."""
    began = told.now - told.now % (5 * MINUTE_NS)
    for k in range(prints):
        told.now = began + k * 299 * SECOND_NS // prints
        share = bought / (bought + sold)
        if int((k + 1) * share) > int(k * share):
            told.bought(size, "4200.25")
        else:
            told.sold(size, "4200.00")
    told.now = began + 5 * MINUTE_NS
    return told


def start() -> Tape:
    return Tape(start=f"{DAY} 10:00").quote("4200.00", "4200.25")


def test_eight_in_ten_bought_is_strong_and_three_in_four_is_worth_watching() -> None:
    strong, watch = (window(start(), *sides, prints=400).wait(0).rows() for sides in ((8, 2), (77, 23)))
    [(event, numbers)] = seen("imbalance", strong)
    assert (event["side"], numbers["share"], numbers["grade"]) == (1, 0.8, 80)
    assert numbers["n"] == 100
    assert numbers["z"] == pytest.approx(0.3 / math.sqrt(0.25 / 100))
    assert [(e["side"], n["grade"]) for e, n in seen("imbalance_watch", watch)] == [(1, 75)]
    assert seen("imbalance_watch", strong) == seen("imbalance", watch) == []


def test_a_quarter_of_an_hour_has_a_kind_of_its_own() -> None:
    told = start()
    for _ in range(3):
        window(told, 77, 23, prints=400)
    [(event, numbers)] = seen("imbalance_15m", told.wait(0).rows())
    assert (event["timeframe"], event["ts"]) == (15 * MINUTE_NS, at("10:15"))
    assert numbers["prints"] == 1200


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("too few prints", window(start(), 9, 1, prints=90)),
        ("one giant print", window(start(), 1, 1, prints=200, size=1).bought(1, "4200.25")),
    ],
)
def test_what_proves_nothing_is_no_imbalance(why: str, told: Tape) -> None:
    ticks = told.wait(0).rows()
    if why == "one giant print":
        ticks["size"][-3] = 800
        ticks["side"][-3] = 1
    assert seen("imbalance", ticks) == seen("imbalance_watch", ticks) == [], why


def test_unknown_sides_forbid_it() -> None:
    ticks = window(start(), 9, 1, prints=400).wait(0).rows()
    ticks["side"][2:300:3] = UNKNOWN
    assert seen("imbalance", ticks) == []


def test_a_market_that_always_buys_is_measured_against_itself() -> None:
    """Six windows of sixty percent: the base rate is .60 then, and .75 stands out less."""
    told = start()
    for _ in range(7):
        window(told, 6, 4, prints=400)
    window(told, 8, 2, prints=400)
    [(_, numbers)] = seen("imbalance", told.wait(0).rows())
    assert numbers["base"] == pytest.approx(0.6)
    assert numbers["z"] == pytest.approx(0.2 / math.sqrt(0.24 / 100))


def test_m14_a_pushed_and_an_absorbed_reading_exclude_each_other() -> None:
    flat = start()
    for _ in range(3):
        window(flat, 1, 1, prints=200)
    [(_, numbers)] = seen("imbalance", window(flat, 9, 1, prints=400).wait(0).rows())
    assert numbers["reading"] == -1.0 or numbers["progress"] > 0.2
