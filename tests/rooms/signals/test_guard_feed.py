"""G10: a feed that falls behind another's, bears stamps in disorder, or shows a crossed book for long."""

from collections.abc import Sequence

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import OVERTAKEN, TICK, TS_REGRESSED, Ticks
from bot.signals.deal import deal, marks
from bot.signals.engine import Wish, build
from bot.signals.engines import MultiEngine
from tests.rooms.signals.guarding import at, calm, edges, guarded, tape
from tests.rooms.signals.scanning import ES, WEEK, cuts
from tests.tapes import Tape


def together(*tapes: Ticks) -> Ticks:
    """Tapes of several instruments as one."""
    for index, ticks in enumerate(tapes):
        ticks["instrument"] = index
    rows = np.concatenate(tapes)
    return rows[np.argsort(rows["ts"], kind="stable")]


def paused(seconds: float) -> Tape:
    """A lively minute, a pause, and half a minute more."""
    told = calm(tape(), 60)
    told.now += int(seconds * SECOND_NS)
    return calm(told, 30)


def told_of(ticks: Ticks, number: int = 10) -> list[tuple[bool, int, int]]:
    pair = MultiEngine([build(ES, WEEK, [Wish()]), build(ES, WEEK, [Wish()])])
    return edges(pair, pair.scan(ticks), number)


def test_g10_a_feed_that_fell_behind_another_one_is_stale_for_ten_clean_seconds() -> None:
    behind, other = paused(5).rows(), calm(tape(), 100).rows()
    back = int(behind["ts"][np.argmax(np.diff(behind["ts"])) + 1])
    on, off = told_of(together(behind, other))
    assert on == (True, back, 0)
    assert off[0] is False
    assert 10 * SECOND_NS <= off[1] - back <= 12 * SECOND_NS


def test_g10_a_pause_of_all_is_no_fault_of_the_feed() -> None:
    assert told_of(together(paused(5).rows(), paused(5).rows())) == []
    assert guarded(paused(5).rows(), 10) == []


def test_g10_a_market_that_is_slow_by_nature_is_not_stale() -> None:
    slow = tape()
    for _ in range(60):
        slow.wait(4)
    assert told_of(together(slow.rows(), calm(tape(), 240).rows())) == []


def marked(ticks: Ticks, places: Sequence[int] = ()) -> list[list[int]]:
    """Which rows of each of two instruments are overtaken."""
    memory, starts = marks(2), np.zeros(3, np.int64)
    found: list[list[int]] = [[], []]
    for start, stop in cuts(len(ticks), places):
        dealt, numbers = np.zeros(stop - start, TICK), np.zeros(stop - start, np.int64)
        deal(ticks[start:stop], memory, starts, numbers, dealt)
        for index in range(2):
            mine = slice(starts[index], starts[index + 1])
            found[index] += (numbers[mine][dealt["flags"][mine] & OVERTAKEN != 0] + start).tolist()
    return found


def test_what_is_overtaken_does_not_depend_on_where_the_tape_is_cut() -> None:
    ticks = together(paused(5).rows(), calm(tape(), 100).rows())
    whole = marked(ticks)
    assert [len(rows) for rows in whole] == [1, 0]
    (late,) = whole[0]
    for places in ([late], [late - 1], [late, late + 1], range(0, len(ticks), 7), range(len(ticks))):
        assert marked(ticks, places) == whole


def test_g10_who_goes_on_right_after_another_one_is_not_late() -> None:
    one, two = tape().at("10:00:05").wait(0), tape().at("10:00:05.900").wait(0)
    assert marked(together(one.rows(), two.rows())) == [[], []]
    two = tape().at("10:00:06").wait(0)
    assert marked(together(one.rows(), two.rows())) == [[], [3]]


def test_g10_stamps_in_disorder() -> None:
    ticks = calm(tape(), 90).rows()
    ticks["flags"][(ticks["ts"] >= at("10:01:00")) & (ticks["ts"] < at("10:01:02"))] = TS_REGRESSED
    edges = guarded(ticks, 10)
    assert [on for on, _, _ in edges] == [True, False]
    assert edges[0][1] == at("10:01:01")
    assert at("10:01:11") <= edges[1][1] <= at("10:01:13")


def test_g10_a_stamp_now_and_then_is_no_disorder() -> None:
    ticks = calm(tape(), 300).rows()
    ticks["flags"][::400] = TS_REGRESSED
    assert guarded(ticks, 10) == []


def test_g10_a_book_that_stays_crossed() -> None:
    told = calm(tape(), 60).at("10:01:05").quote("4200.50", "4200.25")
    told = told.at("10:01:08").quote("4200.00", "4200.25")
    edges = guarded(calm(told, 30).rows(), 10)
    assert edges == [(True, at("10:01:06"), 1), (False, at("10:01:18"), 1)]


def test_g10_a_book_that_is_crossed_for_a_moment() -> None:
    told = calm(tape(), 60).at("10:01:05").quote("4200.50", "4200.25").wait(0.5).quote("4200.00", "4200.25")
    assert guarded(calm(told, 30).rows(), 10) == []
