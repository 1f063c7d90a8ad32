"""Traps that were provoked over a socket (T rows), and faults of orders (F rows of the catalogue), by their numbers.

T1 stands with A7, T5 with A4, T7 with A12, T8 with A11, T12 with A1, T13 with A3, T15 with A13, T17 with A9. T16, T21
and T22 are of parts of the library that are not used.
"""

import asyncio
import inspect

import pytest
from ib_async.client import Client
from ib_async.decoder import Decoder

from adapters.ib.books import Books
from adapters.ib.link import Link
from bot.domain.order import CommissionReport, FillReport, Known, OrderReport, OrderState, Protective, Unavailable
from bot.errors import Unreachable
from tests.brackets import bracket
from tests.rooms.ib import peer as wire
from tests.rooms.ib.desk import contract, desk, joined
from tests.rooms.ib.peer import Peer, listening
from tests.rooms.ib.test_books import CANCELLED, UNKNOWN, WORKING, placed, quiet
from tests.rooms.ib.test_broker import ENTRY, long_one, stop_of


async def test_t2_every_order_has_its_own_time_in_force_and_10349_is_information():
    async with desk() as (near, far):
        await placed(near, far)
        assert [leg[wire.TIF] for leg in far.sent(wire.PLACE)] == ["DAY", "GTC", "GTC"]
        asked = len(far.sent(wire.OPEN_ORDERS))
        far.error(1, 10349, "Order TIF was set to DAY based on order preset.")
        await quiet(near, far)
        assert set(near.states("b-entry")) == {WORKING}
        assert len(far.sent(wire.OPEN_ORDERS)) == asked


async def test_t3_a_warning_after_the_fill_takes_nothing_back():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.held.pop(1)
        far.say(far.execution(entry, "1.1.01.01"))
        far.error(1, 399, "in IB's words")
        await near.until(lambda: near.of(FillReport))
        await quiet(near, far)
        assert near.states("b-entry") == [WORKING]


async def test_t4_an_order_that_has_ended_is_neither_amended_nor_cancelled():
    async with desk() as (near, far):
        await placed(near, far)
        far.status(far.held.pop(2), "Cancelled")
        await near.until(lambda: CANCELLED in near.states("b-stop"))
        await near.broker.amend("b-stop", 1, stop_price=16_795, quantity=None)
        await near.broker.cancel("b-stop", 1)
        await quiet(near, far)
        assert len(far.sent(wire.PLACE)) == 3
        assert far.sent(wire.CANCEL) == []


async def test_t6_a_second_answer_neither_doubles_a_commission_nor_loses_it():
    async with desk() as (near, far):
        await placed(near, far)
        far.executions.append(far.execution(far.held.pop(1), "1.1.01.01"))
        far.costs.append(far.cost("1.1.01.01"))
        far.positions.append(far.position(1))
        for _ in range(2):
            await near.broker.snapshot()
        assert len(near.of(CommissionReport)) == 1


async def test_t9_a_question_ends_with_its_connection():
    async with desk(Peer(mute={"9"})) as (near, far):
        asking = near.link.contract_details(contract())
        far.drop()
        answer = await asking
        assert isinstance(answer, Unavailable)
        assert answer.reason == "link_down"


async def test_t10_two_of_one_question_at_once_are_both_answered():
    async with desk() as (near, _):
        answers = await asyncio.gather(near.link.open_orders(), near.link.open_orders(), near.link.positions())
        assert all(isinstance(one, Known) for one in answers)


async def test_t14_a_status_of_an_order_nobody_has_named_asks_who_it_is():
    async with desk() as (_, far):
        asked = len(far.sent(wire.OPEN_ORDERS))
        far.say([3, 77, "Submitted", 0, 1, 0, 712_345, 0, 0, 17, "", 0])
        await far.until(lambda: len(far.sent(wire.OPEN_ORDERS)) >= asked + 2)


