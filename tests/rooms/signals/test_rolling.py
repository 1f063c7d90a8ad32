"""Imbalance between the bars: a window that no clock bar holds, and one voice for what both forms see."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, ns


def flow(*stretches: tuple[float, int], halt_after: int = -1) -> Ticks:
    """From 10:00, for each (minutes, bought of ten), a print of 10 every half second at a standing quote."""
    told = Tape(start="2026-05-27 10:00", step_ms=500).quote("4200.00", "4200.25")
    count = 0
    for minutes, bought in stretches:
        for _ in range(int(minutes * 120)):
            (told.bought if count * bought % 10 < bought else told.sold)(
                10, "4200.25" if count * bought % 10 < bought else "4200.00"
            )
            count += 1
            if count == halt_after:
                told.halt().resume()
    return told.rows()


def seen(ticks: Ticks, kind: str = "imbalance", **params: Any) -> list[tuple[Any, Mapping[str, float]]]:
    engine = build(ES, WEEK, [Wish(params={"imbalance": params})])
    return [(e, engine.evidence(e)) for e in engine.scan(ticks) if engine.kinds[e["kind"]] == kind]


OFF_THE_CLOCK = ((32.5, 5), (5, 9), (7.5, 5))
"""Nine of ten bought from 10:32:30 to 10:37:30: no clock bar holds more than half of it."""


def test_five_minutes_that_no_clock_bar_holds_are_seen_by_the_window_in_between() -> None:
    [(event, numbers)] = seen(flow(*OFF_THE_CLOCK))
    assert ns("2026-05-27 10:36") <= event["ts"] <= ns("2026-05-27 10:37:30")
    assert event["ts"] % (5 * SECOND_NS) == 0
    assert (event["side"], numbers["rolling"], event["timeframe"]) == (1, 1, 5 * MINUTE_NS)
    assert numbers["share"] >= 0.8
    assert numbers["z"] >= 4
    assert numbers["base"] == pytest.approx(0.5, abs=0.01)
    assert seen(flow(*OFF_THE_CLOCK), rolling=False) == []


def test_the_shares_of_a_window_are_those_of_its_rows() -> None:
    ticks = flow(*OFF_THE_CLOCK)
    [(event, numbers)] = seen(ticks)
    inside = (ticks["ts"] >= event["ts"] - 5 * MINUTE_NS) & (ticks["ts"] < event["ts"])
    bought, sold = (int(ticks["size"][inside & (ticks["side"] == side)].sum()) for side in (1, -1))
    assert (numbers["with"], numbers["against"], numbers["unknown"]) == (bought, sold, 0)
    assert numbers["share"] == bought / (bought + sold)
    assert numbers["n"] * numbers["clustering"] == pytest.approx((bought + sold) / 10)


def test_a_whole_clock_bar_is_said_once() -> None:
    """At 10:40 the bar holds what the window in between has said already."""
    [(event, _)] = seen(flow((35, 5), (5, 9), (5, 5)))
    assert event["ts"] <= ns("2026-05-27 10:40")


def test_a_window_that_a_halt_cut_into_says_nothing() -> None:
    assert seen(flow(*OFF_THE_CLOCK, halt_after=35 * 120)) == []


def test_a_market_that_buys_seven_of_ten_all_day_is_no_news() -> None:
    assert seen(flow((90, 7))) == []
