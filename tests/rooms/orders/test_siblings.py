"""What a bracket that has ended leaves at the broker: cleared away, but for what it may still need."""

import pytest

from bot.domain.order import BracketState as S
from tests.rooms.orders.far import SECOND, Desk


async def test_siblings_that_do_not_die_with_their_bracket_are_cancelled(desk: Desk) -> None:
    await desk.open_one()
    desk.far.fill("target")
    await desk.hear()
    await desk.wait(1.9)
    assert "cancel stop" not in desk.far.told
    await desk.wait(0.2)
    assert desk.far.told[-1] == "cancel stop"
    assert desk.far.now > SECOND


async def test_the_stop_of_a_bracket_that_was_woken_meanwhile_is_not_cancelled_as_a_sibling(desk: Desk) -> None:
    # given a bracket that has closed under a stop that does not die, and whose exit is taken back
    live = await desk.open_one()
    target = desk.far.fill("target")
    await desk.hear()
    desk.far.bust(target)
    await desk.hear()
    assert live.share == 1
    # when it is time to clear away what it has left
    await desk.wait(2.1)
    # then its stop is none of that
    assert "cancel stop" not in desk.far.told
    assert live.uncovered == 0


@pytest.mark.parametrize("filled", [False, True])
async def test_exits_that_outlive_an_entry_without_a_fill_are_not_cancelled_before_the_broker_is_asked(
    desk: Desk, *, filled: bool
) -> None:
    # given an entry that is told to have ended, of which something had filled unheard, or not
    live = await desk.place(2)
    desk.far.ack()
    if filled:
        desk.far.fill("entry", 1, say=False)
    desk.far.end("entry")
    await desk.hear()
    assert live.state is S.CANCELLED
    # when stop and target work on
    asked = desk.far.asked
    await desk.wait(2.1)
    # then that is a question
    assert desk.far.asked == asked + 1
    assert "cancel stop" not in desk.far.told
    # and the answer decides
    await desk.snapshot()
    assert ("cancel stop" in desk.far.told) is not filled
    assert live.share == (1 if filled else 0)
    assert live.uncovered <= 0
