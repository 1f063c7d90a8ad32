"""What leaves for IB, byte by byte where it matters, and what is refused before it leaves."""

import asyncio
from decimal import Decimal

import pytest

from bot.domain.market import PRINT
from bot.domain.order import CommissionReport, FillReport, Order, OrderReport, OrderState, OrderType, Role
from bot.ports import Stop
from tests.brackets import bracket
from tests.rooms.ib import peer as wire
from tests.rooms.ib.desk import desk

ENTRY, STOP, TARGET = 16_801, 16_793, 16_817  # 4200.25, 4198.25, 4204.25


def long_one(name: str = "b", quantity: int = 1):
    """A long bracket of ES."""
    return bracket(ENTRY, STOP, TARGET, now=1, name=name, quantity=quantity)


async def test_a_bracket_leaves_in_one_go_and_only_its_last_order_releases_it():
    async with desk() as (near, far):
        await near.broker.place(long_one())
        await far.until(lambda: len(far.sent(wire.PLACE)) == 3)
        entry, stop, target = far.sent(wire.PLACE)
        told = (wire.ACTION, wire.TYPE, wire.LIMIT, wire.TRIGGER, wire.TIF, wire.REF, wire.TRANSMIT, wire.PARENT)
        assert [[leg[at] for at in told] for leg in (entry, stop, target)] == [
            ["BUY", "LMT", "4200.25", "", "DAY", "b-entry", "0", "0"],
            ["SELL", "STP", "", "4198.25", "GTC", "b-stop", "0", entry[wire.NUMBER]],
            ["SELL", "LMT", "4204.25", "", "GTC", "b-target", "1", entry[wire.NUMBER]],
        ]
        for leg in (entry, stop, target):
            assert (leg[wire.OUTSIDE], leg[wire.ACCOUNT], leg[wire.GROUP]) == ("1", "DU1234567", "")


async def test_it_is_acknowledged_filled_and_priced():
    async with desk() as (near, far):
        await near.broker.place(long_one())
        await near.until(lambda: len(near.of(OrderReport)) == 3)
        entry = far.one("b-entry")
        far.say(far.execution(entry, "0000e0d5.1.01.01"), far.cost("0000e0d5.1.01.01"))
        await near.until(lambda: near.of(CommissionReport))
        (fill,) = near.of(FillReport)
        assert (fill.client_order_id, fill.side, fill.quantity, fill.price) == ("b-entry", 1, 1, ENTRY)
        assert fill.exchange_ns == 1_795_462_200_000_000_000
        assert near.of(CommissionReport) == [CommissionReport("0000e0d5.1.01.01", "2.25", "USD")]
        assert near.states("b-entry") == [OrderState.WORKING]
        assert near.of(OrderReport)[0].broker_id == f"1/{entry.perm}"


@pytest.mark.parametrize("again", [1, 2])
async def test_a_bracket_that_was_sent_is_not_sent_again(again: int):
    async with desk() as (near, far):
        for _ in range(1 + again):
            await near.broker.place(long_one())
        await near.until(lambda: len(near.of(OrderReport)) == 3)
        assert len(far.sent(wire.PLACE)) == 3


def stop_of(bracket_id: str, name: str) -> Order:
    """A stop that is placed by itself."""
    return Order(name, bracket_id, 0, Role.STOP, -1, OrderType.STOP, 1, None, STOP, 1)


async def test_settled_waits_for_what_is_owed_and_not_for_ever():
    async with desk(wire.Peer(acknowledge=False)) as (near, far):
        await near.broker.place(long_one())
        await near.broker.settled(0.05)
        assert near.of(OrderReport) == []
        await far.until(lambda: len(far.held) == 3)
        waiting = asyncio.create_task(near.broker.settled(5))
        far.show()
        await waiting
        assert len(near.of(OrderReport)) == 3


async def test_a_report_stands_at_the_row_that_it_came_after():
    async with desk() as (near, far):
        await near.broker.place(long_one())
        await near.until(lambda: len(near.of(OrderReport)) == 3)
        near.link.frames.watch(5, 0, Decimal("0.25"), PRINT)
        tick = [99, 5, 1, 1_800_000_000, "4200.25", 1, 0, "CME", ""]
        fill = far.execution(far.one("b-entry"), "1.1.01.01")
        far.say(tick, tick, fill, tick)
        await near.until(lambda: near.link.frames.rows == 3)
        ticks = near.link.take()
        # before its row nothing is said, and at the next row nothing is left
        assert near.broker.next_report(ticks, 0, Stop(1, False, 0)) is None
        row, report = near.broker.next_report(ticks, 0, Stop(1, True, 0)) or (None, None)
        assert (row, type(report)) == (1, FillReport)
        assert near.broker.next_report(ticks, 1, Stop(3, False, 0)) is None
        # and one that comes after the batch is for the next, however empty
        far.say(far.cost("1.1.01.01"))
        await near.until(lambda: near.link.reports)
        assert near.broker.next_report(ticks, 1, Stop(2, False, 0)) is None
        row, report = near.broker.next_report(near.link.take(), 0, Stop(0, False, 0)) or (None, None)
        assert (row, type(report)) == (0, CommissionReport)


@pytest.mark.parametrize("asked", ["cancel", "amend"])
async def test_what_the_gateway_threw_away_for_its_pace_is_asked_for_again(asked: str):
    def throw_away(peer: wire.Peer, fields: wire.Fields) -> bool:
        peer.hook = None
        peer.error(-1, 100, "Max rate of messages per second has been exceeded:max=50")
        return True

    async with desk() as (near, far):
        await near.broker.place(long_one())
        await near.until(lambda: len(near.of(OrderReport)) == 3)
        far.hook = throw_away
        if asked == "cancel":
            await near.broker.cancel("b-entry", 1)
            await near.until(lambda: OrderState.CANCELLED in near.states("b-entry"))
            assert len(far.sent(wire.CANCEL)) == 2
        else:
            await near.broker.amend("b-stop", 1, stop_price=STOP + 1, quantity=None)
            await far.until(lambda: far.one("b-stop").placed[wire.TRIGGER] == "4198.50")
