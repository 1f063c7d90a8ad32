"""Level 1 becomes rows: quotes as they change, prints as they are summed up, nothing twice."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async.objects import PriceIncrement

from adapters.ib.feeds import Feeds
from adapters.ib.frames import Frames
from adapters.ib.grid import Step, range_of, steps, tick_at
from adapters.ib.sampled import Sampled, stamp_of
from bot.config import instrument
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, Ticks
from bot.domain.order import FeedReport

CL = instrument("CL", None)


def sampled(product: str = "ES") -> tuple[Sampled, Frames]:
    frames = Frames()
    return Sampled(frames, 0, instrument(product, None)), frames


def kinds(rows: Ticks) -> list[int]:
    return [int(kind) for kind in rows["kind"]]


def test_a_price_and_the_size_that_follows_it_are_one_quote() -> None:
    one, frames = sampled()
    one.price(1, 4200.25, 7, 10)
    one.size(0, 7, 11)
    one.price(2, 4200.50, 3, 12)
    one.size(3, 4, 13)
    rows = frames.take()
    assert kinds(rows) == [QUOTE, QUOTE, QUOTE]
    assert rows[["bid", "bid_size", "ask", "ask_size"]].tolist() == [
        (16_801, 7, ABSENT, 0),
        (16_801, 7, 16_802, 3),
        (16_801, 7, 16_802, 4),
    ]


def test_minus_one_of_nothing_is_no_price_and_of_something_it_is_one() -> None:
    one, frames = sampled("CL")
    one.price(1, -1.0, 5, 1)
    one.price(1, -1.0, 0, 2)
    assert frames.take()["bid"].tolist() == [-100, ABSENT]


def test_rtvolume_is_a_print_with_the_quote_before_it() -> None:
    one, frames = sampled()
    one.price(1, 4200.25, 7, 1)
    one.text(48, "4200.25;3.0;1790000000123;100;4200.1;true", 2)
    one.text(48, ";0;1790000000123;100;4200.1;true", 3)
    one.text(45, "1790000000", 4)
    rows = frames.take()
    assert kinds(rows) == [QUOTE, PRINT]
    assert (int(rows[1]["price"]), int(rows[1]["size"]), int(rows[1]["bid"])) == (16_801, 3, 16_801)
    assert stamp_of("4200.25;3;1790000000123;100;4200.1;true") == 1_790_000_000_123_000_000
    assert stamp_of("4200.25;3") == 0


def test_delayed_prints_are_what_the_volume_has_grown_by() -> None:
    one, frames = sampled()
    one.price(68, 4200.25, 2, 1)
    for volume in (1000, 1004, 1004):
        one.size(74, volume, 2)
    rows = frames.take()
    assert [(int(row["price"]), int(row["size"])) for row in rows] == [(16_801, 4)]


@given(st.decimals(-60, 60, places=4, allow_nan=False, allow_infinity=False))
def test_a_price_between_two_ticks_is_the_one_below(price: Decimal) -> None:
    one, frames = sampled("CL")
    one.text(48, f"{price};1;0;0;0;true", 1)
    (row,) = frames.take()
    assert CL.to_price(int(row["price"])) <= price < CL.to_price(int(row["price"]) + 1)
    on_grid = price % CL.tick == 0
    assert int(row["flags"]) == (0 if on_grid else OFF_GRID | QUARANTINED)


# What data is worth


def feeds() -> tuple[Feeds, list[FeedReport]]:
    said: list[FeedReport] = []
    return Feeds(["ES"], ["live"], said.append, lambda: 1), said


def test_a_tick_heals_what_is_stale_and_never_what_is_delayed() -> None:
    one, said = feeds()
    one.stale(0, "a farm broke")
    one.stale(0, "another one")
    one.ticked(0)
    one.typed(0, 3)
    one.ticked(0)
    one.typed(0, 1)
    one.ticked(0)
    assert [report.state for report in said] == ["stale", "live", "delayed", "stale", "live"]
    assert one.waiting == set()


@given(st.lists(st.sampled_from(["stale", "refused", "closed", "delayed", "sampled", "live type", "tick"])))
def test_whatever_happens_what_is_closed_for_good_stays_closed(steps_: list[str]) -> None:
    one, said = feeds()
    for step in steps_:
        if step == "tick":
            one.ticked(0)
        elif step == "live type":
            one.typed(0, 1)
        else:
            getattr(one, step)(0, step)
    states = [report.state for report in said]
    assert all(now != then for now, then in pairwise(states)), "only changes are told"
    if "closed" in steps_:
        assert one.state(0) == "refused"


# Price steps


RULE = [PriceIncrement(0.0, 0.0001), PriceIncrement(1.0, 0.01)]


@pytest.mark.parametrize(("price", "tick"), [("0.5", "0.0001"), ("1", "0.01"), ("650", "0.01"), ("-3", "0.01")])
def test_a_price_takes_the_row_below_it(price: str, tick: str) -> None:
    assert tick_at(steps(RULE), Decimal(price)) == Decimal(tick)


def test_a_tick_holds_within_a_range_or_nowhere() -> None:
    assert range_of(steps(RULE), Decimal("0.01")) == (Decimal(1), None)
    assert range_of(steps(RULE), Decimal("0.0001")) == (Decimal(0), Decimal(1))
    assert range_of((Step(Decimal(0), Decimal("0.25")),), Decimal("0.5")) is None
