"""Coming back: what is asked after a loss, in which order, and that nothing is taken for granted before it is told."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.market import PRINT
from bot.domain.order import (
    ClockReport,
    FillReport,
    Known,
    LinkReport,
    SnapshotReport,
    Unavailable,
)
from bot.errors import Unreachable
from bot.ports import Stop
from tests.rooms.ib import peer as wire
from tests.rooms.ib.desk import HURRY, SILENT, Desk, desk
from tests.rooms.ib.peer import Peer
from tests.rooms.ib.test_books import placed, quiet
from tests.rooms.ib.test_broker import long_one

RECOVERY = [wire.OPEN_ORDERS, wire.EXECUTIONS, wire.POSITIONS, wire.OPEN_ORDERS]


def links(near: Desk) -> list[str]:
    """States of the link in the order in which they were told."""
    return [one.state for one in near.of(LinkReport)]


async def back(near: Desk, number: int = 2) -> None:
    """Connected again."""
    await near.until(lambda: near.link.number >= number and near.link.stage == "live")
    near.listen()


async def test_everything_is_asked_before_anything_is_sent():
    async with desk() as (near, far):
        asked = [fields[0] for fields in far.received if fields[0] != wire.CURRENT_TIME]
        assert asked == ["71", *RECOVERY]
        assert near.broker.link == "up"


async def test_a_cut_is_told_at_once_and_everything_is_asked_anew():
    async with desk() as (near, far):
        await placed(near, far)
        before, restored = len(far.received), []
        near.link.on_live.append(restored.append)
        far.drop()
        await back(near)
        asked = [fields[0] for fields in far.received[before:] if fields[0] != wire.CURRENT_TIME]
        assert asked == ["71", *RECOVERY]
        assert links(near) == ["down", "up"]
        assert restored == [True]
        kinds = [type(one) for one in near.reports[3:] if not isinstance(one, ClockReport)]
        assert kinds == [LinkReport, SnapshotReport, LinkReport]


async def test_a_fill_that_happened_meanwhile_is_told_before_the_snapshot():
    async with desk() as (near, far):
        await placed(near, far)
        entry = far.held.pop(1)
        far.drop()
        far.executions.append(far.execution(entry, "1.1.01.01"))
        far.positions.append(far.position(1))
        await back(near)
        (fill,) = near.of(FillReport)
        snapshot = near.of(SnapshotReport)[-1]
        assert fill.source == "recovered"
        assert near.reports.index(fill) < near.reports.index(snapshot)
        assert isinstance(snapshot.answer, Known)
        assert snapshot.answer.value.positions == ((0, 1),)
        assert {one.client_order_id for one in snapshot.answer.value.orders} == {"b-stop", "b-target"}


async def test_nothing_is_sent_while_nobody_hears_it():
    async with desk() as (near, far):
        far.mute.add("71")
        far.drop()
        await near.until(lambda: near.broker.link == "down")
        with pytest.raises(Unreachable, match="nothing was sent"):
            await near.broker.place(long_one())
        far.mute.clear()
        await back(near)
        await near.broker.place(long_one())
        await far.until(lambda: len(far.sent(wire.PLACE)) == 3)


async def test_a_live_account_after_a_reconnect_is_sent_nothing_and_told():
    async with desk() as (near, far):
        await placed(near, far)
        far.accounts = "U7654321"
        before = len(far.received)
        far.drop()
        await near.until(lambda: far.connections > 3)
        assert {fields[0] for fields in far.received[before:]} == {"71"}
        assert "U7654321" in near.of(LinkReport)[-1].code
        assert near.broker.link == "down"
        # when the gateway is paper again, so are we
        far.accounts = "DU1234567"
        await back(near)
        assert near.broker.link == "up"


async def test_a_login_that_changes_under_a_living_connection_ends_it():
    async with desk() as (near, far):
        far.say([15, 1, "U7654321"])
        await near.until(lambda: "down" in links(near))
        assert "U7654321" in near.of(LinkReport)[0].code


@pytest.mark.parametrize(("code", "anew"), [(1101, True), (1102, False)])
async def test_an_outage_at_ib(code: int, anew: bool):
    async with desk() as (near, far):
        await placed(near, far)
        restored: list[bool] = []
        near.link.on_live.append(restored.append)
        far.error(-1, 1100, "Connectivity between IB and TWS has been lost")
        await near.until(lambda: near.broker.link == "degraded")
        with pytest.raises(Unreachable):
            await near.broker.place(long_one("c"))
        with pytest.raises(Unreachable):
            await near.broker.amend("b-stop", 1, stop_price=16_795, quantity=None)
        await near.broker.cancel("b-entry", 1)
        asked = len(far.sent(wire.OPEN_ORDERS))
        far.error(-1, code)
        await near.until(lambda: near.broker.link == "up")
        assert len(far.sent(wire.OPEN_ORDERS)) >= asked + 2
        assert restored == [anew]
        assert [one.code for one in near.of(LinkReport)] == ["1100", str(code)]
        assert far.connections == 1


async def test_a_data_farm_is_the_markets_business():
    class Market:
        def __init__(self) -> None:
            self.heard: list[int] = []

        def farm(self, code: int, text: str) -> None:
            self.heard.append(code)

    async with desk() as (near, far):
        near.link.data = Market()
        for code in (2103, 2104, 2105, 2106, 2157, 2158):
            far.error(-1, code)
        await quiet(near, far)
        assert near.link.data.heard == [2103, 2104, 2105, 2106, 2157, 2158]
        assert links(near) == []


async def test_a_healthy_link_that_swallowed_a_fill_is_found_out():
    async with desk(waits=replace(HURRY, snapshot=0.05)) as (near, far):
        await placed(near, far)
        entry = far.held.pop(1)
        far.executions.append(far.execution(entry, "1.1.01.01"))
        far.positions.append(far.position(1))
        await near.until(lambda: near.of(FillReport))
        assert near.of(FillReport)[0].source == "recovered"


async def test_with_nothing_live_nothing_is_asked():
    async with desk(waits=replace(HURRY, snapshot=0.02)) as (near, far):
        asked = len(far.sent(wire.OPEN_ORDERS))
        await asyncio.sleep(0.1)
        assert len(far.sent(wire.OPEN_ORDERS)) == asked
        assert near.of(SnapshotReport) == []


@pytest.mark.parametrize("silent", [wire.OPEN_ORDERS, wire.EXECUTIONS, wire.POSITIONS])
async def test_an_end_marker_that_does_not_come_is_no_answer(silent: str):
    async with desk() as (near, far):
        near.link.waits = SILENT
        far.mute.add(silent)
        answer = await near.broker.snapshot()
        assert isinstance(answer, Unavailable)
        assert (answer.reason, len(answer.missing)) == ("timeout", 1)


async def test_an_answer_that_comes_late_is_not_the_next_ones():
    async with desk() as (near, far):
        await placed(near, far)
        near.link.waits = SILENT
        far.mute.add(wire.OPEN_ORDERS)
        assert isinstance(await near.link.open_orders(), Unavailable)
        near.link.waits = HURRY
        far.mute.clear()
        far.hook = lambda peer, fields: fields[0] == wire.OPEN_ORDERS and not peer.say([53, 1]) and not peer.show()
        answer = await near.link.open_orders()
        assert isinstance(answer, Known)
        assert len(answer.value) == 3


async def test_silence_twice_ends_the_connection():
    async with desk() as (near, far):
        near.link.waits = SILENT
        far.mute.add(wire.POSITIONS)
        for _ in range(2):
            assert isinstance(await near.broker.snapshot(), Unavailable)
        assert near.broker.link == "down"
        near.link.waits = HURRY
        far.mute.clear()
        await back(near)


async def test_an_order_that_vanishes_between_two_readings_is_asked_again():
    async with desk() as (near, far):
        await placed(near, far)

        def vanish(peer: Peer, fields: wire.Fields) -> bool:
            if fields[0] == wire.EXECUTIONS and peer.held.pop(1, None):
                peer.executions.append(entry)
                peer.positions.append(peer.position(1))
            return False

        entry = far.execution(far.one("b-entry"), "1.1.01.01")
        asked, far.hook = len(far.sent(wire.OPEN_ORDERS)), vanish
        answer = await near.broker.snapshot()
        assert isinstance(answer, Known)
        assert answer.value.positions == ((0, 1),)
        assert len(far.sent(wire.OPEN_ORDERS)) - asked in (2, 4)


async def test_one_that_vanishes_without_a_word_is_inconsistent():
    async with desk() as (near, far):
        await placed(near, far)
        lost = far.held[1]

        def vanish(peer: Peer, fields: wire.Fields) -> bool:
            if fields[0] == wire.EXECUTIONS:
                peer.held.pop(1, None)
            elif fields[0] == wire.OPEN_ORDERS and 1 not in peer.held:
                peer.show()
                peer.held[1] = lost
                return True
            return False

        far.hook = vanish
        answer = await near.broker.snapshot()
        assert isinstance(answer, Unavailable)
        assert answer.reason == "inconsistent", answer
        assert "b-entry" in answer.detail


async def test_a_position_that_no_execution_explains_wins_when_it_is_seen_twice():
    async with desk() as (near, far):
        far.positions.append(far.position(3))
        first = await near.broker.snapshot()
        assert isinstance(first, Unavailable)
        assert first.reason == "inconsistent"
        near.link.waits = replace(HURRY, unsure=0)  # as if that time had passed
        second = await near.broker.snapshot()
        assert isinstance(second, Known)
        assert second.value.positions == ((0, 3),)


async def test_half_open_sockets_do_not_stay_up():
    async with desk(waits=replace(HURRY, heartbeat=0.02, heartbeat_answer=0.02)) as (near, far):
        far.mute.add(wire.CURRENT_TIME)
        await near.until(lambda: "down" in links(near))
        assert near.of(LinkReport)[0].code == "2 heartbeats without an answer"
        far.mute.clear()
        await back(near)


async def test_a_gateway_that_does_not_tell_the_time_is_alive_while_anything_comes():
    async with desk(waits=replace(HURRY, heartbeat=0.05, heartbeat_answer=0.15)) as (near, far):
        far.mute.add(wire.CURRENT_TIME)
        for _ in range(120):
            far.say([4, 2, -1, 2107, "historical farm is inactive", ""])
            await asyncio.sleep(0.005)
        assert links(near) == []


async def test_the_gateways_clock_is_measured_at_its_steps():
    start = asyncio.get_running_loop().time()
    far = Peer(clock=lambda: int(1_800_000_000 + 40 * (asyncio.get_running_loop().time() - start)))
    async with desk(far, replace(HURRY, clock_step=0.02)) as (near, _):
        await near.until(lambda: near.of(ClockReport))
        report = near.of(ClockReport)[0]
        assert abs(report.ts + report.offset_ns - 1_800_000_000_000_000_000) < 10_000_000_000


async def test_the_client_id_that_is_held_is_asked_for_again_and_never_another():
    async with desk() as (near, far):
        far.instead = [[4, 2, -1, 326, "Unable to connect as the client id is already in use", ""]]
        far.drop()
        await far.until(lambda: far.connections > 3)
        far.instead = []
        await back(near, 3)
        assert {fields[2] for fields in far.sent("71")} == {"17"}


async def test_half_a_message_and_then_nothing_is_a_cut_like_another():
    async with desk() as (near, far):
        await placed(near, far)
        far.raw(wire.frame(*far.execution(far.one("b-entry"), "1.1.01.01"))[:40])
        far.drop()
        await back(near)
        assert near.of(FillReport) == []
        assert links(near) == ["down", "up"]


async def test_a_gateway_that_is_cut_off_from_ib_when_we_come_back_is_waited_for():
    async with desk() as (near, far):
        await placed(near, far)
        restored: list[bool] = []
        near.link.on_live.append(restored.append)
        far.first_words = [[4, 2, -1, 1100, "Connectivity between IB and TWS has been lost", ""]]
        far.drop()
        await near.until(lambda: "degraded" in links(near))
        assert restored == []
        assert far.connections == 2
        far.error(-1, 1102)
        await near.until(lambda: near.broker.link == "up")
        # kept at the gateway, but of a connection that we no longer have
        assert restored == [True]


async def test_a_message_that_cannot_be_read_again_and_again_is_asked_for_with_pauses():
    async with desk(waits=replace(HURRY, again=0.1)) as (near, far):
        await placed(near, far)
        far.executions.append(far.execution(far.one("b-entry"), "1.1.01.01", price="many"))
        loop, asked = asyncio.get_running_loop(), len(far.sent(wire.OPEN_ORDERS))
        begun = loop.time()
        near.broker.books.want()
        # two readings at least, and between two it pauses
        await far.until(lambda: len(far.sent(wire.OPEN_ORDERS)) > asked + 4)
        assert loop.time() - begun >= 0.1


async def test_garbage_ends_the_connection_and_we_come_back():
    async with desk() as (near, far):
        far.raw(b"\xff" * 64)
        await near.until(lambda: "down" in links(near))
        await back(near)


async def test_a_tapes_gateway_sets_the_time():
    async with desk(Peer(time_text="20231225 14:30:00 tape")) as (near, far):
        assert far.sent("71")[0][3] == "tape-time tape-step"
        await placed(near, far)
        near.link.frames.watch(5, 0, Decimal("0.25"), PRINT)
        at = 1_703_514_600_123_456_789
        far.say([99, 5, 1, at, "4200.25", 1, 0, "CME", ""], far.execution(far.one("b-entry"), "1.1.01.01"))
        await near.until(lambda: near.link.reports)
        _, fill = near.broker.next_report(near.link.take(), 0, Stop(0, True, 0)) or (0, None)
        assert isinstance(fill, FillReport)
        assert fill.ts == at
        assert near.of(ClockReport) == []


async def test_a_tape_that_waits_for_us_goes_on_when_we_have_dealt_with_it():
    async with desk(Peer(time_text="20231225 14:30:00 tape")) as (near, far):
        near.link.dealt()
        far.say([4, 2, -1, 2198, "step 7", ""])
        await quiet(near, far)
        near.link.dealt()  # of what was taken before the step came
        near.link.take()
        await near.broker.place(long_one())
        near.link.dealt()
        near.link.dealt()
        await far.until(lambda: far.sent("9001"))
        await quiet(near, far)
        assert [fields for fields in far.received if fields[0] in ("3", "9001")][3:] == [["9001", "7"]]
