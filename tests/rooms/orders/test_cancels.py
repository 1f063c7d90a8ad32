"""Cancellations that do not arrive: the broker's next answer shows what was to end, and it is asked for again."""

from dataclasses import replace

from bot.domain.order import BracketState as S
from tests.rooms.orders.far import SECOND, Desk, Far


async def test_a_lost_cancel_of_an_entrys_rest_is_asked_for_again_while_the_bracket_leaves(desk: Desk) -> None:
    live = await desk.place(2)
    desk.far.ack()
    desk.far.fill("entry", 1)
    await desk.hear()
    desk.far.fill("target", 1)
    await desk.hear()
    assert live.state is S.EXITING
    assert desk.far.told == ["place", "cancel entry"]
    # when that never arrived, an answer that may be older than the question says nothing
    desk.far.now -= SECOND
    await desk.snapshot()
    assert desk.far.told == ["place", "cancel entry"]
    # and one that is not asks for it again, each two seconds
    await desk.snapshot(2)
    assert desk.far.told == ["place", "cancel entry", "cancel entry", "cancel entry"]
    desk.far.end("entry")
    await desk.hear()
    await desk.snapshot()
    assert live.state is S.CLOSED
    assert desk.far.told.count("cancel entry") == 3


async def test_an_entry_is_asked_to_end_once_by_one_answer_of_the_broker(desk: Desk) -> None:
    live = await desk.place(2)
    desk.far.ack()
    await desk.hear()
    await desk.orders.cancel_entries(desk.far.now, "a person")
    desk.far.cut()
    desk.far.mend()
    await desk.hear()
    assert live.state is S.UNVERIFIED
    await desk.snapshot()
    assert live.state is S.WORKING
    assert desk.far.told == ["place", "cancel entry", "cancel entry"]


async def test_what_could_not_be_told_is_told_after_the_next_answer_however_soon(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.fill("target")
    await desk.hear()
    assert live.state is S.CLOSED
    # given a stop that does not die with its bracket, while nobody hears us
    desk.far.link = "down"
    await desk.wait(2)
    assert desk.far.told == ["place"]
    # when the link is back a second later
    desk.far.link = "up"
    desk.far.now -= SECOND
    await desk.snapshot()
    assert desk.far.told == ["place", "cancel stop"]


async def test_a_stop_put_back_while_an_entry_works_ends_the_entry_for_it_does_not_follow_it(desk: Desk) -> None:
    live = await desk.place(2)
    desk.far.ack()
    desk.far.fill("entry", 1)
    desk.far.end("stop")
    await desk.hear()
    assert live.state is S.NAKED
    # then what had come in is protected first, and nothing more is to come in
    assert desk.far.told == ["place", "stop 1", "cancel entry"]
    # and an entry that lost nothing of its cancel is not asked again by the fill of that stop
    desk.far.ack()
    await desk.hear()
    assert live.state is S.OPEN
    desk.far.fill("stop", 1)
    await desk.hear()
    assert live.state is S.EXITING
    desk.far.end("entry")
    await desk.hear()
    assert live.state is S.CLOSED


async def test_what_of_an_entry_was_taken_back_is_not_bought_again(desk: Desk) -> None:
    live = await desk.place(3)
    desk.far.ack()
    wrong = desk.far.fill("entry", 1)
    await desk.hear()
    desk.far.fill("entry", 1)
    desk.far.said.append(replace(wrong, exec_id="x1.02", quantity=0, corrects=wrong.exec_id))
    await desk.hear()
    assert live.share == 1
    assert desk.far.told == ["place", "cancel entry"]
    # when that has ended, the exits fit what is held
    desk.far.end("entry")
    await desk.hear()
    await desk.snapshot()
    assert desk.far.told[2:] == ["amend stop 1", "amend target 1"]


async def test_what_was_taken_back_before_a_crash_is_not_bought_again_after_it(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.place(3)
    far.ack()
    wrong = far.fill("entry", 1)
    await desk.hear()
    # given an execution that was taken back, and a crash before anything was said about it
    far.link = "down"
    far.fills[:] = [replace(wrong, exec_id="x1.02", quantity=0, corrects=wrong.exec_id)]
    far.position = 0
    far.said.append(far.fills[0])
    await desk.hear()
    desk.die()
    far.link = "up"
    desk = await Desk.open(url, far).start()
    assert far.told[:2] == ["place", "cancel entry"]
    desk.die()


async def test_a_stop_that_came_after_its_end_and_was_cancelled_is_replaced_at_once(desk: Desk) -> None:
    # given a bracket that was on its way for so long that three answers were without it
    live = await desk.place()
    await desk.snapshot(3)
    assert live.state is S.CANCELLED
    # when it comes after all, is cancelled, and its entry fills before that is heard
    desk.far.ack()
    await desk.hear()
    assert "cancel stop" in desk.far.told
    desk.far.fill("entry")
    desk.far.end("stop")
    await desk.hear()
    # then what is held has another stop at once
    assert live.share == 1
    assert desk.far.told[-1] == "stop 1"
