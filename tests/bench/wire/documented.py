"""The bot that ib_async's documentation shows: pendingTickersEvent, then placeOrder for each of a bracket's three.

usage: python -P -m tests.bench.wire.documented PORT CONTRACT_ID [CLIENT]
"""

import asyncio
import sys

from ib_async import IB, Contract, LimitOrder, Order, StopOrder, TickByTickAllLast, Ticker, Trade
from ib_async.ib import StartupFetchNONE

TRIGGER = 4
AWAY, STOP, TARGET, LIFE_S = 3.0, 1.5, 3.0, 0.1


class Documented:
    """One instrument, one bracket a trigger, away from the market, given up after a moment."""

    def __init__(self) -> None:
        self.ib = IB()

    async def run(self, port: int, number: int, client: int) -> None:
        """Until the gateway hangs up."""
        await self.ib.connectAsync("127.0.0.1", port, client, fetchFields=StartupFetchNONE)
        self._contract = Contract(conId=number, exchange="CME")
        await self.ib.qualifyContractsAsync(self._contract)
        self.ib.pendingTickersEvent += self._on_tickers
        self.ib.reqTickByTickData(self._contract, "Last")
        self.ib.reqTickByTickData(self._contract, "BidAsk")
        print("ready", flush=True)
        await self.ib.disconnectedEvent

    def _on_tickers(self, tickers: set[Ticker]) -> None:
        for ticker in tickers:
            for tick in ticker.tickByTicks:
                if isinstance(tick, TickByTickAllLast) and tick.size == TRIGGER:
                    self._bracket(tick.price - AWAY)

    def _bracket(self, price: float) -> None:
        parent = LimitOrder("BUY", 1, price, orderId=self.ib.client.getReqId(), transmit=False, tif="DAY")
        stop = StopOrder("SELL", 1, price - STOP, parentId=parent.orderId, transmit=False, tif="GTC")
        target = LimitOrder("SELL", 1, price + TARGET, parentId=parent.orderId, transmit=True, tif="GTC")
        trade = self._place(parent)
        for child in (stop, target):
            self._place(child)
        asyncio.get_running_loop().call_later(LIFE_S, self.ib.cancelOrder, trade.order)

    def _place(self, order: Order) -> Trade:
        return self.ib.placeOrder(self._contract, order)


if __name__ == "__main__":
    port, number, *client = map(int, sys.argv[1:])
    asyncio.run(Documented().run(port, number, *(client or [31])))
