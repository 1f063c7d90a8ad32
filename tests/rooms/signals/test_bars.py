"""Footprint bars by hand: the half-open grid, cells, POC, gaps, halts, off-grid prints, long bars out of short ones."""

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from bot.config.params import MINUTE_NS, SECOND_NS
from bot.domain.market import HALT, OFF_GRID, PRINT, QUARANTINED, RESUME, STATUS, Ticks
from bot.journal.first_rows import json_text
from bot.signals.engine import Engine, Wish, build
from bot.signals.footprint import Footprint
from tests.rooms.signals.scanning import ES, WEEK, hair_engine, lively
from tests.tapes import Tape, ns

DAY = "2026-05-27"


def at(time: str) -> int:
    return ns(f"{DAY} {time}")


def engine(timeframe: int = MINUTE_NS, context: int = 5 * MINUTE_NS) -> Engine:
    return build(ES, WEEK, [Wish(timeframe, context)])


def bars(ticks: Ticks, timeframe: int = MINUTE_NS, context: int = 5 * MINUTE_NS) -> list[Footprint]:
    """Every closed bar of `timeframe`, oldest first."""
    watch = engine(timeframe, context)
    ends = [int(e["ts"]) for e in watch.scan(ticks) if e["kind"] == 0 and e["timeframe"] == timeframe]
    found = [watch.footprint(timeframe, end) for end in ends]
    return [bar for bar in found if bar is not None]


def tape(start: str = f"{DAY} 10:00") -> Tape:
    return Tape(start=start).quote("4200.00", "4200.25")


def test_a_print_at_the_end_belongs_to_the_next_bar() -> None:
    told = tape().bought(3, "4200.25").at("10:01:00").bought(5, "4200.25").at("10:02:00").wait(0)
    assert [(bar.start, bar.buy) for bar in bars(told.rows())] == [(at("10:00"), 3), (at("10:01"), 5)]


def test_m11_cells_hold_what_was_traded_at_bid_and_ask() -> None:
    told = tape().sold(2, "4200.00").bought(3, "4200.25").printed(4, "4200.25").sold(1, "4200.00").at("10:01").wait(0)
    [bar] = bars(told.rows())
    assert bar.cells == ((16800, 3, 0, 0), (16801, 0, 3, 4))
    assert (bar.buy, bar.sell, bar.unknown, bar.delta, bar.delta_min, bar.delta_max) == (3, 3, 4, 0, -2, 1)
    assert (bar.open, bar.high, bar.low, bar.close, bar.poc) == (16800, 16801, 16800, 16800, 16801)


@pytest.mark.parametrize(
    ("prices", "poc"),
    [
        (["4200.00", "4200.25", "4200.25"], 16801),  # the largest
        (["4200.00", "4200.50"], 16802),  # of equals the one nearer the close
        (["4200.25", "4200.50", "4200.00", "4200.50", "4200.00", "4200.25"], 16801),
    ],
)
def test_point_of_control(prices: Sequence[str], poc: int) -> None:
    told = tape()
    for price in prices:
        told.bought(1, price)
    [bar] = bars(told.at("10:01").wait(0).rows())
    assert bar.poc == poc


def test_prints_of_one_stamp_price_and_side_are_one_order() -> None:
    told = tape()
    told.step = 0
    told.bought(1, "4200.25").bought(2, "4200.25").sold(1, "4200.00").sold(1, "4200.00")
    told.now += SECOND_NS
    told.sold(1, "4200.00").at("10:01").wait(0)
    [bar] = bars(told.rows())
    assert (bar.prints, bar.buy, bar.sell) == (3, 3, 3)


def test_a_gap_in_a_session_shows_as_empty_bars() -> None:
    told = tape().bought(3, "4200.25").at("10:03:30").bought(5, "4200.25").at("10:04").wait(0)
    found = bars(told.rows())
    assert [("empty" in bar.flags, bar.open, bar.buy) for bar in found] == [
        (False, 16801, 3),
        (True, None, 0),
        (True, None, 0),
        (False, 16801, 5),
    ]


