"""Every fault of the simulated exchange, by its name: our books end with what the exchange knows, whatever it said."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from ib_async.contract import Contract

from adapters.gateway.faults import FAULTS, NOW
from adapters.gateway.play import Push
from adapters.gateway.server import Gateway
from adapters.ib.broker import IbBroker
from adapters.ib.link import Link, Waits
from adapters.ib.params import Params
from bot.config import instrument
from bot.domain.order import (
    ClockReport,
    CommissionReport,
    FillReport,
    Known,
    LinkReport,
    OrderReport,
    OrderState,
    Protective,
    SnapshotReport,
)
from bot.errors import Locked, NotPaper, Unreachable
from tests.gateways import gateway
from tests.patience import PATIENCE_S
from tests.rooms.ib.desk import HURRY, Desk
from tests.rooms.ib.test_broker import long_one, stop_of

HASTE = {"slow-acks": "50", "status-late": "50", "commission-late": "50"}
PATIENT = replace(HURRY, snapshot=0.2, unsure=0.1, again=0.05)
SILENT = replace(PATIENT, answer=1, greeting=1.5)


@asynccontextmanager
async def traded(far: Gateway, waits: Waits = PATIENT) -> AsyncIterator[Desk]:
    """A broker at that gateway, with the front month of ES as it is listed there."""
    link = Link(Params(port=far.port), waits)
    await link.open()
    found = await link.contract_details(Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD"))
    assert isinstance(found, Known)
    front = min((one.contract for one in found.value), key=lambda one: one.lastTradeDateOrContractMonth)
    broker = IbBroker(link, [instrument("ESZ2026", Decimal("0.25"))], [front])
    try:
        await broker.connect()
        yield Desk(broker, link)
    finally:
        await broker.close()


def quote(far: Gateway, bid: str, ask: str) -> None:
    """The market moves."""
    far.play.push(Push("ES", Decimal(bid), Decimal(ask), None))


def held(near: Desk) -> int:
    """Units by what has been reported: a correction replaces."""
    units: dict[str, int] = {}
    for one in near.of(FillReport):
        assert one.exec_id not in units, "told twice"
        units.pop(one.corrects, None)
        units[one.exec_id] = one.side * one.quantity
    return sum(units.values())


async def agreed(near: Desk) -> None:
    """Until a snapshot shows the units that were reported, and works the orders that we believe to work."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await near.broker.snapshot()
            if isinstance(answer, Known):
                units = dict(answer.value.positions).get(0, 0)
                orders = {one.client_order_id for one in answer.value.orders if one.client_order_id}
                living = {ref for ref, kept in near.broker.books.kept.items() if not kept.ended}
                if (units, orders) == (held(near) + near.foreign, living):
                    return
            await asyncio.sleep(0.05)


async def walk(near: Desk, far: Gateway, fault: str) -> None:
    """A bracket of two that fills and reaches its target, with one fault on the way."""

    def arm() -> None:
        told = far.control({"do": "fault", "name": fault, "arg": HASTE.get(fault, "")})
        assert "error" not in told, told

    if fault and fault not in NOW:
        arm()
    quote(far, "4200.50", "4200.75")
    await near.broker.place(long_one(quantity=2))
    await near.broker.settled(0.5)
    if fault in NOW:
        arm()
    for bid, ask in (("4200.00", "4200.25"), ("4202.00", "4202.25")):
        quote(far, bid, ask)
        await near.broker.settled(0.3)
    if fault in ("two-perm-ids", "cancel-meets-fill"):
        await near.broker.amend("b-stop", 1, stop_price=16_794, quantity=None)
        await near.broker.settled(0.3)
        await near.broker.cancel("b-target", 1)
        await near.broker.settled(0.3)
    for bid, ask in (("4204.25", "4204.50"), ("4204.50", "4204.75")):
        quote(far, bid, ask)
        await near.broker.settled(0.3)


@pytest.mark.parametrize("fault", ["", *FAULTS])
async def test_what_is_told_ends_with_what_the_exchange_knows(fault: str):
    async with gateway(silent=True) as far, traded(far) as near:
        near.foreign = 1 if fault == "foreign-position" else 0
        await walk(near, far, fault)
        await agreed(near)
        # every execution once, and every price that was told
        paid = Counter(one.exec_id for one in near.of(CommissionReport))
        assert set(paid.values()) <= {1}
        if fault != "commission-never":
            assert set(paid) == {one.exec_id for one in near.of(FillReport)}
        assert near.of(LinkReport) == []


