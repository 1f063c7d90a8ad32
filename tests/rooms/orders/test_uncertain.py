"""Orders that do not know what they do not know: silence, lost links, crashes, other people's hands."""

from collections.abc import Callable
from dataclasses import replace

from bot.domain.order import BracketState as S
from bot.domain.order import FillReport, OrderFact, OrderReport, OrderState, SnapshotReport, Unavailable
from bot.journal import rows
from tests.rooms.orders.far import Desk, Far, flatten_of

Open = Callable[[Far], Desk]


async def test_a_bracket_that_is_answered_is_certain(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    await desk.hear()
    await desk.wait(4)
    assert live.state is S.WORKING
    assert "reconciled" not in desk.refused


async def test_no_word_for_three_seconds_is_no_verdict_and_closes_the_instrument(desk: Desk) -> None:
    live = await desk.place()
    await desk.wait(2.9)
    assert live.state is S.SENT
    await desk.wait(0.2)
    assert live.state is S.PENDING_UNKNOWN
    assert "reconciled" in desk.refused
    # and the broker is asked until it answers
    await desk.wait(2)
    await desk.wait(2)
    assert desk.far.asked >= 2
    assert desk.far.told == ["place"]
    # when it answers late, all is well
    desk.far.ack()
    await desk.hear()
    assert live.state is S.WORKING
    assert "reconciled" not in desk.refused


async def test_an_order_that_three_answers_do_not_have_is_gone_and_still_takes_a_late_fill(desk: Desk) -> None:
    live = await desk.place()
    await desk.wait(3)
    await desk.snapshot(2)
    assert live.state is S.PENDING_UNKNOWN
    await desk.snapshot()
    assert live.state is S.CANCELLED
    assert "reconciled" not in desk.refused
    # when it fills after all
    desk.far.fill("entry")
    await desk.hear()
    assert live.state is S.NAKED
    assert desk.far.told[-1] == "stop 1"


async def test_answers_on_two_connections_do_not_add_up(desk: Desk) -> None:
    live = await desk.place()
    await desk.wait(3)
    await desk.snapshot(2)
    desk.far.cut()
    desk.far.mend()
    await desk.hear()
    await desk.snapshot(2)
    assert live.state is S.PENDING_UNKNOWN
    await desk.snapshot()
    assert live.state is S.CANCELLED


async def test_an_answer_that_does_not_come_decides_nothing(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.cut()
    await desk.hear()
    assert live.state is S.UNVERIFIED
    for _ in range(5):
        await desk.orders.on_snapshot(SnapshotReport(Unavailable("timeout"), desk.far.now))
        await desk.wait(5)
    assert live.state is S.UNVERIFIED
    assert live.share == 1
    assert desk.far.told == ["place"]
    assert "reconciled" in desk.refused


async def test_a_link_that_comes_back_to_a_working_stop_needs_nothing(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.cut()
    desk.far.mend()
    await desk.hear()
    await desk.snapshot()
    assert live.state is S.OPEN
    assert desk.far.told == ["place"]
    assert "reconciled" not in desk.refused


async def test_a_stop_that_was_lost_while_nobody_heard_us_is_replaced(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.cut()
    desk.far.end("stop", say=False)
    desk.far.mend()
    await desk.hear()
    await desk.snapshot(2)
    assert live.state is S.NAKED
    assert desk.far.told == ["place", "stop 1"]
    desk.far.ack()
    await desk.hear()
    assert live.state is S.OPEN


async def test_an_exit_that_filled_while_nobody_heard_us_closes_the_bracket(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.cut()
    desk.far.fill("target", say=False)
    desk.far.end("stop", say=False)
    desk.far.mend()
    await desk.hear()
    await desk.snapshot()
    assert live.state is S.CLOSED
    assert desk.orders.position(0) == 0
    assert desk.orders.round_trips == 1
    assert [fill.source for fill in desk.read(rows.Fill)] == ["live", "live"]


async def test_a_fill_that_a_healthy_link_swallowed_is_found_by_the_poll(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    await desk.hear()
    desk.far.fill("entry", say=False)
    await desk.snapshot()
    assert live.state is S.OPEN
    assert desk.orders.position(0) == 1


async def test_both_fills_that_were_swallowed_leave_nothing_to_protect(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    await desk.hear()
    desk.far.fill("entry", say=False)
    desk.far.fill("stop", say=False)
    desk.far.end("target", say=False)
    await desk.snapshot()
    assert live.state is S.CLOSED
    assert desk.far.told == ["place"]


async def test_a_stop_cancelled_by_hand_is_put_back_once_and_then_the_position_leaves(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("stop")
    await desk.hear()
    assert desk.far.told == ["place", "stop 1"]
    desk.far.ack()
    await desk.hear()
    assert live.state is S.OPEN
    desk.far.end("stop")
    await desk.hear()
    assert flatten_of(desk.far).quantity == 1
    assert live.state is S.FLATTENING


async def test_a_new_stop_without_an_answer_is_followed_by_leaving(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("stop")
    await desk.hear()
    await desk.wait(2)
    assert desk.far.told[-1] == "flatten 1"
    assert live.state is S.FLATTENING


async def test_a_refused_exit_is_stuck_and_tried_again(desk: Desk) -> None:
    live = await desk.open_one()
    await desk.orders.flatten(desk.far.now, "flatten")
    desk.far.end("flatten", OrderState.REJECTED, why="the market is closed")
    await desk.hear()
    assert live.state is S.STUCK
    assert "reconciled" in desk.refused
    await desk.wait(1)
    assert desk.far.told.count("flatten 1") == 2
    desk.far.ack()
    desk.far.fill("flatten")
    await desk.hear()
    assert live.state is S.CLOSED


async def test_an_exit_without_an_answer_is_never_doubled(desk: Desk) -> None:
    await desk.open_one()
    await desk.orders.flatten(desk.far.now, "flatten")
    for _ in range(8):
        await desk.wait(3)
    assert desk.far.told.count("flatten 1") == 1
    assert "reconciled" in desk.refused


async def test_what_is_asked_while_nobody_hears_us_is_done_afterwards(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.cut()
    await desk.hear()
    await desk.orders.flatten(desk.far.now, "flatten")
    assert desk.far.told == ["place"]
    desk.far.mend()
    await desk.hear()
    await desk.snapshot()
    assert desk.far.told == ["place", "flatten 1"]
    assert live.state is S.FLATTENING


async def test_a_bracket_that_could_not_be_sent_never_was(desk: Desk) -> None:
    desk.far.link = "down"
    await desk.place()
    assert desk.orders.live == ()
    assert [row.state for row in desk.read(rows.BracketEvent)] == ["void"]
    assert {row.state for row in desk.read(rows.OrderEvent)} == {"cancelled"}


async def test_a_fill_may_overtake_its_acknowledgement_and_come_twice(desk: Desk) -> None:
    live = await desk.place()
    report = desk.far.fill("entry")
    desk.far.said.append(report)
    await desk.hear()
    assert live.state is S.OPEN
    assert desk.orders.position(0) == 1
    desk.far.ack()
    await desk.hear()
    assert live.state is S.OPEN
    assert len(desk.read(rows.Fill)) == 1


async def test_a_correction_takes_the_place_of_what_it_corrects(desk: Desk) -> None:
    live = await desk.open_one(2)
    wrong = desk.far.fills[-1]
    right = FillReport(wrong.client_order_id, "x1.02", desk.far.now, 1, 1, 16799, corrects=wrong.exec_id)
    desk.far.said.append(right)
    await desk.hear()
    assert desk.orders.position(0) == 1
    assert live.share == 1
    assert [(row.exec_id, row.corrects) for row in desk.read(rows.Fill)] == [("x1", None), ("x1.02", "x1")]
    # the first report once more is nothing
    desk.far.said.append(wrong)
    await desk.hear()
    assert desk.orders.position(0) == 1


async def test_exits_shrink_to_what_was_filled_once_the_rest_is_cancelled(desk: Desk) -> None:
    live = await desk.place(3)
    desk.far.ack()
    desk.far.fill("entry", 1)
    await desk.hear()
    assert live.state is S.PARTIAL
    desk.far.end("entry")
    asked = desk.far.asked
    await desk.hear()
    assert live.state is S.OPEN
    # then the broker is asked first: of the rest something may have filled unheard
    assert desk.far.told == ["place"]
    assert desk.far.asked > asked
    await desk.snapshot()
    assert sorted(desk.far.told[1:]) == ["amend stop 1", "amend target 1"]
    await desk.hear()
    assert live.cover == 1


async def test_a_stop_made_smaller_by_hand_leaves_units_naked_and_is_made_up_for(desk: Desk) -> None:
    live = await desk.open_one(3)
    desk.far.orders[desk.far.name("stop")].quantity = 1
    await desk.snapshot()
    await desk.wait(0)
    assert live.state is S.NAKED
    assert desk.far.told[-1] == "stop 2"
    desk.far.ack("stop")
    await desk.hear()
    assert live.state is S.OPEN


async def test_orders_of_others_are_named_and_never_touched(desk: Desk) -> None:
    desk.far.foreign = [OrderFact("", OrderState.WORKING, 0, "999", 0, 1, 1)]
    await desk.snapshot()
    assert "foreign" in desk.refused
    assert desk.far.told == []
    desk.far.foreign = []
    await desk.snapshot()
    assert "foreign" not in desk.refused


async def test_a_position_of_others_becomes_an_adjustment_after_two_answers_and_closes_the_instrument(
    desk: Desk,
) -> None:
    desk.far.position = 3
    await desk.snapshot()
    assert "reconciled" in desk.refused
    assert desk.read(rows.Adjustment) == []
    await desk.snapshot()
    assert [row.quantity for row in desk.read(rows.Adjustment)] == [3]
    assert desk.orders.position(0) == 3
    await desk.snapshot(3)
    assert len(desk.read(rows.Adjustment)) == 1
    assert "foreign" in desk.refused
    assert desk.far.told == []
    # a person may know of it, or it goes
    desk.orders.allow(0)
    await desk.snapshot()
    assert "foreign" not in desk.refused
    desk.far.position = 0
    await desk.snapshot(2)
    assert [row.quantity for row in desk.read(rows.Adjustment)] == [3, -3]
    assert "foreign" not in desk.refused


async def test_a_position_that_a_person_closed_ends_its_bracket_and_takes_its_exits_along(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.position = 0
    await desk.snapshot(2)
    assert live.state is S.CLOSED
    assert sorted(desk.far.told[1:]) == ["cancel stop", "cancel target"]
    (row,) = desk.read(rows.Adjustment)
    assert row.quantity == -1
    assert live.bracket.id in row.facts
    assert desk.orders.round_trips == 0


async def test_a_fill_that_comes_late_explains_an_adjustment(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.position = 0
    await desk.snapshot(2)
    late = FillReport(desk.far.name("stop"), "late", desk.far.now, -1, 1, 16797)
    desk.far.said.append(late)
    await desk.hear()
    await desk.wait(5)
    assert live.state is S.CLOSED
    assert desk.orders.position(0) == 0
    assert "flatten 1" not in desk.far.told
    assert desk.orders.round_trips == 1


async def test_a_stop_and_a_target_that_both_fill_are_bought_back(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.fill("target")
    desk.far.fill("stop")
    await desk.hear()
    assert live.share == -1
    # and the broker's answer knows of no execution that would explain it
    await desk.snapshot()
    await desk.wait(1)
    order = flatten_of(desk.far)
    assert (order.side, order.quantity) == (1, 1)
    desk.far.ack()
    desk.far.fill("flatten")
    await desk.hear()
    assert live.state is S.CLOSED
    assert desk.orders.position(0) == 0


async def test_two_broker_orders_under_one_name_of_ours_close_the_instrument(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    await desk.hear()
    entry = desk.far.name("entry")
    desk.far.said.append(OrderReport(entry, OrderState.WORKING, desk.far.now, "another", "", 1))
    await desk.hear()
    assert "reconciled" in desk.refused
    assert {row.broker_id for row in desk.read(rows.BrokerOrder) if row.client_order_id == entry} == {"p1", "another"}
    assert live.state is S.WORKING


async def test_a_status_that_comes_late_does_not_wake_what_has_ended_but_an_answer_does(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    desk.far.end("entry")
    await desk.hear()
    assert live.state is S.CANCELLED
    entry, told = desk.far.name("entry"), len(desk.read(rows.OrderEvent))
    for late in (OrderState.WORKING, OrderState.PENDING_UNKNOWN):
        desk.far.said.append(OrderReport(entry, late, desk.far.now, "p1", "late", 1))
    await desk.hear()
    assert len(desk.read(rows.OrderEvent)) == told
    # when the broker shows it afterwards among what works
    desk.far.orders[entry].state = OrderState.WORKING
    await desk.snapshot()
    assert "cancel entry" in desk.far.told


async def test_a_stop_whose_execution_is_taken_back_covers_nothing_any_more(desk: Desk) -> None:
    live = await desk.open_one()
    stopped = desk.far.fill("stop")
    await desk.hear()
    assert live.state is S.CLOSED
    # when it never filled after all: the broker's order is over all the same
    desk.far.said.append(replace(stopped, exec_id="x2b", quantity=0, corrects=stopped.exec_id))
    await desk.hear()
    assert live.state is S.NAKED
    assert desk.far.told[-1] == "stop 1"