def test_nothing_is_empty_while_the_exchange_is_closed() -> None:
    told = tape(f"{DAY} 16:58:00").bought(3, "4200.25").at("18:01:00").bought(5, "4200.25").wait(60)
    found = bars(told.rows())
    assert [bar.start for bar in found] == [at("16:58"), at("16:59"), at("18:00"), at("18:01")]
    assert "partial" not in found[1].flags


def test_the_sessions_close_cuts_a_bar_short() -> None:
    told = tape(f"{DAY} 16:55:00").bought(3, "4200.25").at("18:02:00").bought(5, "4200.25").wait(600)
    found = bars(told.rows(), 7 * MINUTE_NS)
    assert (found[0].start, found[0].end) == (at("16:52"), at("16:59"))
    assert (found[1].start, found[1].end, "partial" in found[1].flags) == (at("16:59"), at("17:00"), True)
    assert found[2].start == at("18:00")


def test_prints_in_a_closure_are_in_bars_of_their_own() -> None:
    told = tape(f"{DAY} 17:20:10").bought(3, "4200.25").wait(60).bought(5, "4200.25").at("18:00").wait(0)
    assert [(bar.start, bar.buy) for bar in bars(told.rows())] == [(at("17:20"), 3), (at("17:21"), 5)]


def test_a_bar_is_known_when_the_next_row_says_so_or_after_its_grace() -> None:
    watch = engine()
    told = tape().bought(1, "4200.25").at("10:01:00.100").wait(0).at("10:02:03").wait(0)
    events = [e for e in watch.scan(told.rows()) if e["kind"] == 0 and e["timeframe"] == MINUTE_NS]
    assert [(int(e["ts"]), int(e["known"]), int(e["before"]), int(e["row"])) for e in events] == [
        (at("10:01"), at("10:01:00.100"), 0, 2),
        (at("10:02"), at("10:02:00.250"), 1, 3),
    ]


def test_silence_closes_a_bar_without_a_row() -> None:
    watch, told = engine(), tape().bought(1, "4200.25").rows()
    assert 0 not in watch.scan(told, at("10:01:00.249"))["kind"]
    event, *_ = watch.scan(told[:0], at("10:01:00.250"))
    assert (event["ts"], event["known"], event["row"], event["before"]) == (at("10:01"), at("10:01:00.250"), 0, 1)


def test_off_grid_prints_count_in_volume_only_and_quarantined_ones_nowhere() -> None:
    ticks = tape().bought(3, "4200.25").printed(7, "4190.00").printed(9, "4190.00").at("10:01").wait(0).rows()
    ticks["flags"][2], ticks["flags"][3] = OFF_GRID, QUARANTINED
    [bar] = bars(ticks)
    assert (bar.buy, bar.unknown, bar.low, bar.cells) == (3, 7, 16801, ((16801, 0, 3, 0),))


def test_a_halt_marks_every_bar_that_it_touches() -> None:
    told = tape().bought(1, "4200.25").wait(25).wait(25).wait(25).at("10:01:30").halt().at("10:03:10").resume()
    told = told.at("10:05").wait(0)
    assert ["halted" in bar.flags for bar in bars(told.rows())] == [False, True, True, True, False]


@pytest.mark.parametrize(("last", "marked"), [("10:00:20", [True, False, True]), ("10:00:45", [False, False, True])])
def test_a_silence_marks_the_bar_that_it_cuts_short_and_the_one_in_which_it_ends(last: str, marked: list[bool]) -> None:
    told = tape().bought(1, "4200.25").wait(19).at(last).wait(0).at("10:02:10").wait(0).at("10:02:40").wait(0)
    found = bars(told.at("10:03:05").wait(0).rows())
    assert ["halted" in bar.flags for bar in found] == marked


def test_a_locked_book_marks_the_bars_from_when_it_was_locked_until_it_is_free() -> None:
    told = tape().bought(1, "4200.25").at("10:00:50").quote("4200.00", None).at("10:02:30").quote("4200.00", "4200.25")
    found = bars(told.at("10:04").wait(0).rows())
    assert ["locked" in bar.flags for bar in found] == [True, True, True, False]


