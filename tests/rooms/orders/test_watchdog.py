"""A position without a working stop: covered or on its way out, by deadlines, from the broker's facts."""

from dataclasses import replace

import pytest

from bot.domain.command import KILL, pause_key
from bot.domain.order import BracketState as S
from bot.domain.order import OrderState
from bot.journal import rows
from bot.orders.throttle import WINDOW_NS, Throttle
from tests.rooms.orders.far import SECOND, Desk, Far, flatten_of

ENTRY = 16800


async def test_a_market_that_comes_back_gets_the_approved_stop_not_the_one_behind_it(desk: Desk) -> None:
    # given a stop that was put back behind a market that had passed it
    await desk.open_one()
    await desk.prints(ENTRY - 5)
    desk.far.end("stop")
    await desk.hear()
    # when the market is back, and that one is lost as well
    await desk.prints(ENTRY)
    desk.far.end("stop", OrderState.REJECTED)
    await desk.hear()
    desk.far.end("flatten", OrderState.REJECTED)
    await desk.hear()
    # then the next stands where it was approved
    assert desk.far.orders[desk.far.name("stop")].order.stop_price == ENTRY - 3


async def test_how_long_it_was_naked_is_written(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("stop")
    await desk.hear()
    desk.far.now += SECOND // 2
    desk.far.ack()
    await desk.hear()
    assert live.state is S.OPEN
    assert desk.whys(live)[-1] == "protected after 500 ms"


async def test_a_stop_the_market_has_passed_is_put_back_behind_the_touch(desk: Desk) -> None:
    await desk.open_one()
    await desk.prints(ENTRY - 5)  # bid one below, past the stop at −3
    desk.far.end("stop")
    await desk.hear()
    again = desk.far.orders[desk.far.name("stop")].order
    assert again.stop_price == ENTRY - 7


@pytest.mark.parametrize("fills", [False, True])
async def test_a_stop_that_is_triggered_and_does_not_fill_covers_nothing(desk: Desk, *, fills: bool) -> None:
    live = await desk.open_one()
    await desk.prints(ENTRY - 4)
    asked = desk.far.asked
    await desk.wait(3)
    assert desk.far.asked > asked
    if fills:  # and only the report of it was lost
        desk.far.fill("stop", say=False)
        desk.far.end("target", say=False)
    await desk.snapshot()
    assert live.state is (S.CLOSED if fills else S.FLATTENING)
    assert ("flatten 1" in desk.far.told) is not fills


async def test_a_market_that_comes_back_forgives_its_stop(desk: Desk) -> None:
    live = await desk.open_one()
    await desk.prints(ENTRY - 3, ENTRY)  # the bid was at −4 for a moment
    await desk.wait(3)
    await desk.snapshot()
    assert live.state is S.OPEN
    assert desk.far.told == ["place"]


async def test_whoever_takes_a_stop_away_may_be_answered_by_leaving_at_once(url: str) -> None:
    desk = await Desk.open(url, Far(), on_operator_cancel="flatten").start()
    live = await desk.open_one()
    desk.far.end("stop")
    await desk.hear()
    assert live.state is S.FLATTENING
    assert flatten_of(desk.far).quantity == 1
    desk.die()


async def test_or_by_leaving_the_position_to_them_and_the_instrument_closed(url: str) -> None:
    desk = await Desk.open(url, Far(), on_operator_cancel="yield").start()
    live = await desk.open_one()
    desk.far.end("stop")
    await desk.hear()
    await desk.wait(5)
    await desk.snapshot(2)
    assert live.state is S.NAKED
    assert desk.far.told == ["place"]
    assert live.flags == ["no stop"]
    assert "reconciled" in desk.refused
    # a word of ours still makes it leave
    await desk.orders.flatten(desk.far.now, "flatten")
    assert desk.far.told[-1] == "flatten 1"
    desk.die()


async def test_a_refused_stop_is_nobodys_wish(url: str) -> None:
    desk = await Desk.open(url, Far(), on_operator_cancel="yield").start()
    await desk.open_one()
    desk.far.end("stop", OrderState.REJECTED, why="201")
    await desk.hear()
    assert desk.far.told == ["place", "stop 1"]
    desk.die()


async def test_two_entries_refused_for_one_reason_pause_their_strategy(desk: Desk) -> None:
    for why, paused in (("201 margin", False), ("110 price", False), ("110 price", True)):
        await desk.place(entry=ENTRY - 10 if paused else ENTRY)
        desk.far.end("entry", OrderState.REJECTED, why=why)
        await desk.hear()
        assert bool(desk.read(rows.Control)) is paused
    (row,) = desk.read(rows.Control)
    assert (row.key, row.why) == (pause_key("test", ""), "the broker refused two entries in a row: 110 price")


async def test_an_entry_that_is_taken_forgives_the_last_refusal(desk: Desk) -> None:
    for refused in (True, False, True):
        await desk.place()
        if refused:
            desk.far.end("entry", OrderState.REJECTED, why="110 price")
        else:
            desk.far.ack()
        await desk.hear()
    assert desk.read(rows.Control) == []


async def test_a_buy_back_that_is_refused_is_tried_again_after_longer_and_longer(desk: Desk) -> None:
    # given a stop that filled twice as much
    live = await desk.open_one(2)
    desk.far.fill("stop", 2)
    desk.far.end("target")
    await desk.hear()
    assert live.state is S.CLOSED
    desk.far.fill("entry", 0, corrects="x1", price=ENTRY)
    busted = replace(desk.far.fills[-1], exec_id="x1b", quantity=0)
    desk.far.fills[-1] = busted
    desk.far.position = -2
    desk.far.said.clear()
    desk.far.said.append(busted)
    await desk.hear()
    assert live.share == -2
    await desk.wait(1)
    for seconds in (1, 2, 4):
        tries = desk.far.told.count("flatten 2")
        desk.far.end("flatten")
        await desk.hear()
        assert live.state is S.STUCK
        await desk.snapshot()
        assert desk.far.told.count("flatten 2") == tries
        await desk.wait(seconds)
        assert desk.far.told.count("flatten 2") == tries + 1


async def test_an_amendment_that_was_lost_is_asked_for_again(desk: Desk) -> None:
    # given a far end that does not shrink its target, and an amendment that never arrives
    await desk.open_one(2)
    desk.far.lost_amendments = 1
    desk.far.fill("stop", 1)
    await desk.hear()
    assert desk.far.told[-1] == "amend target 1"
    assert desk.far.orders[desk.far.name("target")].quantity == 2
    await desk.snapshot()
    await desk.snapshot()
    assert desk.far.told.count("amend target 1") == 2
    assert desk.far.orders[desk.far.name("target")].quantity == 1


async def test_two_orders_under_an_entrys_name_end_the_entry(desk: Desk) -> None:
    await desk.place()
    desk.far.ack()
    await desk.hear()
    name = desk.far.name("entry")
    desk.far.orders[name].broker_id = "p99"
    desk.far._word(name, OrderState.WORKING)
    await desk.hear()
    assert desk.far.told == ["place", "cancel entry"]
    assert "reconciled" in desk.refused


async def test_too_many_entries_are_refused_at_the_wire_and_trip_the_kill_switch(url: str) -> None:
    desk = await Desk.open(url, Far(), throttle=Throttle(6)).start()
    for _ in range(3):
        await desk.place()
    assert desk.far.told == ["place"] * 2
    assert [(row.key, row.value) for row in desk.read(rows.Control)] == [(KILL, "true")]
    assert "kill_switch" in desk.refused
    # what protects has a budget of its own
    desk.far.ack()
    desk.far.fill("entry")
    desk.far.end("stop")
    await desk.hear()
    assert desk.far.told[-1] == "stop 1"
    desk.die()
    # and a restart does not forget
    desk = await Desk.open(url, desk.far).start()
    assert "kill_switch" in desk.refused
    desk.die()


def test_a_minute_later_there_is_room_again() -> None:
    throttle = Throttle(6)
    assert throttle.entry(0, 3)
    assert throttle.entry(1, 3)
    assert not throttle.entry(WINDOW_NS - 1, 3)
    assert throttle.entry(WINDOW_NS, 3)
    assert not throttle.entry(WINDOW_NS, 3)


def test_neither_budget_uses_up_the_other() -> None:
    throttle = Throttle(3)
    assert throttle.entry(0, 3)
    assert [throttle.protective(0) for _ in range(4)] == [True, True, True, False]
    assert not throttle.room(0)
    assert throttle.room(WINDOW_NS)


def test_a_tighter_limit_counts_what_has_left() -> None:
    throttle = Throttle(6)
    assert throttle.entry(0, 3)
    throttle.tighten(5)
    assert not throttle.entry(1, 3)
    assert throttle.entry(1, 2)
    assert not throttle.entry(WINDOW_NS - 1, 1)
    assert throttle.entry(WINDOW_NS, 3)
    assert [throttle.protective(WINDOW_NS) for _ in range(6)] == [True] * 5 + [False]


async def test_an_exit_that_is_heard_of_before_its_entry_sends_nothing_before_the_brokers_answer(desk: Desk) -> None:
    # given an entry's execution that is late, and its exit's that is not
    live = await desk.place()
    desk.far.ack()
    await desk.hear()
    late = desk.far.fill("entry", say=False)
    desk.far.fill("target")
    desk.far.end("stop")
    await desk.hear()
    assert live.state is S.NAKED
    assert live.share == -1
    # when more than the grace goes by: what is held only the broker can say
    for _ in range(3):
        await desk.wait(1)
    assert not any(words.startswith("flatten") for words in desk.far.told)
    await desk.orders.on_fill(late)
    assert live.state is S.CLOSED
    await desk.wait(3)
    assert not any(words.startswith("flatten") for words in desk.far.told)
    assert desk.read(rows.Control) == []


async def test_a_touch_from_before_the_position_prices_no_stop(desk: Desk) -> None:
    await desk.open_one()
    await desk.prints(ENTRY - 40)
    desk.far.fill("stop")
    desk.far.end("target")
    await desk.hear()
    # when the next one is held, nobody has looked at the market yet
    await desk.open_one()
    desk.far.end("stop")
    await desk.hear()
    assert desk.far.orders[desk.far.name("stop")].order.stop_price == ENTRY - 3


async def test_a_stop_whose_execution_is_busted_covers_nothing_any_more(desk: Desk) -> None:
    # given a stop that has filled, and an execution that turns out never to have been
    live = await desk.open_one()
    filled = desk.far.fill("stop")
    desk.far.end("target")
    await desk.hear()
    assert live.state is S.CLOSED
    desk.far.position = 1
    await desk.orders.on_fill(replace(filled, exec_id="x2b", quantity=0, corrects="x2"))
    # then the position is covered by a new one at once, and the old order is not believed to work
    assert live.share == 1
    assert live.state is S.NAKED
    assert desk.far.told[-1] == "stop 1"
    desk.far.ack()
    await desk.hear()
    assert live.state is S.OPEN


async def test_an_entry_that_was_cancelled_in_part_stays_so_when_an_exit_is_corrected(desk: Desk) -> None:
    live = await desk.place(2)
    desk.far.ack()
    desk.far.fill("entry", 1)
    desk.far.end("entry")
    filled = desk.far.fill("stop", 1)
    await desk.hear()
    await desk.orders.on_fill(replace(filled, exec_id="x2b", price=filled.price - 1, corrects="x2"))
    assert live.legs[desk.far.name("entry")].state is OrderState.CANCELLED
    assert live.state is S.CLOSED