@pytest.mark.parametrize("seen", ["at once", "afterwards"])
async def test_t18_what_never_left_is_said_to_have_stayed(seen: str):
    async with desk() as (near, far):
        pace = near.link.wire.pace
        pace.complained()
        await near.broker.place(long_one())
        assert far.sent(wire.PLACE) == []
        near.link.drop("cut while it waited")
        if seen == "afterwards":
            await near.link.lost.wait()
            await far.until(lambda: far.connections == 2 and len(far.sent(wire.OPEN_ORDERS)) == 4)
        await near.until(lambda: OrderState.REJECTED in near.states("b-entry"))
        assert "never sent" in near.of(OrderReport)[-1].message


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "ä"])
async def test_t19_a_control_character_leaves_with_nothing(name: str):
    async with desk() as (near, far):
        with pytest.raises(ValueError, match="cannot be sent"):
            await near.broker.place(long_one(name))
        await quiet(near, far)
        assert far.sent(wire.PLACE) == []
        assert near.broker.books.kept == {}


async def test_t20_a_broken_message_about_orders_has_them_read_again():
    async with desk() as (near, far):
        await placed(near, far)
        asked = len(far.sent(wire.OPEN_ORDERS))
        far.say([3, 1, "Submitted", "many", 1])
        await far.until(lambda: len(far.sent(wire.OPEN_ORDERS)) >= asked + 2)
        assert near.broker.link == "up"


async def test_t23_completed_orders_that_nobody_asked_for_are_nothing():
    async with desk() as (near, far):
        far.say([102])
        await quiet(near, far)
        assert near.broker.link == "up"


async def test_t24_every_leg_names_account_reference_and_hours():
    async with desk() as (near, far):
        await placed(near, far)
        for leg in far.sent(wire.PLACE):
            assert leg[wire.ACCOUNT] == "DU1234567"
            assert leg[wire.OUTSIDE] == "1"
            assert leg[wire.REF].startswith("b-")


async def test_t25_numbers_that_are_given_again_do_not_cross():
    async with listening() as far, joined(far) as near:
        await placed(near, far)
        # the gateway restarts, has never seen our orders, and gives their numbers to another program's
        far.held.clear()
        far.next_id = 1
        far.drop()
        await near.until(lambda: near.link.number == 2 and near.link.stage == "live")
        other = wire.Held([*far.sent(wire.PLACE)[0]], 888_888)
        other.placed[wire.REF] = "stranger"
        far.held[1] = other
        far.say(other.shown(), other.said())
        far.status(other, "Cancelled")
        await quiet(near, far)
        assert CANCELLED not in near.states("b-entry")
        await near.broker.place(bracket(ENTRY, ENTRY - 8, ENTRY + 16, now=2, name="c"))
        await far.until(lambda: len(far.sent(wire.PLACE)) == 6)
        assert [leg[wire.NUMBER] for leg in far.sent(wire.PLACE)[3:]] == ["4", "5", "6"]


async def test_f38_an_amended_child_is_no_child_once_its_parent_is_done():
    async with desk() as (near, far):
        await placed(near, far)
        await near.broker.amend("b-stop", 1, stop_price=16_795, quantity=None)
        await far.until(lambda: len(far.sent(wire.PLACE)) == 4)
        far.say(far.execution(far.held.pop(1), "1.1.01.01"))
        await near.until(lambda: near.of(FillReport))
        await near.broker.amend("b-stop", 1, stop_price=16_797, quantity=None)
        await far.until(lambda: len(far.sent(wire.PLACE)) == 5)
        first, second = far.sent(wire.PLACE)[3:]
        assert (first[wire.NUMBER], first[wire.PARENT], first[wire.TRIGGER]) == ("2", "1", "4198.75")
        assert (second[wire.NUMBER], second[wire.PARENT], second[wire.TRIGGER]) == ("2", "0", "4199.25")
        assert first[wire.GROUP] == second[wire.GROUP] == ""


