"""The first connection: every way in which it is refused says what is wrong and what to do."""

import pytest

from bot.domain.order import (
    OrderReport,
    OrderState,
    Protective,
)
from bot.errors import ConfigError, Locked, NotPaper, Unreachable
from tests.rooms.ib import peer as wire
from tests.rooms.ib.desk import SILENT, desk, joined
from tests.rooms.ib.peer import Peer, listening
from tests.rooms.ib.test_books import placed
from tests.rooms.ib.test_broker import long_one, stop_of


async def test_the_first_start_gives_up_on_a_held_client_id_in_the_end():
    far = Peer(instead=[[4, 2, -1, 326, "in use", ""]])
    with pytest.raises(Locked, match="client id 17 is in use"):
        async with desk(far):
            pass
    assert far.connections >= 3


@pytest.mark.parametrize("accounts", ["U1234567", "DU1234567,U1234567", "F7654321", "DUX1"])
async def test_an_account_that_is_not_paper_is_refused_by_its_name(accounts: str):
    far = Peer(accounts=accounts)
    with pytest.raises(NotPaper, match=f"{accounts.split(',')[-1]}.*nothing was sent") as refused:
        async with desk(far):
            pass
    assert str(far.port) in str(refused.value)
    assert [fields[0] for fields in far.received] == ["71"]


async def test_of_several_paper_accounts_one_has_to_be_chosen():
    with pytest.raises(ConfigError, match="none is chosen") as refused:
        async with desk(Peer(accounts="DF1,DU2,DU3")):
            pass
    assert refused.value.allowed == "DF1, DU2, DU3"


async def test_a_gateway_that_never_answers_is_said_to_be_one():
    with pytest.raises(Unreachable, match="does not answer within"):
        async with desk(Peer(greet=False), SILENT):
            pass


async def test_a_port_where_nobody_listens_says_what_to_check():
    async with listening() as far:
        pass
    with pytest.raises(Unreachable, match="nobody listens") as refused:
        async with joined(far):
            pass
    assert "Enable ActiveX and Socket Clients" in refused.value.do


async def test_a_gateway_that_does_not_say_what_it_holds_is_not_traded_at():
    with pytest.raises(Unreachable, match="does not say what it holds"):
        async with desk(Peer(mute={wire.POSITIONS}), SILENT):
            pass


async def test_an_end_marker_that_is_lost_once_costs_a_connection_and_no_start():
    async with listening() as far:
        far.hook = lambda peer, fields: fields[0] == wire.POSITIONS and peer.connections == 1
        async with joined(far, SILENT) as near:
            assert near.broker.link == "up"
            assert near.listen() == []
            assert near.link.number == 2


async def test_read_only_is_said_with_the_box_to_untick():
    def refuse(peer: Peer, fields: wire.Fields) -> bool:
        if fields[0] != wire.OPEN_ORDERS:
            return False
        peer.error(-1, 321, "Error validating request: the API interface is currently in Read-Only mode.")
        return True

    with pytest.raises(ConfigError, match="Read-Only") as refused:
        async with desk(Peer(hook=refuse)):
            pass
    assert "untick" in refused.value.do


async def test_a_restart_goes_on_with_the_numbers_after_the_journals():
    async with desk(last="41/700041", broker_ids={"a-stop": "40/700040"}) as (near, far):
        await near.broker.place(long_one())
        await far.until(lambda: len(far.sent(wire.PLACE)) == 3)
        assert [fields[wire.NUMBER] for fields in far.sent(wire.PLACE)] == ["42", "43", "44"]


async def test_an_order_of_an_earlier_run_is_cancelled_by_the_number_that_it_has():
    async with listening() as far:
        async with joined(far) as first:
            await placed(first, far)
            names = {one.client_order_id: one.broker_id for one in first.of(OrderReport)}
        async with joined(far, broker_ids=names) as second:
            await second.broker.place(long_one())
            await second.broker.cancel("b-stop", 1)
            await far.until(lambda: far.sent(wire.CANCEL))
            assert far.sent(wire.CANCEL)[0][2] == "2"
            assert len(far.sent(wire.PLACE)) == 3
            await second.until(lambda: OrderState.CANCELLED in second.states("b-stop"))


async def test_f29_an_exit_after_a_restart_joins_the_group_of_what_was_left():
    """Given children of an earlier run in IB's own group: an exit beside them would else fill as well as the stop."""
    async with listening() as far:
        async with joined(far) as first:
            await placed(first, far)
            names = {one.client_order_id: one.broker_id for one in first.of(OrderReport)}
        far.one("b-stop").group = far.one("b-target").group = "701001"
        async with joined(far, broker_ids=names) as second:
            await second.broker.snapshot()
            await second.broker.protect(Protective(stop_of("b", "b-out"), ("b-stop", "b-target", "b-out")))
            await far.until(lambda: len(far.sent(wire.PLACE)) == 4)
            assert far.sent(wire.PLACE)[3][wire.GROUP] == "701001"
