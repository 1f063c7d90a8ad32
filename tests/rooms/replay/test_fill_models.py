"""Given a bracket and a tape, what fills, when and at what price, under each fill model."""

import asyncio
from decimal import Decimal

import numpy as np
import pytest

from adapters.replay.broker import FillRules, ReplayBroker
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks
from bot.domain.order import Bracket, FillReport, Order, OrderReport, OrderState, OrderType, Protective, Report, Role
from bot.ports import Stop
from tests.brackets import bracket
from tests.tapes import SECOND, Tape

ES = Instrument("ES", Decimal("0.25"), Decimal("12.50"), commission=Decimal("2.25"), slippage_ticks=1)
START = Tape().now


def es() -> Tape:
    """A market of 40 × 60 at 4200.50/4200.75 that has been told once."""
    return Tape().quote("4200.50", "4200.75", 40, 60)


def broker(model: str = "queue", latency_ms: int = 0) -> ReplayBroker:
    return ReplayBroker([ES], FillRules(model, latency_ms * 1_000_000, latency_ms * 1_000_000), "REPLAY-test")


def play(desk: ReplayBroker, ticks: Ticks, *, upto: int | None = None, start: int = 0) -> list[Report]:
    """Everything that the broker reports over some rows."""
    end = len(ticks) if upto is None else upto
    stop = Stop(end, False, int(ticks["ts"][end - 1]) + SECOND * (upto is None))
    found, row = [], start
    while (one := desk.next_report(ticks, row, stop)) is not None:
        row, report = one
        found.append(report)
    return found


def filled(desk: ReplayBroker, ticks: Ticks, order: Bracket, cuts: tuple[int, ...] = ()) -> list[tuple[str, int, int]]:
    """(role, quantity, price) of every fill of a bracket placed after the first row."""
    told: list[Report] = []
    for number, part in enumerate(part for part in np.split(ticks, cuts) if len(part)):
        if number == 0:
            told += play(desk, part, upto=1)
            asyncio.run(desk.place(order))
        told += play(desk, part, start=1 if number == 0 else 0)
    return [(one.client_order_id.split("-")[1], one.quantity, one.price) for one in told if isinstance(one, FillReport)]


def long(quantity: int = 1) -> Bracket:
    """Buy 4200.50, stop 4199.75, target 4202.00."""
    return bracket(16802, 16799, 16808, now=START, quantity=quantity)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("touch", [("entry", 1, 16802)]), ("queue", []), ("through", [])],
)
def test_a_print_at_the_limit_fills_only_the_optimist(model: str, expected: list[tuple[str, int, int]]) -> None:
    assert filled(broker(model), es().sold(25, "4200.50").wait(1).rows(), long()) == expected


def test_the_queue_ahead_must_print_before_we_fill() -> None:
    tape = es().sold(25, "4200.50").sold(15, "4200.50")
    assert filled(broker(), tape.wait(1).rows(), long()) == []
    assert filled(broker(), tape.sold(1, "4200.50").wait(1).rows(), long()) == [("entry", 1, 16802)]


def test_prints_by_the_same_side_do_not_move_the_queue() -> None:
    tape = es().bought(500, "4200.50").wait(1)
    assert filled(broker(), tape.rows(), long()) == []


def test_what_is_left_of_a_print_fills_us_in_part() -> None:
    tape = es().sold(42, "4200.50").wait(1)
    assert filled(broker(), tape.rows(), long(quantity=5)) == [("entry", 2, 16802)]


@pytest.mark.parametrize("model", ["touch", "queue", "through"])
def test_a_print_through_the_limit_fills_everybody(model: str) -> None:
    tape = es().sold(1, "4200.25").wait(1)
    assert filled(broker(model), tape.rows(), long(quantity=3)) == [("entry", 3, 16802)]


def test_a_level_that_becomes_the_touch_later_is_queued_behind_what_stands_there_then() -> None:
    tape = Tape().quote("4201.00", "4201.25", 10, 10).quote("4200.50", "4200.75", 7, 10).sold(7, "4200.50")
    assert filled(broker(), tape.wait(1).rows(), long()) == []
    assert filled(broker(), tape.sold(1, "4200.50").wait(1).rows(), long()) == [("entry", 1, 16802)]


def test_an_ib_paper_limit_fills_when_the_opposite_quote_reaches_it() -> None:
    tape = es().sold(500, "4200.25").quote("4200.25", "4200.50")
    assert filled(broker("ib-paper"), tape.rows(), long()) == [("entry", 1, 16802)]
    assert filled(broker("ib-paper"), es().sold(500, "4200.25").wait(1).rows(), long()) == []


def test_a_limit_that_crosses_the_book_pays_the_ask() -> None:
    assert filled(broker(), es().wait(1).rows(), bracket(16805, 16799, 16811, now=START)) == [("entry", 1, 16803)]


def test_a_stop_pays_the_spread_and_slippage() -> None:
    tape = es().sold(1, "4200.25").quote("4199.75", "4200.00").sold(1, "4199.75").wait(1)
    assert filled(broker(), tape.rows(), long()) == [("entry", 1, 16802), ("stop", 1, 16798)]


def test_a_gap_through_the_stop_fills_at_the_first_price_there_is() -> None:
    tape = es().sold(1, "4200.25").sold(3, "4195.00").wait(1)
    assert filled(broker(), tape.rows(), long()) == [("entry", 1, 16802), ("stop", 1, 16779)]


def test_a_jump_that_fills_the_entry_beyond_the_stop_stops_it_out_at_once() -> None:
    tape = es().sold(1, "4199.50").wait(1)
    assert filled(broker(), tape.rows(), long()) == [("entry", 1, 16802), ("stop", 1, 16797)]


