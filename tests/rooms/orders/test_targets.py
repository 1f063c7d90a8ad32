"""A target that the broker refuses: before a fill the bracket is off, after it the stop is enough."""

from bot.domain.order import BracketState as S
from bot.domain.order import OrderState
from tests.rooms.orders.far import Desk


async def test_a_target_that_is_refused_takes_its_entry_with_it(desk: Desk) -> None:
    # the target goes last and releases the others: without it they lie at the broker and nobody ends them
    live = await desk.place()
    desk.far.end("target", OrderState.REJECTED, why="201 too far away")
    await desk.hear()
    assert desk.far.told[-1] == "cancel entry"
    desk.far.end("entry")
    desk.far.end("stop")
    await desk.hear()
    assert live.state is S.CANCELLED


async def test_a_target_that_is_refused_later_leaves_the_position_under_its_stop(desk: Desk) -> None:
    live = await desk.open_one()
    told = list(desk.far.told)
    desk.far.end("target", OrderState.REJECTED, why="201")
    await desk.hear()
    assert live.state is S.OPEN
    assert desk.far.told == told