@pytest.mark.parametrize("fault", ["drop", "half-message", "garbage", "mute", "mute-end:positions", "live-account"])
async def test_a_link_that_fails_in_a_position_is_whole_again(fault: str):
    async with gateway(silent=True) as far, traded(far) as near:
        near.link.waits, near.foreign = SILENT, 0
        quote(far, "4200.50", "4200.75")
        await near.broker.place(long_one())
        await near.broker.settled(1)
        name, _, argument = fault.partition(":")
        far.control({"do": "fault", "name": name, "arg": argument})
        if fault == "live-account":
            far.control({"do": "fault", "name": "drop"})
        quote(far, "4200.00", "4200.25")
        if fault.startswith("mute"):
            near.link.drop("it does not answer")
        await near.until(lambda: near.broker.link == "down" or any(one.state == "down" for one in near.of(LinkReport)))
        await asyncio.sleep(0.1)
        far.control({"do": "fault", "name": "clear"})
        if fault == "live-account":
            far.account = "DU1234567"
        await near.until(lambda: near.broker.link == "up")
        await agreed(near)
        assert held(near) == 1
        await near.until(lambda: near.of(SnapshotReport))
        assert {one.client_order_id for one in near.of(OrderReport)} == {"b-entry", "b-stop", "b-target"}
        # and protection can be sent again
        await near.broker.protect(Protective(stop_of("b", "b-again")))
        await near.until(lambda: near.states("b-again"))
        verdict = far.control({"do": "verdict"})
        assert [one for one in verdict["findings"] if one["kind"] not in ("orphan",)] == []


def fault_of(far: Gateway, name: str, argument: str = "") -> None:
    """Switch a fault on."""
    told = far.control({"do": "fault", "name": name, "arg": argument})
    assert "error" not in told, told


@pytest.mark.parametrize(("code", "anew"), [("1101", True), ("1102", False)])
async def test_a_fill_during_an_outage_is_told_before_the_link_is_up(code: str, anew: bool):
    async with gateway(silent=True) as far, traded(far) as near:
        restored: list[bool] = []
        near.link.on_live.append(restored.append)
        quote(far, "4200.50", "4200.75")
        await near.broker.place(long_one())
        await near.broker.settled(1)
        fault_of(far, "1100")
        await near.until(lambda: near.broker.link == "degraded")
        quote(far, "4200.00", "4200.25")
        fault_of(far, code)
        await near.until(lambda: [one.state for one in near.of(LinkReport)] == ["degraded", "up"])
        assert restored == [anew]
        assert held(near) == 1
        kinds = [type(one) for one in near.reports]
        assert kinds.index(FillReport) < kinds.index(SnapshotReport) < len(kinds) - 1 - kinds[::-1].index(LinkReport)


async def test_what_ended_while_nobody_listened_is_told_by_the_completed_orders():
    # given a bracket that the broker ends while we are away
    async with gateway(silent=True) as far, traded(far) as near:
        await near.broker.place(long_one())
        await near.broker.settled(1)
        fault_of(far, "drop", "0.3")
        fault_of(far, "order-cancelled", "parent")
        await near.until(lambda: near.of(SnapshotReport))
        # then its end is in the first answer: no silence has to be counted
        answer = near.of(SnapshotReport)[0].answer
        assert isinstance(answer, Known)
        assert answer.value.orders == ()
        assert {one.client_order_id for one in answer.value.over} == {"b-entry", "b-stop", "b-target"}
        assert {one.state for one in answer.value.over} == {OrderState.CANCELLED}
        await near.until(lambda: near.states("b-stop")[-1:] == [OrderState.CANCELLED])


@pytest.mark.parametrize("fault", ["nightly:0.3", "id-held:0.2", "drop:0.3", "mute-handshake"])
async def test_we_come_back_by_ourselves(fault: str):
    async with gateway(silent=True) as far, traded(far) as near:
        await near.broker.place(long_one())
        await near.broker.settled(1)
        name, _, argument = fault.partition(":")
        fault_of(far, name, argument)
        if name in ("id-held", "mute-handshake"):
            fault_of(far, "drop")
        await near.until(lambda: near.broker.link == "down")
        if name == "mute-handshake":
            fault_of(far, "clear")
        await near.until(lambda: near.broker.link == "up")
        near.foreign = 0
        await agreed(near)
        assert far.control({"do": "verdict"})["findings"] == []


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("mute-handshake", Unreachable, "does not answer within"),
        ("mute-end:executions", Unreachable, "does not say what it holds"),
        ("id-held:30", Locked, "client id 17 is in use"),
        ("live-account", NotPaper, "U1234567 is not a paper account"),
    ],
)
async def test_a_first_start_that_fails_says_why(fault: str, error: type[Exception], words: str):
    async with gateway(silent=True, faults=(fault,)) as far:
        with pytest.raises(error, match=words):
            async with traded(far, SILENT):
                pass
        assert "order" not in str(far.control({"do": "verdict"})["findings"])


async def test_a_read_only_gateway_refuses_orders_and_its_words_come_through():
    async with gateway(silent=True, faults=("read-only",)) as far, traded(far) as near:
        await near.broker.place(long_one())
        await near.until(lambda: near.states("b-entry"))
        assert near.states("b-entry") == [OrderState.REJECTED]
        assert "Read-Only" in near.of(OrderReport)[-1].message


@pytest.mark.parametrize("seconds", [5, -5])
async def test_a_clock_that_is_off_is_measured(seconds: int):
    async with gateway(silent=True, faults=(f"clock-skew:{seconds}",)) as far:
        link = Link(Params(port=far.port), replace(PATIENT, clock_step=0.15, clock_again=0.1))
        await link.open()
        broker = IbBroker(link, [], [])
        await broker.connect()
        near = Desk(broker, link)
        await near.until(lambda: near.of(ClockReport))
        await broker.close()
        assert abs(near.of(ClockReport)[0].offset_ns - seconds * 1_000_000_000) < 700_000_000
