"""Stops that move: towards protection only, one amendment at a time, the old stop counting until then."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import ManageSettings
from bot.domain.market import ABSENT
from bot.domain.moving import level, managed, tightened
from bot.domain.order import BracketState as S
from bot.domain.order import OrderState
from bot.journal import lists
from bot.journal.explain import explain
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.story import tell
from tests.rooms.orders.far import Desk, Far

ENTRY = 16800
MANAGE = ManageSettings(breakeven_after_ticks=3, breakeven_plus_ticks=1, trail_after_ticks=5, trail_ticks=3)


@pytest.fixture
async def managed_desk(url: str) -> AsyncIterator[Desk]:
    desk = await Desk.open(url, Far(), MANAGE).start()
    yield desk
    desk.die()


async def test_a_stop_is_tightened_to_the_entry_where_the_market_is_beyond_it(desk: Desk) -> None:
    live = await desk.open_one()
    await desk.prints(ENTRY + 3)
    await desk.orders.tighten(desk.far.now, "blackout")
    assert desk.far.told[-1] == f"move stop {ENTRY}"
    desk.far.moved()
    await desk.hear()
    desk.far.fill("stop")
    await desk.hear()
    assert live.state is S.CLOSED
    assert live.exit_reason == "blackout"


async def test_where_the_market_is_not_beyond_the_entry_it_goes_one_tick_behind_the_touch(desk: Desk) -> None:
    await desk.open_one()
    await desk.prints(ENTRY)  # bid one below
    await desk.orders.tighten(desk.far.now, "blackout")
    assert desk.far.told[-1] == f"move stop {ENTRY - 2}"


async def test_a_stop_that_is_nearer_already_stays(desk: Desk) -> None:
    await desk.open_one()
    await desk.prints(ENTRY - 1)  # one behind the touch is where it stands
    await desk.orders.tighten(desk.far.now, "blackout")
    assert desk.far.told == ["place"]


async def test_nothing_is_tightened_while_nobody_knows_where_the_market_is(desk: Desk) -> None:
    await desk.open_one()
    await desk.orders.tighten(desk.far.now, "blackout")
    assert desk.far.told == ["place"]


async def test_what_is_to_be_tightened_without_a_link_is_tightened_after_it(desk: Desk) -> None:
    await desk.open_one()
    await desk.prints(ENTRY + 3)
    desk.far.cut()
    await desk.hear()
    await desk.orders.tighten(desk.far.now, "blackout")
    assert desk.far.told == ["place"]
    desk.far.mend()
    await desk.hear()
    await desk.snapshot()
    assert desk.far.told == ["place", f"move stop {ENTRY}"]


async def test_breakeven_and_trail_follow_the_best_print(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one()
    await desk.prints(ENTRY + 2)
    assert desk.far.told == ["place"]
    await desk.prints(ENTRY + 3)
    assert desk.far.told[-1] == f"move stop {ENTRY + 1}"
    desk.far.moved()
    await desk.hear()
    await desk.prints(ENTRY + 4, ENTRY + 1)
    assert len(desk.far.told) == 2
    await desk.prints(ENTRY + 5)
    assert desk.far.told[-1] == f"move stop {ENTRY + 2}"
    desk.far.moved()
    desk.far.fill("stop")
    await desk.hear()
    assert live.exit_reason == "trail"


async def test_while_one_amendment_is_under_way_there_is_no_other_and_the_old_stop_covers(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one()
    await desk.prints(ENTRY + 3, ENTRY + 5)
    assert desk.far.told == ["place", f"move stop {ENTRY + 1}"]
    assert live.uncovered == 0
    # when it is named, what the market did meanwhile counts at once
    desk.far.moved()
    await desk.hear()
    assert desk.far.told[-1] == f"move stop {ENTRY + 2}"


async def test_a_stop_filled_before_its_amendment_is_named_is_a_stop(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one()
    await desk.prints(ENTRY + 3)
    desk.far.fill("stop")
    await desk.hear()
    assert live.exit_reason == "stop"


async def test_an_amendment_without_a_word_is_asked_for_and_tried_again(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one()
    await desk.prints(ENTRY + 3)
    asked = desk.far.asked
    await desk.wait(3)
    assert desk.far.asked > asked
    # when the answer shows the old trigger
    await desk.snapshot()
    assert desk.far.told == ["place", *[f"move stop {ENTRY + 1}"] * 2]
    assert live.state is S.OPEN


async def test_an_amendment_that_only_the_answer_shows_is_named_by_it(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one()
    await desk.prints(ENTRY + 3)
    desk.far.moved(say=False)
    await desk.snapshot()
    desk.far.fill("stop")
    await desk.hear()
    assert live.exit_reason == "breakeven"
    assert len(desk.far.told) == 2


async def test_a_stop_that_a_person_moved_is_the_truth(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one()
    desk.far.moved(ENTRY + 2)
    await desk.hear()
    # breakeven is further away than that
    await desk.prints(ENTRY + 3)
    assert desk.far.told == ["place"]
    await desk.prints(ENTRY + 6)
    assert desk.far.told[-1] == f"move stop {ENTRY + 3}"
    assert live.exit_reason == ""


async def test_nothing_is_amended_without_a_link(managed_desk: Desk) -> None:
    desk = managed_desk
    await desk.open_one()
    desk.far.cut()
    await desk.hear()
    await desk.prints(ENTRY + 8)
    assert desk.far.told == ["place"]
    desk.far.mend()
    await desk.hear()
    await desk.snapshot()
    assert desk.far.told[-1] == f"move stop {ENTRY + 5}"


async def test_a_partly_filled_stop_can_still_move(managed_desk: Desk) -> None:
    desk = managed_desk
    live = await desk.open_one(2)
    await desk.prints(ENTRY + 3)
    desk.far.fill("stop", 1)
    desk.far.moved(say=False)
    desk.far._word(desk.far.name("stop"), OrderState.WORKING)
    await desk.hear()
    assert live.state is S.EXITING
    desk.far.fill("stop")
    await desk.hear()
    assert live.exit_reason == "breakeven"


@given(
    side=st.sampled_from([1, -1]),
    after=st.integers(1, 9),
    plus=st.integers(0, 8),
    trail_after=st.none() | st.integers(1, 9),
    trail=st.none() | st.integers(1, 9),
    stands=st.integers(-9, 12),
    gained=st.integers(-12, 24),
)
def test_the_next_level_is_the_first_print_that_moves_the_stop(
    side: int, after: int, plus: int, trail_after: int | None, trail: int | None, stands: int, gained: int
) -> None:
    manage = ManageSettings(
        breakeven_after_ticks=after,
        breakeven_plus_ticks=min(plus, after - 1),
        trail_after_ticks=trail_after if trail else None,
        trail_ticks=trail,
    )
    trigger, best = ENTRY + side * stands, ENTRY + side * gained
    nearer = [price for price, _ in managed(manage, side, ENTRY, best) if side * (price - trigger) > 0]
    next_one = level(manage, side, ENTRY, trigger)
    assert bool(nearer) == (next_one is not None and side * (best - next_one) >= 0)
    # and it never stands at or beyond the print that moves it
    assert all(side * (best - price) > 0 for price in nearer)


@given(side=st.sampled_from([1, -1]), near=st.integers(-20, 20))
def test_a_tightened_stop_is_behind_the_touch_and_not_beyond_the_entry(side: int, near: int) -> None:
    touch = (ENTRY + near, ENTRY + near + 1) if side > 0 else (ENTRY - near - 1, ENTRY - near)
    price = tightened(side, ENTRY, touch)
    assert price is not None
    assert side * (ENTRY + side * near - price) > 0
    assert side * (ENTRY - price) >= 0


def test_an_absent_touch_says_nothing() -> None:
    assert tightened(1, ENTRY, (ABSENT, ENTRY)) is None


@pytest.mark.parametrize("named", [True, False])
async def test_after_a_crash_the_stop_in_force_is_the_brokers_and_says_why(url: str, *, named: bool) -> None:
    # given a desk that dies after its stop was moved, or before it heard of that
    far = Far()
    desk = await Desk.open(url, far, MANAGE).start()
    await desk.open_one()
    await desk.prints(ENTRY + 3)
    far.moved(say=named)
    await desk.hear()
    desk.die()
    # when it is started again
    far.connection += 1
    desk = await Desk.open(url, far, MANAGE).start()
    (live,) = desk.orders.live
    assert live.state is S.OPEN
    assert far.told == ["place", f"move stop {ENTRY + 1}"]
    # then the stop goes on from there, and its fill has its reason
    await desk.prints(ENTRY + 5)
    assert far.told[-1] == f"move stop {ENTRY + 2}"
    far.fill("stop", price=ENTRY + 1)
    far.end("target")
    await desk.hear()
    with reading(place(url)) as reader:
        (trip,) = lists.list_round_trips(reader, reader.runs, Filters())
        assert (trip["exit_reason"], trip["slippage_ticks"], trip["r"]) == ("breakeven", 0, pytest.approx(1 / 3))
        assert "stop moved to 4200.25 (breakeven)" in tell(explain(reader, live.bracket.id))
    desk.die()


async def test_a_move_that_was_never_heard_of_is_wanted_again_after_a_crash(url: str) -> None:
    far = Far()
    desk = await Desk.open(url, far, MANAGE).start()
    await desk.open_one()
    await desk.prints(ENTRY + 3)
    desk.die()
    far.connection += 1
    desk = await Desk.open(url, far, MANAGE).start()
    await desk.snapshot()
    await desk.prints(ENTRY + 3)
    assert far.told == ["place", *[f"move stop {ENTRY + 1}"] * 2]
    desk.die()