def test_the_first_minute_of_a_day_is_marked() -> None:
    told = tape(f"{DAY} 09:29:00").bought(1, "4200.25").at("09:32").wait(0)
    assert ["opening" in bar.flags for bar in bars(told.rows())] == [False, True, False]


@pytest.mark.parametrize("seed", range(4))
def test_m19_a_long_bar_is_its_short_ones_cell_by_cell(seed: int) -> None:
    ticks = lively(seed, rows=2_000, start=f"{DAY} 10:00:00")
    watch = hair_engine(bars=4096)
    events = watch.scan(ticks)
    compared = 0
    for event in events[(events["kind"] == 0) & (events["timeframe"] == 30 * SECOND_NS)]:
        end = int(event["ts"])
        whole = watch.footprint(30 * SECOND_NS, end)
        parts = [watch.footprint(10 * SECOND_NS, end - back * 10 * SECOND_NS) for back in (2, 1, 0)]
        if whole is None or None in parts:
            continue
        compared += 1
        sums: dict[int, list[int]] = {}
        for part in parts:
            assert part is not None
            for price, *volumes in part.cells:
                sums[price] = [a + b for a, b in zip(sums.get(price, [0, 0, 0]), volumes, strict=True)]
        assert whole.cells == tuple((price, *sums[price]) for price in sorted(sums))
        assert whole.prints == sum(part.prints for part in parts if part)
    assert compared >= 2


def test_m11_nothing_is_lost_and_nothing_is_counted_twice() -> None:
    ticks = lively(5, rows=3_000, start=f"{DAY} 10:00:00")
    watch = hair_engine(bars=4096)
    events = watch.scan(ticks)
    closed = events[(events["kind"] == 0) & (events["timeframe"] == 10 * SECOND_NS)]
    prints = ticks[(ticks["kind"] == PRINT) & (ticks["ts"] < closed["ts"][-1]) & (ticks["flags"] & QUARANTINED == 0)]
    assert sum(watch.evidence(e)["volume"] for e in closed) == prints["size"].sum()
    on_grid = prints[prints["flags"] & OFF_GRID == 0]
    found = [watch.footprint(10 * SECOND_NS, int(e["ts"])) for e in closed]
    in_cells = sum(sum(cell[1:]) for bar in found if bar for cell in bar.cells)
    assert in_cells == on_grid["size"].sum()


def test_a_bar_wider_than_its_ladder_makes_the_ladder_longer() -> None:
    told = tape()
    for price in ("4200.00", "4500.00", "3900.00"):
        told.bought(1, price)
    watch = build(ES, WEEK, [Wish()], ladder=4)
    watch.scan(told.at("10:01").wait(0).rows())
    bar = watch.footprint(MINUTE_NS, at("10:01"))
    assert bar is not None
    assert bar.cells == ((15600, 0, 1, 0), (16800, 0, 1, 0), (18000, 0, 1, 0))


def test_only_the_newest_bars_outlive_a_batch() -> None:
    watch = engine(SECOND_NS)
    told = tape()
    for _ in range(400):
        told.bought(1, "4200.25").wait(0.9)
    for part in np.array_split(told.rows(), 80):
        watch.scan(part)
    ends = [at("10:00") + k * SECOND_NS for k in range(361)]
    kept = [end for end in ends if watch.footprint(SECOND_NS, end)]
    assert kept == ends[-len(kept) :]
    assert len(kept) >= 8


def test_a_footprint_goes_into_the_journal_as_plain_facts() -> None:
    [bar] = bars(tape().bought(3, "4200.25").wait(20).wait(20).at("10:01").wait(0).rows())
    facts = msgspec.json.decode(json_text(bar))
    assert facts["cells"] == [[16801, 0, 3, 0]]
    assert facts["flags"] == []
    assert facts["timeframe"] == MINUTE_NS


def test_status_rows_are_no_prints() -> None:
    ticks = tape().bought(3, "4200.25").halt().resume().at("10:01").wait(0).rows()
    assert {STATUS, HALT, RESUME} <= {*ticks["kind"].tolist(), *ticks["flags"].tolist()}
    [bar] = bars(ticks)
    assert bar.buy == 3
