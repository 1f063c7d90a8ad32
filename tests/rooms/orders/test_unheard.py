"""What the broker did and nobody heard of: asked about soon, and counted as ours where it can only be ours."""

from dataclasses import replace

from bot.domain.order import BracketState as S
from bot.domain.order import BrokerState, FillReport, OrderReport, OrderState, Role
from bot.journal import rows
from bot.orders.reconcile import Belief, Believed, reconcile
from tests.rooms.orders.far import SECOND, Desk


async def test_an_answer_that_does_not_come_is_asked_for_again(desk: Desk) -> None:
    await desk.open_one()
    asked = desk.far.asked
    desk.far.silences.append(True)
    await desk.snapshot()
    assert desk.far.asked == asked + 1


async def test_an_order_that_is_said_to_have_filled_without_an_execution_is_asked_about_after_a_second(
    desk: Desk,
) -> None:
    live = await desk.place()
    desk.far.ack()
    desk.far.fill("entry", say=False)
    desk.far.said.append(OrderReport(desk.far.name("entry"), OrderState.FILLED, desk.far.now, "p1", quantity=1))
    await desk.hear()
    asked = desk.far.asked
    await desk.wait(1)
    assert desk.far.asked == asked + 1
    await desk.snapshot()
    assert live.state is S.OPEN


async def test_also_when_it_was_held_to_be_gone(desk: Desk) -> None:
    live = await desk.place()
    await desk.wait(3)
    await desk.snapshot(3)
    assert live.state is S.CANCELLED
    # given that it arrives after all, and its execution is lost on the way
    desk.far.ack()
    desk.far.fill("entry", say=False)
    desk.far.said.append(OrderReport(desk.far.name("entry"), OrderState.FILLED, desk.far.now, "p1", quantity=1))
    await desk.hear()
    asked = desk.far.asked
    await desk.wait(1)
    assert desk.far.asked > asked


async def test_the_end_of_an_entry_is_not_asked_for_twice_in_one_moment(desk: Desk) -> None:
    live = await desk.place(2)
    desk.far.ack()
    await desk.hear()
    await desk.orders.cancel_entries(desk.far.now, "a person")
    await desk.orders.flatten(desk.far.now, "a person")
    assert desk.far.told == ["place", "cancel entry"]
    # but again when it was not done for two seconds
    await desk.wait(2)
    await desk.orders.cancel_entries(desk.far.now, "a person")
    assert desk.far.told == ["place", "cancel entry", "cancel entry"]
    assert live.state is S.WORKING


async def test_what_an_entry_filled_beyond_the_brokers_memory_is_ours_to_protect(desk: Desk) -> None:
    live = await desk.place(3)
    desk.far.ack()
    desk.far.fill("entry", 2)
    await desk.hear()
    # given a fill that is told by no report and no answer, and a stop that is taken away
    desk.far.fill("entry", 1, say=False)
    desk.far.fills.pop()
    desk.far.end("stop", say=False)
    await desk.snapshot(3)
    # then it is the bracket's, and covered
    assert live.share == 3
    assert desk.far.orders[desk.far.name("stop")].order.quantity == 3
    assert "foreign" not in desk.refused
    [adjustment] = desk.read(rows.Adjustment)
    assert (adjustment.quantity, live.bracket.id in adjustment.facts) == (1, True)


async def test_but_not_what_came_in_while_its_exits_died_with_it(desk: Desk) -> None:
    live = await desk.place()
    desk.far.ack()
    for role in ("stop", "target"):
        desk.far.end(role)
    desk.far.end("entry", say=False)
    desk.far.position = 1  # somebody else's
    await desk.hear()
    await desk.snapshot(3)
    assert (live.share, live.state) == (0, S.CANCELLED)
    assert "foreign" in desk.refused


async def test_and_is_explained_by_its_execution_when_that_comes_after_all(desk: Desk) -> None:
    live = await desk.place(2)
    desk.far.ack()
    late = desk.far.fill("entry", say=False)
    desk.far.fills.pop()
    await desk.hear()
    await desk.snapshot(3)
    assert (live.share, live.filled_in, live.state) == (2, 0, S.OPEN)
    desk.far.said.append(late)
    await desk.hear()
    assert (live.share, live.filled_in, live.adjusted) == (2, 2, 0)
    assert desk.orders.position(0) == 2
    desk.far.fill("target")
    await desk.hear()
    assert live.state is S.CLOSED


