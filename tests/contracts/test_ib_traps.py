"""Traps of the library and of the protocol, each with the number that the research gave it, over a real socket.

A rows: what ib_async's own books get wrong. T rows: what was provoked over a socket. The adapter keeps its own books
from raw callbacks, so most of them cannot happen; these tests are what would notice if they could again.
"""

from dataclasses import replace

import pytest

from bot.domain.order import CommissionReport, FillReport, Known, OrderReport, Unavailable
from bot.errors import Unreachable
from tests.rooms.ib import peer as wire
from tests.rooms.ib.desk import HURRY, SILENT, contract, desk, joined
from tests.rooms.ib.peer import Peer, listening
from tests.rooms.ib.test_books import CANCELLED, WORKING, placed, quiet
from tests.rooms.ib.test_broker import ENTRY, long_one


async def test_a1_a_start_without_all_end_markers_is_no_start():
    with pytest.raises(Unreachable, match="does not say what it holds"):
        async with desk(Peer(mute={wire.EXECUTIONS}), SILENT):
            pass


async def test_a2_books_are_asked_for_by_ourselves_with_their_own_deadlines():
    async with desk() as (_, far):
        asked = [fields[0] for fields in far.received]
        assert asked[:5] == ["71", wire.OPEN_ORDERS, wire.EXECUTIONS, wire.POSITIONS, wire.OPEN_ORDERS]
        # nothing of what the library's own start asks: account updates, completed orders
        assert {"6", "76", "99", "5"} & set(asked) == set()


@pytest.mark.parametrize("code", [200, 321])
async def test_a3_a_question_that_fails_is_not_an_empty_list(code: int):
    def refuse(peer: Peer, fields: wire.Fields) -> bool:
        if fields[0] == "9":
            peer.error(int(fields[2]), code, "No security definition has been found for the request")
        return fields[0] == "9"

    async with desk(Peer(hook=refuse)) as (near, _):
        answer = await near.link.contract_details(contract())
        assert isinstance(answer, Unavailable)
        assert (answer.reason, answer.detail[:3]) == ("rejected", str(code))


async def test_a4_a_commission_before_its_execution_waits_for_it():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.one("b-entry")
        far.say(far.cost("1.1.01.01"))
        await quiet(near, far)
        assert near.of(CommissionReport) == []
        far.say(far.execution(entry, "1.1.01.01"))
        await near.until(lambda: near.of(CommissionReport))
        kinds = [type(one) for one in near.reports[-2:]]
        assert kinds == [FillReport, CommissionReport]


async def test_a5_an_execution_first_seen_in_an_answer_is_told_and_told_once():
    async with desk() as (near, far):
        await placed(near, far)
        told = far.execution(far.one("b-entry"), "1.1.01.01")
        far.executions.append(told)
        far.positions.append(far.position(1))
        await near.broker.snapshot()
        assert [one.source for one in near.of(FillReport)] == ["recovered"]
        far.say(told)
        await quiet(near, far)
        assert len(near.of(FillReport)) == 1


async def test_a6_an_execution_of_an_order_that_this_connection_does_not_know():
    async with listening() as far:
        async with joined(far) as first:
            await placed(first, far)
            entry = far.one("b-entry")
        far.hook = lambda peer, fields: fields[0] == wire.OPEN_ORDERS and not peer.say([53, 1])
        async with joined(far) as second:
            far.say(far.execution(entry, "1.1.01.01"))
            await second.until(lambda: second.of(FillReport))
            assert second.of(FillReport)[0].client_order_id == "b-entry"


@pytest.mark.parametrize("code", [103, 104, 135, 161, 201, 202, 10147, 10148, 10289, 2102])
async def test_a7_an_error_asks_and_never_ends_an_order(code: int):
    async with desk() as (near, far):
        await placed(near, far)
        asked = len(far.sent(wire.OPEN_ORDERS))
        far.error(3, code)
        if code != 2102:  # IB numbers it among the warnings
            await far.until(lambda: len(far.sent(wire.OPEN_ORDERS)) >= asked + 2)
        await quiet(near, far)
        assert set(near.states("b-target")) == {WORKING}


