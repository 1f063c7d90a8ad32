"""Executions that an exchange takes back: what of an order is spent, and who hears of it once nothing lives."""

from tests.rooms.orders.far import Desk, Far


async def again(url: str, far: Far) -> Desk:
    """The next run."""
    far.connection += 1
    return await Desk.open(url, far).start()


async def test_a_stop_does_not_work_again_for_what_was_taken_back_of_it(desk: Desk) -> None:
    # given a stop of three of which two have filled, the second never, as it turns out
    live = await desk.open_one(3)
    desk.far.fill("stop", 1)
    second = desk.far.fill("stop", 1)
    desk.far.bust(second)
    await desk.hear()
    # then two are held and the old stop takes out one: the other has a stop of its own at once
    assert live.share == 2
    assert "stop 1" in desk.far.told
    desk.far.ack()
    await desk.hear()
    assert live.uncovered == 0
    # when the old one fills whole
    desk.far.fill("stop", 1, back=2)
    await desk.hear()
    # then nothing of it is left, and the new one covers what is
    assert not live.legs[desk.far.name("stop", 2)].alive
    assert (live.share, live.uncovered) == (1, 0)


async def test_a_stop_covers_less_by_what_was_taken_back_before_anybody_had_heard_of_it(desk: Desk) -> None:
    # given a stop of three of which one has filled, and never did: the desk has heard of neither
    live = await desk.open_one(3)
    desk.far.bust(desk.far.fill("stop", 1, say=False))
    desk.far.said.clear()
    # when the broker says what it holds
    await desk.snapshot()
    # then the stop takes out two of three, and the third has one of its own
    assert live.share == 3
    assert "stop 1" in desk.far.told


async def test_the_broker_is_asked_for_a_minute_after_an_execution_although_nothing_lives(desk: Desk) -> None:
    # given a bracket that has closed
    live = await desk.open_one()
    stopped = desk.far.fill("stop")
    desk.far.end("target")
    await desk.hear()
    asked = desk.far.asked
    # when its exit is taken back and the word of it is lost
    desk.far.bust(stopped)
    desk.far.said.clear()
    await desk.wait(6)
    # then the broker is asked all the same, and its answer shows what is held
    assert desk.far.asked == asked + 1
    await desk.snapshot()
    assert live.share == 1
    assert "stop 1" in desk.far.told


async def test_nobody_is_asked_about_an_execution_for_ever(desk: Desk) -> None:
    await desk.open_one()
    desk.far.fill("stop")
    desk.far.end("target")
    await desk.hear()
    await desk.wait(120)
    asked = desk.far.asked
    await desk.wait(120)
    assert desk.far.asked == asked


async def test_a_stop_does_not_work_again_for_what_was_taken_back_before_a_crash(url: str) -> None:
    # given a stop of two that has filled a half, which never was: the new stop is lost with the process
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.open_one(2)
    half = far.fill("stop", 1)
    await desk.hear()
    far.bust(half)
    far.link = "down"
    await desk.hear()
    desk.die()
    # when the desk is started again
    far.link = "up"
    desk = await again(url, far)
    # then it knows that the old stop takes out one of two
    assert far.told[-1] == "stop 1"
    desk.die()


async def test_the_next_run_goes_on_asking_after_a_bracket_that_has_just_closed(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far).start()
    await desk.open_one()
    far.fill("stop")
    far.end("target")
    await desk.hear()
    desk.die()
    desk = await again(url, far)
    asked = far.asked
    await desk.wait(6)
    assert far.asked == asked + 1
    desk.die()