async def test_a_fill_that_comes_late_does_not_wake_an_entry_that_the_broker_has_ended(desk: Desk) -> None:
    live = await desk.place(3)
    desk.far.ack()
    desk.far.fill("entry", 1)
    late = desk.far.fill("entry", 1, say=False)
    desk.far.end("entry")
    await desk.hear()
    desk.far.said.append(late)
    await desk.hear()
    assert live.share == 2
    assert live.of_role(Role.ENTRY) == []


async def test_a_stop_that_has_filled_as_far_as_it_was_told_is_missed_by_one_answer(desk: Desk) -> None:
    live = await desk.place(3)
    desk.far.ack()
    desk.far.fill("entry", 1)
    late = desk.far.fill("entry", 1, say=False)
    desk.far.fills.pop()
    desk.far.end("entry")
    await desk.hear()
    await desk.snapshot()  # both exits are made to fit what is known: one unit
    desk.far.fill("stop", 1, say=False)
    desk.far.end("stop", OrderState.FILLED, say=False)
    desk.far.fills.insert(1, late)
    await desk.snapshot()
    assert live.share == 1
    assert desk.far.told[-1] == "stop 1"


def test_a_position_from_before_the_answers_own_newest_execution_lags() -> None:
    now = 100 * SECOND
    bought = FillReport("entry", "e1", now - 2 * SECOND, 1, 1, 16800)
    belief = Belief({"entry": Believed(0, 1, OrderState.FILLED)}, {"e1": 1}, {0: 1}, {0: 1})
    answer = BrokerState("DU1", (), (bought,), ())
    assert reconcile(belief, answer, now).lagging == {0}
    assert reconcile(belief, answer, now + 2 * SECOND).lagging == set()
    assert reconcile(belief, replace(answer, positions=((0, 2),)), now).lagging == set()


async def test_and_takes_no_stop_away(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.position = 0
    desk.far.now -= 3 * SECOND // 2  # two answers within three seconds of the fill
    await desk.snapshot()
    desk.far.standing = True
    desk.far.waited += 2 * SECOND
    await desk.snapshot()
    assert live.state is S.OPEN
    assert desk.far.told == ["place"]


async def test_a_position_whose_stop_two_answers_lack_gets_another_one(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("stop", say=False)
    await desk.snapshot()
    assert live.state is S.PENDING_UNKNOWN
    await desk.snapshot()
    assert desk.far.told == ["place", "stop 1"]
    # and the first one's end is no second loss
    desk.far.ack()
    await desk.hear()
    await desk.snapshot()
    assert live.state is S.OPEN
    assert desk.far.told == ["place", "stop 1"]


async def test_and_gives_it_back_when_the_first_one_was_only_left_out(desk: Desk) -> None:
    live = await desk.open_one()
    name = desk.far.name("stop")
    kept = desk.far.orders.pop(name)
    desk.far.names.remove(name)
    await desk.snapshot(2)
    desk.far.orders[name] = kept
    desk.far.names.append(name)
    desk.far.ack()
    await desk.hear()
    await desk.snapshot()
    assert live.state is S.OPEN
    assert desk.far.told == ["place", "stop 1", "cancel stop"]


async def test_exits_are_not_made_smaller_by_an_execution_that_was_not_heard(desk: Desk) -> None:
    # given an entry that has filled twice, once unheard, and whose rest is cancelled
    live = await desk.place(3)
    desk.far.ack()
    desk.far.fill("entry", 1)
    desk.far.fill("entry", 1, say=False)
    desk.far.end("entry")
    # when that is heard, and the broker's answer
    await desk.hear()
    await desk.snapshot()
    # then no stop was made smaller than what is held
    assert live.share == 2
    assert sorted(desk.far.told) == ["amend stop 2", "amend target 2", "place"]