def test_target_and_stop_within_one_stamp_means_the_stop() -> None:
    tape = es().sold(1, "4200.25")
    tape.step = 0
    tape.wait(1)
    tape.bought(1, "4202.25").sold(1, "4199.75").bought(1, "4202.25")
    tape.step = 1_000_000
    tape.wait(1)
    assert filled(broker(), tape.rows(), long()) == [("entry", 1, 16802), ("stop", 1, 16798)]


def test_a_target_fills_at_its_limit_and_ends_the_stop() -> None:
    tape = es().sold(1, "4200.25").bought(1, "4202.25").wait(1).sold(1, "4199.00").wait(1)
    desk, ticks = broker(), tape.rows()
    asyncio.run(desk.place(long()))
    told = play(desk, ticks)
    assert [(one.client_order_id, one.price) for one in told if isinstance(one, FillReport)] == [
        ("b-entry", 16802),
        ("b-target", 16808),
    ]
    ended = [one.client_order_id for one in told if isinstance(one, OrderReport) and one.state is OrderState.CANCELLED]
    assert ended == ["b-stop"]


def test_nothing_fills_while_trading_is_halted() -> None:
    tape = es().halt().sold(100, "4200.00").resume().wait(1)
    assert filled(broker(), tape.rows(), long()) == []


def test_trading_goes_on_also_when_no_order_saw_that_the_halt_ended() -> None:
    # given an entry that is cancelled while trading is halted, and a resumption that only the market hears of
    tape = es().halt().wait(1)
    desk, first = broker(), tape.rows()
    asyncio.run(desk.place(long()))
    play(desk, first)
    asyncio.run(desk.cancel("b-entry", int(first["ts"][-1])))
    later = Tape(start="2026-05-27 09:31").resume().quote("4200.50", "4200.75", 40, 60).wait(1)
    # when another is placed afterwards
    play(desk, later.rows())
    now = later.now
    ticks = Tape(start="2026-05-27 09:32").quote("4200.00", "4200.25").sold(9, "4199.75").wait(1).rows()
    asyncio.run(desk.place(bracket(16802, 16799, 16808, now=now, name="c")))
    # then it fills
    assert [one.client_order_id for one in play(desk, ticks) if isinstance(one, FillReport)][:1] == ["c-entry"]


def test_nobody_trades_with_a_one_sided_book_but_silence_stops_no_fill() -> None:
    locked = es().quote("4200.50", None).sold(100, "4200.25").wait(1)
    assert filled(broker(), locked.rows(), long()) == []
    assert filled(broker(), es().wait(900).sold(100, "4200.25").wait(1).rows(), long()) == [("entry", 1, 16802)]


def test_an_order_is_active_only_after_its_latency() -> None:
    tape = es().sold(1, "4200.25").wait(0.3).sold(1, "4200.00").wait(1)
    desk, ticks = broker(latency_ms=250), tape.rows()
    asyncio.run(desk.place(long()))
    fills = [one for one in play(desk, ticks) if isinstance(one, FillReport)]
    assert [int(one.ts) for one in fills] == [int(ticks["ts"][3])]


def test_a_cancel_that_comes_in_time_ends_entry_and_children() -> None:
    tape = es().wait(1).sold(1, "4200.00").wait(1)
    desk, ticks = broker(), tape.rows()
    asyncio.run(desk.place(long()))
    play(desk, ticks, upto=1)
    asyncio.run(desk.cancel("b-entry", int(ticks["ts"][0])))
    told = play(desk, ticks, start=1)
    assert [(one.client_order_id, one.state) for one in told if isinstance(one, OrderReport)] == [
        ("b-entry", OrderState.CANCELLED),
        ("b-stop", OrderState.CANCELLED),
        ("b-target", OrderState.CANCELLED),
    ]
    assert not [one for one in told if isinstance(one, FillReport)]


def test_a_market_exit_joins_the_bracket_and_never_sells_more_than_is_held() -> None:
    tape = es().sold(1, "4200.25").wait(1).wait(1)
    desk, ticks = broker(), tape.rows()
    asyncio.run(desk.place(long()))
    play(desk, ticks, upto=2)
    leave = Order("b-exit", "b", 0, Role.FLATTEN, -1, OrderType.MARKET, 5, None, None, int(ticks["ts"][1]), "time")
    asyncio.run(desk.protect(Protective(leave)))
    fills = [one for one in play(desk, ticks, start=2) if isinstance(one, FillReport)]
    assert [(one.client_order_id, one.quantity, one.price) for one in fills] == [("b-exit", 1, 16801)]


def test_a_bracket_placed_twice_is_placed_once() -> None:
    desk, ticks = broker(), es().sold(1, "4200.25").wait(1).rows()
    asyncio.run(desk.place(long()))
    asyncio.run(desk.place(long()))
    assert len([one for one in play(desk, ticks) if isinstance(one, FillReport)]) == 1


@pytest.mark.parametrize("cuts", [(1,), (2,), (1, 2, 3, 4, 5, 6), (3, 6)])
def test_how_the_tape_is_cut_changes_no_fill(cuts: tuple[int, ...]) -> None:
    tape = es().sold(25, "4200.50").sold(15, "4200.50").sold(3, "4200.50").quote("4201.75", "4202.00", 5, 4)
    ticks = tape.bought(4, "4202.00").bought(2, "4202.00").wait(1).rows()
    assert filled(broker(), ticks, long(), cuts) == filled(broker(), ticks, long()) != []
