"""IB's own Python client gets contracts and data, unchanged. Skipped where it is not installed: its licence is IB's."""

import asyncio
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.gateway.play import Push
from tests.gateways import gateway
from tests.laws.markets import market
from tests.rooms.gateway.clients import HASTE_S

pytest.importorskip("ibapi.client", reason="IB's own client is not installed")
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.wrapper import EWrapper


class Own(EWrapper, EClient):  # type: ignore[misc]  # it has no types
    """The client as IB's examples have it: its own thread reads, callbacks come in another one."""

    def __init__(self) -> None:
        EClient.__init__(self, self)
        self._loop = asyncio.get_running_loop()
        self.heard: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()

    def __getattribute__(self, name: str) -> Any:
        if name in HEARD:
            return lambda *args: self._loop.call_soon_threadsafe(self.heard.put_nowait, (name, args))
        return super().__getattribute__(name)

    async def until(self, name: str) -> tuple[Any, ...]:
        """The arguments of the next message of that name."""
        async with asyncio.timeout(HASTE_S):
            while True:
                said, args = await self.heard.get()
                if said == name:
                    return args


HEARD = {
    "nextValidId",
    "managedAccounts",
    "currentTime",
    "contractDetails",
    "contractDetailsEnd",
    "marketRule",
    "tickByTickAllLast",
    "tickByTickBidAsk",
    "tickPrice",
    "tickString",
    "marketDataType",
    "error",
}


def es() -> Any:
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "ES", "FUT", "CME", "USD"
    return contract


class Connected:
    """A client with its reading thread, as a context."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.client = Own()
        self._reading = threading.Thread(target=self.client.run, daemon=True)

    async def __aenter__(self) -> Own:
        # It blocks until the handshake is over, and the gateway lives in this loop.
        await asyncio.to_thread(self.client.connect, "127.0.0.1", self._port, 17)
        self._reading.start()
        return self.client

    async def __aexit__(self, *ended: object) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self._reading.join)


async def test_it_starts_up_and_asks_for_contracts(tmp_path: Path):
    tape = market(5, rows=50).write(tmp_path / "tape.parquet", contract="ESM2026")
    async with gateway(tapes=(str(tape),), speed="hand") as far, Connected(far.port) as client:
        assert await client.until("managedAccounts") == ("DU1234567",)
        assert (await client.until("nextValidId"))[0] >= 1
        client.reqContractDetails(1, es())
        number, details = await client.until("contractDetails")
        assert (number, details.contract.localSymbol, details.minTick) == (1, "ESM6", 0.25)
        assert details.realExpirationDate == "20260619"
        await client.until("contractDetailsEnd")
        client.reqMarketRule(int(details.marketRuleIds))
        (increment,) = (await client.until("marketRule"))[1]
        assert increment.increment == 0.25


async def test_it_gets_ticks_and_samples():
    async with gateway(silent=True) as far, Connected(far.port) as client:
        client.reqContractDetails(1, es())
        contract = (await client.until("contractDetails"))[1].contract
        client.reqTickByTickData(2, contract, "BidAsk", 0, False)
        client.reqTickByTickData(3, contract, "Last", 0, False)
        client.reqMktData(4, contract, "233", False, False, [])
        assert await client.until("marketDataType") == (4, 1)
        far.play.push(Push("ES", Decimal("4200.25"), Decimal("4200.50"), Decimal("4200.50"), 3))
        quote = await client.until("tickByTickBidAsk")
        assert (quote[0], quote[2:6]) == (2, (4200.25, 4200.5, 10, 10))
        last = await client.until("tickByTickAllLast")
        assert (last[0], last[3:5]) == (3, (4200.5, 3))
        assert (await client.until("tickPrice"))[:3] == (4, 1, 4200.25)


async def test_it_is_told_what_is_wrong():
    async with gateway(silent=True) as far, Connected(far.port) as client:
        unknown = es()
        unknown.symbol = "NOSUCH"
        client.reqContractDetails(1, unknown)
        while 200 not in (args := await client.until("error")):
            pass
        assert args[0] == 1
