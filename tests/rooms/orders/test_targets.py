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


async def test_a_target_that_is_refused_later_is_placed_once_more_and_then_goes_on_without(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("target", OrderState.REJECTED, why="201")
    await desk.hear()
    assert desk.far.told == ["place", "target 1"]
    again = desk.far.orders[desk.far.name("target")].order
    assert (again.price, again.side) == (live.bracket.target.price, -1)
    # when that is refused as well, the stop is enough, and a person sees it
    desk.far.end("target", OrderState.REJECTED, why="201")
    await desk.hear()
    assert live.state is S.OPEN
    assert desk.far.told == ["place", "target 1"]
    assert live.flags == ["no target"]
    assert desk.whys(live)[-1] == "goes on without a target: 201"


async def test_a_target_placed_once_more_is_reached_like_any(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("target", OrderState.REJECTED, why="201")
    await desk.hear()
    desk.far.ack()
    desk.far.fill("target")
    await desk.hear()
    assert live.state is S.CLOSED
    assert live.exit_reason == "target"


async def test_a_target_that_a_person_cancels_stays_away(desk: Desk) -> None:
    live = await desk.open_one()
    desk.far.end("target")
    await desk.hear()
    assert live.state is S.OPEN
    assert desk.far.told == ["place"]
    assert live.flags == ["no target"]


async def test_a_target_that_ends_with_its_bracket_is_no_loss(desk: Desk) -> None:
    live = await desk.open_one()
    await desk.orders.flatten(desk.far.now, "flatten")
    desk.far.end("target")
    desk.far.fill("flatten")
    await desk.hear()
    assert live.flags == []
    assert live.state is S.CLOSED
