"""The reference detectors say what the page's own worked figures say, and nothing on a flat tape."""

import numpy as np
import pytest

from bot.domain.market import PRINT, Ticks
from tests.reference import KINDS, detect
from tests.reference.absorption import absorptions
from tests.reference.bars import bars_of
from tests.reference.imbalance import imbalances
from tests.reference.rejection import rejections
from tests.reference.sweep import sweeps
from tests.second_market.tape import SecondMarket
from tests.tapes import LESSON_START, Tape, lesson, mirrored, ns

MINUTE = 60_000_000_000


def prints(ticks: Ticks) -> Ticks:
    return ticks[ticks["kind"] == PRINT]


def test_the_lessons_five_minutes_are_one_sided_by_0940():
    (first, *_) = imbalances(prints(lesson().rows()), ns(LESSON_START), 300)
    assert first.side == 1
    assert ns("2023-05-25 09:39") <= first.ts <= ns("2023-05-25 09:40")


def test_the_lessons_bar_is_measured_as_the_page_has_it():
    bars = {bar.start: bar for bar in bars_of(prints(lesson().rows()), ns(LESSON_START), 60)}
    bar = bars[ns("2023-05-25 09:40")]
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (16803, 16803, 16801, 16803, 414)


def pushed_and_back(tail: int) -> Ticks:
    """Twenty quiet minutes, then one that goes down and comes back."""
    tape = Tape("ES", "0.25", "2026-05-27 09:30").quote("4200.00", "4200.25")
    for minute in range(20):
        tape.at(f"09:{30 + minute}:01")
        for k in range(24):
            (tape.bought if k % 2 else tape.sold)(5, f"{4200 + 0.25 * (k % 4):.2f}").wait(2)
    tape.at("09:50:01")
    for k in range(10):
        tape.sold(20, f"{4200 - 0.25 * (k * tail // 9):.2f}").wait(1)
    for _ in range(10):
        tape.bought(20, "4200.50").wait(1)
    return tape.at("09:51:01").sold(1, "4200.25").rows()


def test_a_tail_of_twice_the_usual_range_is_a_candle_and_its_mirror_too():
    ticks = pushed_and_back(8)
    for rows, side in ((ticks, 1), (mirrored(ticks, 16800), -1)):
        found = rejections(bars_of(prints(rows), ns("2026-05-27 09:30"), 60))
        assert (found[-1].kind, found[-1].side) == ("rejection", side)


def tsla(back_s: float = 18.0, *, burst: bool = True, lowest: int = 14493) -> Ticks:
    """The page's sweep: 145.00 was support; it breaks, stops run, and it is taken back."""
    tape = Tape("TSLA", "0.01", "2026-05-27 09:30").quote("145.20", "145.24")
    for _ in range(150):
        tape.sold(20, "145.20").wait(1).bought(20, "145.24").wait(1)
    tape.sold(20, "145.02").wait(6).sold(20, "145.00").wait(6)
    for price in np.linspace(14499, lowest, 7).round().astype(int):
        tape.sold(120 if burst else 8, f"{price / 100:.2f}").wait(0.1 if burst else 2.0)
    return tape.wait(back_s).bought(20, "145.00").wait(0.5).bought(20, "145.02").wait(0.6).wait(5).rows()


def test_m16_the_pages_sweep_is_seen_a_second_after_the_reclaim():
    (one,) = sweeps(tsla(), "TSLA")
    assert (one.side, one.price) == (1, 14500)


@pytest.mark.parametrize("told", [{"back_s": 76.0}, {"burst": False}, {"lowest": 14448}])
def test_m16_the_three_controls_give_nothing(told):
    assert sweeps(tsla(**told), "TSLA") == []


def test_the_reference_sees_most_of_what_the_second_market_plants_and_little_of_a_null():
    planted, null = SecondMarket("ES", 2, 6.5), SecondMarket("ES", 2, 6.5, null=True)
    seen, noise = (
        detect(np.concatenate([rows.copy() for rows in market.batches()]), "ES", market.begin)
        for market in (planted, null)
    )
    labels = [label for label in planted.labels() if label.what == "absorption"]
    hits = [any(one.kind == "absorption" and one.side == label.side and label.t_start <= one.ts <= label.t_end + MINUTE
                for one in seen) for label in labels]  # fmt: skip
    assert sum(hits) >= 0.5 * len(labels)
    assert sum(one.kind == "absorption" for one in noise) <= 1
    assert {one.kind for one in seen} <= set(KINDS)


def test_a_tape_without_prints_shows_nothing():
    assert absorptions(Tape().quote("4200.00", "4200.25").wait(5).rows(), "ES") == []
