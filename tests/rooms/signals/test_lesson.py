"""The worked ES trade: the numbers of the specification's table, F1 to F9, F14 and F15, from its 360 rows."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.config import read_strategy
from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import Events
from bot.signals.engine import Engine, Wish, build
from tests.rooms.signals.scanning import ES, LESSON_DAYS, kinds, raw, scanned
from tests.tapes import lesson, mirrored, ns

CENT = pytest.approx


def day(time: str) -> int:
    return ns(f"2023-05-25 {time}")


def wish() -> Wish:
    spec = read_strategy("lesson-es.toml").value
    return Wish(spec.timeframe, spec.context, spec.detectors)


def engine() -> Engine:
    return build(ES, LESSON_DAYS, [wish()])


def seen(kind: str, ticks: Any = None) -> list[tuple[Any, Mapping[str, float]]]:
    """Every event of a kind with its evidence."""
    watch = engine()
    events: Events = watch.scan(lesson().rows() if ticks is None else ticks)
    return [(e, watch.evidence(e)) for e in events if watch.kinds[e["kind"]] == kind]


def test_m24_f1_the_bar_before_the_entry_holds_a_thousand_and_not_the_print_at_its_end() -> None:
    watch = engine()
    watch.scan(lesson().rows())
    bar = watch.footprint(5 * MINUTE_NS, day("09:40"))
    assert bar is not None
    assert (bar.buy, bar.sell, bar.unknown, bar.delta) == (800, 200, 0, 600)
    assert (bar.open, bar.high, bar.low, bar.close) == (16800, 16803, 16799, 16803)
    assert sum(at_bid + at_ask for _, at_bid, at_ask, _ in bar.cells) == 1000


def test_m24_f2_eighty_percent_is_a_strong_imbalance() -> None:
    [(event, seen_at)] = seen("imbalance")
    assert (event["ts"], event["known"], event["side"], event["before"]) == (day("09:40"), day("09:40"), 1, 0)
    assert (seen_at["share"], seen_at["grade"], seen_at["prints"]) == (0.8, 80, 200)
    assert seen_at["n"] * seen_at["clustering"] == CENT(200)
    assert seen_at["z"] == CENT(4.24, abs=0.01)


def test_m20_f5_sellers_are_absorbed_at_4200_25() -> None:
    longs = [(event, numbers) for event, numbers in seen("absorption") if event["side"] == 1]
    [(event, numbers)] = longs
    assert (event["ts"], event["known"], event["price"]) == (day("09:40:47"), day("09:40:47"), 16801)
    assert numbers["raw"] == 244
    assert numbers["volume"] == CENT(134.77, abs=0.005)
    assert numbers["facing"] == CENT(51.97, abs=0.005)
    assert numbers["share"] == CENT(0.722, abs=0.0005)
    assert numbers["rho"] == CENT(4.07, abs=0.005)
    assert numbers["z"] == CENT(2.46, abs=0.005)
    assert (numbers["age"], numbers["lift"]) == (39.0, 16803)


def test_m26_f6_the_tail_is_a_minor_rejection() -> None:
    assert seen("rejection") == []
    [(event, numbers)] = seen("rejection_minor")
    assert (event["ts"], event["known"], event["side"], event["price"]) == (day("09:41"), day("09:41"), 1, 16801)
    assert (numbers["volume"], numbers["delta"], numbers["tail"], numbers["range"]) == (414, -154, 2, 2)
    assert (numbers["tail_share"], numbers["clv"]) == (1.0, 1.0)
    watch = engine()
    watch.scan(lesson().rows())
    bar = watch.footprint(MINUTE_NS, day("09:41"))
    assert bar is not None
    assert (bar.open, bar.high, bar.low, bar.close) == (16803, 16803, 16801, 16803)


def test_m23_m27_m28_f7_to_f9_both_together_carry_stop_and_target() -> None:
    [(event, numbers)] = seen("absorption_rejection")
    assert (event["ts"], event["known"], event["side"], event["price"]) == (day("09:41"), day("09:41"), 1, 16801)
    assert (numbers["cluster_low"], numbers["cluster_volume"], numbers["zone"]) == (16800, 294, 16808)
    assert (numbers["imbalance_with"], numbers["imbalance_share"], numbers["imbalance_grade"]) == (1, 0.8, 80)
    assert numbers["full"] == 0


def test_the_wide_spread_is_guarded_and_over_before_the_absorption() -> None:
    spread = [(event["known"], numbers["on"]) for event, numbers in seen("guard") if numbers["number"] == 5]
    assert spread == [(day("09:39:05.500"), 1.0), (day("09:40:03"), 0.0)]
    assert [n["number"] for _, n in seen("guard") if n["number"] != 5] == []


def test_f14_the_mirror_gives_the_mirrored_trade() -> None:
    [(event, numbers)] = seen("absorption_rejection", mirrored(lesson().rows(), 16802))
    assert (event["ts"], event["known"], event["side"], event["price"]) == (day("09:41"), day("09:41"), -1, 16803)
    assert (numbers["cluster_low"], numbers["zone"]) == (16804, 16796)


@pytest.mark.parametrize("step", [1, 7, 64])
def test_f15_any_cut_gives_the_same_events(step: int) -> None:
    ticks = lesson().rows()
    whole = scanned(engine(), ticks)
    assert raw(scanned(engine(), ticks, range(0, len(ticks), step))) == raw(whole)


def test_defaults_see_no_signal_on_it() -> None:
    """The tape is half an hour old: no baseline has warmed up, and 100 contracts are little for ES."""
    watch = build(ES, LESSON_DAYS, [Wish()])
    assert (
        set(kinds(watch, scanned(watch, lesson().rows())))
        <= {"bar", "guard", "inventory", "imbalance"} | watch.candidates
    )


def test_a_second_earlier_nothing_is_known() -> None:
    watch, ticks = engine(), lesson().rows()
    before = watch.scan(ticks[ticks["ts"] < day("09:41")], day("09:41") + SECOND_NS // 4 - 1)
    assert "absorption_rejection" not in kinds(watch, before)
    after = watch.scan(ticks[:0], day("09:41") + SECOND_NS // 4)
    assert "absorption_rejection" in kinds(watch, after)
    [known] = {int(e["known"]) for e in after if watch.kinds[e["kind"]] == "absorption_rejection"}
    assert known == day("09:41") + SECOND_NS // 4
