"""The gateway itself: a socket for clients, a random market, and pushes for a test to order.

Sources: the field tables of IB's protocol at server versions 176 to 178, as its two public clients read and write them.
"""

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.second_gateway.exchange import Exchange
from tests.second_gateway.fields import Writes, frame
from tests.second_gateway.options import Options
from tests.second_gateway.session import Session

SPREAD = Decimal("0.25")
TICK = Decimal("0.25")


class SecondGateway:
    """`async with SecondGateway(options) as gateway:` listens on `gateway.port` until it is left."""

    def __init__(self, options: Options | None = None, *, seed: int = 1, symbol: str = "ES", port: int = 0) -> None:
        self.options = options or Options()
        self.symbol = symbol
        self.port = port
        self.lot = random.Random(seed)
        self.writes = Writes(self.options)
        self.exchange = Exchange(self.options, self._tell, lambda: self.seconds())
        self.sessions: list[Session] = []
        self.received: list[tuple[int, list[str]]] = []
        """Every message: (number of the connection, fields)."""
        self.connections = 0
        self.next_id = 1
        self.skew_s = 0.0
        self.mute = False
        self.garbage_first = False
        self.held_ids: set[int] = set()
        self.missed: set[str] = set()
        self.unknown_contract = False
        self.quiet = False
        self.naked_since: float | None = None
        self.naked_s = 0.0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def seconds(self) -> float:
        """The gateway's time."""
        import time

        return time.time() + self.skew_s

    async def __aenter__(self) -> "SecondGateway":
        await self.listen()
        self.later(self._market())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def later(self, what: Any) -> None:
        """Run something beside, until the gateway ends."""
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def listen(self) -> None:
        """Open the port; the same one again after `shut`."""
        self._server = await asyncio.start_server(self._client, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Close the port and cut every client."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Cut every client off, without a word."""
        for session in list(self.sessions):
            session.cut()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        session = Session(self, reader, writer, self.connections)
        self.sessions.append(session)
        try:
            await session.serve()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if session in self.sessions:
                self.sessions.remove(session)
            writer.close()

    # Pushes

    def say(self, code: int, text: str, number: int = -1) -> None:
        """An error message to everybody."""
        self.everybody(frame(4, 2, number, code, text, ""))

    def everybody(self, data: bytes) -> None:
        """Raw bytes to every client that is ready."""
        for session in self.sessions:
            if session.ready:
                session.send(data)

    def _tell(self, client: int, kind: str, *what: Any) -> None:
        for session in self.sessions:
            if session.client == client and session.ready:
                session.told(kind, *what)

    def got(self, kind: str, connection: int | None = None) -> list[list[str]]:
        """Messages of one kind that came, all or one connection's."""
        return [f for c, f in self.received if f and f[0] == kind and connection in (None, c)]

    # Market

    async def _market(self) -> None:
        exchange, lot = self.exchange, self.lot
        gap = 2.0 / self.options.rate
        while True:
            await asyncio.sleep(gap)
            self._watch()
            if self.quiet:
                continue
            if lot.random() < 0.4:
                step = TICK * lot.choice((-1, 1))
                exchange.bid, exchange.ask = exchange.bid + step, exchange.ask + step
            self.quote()
            if lot.random() < 0.7:
                self.print(exchange.ask if lot.random() < 0.5 else exchange.bid, lot.randint(1, 9))
            exchange.moved()

    def _watch(self) -> None:
        """How long a position has been without a stop, at most."""
        now = asyncio.get_running_loop().time()
        if abs(self.exchange.position) <= self.exchange.cover():
            self.naked_since = None
        elif self.naked_since is None:
            self.naked_since = now
        else:
            self.naked_s = max(self.naked_s, now - self.naked_since)

    def quote(self) -> None:
        """The quote, to who has it subscribed."""
        exchange, odd = self.exchange, self.options.odd_ticks
        sizes = (self.lot.randint(1, 99), self.lot.randint(1, 99))
        if odd and self.lot.random() < 0.05:
            sizes = (0, sizes[1])
        for session in self.sessions:
            session.bid_ask(exchange.bid, exchange.ask, *sizes)
            if odd and self.lot.random() < 0.01:
                session.bid_ask(Decimal(-1), Decimal(0), 0, 0)

    def print(self, price: Decimal, size: int) -> None:
        """A print, to who has prints subscribed."""
        self.exchange.last = price
        mask = 2 if self.options.odd_ticks and self.lot.random() < 0.1 else 0
        for session in self.sessions:
            session.printed(price, size, mask)

    def go_to(self, bid: Decimal) -> None:
        """Put the market at a bid, and print there."""
        self.exchange.bid, self.exchange.ask = bid, bid + SPREAD
        self.quote()
        self.print(bid, 1)
        self.exchange.moved()


Reject = Callable[[Any], str]
