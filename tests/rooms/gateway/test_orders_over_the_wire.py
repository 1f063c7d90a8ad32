"""Given a gateway on a socket, what ib_async's façade makes of the orders there, over cuts and restarts."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from ib_async import IB, Contract, LimitOrder, Order, StopOrder, Trade

from adapters.gateway.play import Push
from adapters.gateway.server import Gateway
from tests.gateways import gateway, gateway_program
from tests.rooms.gateway.clients import ES, HASTE_S, ib

ACCOUNT = "DU1234567"
KEPT = {"account": ACCOUNT, "tif": "GTC", "outsideRth": True}


async def until(client: IB, holds: Callable[[], bool]) -> None:
    """Come back when it holds, looked at after whatever has arrived."""
    async with asyncio.timeout(HASTE_S):
        while not holds():
            await client.updateEvent


def quote(far: Gateway, bid: str, ask: str, last: str | None = None) -> None:
    """The market moves."""
    far.play.push(Push("ES", Decimal(bid), Decimal(ask), None if last is None else Decimal(last)))


async def front(client: IB) -> Contract:
    """The nearest contract."""
    found = [one.contract for one in await client.reqContractDetailsAsync(ES) if one.contract]
    return min(found, key=lambda one: one.lastTradeDateOrContractMonth)


async def bracket(client: IB, name: str = "b", quantity: int = 1) -> list[Trade]:
    """Buy 4200.50, stop 4199.75, target 4202.00, as a careful client sends it."""
    contract = await front(client)
    numbers = [client.client.getReqId() for _ in range(3)]
    child = {**KEPT, "parentId": numbers[0]}
    orders = [
        LimitOrder("BUY", quantity, 4200.5, orderId=numbers[0], orderRef=f"{name}/entry", transmit=False, **KEPT),
        StopOrder("SELL", quantity, 4199.75, orderId=numbers[1], orderRef=f"{name}/stop", transmit=False, **child),
        LimitOrder("SELL", quantity, 4202.0, orderId=numbers[2], orderRef=f"{name}/target", **child),
    ]
    return [client.placeOrder(contract, order) for order in orders]


def states(trades: list[Trade]) -> list[str]:
    return [trade.orderStatus.status for trade in trades]


async def test_a_bracket_from_its_order_to_its_target() -> None:
    async with gateway(silent=True) as far, ib(far) as client:
        quote(far, "4200.50", "4200.75")
        trades = await bracket(client)
        await until(client, lambda: states(trades) == ["Submitted", "PreSubmitted", "PreSubmitted"])
        quote(far, "4200.25", "4200.50")
        await until(client, lambda: states(trades) == ["Filled", "PreSubmitted", "Submitted"])
        assert [(one.position, one.avgCost) for one in client.positions()] == [(1, 210027.25)]

        quote(far, "4202.00", "4202.25")
        far.exchange.at(far.now_ns() + 1_000_000_000)
        await until(client, lambda: states(trades) == ["Filled", "Cancelled", "Filled"])
        await until(client, lambda: all(one.commissionReport.execId for one in client.fills()))
        assert [one.commissionReport.commission for one in client.fills()] == [2.25, 2.25]
        assert client.fills()[1].commissionReport.realizedPNL == 75 - 4.5
        assert client.positions() == []
        assert far.control({"do": "verdict"}) == {"clean": True, "findings": []}


async def test_orders_live_on_when_their_client_is_cut_off() -> None:
    async with gateway(silent=True) as far:
        quote(far, "4200.50", "4200.75")
        async with ib(far) as client:
            trades = await bracket(client)
            await until(client, lambda: states(trades)[2] == "PreSubmitted")
        quote(far, "4200.25", "4200.50")
        async with ib(far) as again:
            assert [one.execution.orderRef for one in again.fills()] == ["b/entry"]
            assert again.fills()[0].commissionReport.commission == 2.25
            assert [one.position for one in again.positions()] == [1]
            stop = next(one for one in again.openTrades() if one.order.orderRef == "b/stop")
            assert stop.order.permId == trades[1].order.permId
            assert stop.order.ocaGroup == str(trades[0].order.permId)
            stop.order.auxPrice, stop.order.parentId = 4200.0, 0
            again.placeOrder(stop.contract, stop.order)
            await until(again, lambda: stop.orderStatus.status == "PreSubmitted")
            async with ib(far, 18) as stranger:
                seen = {one.order.orderRef: one for one in await stranger.reqAllOpenOrdersAsync()}
                assert seen["b/stop"].order.auxPrice == 4200.0


async def test_a_gateway_goes_on_from_its_state_file(tmp_path: Path) -> None:
    kept = {"silent": True, "state": tmp_path / "state.jsonl"}
    async with gateway(**kept) as far, ib(far) as client:
        quote(far, "4200.50", "4200.75")
        first = await bracket(client)
        quote(far, "4200.25", "4200.50")
        await until(client, lambda: states(first)[0] == "Filled")
        used = first[2].order.orderId
    async with gateway(**kept) as far, ib(far) as client:
        assert client.client.getReqId() > used
        assert [one.execution.execId for one in client.fills()] == [one.execution.execId for one in first[0].fills]
        assert [one.position for one in client.positions()] == [1]
        left = {one.order.orderRef: one for one in client.openTrades()}
        assert {ref: one.order.permId for ref, one in left.items()} == {
            "b/stop": first[1].order.permId,
            "b/target": first[2].order.permId,
        }
        quote(far, "4199.50", "4199.75", "4199.75")
        await until(client, lambda: left["b/stop"].orderStatus.status == "Filled")
        await until(client, lambda: left["b/target"].orderStatus.status == "Cancelled")
        assert client.positions() == []
        newer = await bracket(client, "c")
        await until(client, lambda: states(newer)[0] in ("Submitted", "Filled"))
        assert newer[0].order.permId > max(one.order.permId for one in first)


async def test_a_gateway_that_is_killed_forgets_nothing_that_it_has_said(tmp_path: Path) -> None:
    state, ledger = tmp_path / "state.jsonl", tmp_path / "ledger.jsonl"
    words = ("--no-market", "--state", str(state), "--ledger", str(ledger))
    async with gateway_program(*words) as program:
        client = IB()
        await client.connectAsync("127.0.0.1", program.port, clientId=17, timeout=HASTE_S)
        trades = await bracket(client)
        await until(client, lambda: states(trades) == ["Submitted", "PreSubmitted", "PreSubmitted"])
        await program.kill()
        client.disconnect()
    state.write_bytes(state.read_bytes() + b'{"type":"order","client_id":17,"ord')  # torn while it was written
    async with gateway(silent=True, state=state, ledger=ledger) as far, ib(far) as client:
        assert [one.order.permId for one in client.openTrades()] == [one.order.permId for one in trades]
    lines = [msgspec.json.decode(line) for line in ledger.read_bytes().splitlines()]
    accepted = [one["ref"] for one in lines if one["event"] == "order"]
    assert accepted == ["b/entry", "b/stop", "b/target"]
    assert [one["orders"] for one in lines if one["event"] == "restored"] == [3]
    placed = [one for one in lines if one["event"] == "received" and one["fields"][0] == "3"]
    assert [len(one["fields"]) for one in placed] == [114] * 3
    assert {one["connection"] for one in placed} == {1}


async def test_a_state_file_of_something_else_is_refused(tmp_path: Path) -> None:
    from bot.errors import DataDamaged

    path = tmp_path / "state.jsonl"
    path.write_text('{"type": "recipe"}\n')
    with pytest.raises(DataDamaged, match="not the state of a gateway"):
        async with gateway(silent=True, state=path):
            pass


async def test_a_tape_s_execution_follows_the_tick_that_made_it(tmp_path: Path) -> None:
    from tests.rooms.gateway.clients import raw
    from tests.tapes import Tape

    rows = Tape().quote("4200.50", "4200.75").wait(1).sold(1, "4200.25").wait(1)
    path = str(rows.write(tmp_path / "tape.parquet", contract="ESM2026"))
    async with gateway(tapes=(path,), speed="hand", fill_model="touch") as far, raw(far, tape_time=True) as client:
        contract = await client.contract(ES)
        client.reqTickByTickData(1, contract, "Last", 0, False)
        client.reqTickByTickData(2, contract, "BidAsk", 0, False)
        await far.play.advance(2)
        client.placeOrder(1, contract, Order(**KEPT, action="BUY", totalQuantity=1, orderType="LMT", lmtPrice=4200.5))
        await client.heard.until("orderStatus")
        await far.play.advance(2)
        (_, _, execution) = await client.heard.until("execDetails")
        names = [name for name, _ in client.heard.said]
        assert names.index("tickByTickAllLast") < names.index("execDetails")
        assert names[names.index("execDetails") - 1] == "tickByTickAllLast"
        assert int(execution.time.timestamp()) == int(rows.rows()["ts"][2]) // 1_000_000_000


async def test_a_gateway_that_stops_says_what_its_clients_did_wrong() -> None:
    async with gateway_program("--no-market", "--fault", "reject:stop:201") as program:
        client = IB()
        await client.connectAsync("127.0.0.1", program.port, clientId=17, timeout=HASTE_S)
        one, again = await bracket(client, "b"), await bracket(client, "b")
        await until(client, lambda: states(again) == ["Submitted", "PreSubmitted", "PreSubmitted"])
        # IB shows a refused order as Inactive; its bracket goes on without it
        assert states(one) == ["Submitted", "Inactive", "PreSubmitted"]
        client.disconnect()
        assert await program.stop() == 0
    found = [line for line in program.said if line.startswith("verdict: ")]
    assert [line.split(": ")[1:3] for line in found] == [["same-ref", "b/entry"], ["same-ref", "b/target"]]