async def test_f29_protection_that_is_added_later_has_a_group_that_cancels_with_block():
    async with desk() as (near, far):
        await near.broker.protect(Protective(stop_of("b", "b-again")))
        await near.until(lambda: near.states("b-again") == [WORKING])
        (leg,) = far.sent(wire.PLACE)
        assert (leg[wire.GROUP], leg[wire.GROUP_TYPE]) == ("paperpit-b", "1")
        assert (leg[wire.TIF], leg[wire.OUTSIDE], leg[wire.PARENT]) == ("GTC", "1", "0")


async def test_f29_an_exit_joins_the_group_that_ib_gave_the_children():
    async with desk() as (near, far):
        await placed(near, far)
        stop = far.one("b-stop")
        stop.group = "701001"
        far.say(stop.shown(), stop.said())
        await quiet(near, far)
        await near.broker.protect(Protective(stop_of("b", "b-out"), ("b-stop", "b-target")))
        await far.until(lambda: len(far.sent(wire.PLACE)) == 4)
        assert far.sent(wire.PLACE)[3][wire.GROUP] == "701001"


async def test_f38_an_amendment_is_not_believed_before_ib_shows_it():
    async with desk(Peer(acknowledge=False)) as (near, far):
        await near.broker.place(long_one())
        await far.until(lambda: len(far.held) == 3)
        far.show()
        await near.until(lambda: near.states("b-target"))
        await near.broker.amend("b-stop", 1, stop_price=16_795, quantity=None)
        await far.until(lambda: len(far.sent(wire.PLACE)) == 4)
        # refused: the old price stands
        far.held[2].placed = far.sent(wire.PLACE)[1]
        far.error(2, 201, "Order rejected")
        await near.until(lambda: near.of(OrderReport)[-1].message == "201 Order rejected")
        # once more, and taken
        await near.broker.amend("b-stop", 1, stop_price=16_797, quantity=None)
        await far.until(lambda: len(far.sent(wire.PLACE)) == 5)
        far.show()
        await near.until(lambda: near.of(OrderReport)[-1].message == "now 1 units, stop 4199.25")
        assert near.of(OrderReport)[-1].stop_price == 16_797
        assert set(near.states("b-stop")) == {WORKING}


async def test_t17_a_cancel_does_not_overtake_the_order_that_it_is_for():
    async with desk() as (near, far):
        near.link.wire.pace.complained()
        await near.broker.place(long_one())
        await near.broker.cancel("b-entry", 1)
        with pytest.raises(Unreachable, match="not left"):
            await near.broker.amend("b-stop", 1, stop_price=16_795, quantity=None)
        await near.until(lambda: CANCELLED in near.states("b-entry"))
        assert [fields[0] for fields in far.received if fields[0] in "34"] == ["3", "3", "3", "4"]


async def test_f37_a_fill_that_beats_its_cancel_wins():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.one("b-entry")
        far.hook = lambda peer, fields: fields[0] == wire.CANCEL
        await near.broker.cancel("b-entry", 1)
        await far.until(lambda: far.sent(wire.CANCEL))
        far.executions.append(far.execution(entry, "1.1.01.01"))
        far.positions.append(far.position(1))
        del far.held[1]
        far.error(1, 10148, "OrderId 1 that needs to be cancelled cannot be cancelled, state: Filled.")
        await near.until(lambda: near.of(FillReport))
        assert CANCELLED not in near.states("b-entry")


async def test_an_order_that_is_not_known_here_is_never_cancelled_by_a_guess():
    async with desk() as (near, far):
        await near.broker.cancel("somebody", 1)
        await near.until(lambda: near.states("somebody") == [UNKNOWN])
        assert far.sent(wire.CANCEL) == []


def test_the_decoder_still_calls_what_we_hear_by_these_names():
    source = inspect.getsource(Decoder)
    ours = [name for room in (Books, Link) for name in vars(room) if not name.startswith("_") and name != name.lower()]
    assert {"openOrder", "orderStatus", "execDetails", "commissionReport", "managedAccounts"} <= set(ours)
    assert [name for name in ours if f'"{name}"' not in source and f"wrapper.{name}(" not in source] == [
        "connectionClosed"
    ]
    assert "wrapper.connectionClosed()" in inspect.getsource(Client)