@pytest.mark.parametrize("code", [110, 165, 321, 329, 399, 404, 434, 492, 2109, 10167])
async def test_a8_a_warning_invents_no_status(code: int):
    async with desk() as (near, far):
        await placed(near, far)
        far.error(2, code)
        await quiet(near, far)
        assert set(near.states("b-stop")) == {WORKING}


async def test_a9_an_order_does_not_wait_behind_requests_for_data():
    async with desk() as (near, far):
        for _ in range(60):
            near.link.tell(lambda out: out.reqMktData(near.link.next_question(), contract(), "", *[0] * 3))
        await near.broker.place(long_one())
        await far.until(lambda: len(far.sent(wire.PLACE)) == 3)
        assert len(far.sent("1")) < 60


async def test_a10_two_orders_at_ib_under_one_id_are_both_known():
    async with desk() as (near, far):
        await placed(near, far)
        first = far.one("b-stop")
        second = wire.Held(first.placed, 799_999)
        far.say(second.shown(), second.said())
        await near.until(lambda: len(near.states("b-stop")) == 2)
        names = [one.broker_id for one in near.of(OrderReport) if one.client_order_id == "b-stop"]
        assert names == [f"2/{first.perm}", "2/799999"]
        # the end of one is not the end of the other
        far.status(second, "Cancelled")
        await quiet(near, far)
        assert CANCELLED not in near.states("b-stop")
        far.status(far.held.pop(2), "Cancelled")
        await near.until(lambda: CANCELLED in near.states("b-stop"))


async def test_a11_a_reconnect_forgets_nothing():
    async with desk() as (near, far):
        await placed(near, far)
        far.executions.append(far.execution(far.held.pop(1), "1.1.01.01"))
        far.positions.append(far.position(1))
        for number in (2, 3):
            far.drop()
            await near.until(lambda n=number: near.link.number == n and near.link.stage == "live")
        assert len(near.of(FillReport)) == 1
        assert near.states("b-stop") == [WORKING]
        await near.broker.place(long_one())
        assert len(far.sent(wire.PLACE)) == 3


async def test_a12_a_correction_replaces():
    async with desk() as (near, far):
        await placed(near, far, quantity=2)
        entry = far.one("b-entry")
        far.say(far.execution(entry, "1.1.01.01", units=2), far.cost("1.1.01.01"))
        far.say(far.execution(entry, "1.1.01.02", units=1, price="4200.00"), far.cost("1.1.01.02"))
        far.say(far.execution(entry, "1.1.01.01", units=2))
        await near.until(lambda: len(near.of(CommissionReport)) == 2)
        first, second = near.of(FillReport)
        assert (second.corrects, second.quantity, second.price) == (first.exec_id, 1, ENTRY - 1)
        far.positions.append(far.position(1))
        answer = await near.broker.snapshot()
        assert isinstance(answer, Known)
        assert [(one.exec_id, one.quantity) for one in answer.value.fills] == [("1.1.01.02", 1)]


async def test_a13_an_execution_keeps_its_own_time_beside_its_arrival():
    async with desk() as (near, far):
        await placed(near, far)
        before = near.link.now_ns()
        far.say(far.execution(far.one("b-entry"), "1.1.01.01"))
        await near.until(lambda: near.of(FillReport))
        (fill,) = near.of(FillReport)
        assert fill.exchange_ns == 1_795_462_200_000_000_000
        assert before <= fill.ts <= near.link.now_ns()


async def test_a14_connected_is_not_believed_without_an_answer():
    async with desk(waits=replace(HURRY, heartbeat=0.02, heartbeat_answer=0.02)) as (near, far):
        far.mute.add(wire.CURRENT_TIME)
        await near.until(lambda: near.broker.link == "down")
        assert near.link.wire is not None


async def test_a15_statuses_may_come_twice_or_not_at_all():
    async with desk(Peer(acknowledge=False)) as (near, far):
        await near.broker.place(long_one())
        await far.until(lambda: len(far.held) == 3)
        entry = far.one("b-entry")
        far.say(far.execution(entry, "1.1.01.01"))
        far.say(far.execution(entry, "1.1.01.01"))
        await near.until(lambda: near.of(FillReport))
        await quiet(near, far)
        assert len(near.of(FillReport)) == 1
        entry.filled = 1
        for _ in range(3):
            far.status(entry, "Filled")
        await quiet(near, far)
        assert near.states("b-entry") == []
