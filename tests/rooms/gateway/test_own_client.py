"""IB's own client trades here as with any gateway. Skipped where it is not installed (it may not be shipped along)."""

import asyncio
import threading
from decimal import Decimal
from typing import Any

import pytest

from adapters.gateway.play import Push
from tests.gateways import gateway

pytest.importorskip("ibapi", reason="IB's own client is not installed")

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

DEADLINE_S = 60.0


class Own(EWrapper, EClient):
    """The client in its thread; everything that it is told is written down by name."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, self)
        self.said: list[tuple[str, tuple[Any, ...]]] = []
        self._news = threading.Condition()

    def __getattribute__(self, name: str) -> Any:
        if name not in EWrapper.__dict__ or name.startswith("_") or name in ("logAnswer", "connectAck"):
            return super().__getattribute__(name)
        return lambda *args, **named: self._hear(name, (*args, *named.values()))

    def _hear(self, name: str, args: tuple[Any, ...]) -> None:
        with self._news:
            self.said.append((name, args))
            self._news.notify_all()

    def until(self, name: str, count: int = 1) -> tuple[Any, ...]:
        """The arguments of the `count`th message of that name."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.told(name)) >= count, DEADLINE_S), (name, self.said)
            return self.told(name)[count - 1]

    def told(self, name: str) -> list[tuple[Any, ...]]:
        return [args for one, args in self.said if one == name]


def order(number: int, action: str, kind: str, price: float, **more: Any) -> Order:
    made = Order()
    made.orderId, made.action, made.orderType, made.totalQuantity = number, action, kind, Decimal(1)
    made.tif, made.account, made.orderRef = "GTC", "DU1234567", f"{action}-{kind}"
    setattr(made, "lmtPrice" if kind == "LMT" else "auxPrice", price)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def trade(port: int, push: Any) -> Own:
    """Connect, ask, place a bracket, see it filled, ask again."""
    client = Own()
    client.connect("127.0.0.1", port, 21)
    thread = threading.Thread(target=client.run, daemon=True)
    thread.start()
    first = client.until("nextValidId")[0]
    client.reqAllOpenOrders()
    client.reqExecutions(1, ExecutionFilter())
    client.reqPositions()
    for marker in ("openOrderEnd", "execDetailsEnd", "positionEnd"):
        client.until(marker)
    wanted = Contract()
    wanted.symbol, wanted.secType, wanted.exchange, wanted.currency = "ES", "FUT", "CME", "USD"
    client.reqContractDetails(2, wanted)
    client.until("contractDetailsEnd")
    contract = client.told("contractDetails")[0][1].contract
    push("4200.50", "4200.75")
    client.placeOrder(first, contract, order(first, "BUY", "LMT", 4200.5, transmit=False))
    child = {"parentId": first, "outsideRth": True}
    client.placeOrder(first + 1, contract, order(first + 1, "SELL", "STP", 4199.75, transmit=False, **child))
    client.placeOrder(first + 2, contract, order(first + 2, "SELL", "LMT", 4202.0, **child))
    client.until("orderStatus", 3)
    push("4200.25", "4200.50")
    client.until("execDetails")
    client.until("orderStatus", 6)
    client.reqAllOpenOrders()
    client.until("openOrderEnd", 2)
    client.reqExecutions(3, ExecutionFilter())
    client.until("execDetailsEnd", 2)
    client.reqCompletedOrders(False)
    client.until("completedOrdersEnd")
    client.reqAccountSummary(4, "All", "NetLiquidation,RealizedPnL")
    client.until("accountSummaryEnd")
    client.disconnect()
    thread.join(DEADLINE_S)
    return client


async def test_ibs_own_client_places_a_bracket_and_sees_it_fill() -> None:
    async with gateway(silent=True) as far:
        loop = asyncio.get_running_loop()

        def push(bid: str, ask: str) -> None:
            loop.call_soon_threadsafe(far.play.push, Push("ES", Decimal(bid), Decimal(ask)))

        client = await asyncio.to_thread(trade, far.port, push)
        verdict = far.control({"do": "verdict"})
    orders = {args[2].orderRef: args for args in client.told("openOrder")}
    assert set(orders) == {"BUY-LMT", "SELL-STP", "SELL-LMT"}
    assert orders["SELL-STP"][2].auxPrice == 4199.75
    assert orders["SELL-STP"][2].outsideRth
    assert orders["SELL-STP"][2].ocaGroup == str(orders["BUY-LMT"][2].permId)
    live, again = (args[2] for args in client.told("execDetails"))
    assert (live.execId, live.side, live.shares, live.price) == (again.execId, "BOT", Decimal(1), 4200.5)
    assert live.orderRef == "BUY-LMT"
    assert [args[1].orderRef for args in client.told("completedOrder")] == ["BUY-LMT"]
    assert client.told("position")[-1][2] == Decimal(1)
    assert [args[2] for args in client.told("accountSummary")] == ["NetLiquidation", "RealizedPnL"]
    costs = [args[0] for name in ("commissionReport", "commissionAndFeesReport") for args in client.told(name)]
    assert {getattr(one, "commission", None) or one.commissionAndFees for one in costs} == {2.25}
    assert verdict["findings"] == []
