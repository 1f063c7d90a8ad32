"""Cancellations that do not arrive: the broker's next answer shows what was to end, and it is asked for again."""

from bot.domain.order import BracketState as S
from tests.rooms.orders.far import SECOND, Desk


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
