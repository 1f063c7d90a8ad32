"""Market exits that are refused, lost, or kept from leaving by a crash: they leave again, a stop stands meanwhile."""

import pytest

from bot.domain.order import BracketState as S
from bot.domain.order import OrderState
from tests.rooms.orders.far import SECOND, Desk, Far


async def test_a_position_whose_exit_is_refused_gets_a_stop_and_is_tried_again_soon_while_bare(desk: Desk) -> None:
    # given a broker that refuses stop and exit
    live = await desk.open_one()
    for _ in range(2):
        desk.far.end("stop", OrderState.REJECTED)
        await desk.hear()
    assert desk.far.told[-1] == "flatten 1"
    # when it goes on refusing
    tries = []
    pauses = (*(0.5,) * 9, 1, 2, 4, 4)
    for seconds in pauses:
        for role in ("flatten", "stop"):
            desk.far.end(role, OrderState.REJECTED)
            await desk.hear()
        assert live.state is S.STUCK
        await desk.wait(seconds - 0.25)
        tries.append(desk.far.told.count("flatten 1"))
        await desk.wait(0.25)
    # then stop and exit are both tried again, at once at first and never more than four seconds apart
    assert tries == list(range(1, len(pauses) + 1))
    assert desk.far.told.count("stop 1") == len(pauses) + 1
    # and when the stop is taken, the position is covered while the exit is tried on
    desk.far.end("flatten", OrderState.REJECTED)
    await desk.hear()
    assert desk.far.told[-1] == "stop 1"
    desk.far.ack("stop")
    await desk.hear()
    assert (live.state, live.uncovered) == (S.STUCK, 0)
    await desk.wait(4)
    assert desk.far.told[-1] == "flatten 1"


async def test_an_exit_that_never_arrived_is_asked_about_after_a_second_and_then_sent_again_at_once(desk: Desk) -> None:
    live = await desk.open_one()
    await desk.orders.flatten(desk.far.now, "flatten")
    desk.far.orders.pop(desk.far.names.pop())
    asked = desk.far.asked
    await desk.wait(1)
    assert desk.far.asked > asked
    await desk.snapshot(2)
    assert desk.far.told.count("flatten 1") == 1
    await desk.snapshot()
    assert desk.far.told.count("flatten 1") == 2
    assert live.state is S.FLATTENING


@pytest.mark.parametrize("silent", [False, True])
async def test_a_bare_position_whose_exit_is_missing_gets_a_stop_before_that_is_certain(
    desk: Desk, *, silent: bool
) -> None:
    # given a broker that refuses two stops, and an exit that never arrives
    live = await desk.open_one()
    for _ in range(2):
        desk.far.end("stop", OrderState.REJECTED)
        await desk.hear()
    desk.far.orders.pop(desk.far.names.pop())
    # when two answers are without it, or one, and no other comes while there is no word of it for three seconds
    await desk.snapshot()
    assert desk.far.told[-1] == "flatten 1"
    if silent:
        desk.far.deaf = True
        await desk.wait(1)
    else:
        await desk.snapshot()
    # then a stop joins it; a second exit would be one too many
    assert desk.far.told[-1] == "stop 1"
    assert desk.far.told.count("flatten 1") == 1
    desk.far.ack("stop")
    await desk.hear()
    assert (live.state, live.uncovered) == (S.FLATTENING, 0)
    # and when it is certain, the position leaves
    desk.far.deaf = False
    await desk.snapshot(2)
    assert desk.far.told.count("flatten 1") == 2


async def test_what_was_sold_too_much_of_a_whole_entry_is_bought_back_without_an_answer(desk: Desk) -> None:
    # given an entry that has filled in full, of which both exits fill, and a broker that does not answer
    live = await desk.open_one()
    desk.far.deaf = True
    desk.far.fill("target")
    desk.far.fill("stop")
    await desk.hear()
    assert live.share == -1
    # then no execution of the entry can be late, and nothing is waited for
    await desk.wait(1)
    assert desk.far.told[-1] == "flatten 1"


@pytest.mark.parametrize("flipped", [False, True])
async def test_an_exit_that_a_crash_kept_from_leaving_is_sent_by_the_next_run(url: str, *, flipped: bool) -> None:
    # given a position that is to leave, and a kill when its exit is durable and not sent
    far = Far()
    desk = await Desk.open(url, far).start()
    live = await desk.open_one()
    if flipped:
        far.fill("target")
        far.fill("stop")
        await desk.hear()

    async def killed(order: object) -> None:
        raise InterruptedError

    far.protect, heard = killed, far.protect  # type: ignore[method-assign,assignment]
    if flipped:
        await desk.snapshot(2)
    with pytest.raises(InterruptedError):
        await (desk.wait(1) if flipped else desk.orders.flatten(far.now, "time"))
    desk.die()
    far.protect = heard  # type: ignore[method-assign]
    # when the desk is started again
    far.connection += 1
    desk = await Desk.open(url, far).start()
    await desk.snapshot(2)
    # then three answers without it are the broker's word, and it leaves
    assert far.told[-1] == "flatten 1"
    assert [one.bracket.id for one in desk.orders.live] == [live.bracket.id]
    # and once more when that is refused, with the reason that it had
    far.end("flatten", OrderState.REJECTED)
    await desk.hear()
    await desk.wait(1)
    assert far.told.count("flatten 1") == 2
    far.fill("flatten")
    await desk.hear()
    assert desk.orders.live == ()
    desk.die()


async def test_a_start_does_not_wait_for_an_exit_that_the_broker_refuses(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.open_one()
    await desk.orders.flatten(far.now, "flatten")
    far.end("flatten", OrderState.REJECTED)
    await desk.hear()
    desk.die()
    began = far.now
    far.connection += 1
    desk = await Desk.open(url, far).start()
    assert desk.orders.live[0].state is S.FLATTENING
    assert far.now - began < 5 * SECOND
    desk.die()


async def test_the_fill_of_an_exit_made_later_does_not_explain_what_left_before_it(desk: Desk) -> None:
    # given a position of two of which somebody took out one, and a stop that was placed after that
    live = await desk.open_one(2)
    desk.far.position = 1
    await desk.snapshot(3)
    assert live.share == 1
    desk.far.end("stop")
    await desk.hear()
    desk.far.ack("stop")
    # when it fills
    desk.far.fill("stop")
    desk.far.end("target")
    await desk.hear()
    # then both are gone
    assert (live.share, live.adjusted, live.state) == (0, 1, S.CLOSED)
