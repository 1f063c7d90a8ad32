"""Plays a market: rows whose time has come go past the exchange and out to whoever has subscribed, in that order.

An execution follows the tick that made it on the wire: rows are walked up to the first one at which something happens,
their ticks are sent, then what has happened, then the rows go on.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from adapters.gateway.feed import Feed
from adapters.gateway.seam import Exchange
from adapters.gateway.source import Chunk, Source, Wording
from adapters.gateway.timing import Timing
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, PRINT, QUOTE, TICK, Ticks

QUIET_S = 0.25
"""So long after the last subscription a tape that waits begins: a client asks for several streams one by one."""
_AT_ONCE = 512
"""Rows of a market as fast as it goes that are sent before anybody else gets a turn."""
_STEP_NS = 10_000_000
"""Time of the tape in one step: what a client answers to a row reaches the exchange at most so much later."""


@dataclass(frozen=True, slots=True)
class Push:
    """A price by hand; what is None stays as it is."""

    instrument: str
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    size: int = 1
    bid_size: int = 10
    ask_size: int = 10


class Play:
    """The market as it goes. `ended` is called once, when the source has no more rows."""

    def __init__(
        self, source: Source, timing: Timing, exchange: Exchange, feed: Feed, ended: Callable[[], None]
    ) -> None:
        self.source, self.timing = source, timing
        self.rows = 0
        """That have happened."""
        self.over = False
        self.begun = asyncio.Event()
        self._exchange, self._feed, self._ended = exchange, feed, ended
        self._coming: AsyncGenerator[Ticks, None] = source.rows()
        self._wording, self._pushing = Wording(source), Wording(source)
        self._chunk: Chunk | None = None
        self._row = 0
        self._asked = asyncio.Event()

    def subscribed(self) -> None:
        """A client wants ticks: a market that waits for one begins when no other request follows."""
        self._asked.set()

    async def prepare(self) -> None:
        """Have the first rows ready: a first start compiles, and nobody could be served meanwhile."""
        await self._ready()

    async def run(self, *, wait: bool) -> None:
        """Play to the end; after it, only time goes on."""
        if wait:
            await self._first_subscription()
        self.timing.begin()
        self.begun.set()
        while await self._ready():
            assert self._chunk is not None
            ts = int(self._chunk.ticks["ts"][self._row])
            if self.timing.waits:
                await self.timing.towards(ts)
                self._turn(int(np.searchsorted(self._chunk.ticks["ts"], self.timing.now_ns(), side="right")))
            else:
                await self._hurry(ts)
        self._end()
        while self.timing.waits:
            await self.timing.towards(self.timing.now_ns() + 1_000_000_000)
            self._pass()

    async def advance(self, rows: int) -> int:
        """Play the next `rows` rows now; returns how many there were."""
        self.begun.set()
        done = 0
        while done < rows and await self._ready():
            assert self._chunk is not None
            first = self._row
            self._turn(min(first + rows - done, len(self._chunk.ticks)))
            done += self._row - first
        if not await self._ready():
            self._end()
        return done

    def push(self, price: Push) -> None:
        """Let a quote, a print or both happen now. Raises KeyError for an unknown instrument, OffGrid."""
        products = [one.product for one in self.source.instruments]
        if price.instrument not in products:
            raise KeyError(f"the market has no {price.instrument}; it has {', '.join(products)}")
        index = products.index(price.instrument)
        chunk = self._pushing.chunk(self._pushed(price, index, self.source.instruments[index]))
        self._happen(chunk, 0, len(chunk.ticks))

    def _pushed(self, price: Push, index: int, one: Instrument) -> Ticks:
        standing = self._feed.standing[index]
        bid, ask, sizes = standing.bid, standing.ask, standing.sizes
        if price.bid is not None:
            bid, sizes = one.to_ticks(price.bid), (price.bid_size, sizes[1])
        if price.ask is not None:
            ask, sizes = one.to_ticks(price.ask), (sizes[0], price.ask_size)
        book = (ABSENT if bid is None else bid, ABSENT if ask is None else ask, *sizes)
        rows = []
        now = max(self.timing.now_ns(), standing.stamp)
        if price.bid is not None or price.ask is not None:
            rows.append((now, ABSENT, 0, *book, index, QUOTE, 0, 0, 0))
        if price.last is not None:
            rows.append((now, one.to_ticks(price.last), price.size, *book, index, PRINT, 0, 0, 0))
        return np.array(rows, TICK)

    async def close(self) -> None:
        """Let go of the rows to come."""
        await self._coming.aclose()

    async def _first_subscription(self) -> None:
        await self._asked.wait()
        quiet = False
        while not quiet:
            self._asked.clear()
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._asked.wait()
            except TimeoutError:
                quiet = True

    async def _hurry(self, ts: int) -> None:
        """The next rows of a tape that goes as fast as it can: as its slowest client can."""
        assert self._chunk is not None
        end = min(self._row + _AT_ONCE, len(self._chunk.ticks))
        stepping = [session for session in self._feed.subscribers() if session.tape_step]
        if stepping:
            end = min(end, int(np.searchsorted(self._chunk.ticks["ts"], ts + _STEP_NS, side="right")))
        self._turn(end)
        for session in self._feed.subscribers():
            await session.room()
        for session in stepping:
            await session.step()
        await asyncio.sleep(0)

    async def _ready(self) -> bool:
        """Whether there is a row to come, made ready."""
        while self._chunk is None or self._row == len(self._chunk.ticks):
            ticks = await anext(self._coming, None)
            if ticks is None:
                return False
            self._chunk, self._row = self._wording.chunk(ticks), 0
        return True

    def _turn(self, end: int) -> None:
        """Let the rows before `end` happen."""
        assert self._chunk is not None
        first, self._row = self._row, max(end, self._row)
        if first < self._row:
            self.timing.reached(int(self._chunk.ticks["ts"][self._row - 1]))
            self.rows += self._row - first
            self._happen(self._chunk, first, self._row)
        self._pass()

    def _happen(self, chunk: Chunk, row: int, end: int) -> None:
        while row < end:
            reached = self._exchange.walk(chunk.ticks, row, end)
            assert row <= reached <= end, "a walk goes forward"
            if row < reached:
                self._feed.play(chunk, row, reached)
            self._exchange.flush()
            row = reached
        for session in self._feed.subscribers():
            session.flush()

    def _pass(self) -> None:
        now = self.timing.now_ns()
        self._exchange.at(now)
        self._feed.sample(now)

    def _end(self) -> None:
        if not self.over:
            self.over = True
            self._ended()
