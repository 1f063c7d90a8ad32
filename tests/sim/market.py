"""The market of one run of the daemon: the exchange's quotes as ticks, and the script's signals on them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bot.clock import WallClock
from bot.domain.market import BUY, EVENT, PRINT, QUOTE, SELL, SIDE_TRUE, TICK, Events, Ticks
from bot.ports import Batch
from tests.sim.loop import SECOND_NS, SimLoop
from tests.sim.script import INSTRUMENTS, Wish

KIND = "sim"
EVIDENCE = ("side", "quantity", "offset", "stop", "target", "ttl_s", "time_stop_s")
IDLE_S = 20.0
"""An empty batch at least this often. A live market brings one every quarter of a second; here who waits is asked."""
_NOTHING = np.zeros(0, TICK)
_SILENCE = np.zeros(0, EVENT)


class SimClock(WallClock):
    """The wall's clock of the simulation."""

    def __init__(self, loop: SimLoop, begin_ns: int) -> None:
        super().__init__()
        self._loop, self._begin_ns = loop, begin_ns

    def now_ns(self) -> int:
        """ns UTC."""
        return self._begin_ns + self._loop.now_ns

    def wall_ns(self) -> int:
        """ns UTC."""
        return self._begin_ns + self._loop.now_ns

    def steady_ns(self) -> int:
        """Nobody sets it."""
        return self._begin_ns + self._loop.now_ns


class SimMarket:
    """The Market port. `due` says when the desk wants to be woken, ns UTC."""

    def __init__(self, clock: SimClock, instruments: int, arrived: asyncio.Event) -> None:
        self.instruments = INSTRUMENTS[:instruments]
        self.first_ns = clock.now_ns()
        self.last_ns: int | None = None
        self.anomalies: Mapping[str, int] = {}
        self._clock, self._arrived = clock, arrived
        self._rows: list[tuple[Any, ...]] = []
        self._signals: list[tuple[int, Wish]] = []
        self.signals: list[tuple[int, Wish]] = []
        """(row of the batch at hand, what will be wanted) for the engine."""
        self.due: Callable[[], int | None] = lambda: None
        self.stale = self.subscribed = False
        self.newest: dict[int, int] = {}
        """Instrument → stamp of the newest row that was handed over."""

    async def subscribe(self) -> None:
        """From now on somebody listens."""
        self.subscribed = True

    def quote(self, instrument: int, bid: int, wish: Wish | None = None) -> None:
        """A quote, and perhaps a signal on it."""
        if self.stale:
            return
        if wish is not None:
            self._signals.append((len(self._rows), wish))
        now = self._clock.now_ns()
        self._rows.append((now, 0, 0, bid, bid + 1, 10, 10, instrument, QUOTE, 0, 0, 0))
        at, side = (bid, SELL) if bid % 2 else (bid + 1, BUY)
        self._rows.append((now, at, 1, bid, bid + 1, 10, 10, instrument, PRINT, side, SIDE_TRUE, 0))
        self._arrived.set()

    async def batches(self) -> AsyncIterator[Batch]:
        """What has come, as soon as anything has, and when the desk is due."""
        while True:
            if not self._arrived.is_set():
                await self._wait()
            else:
                await asyncio.sleep(0)
            self._arrived.clear()
            yield Batch(self._take(), silent_until=self._clock.now_ns())

    def _take(self) -> Ticks:
        rows, self._rows = self._rows, []
        self.newest.update((row[7], row[0]) for row in rows)
        self.signals, self._signals = self._signals, []
        return np.array(rows, TICK) if rows else _NOTHING

    async def _wait(self) -> None:
        loop, now = asyncio.get_running_loop(), self._clock.now_ns()
        due = self.due()
        seconds = IDLE_S if due is None else min(IDLE_S, max(0.005, (due - now) / SECOND_NS))
        timer = loop.call_later(seconds, self._arrived.set)
        try:
            await self._arrived.wait()
        finally:
            timer.cancel()


class SimEngine:
    """The Engine port: the market's signals as events."""

    kinds = (KIND,)
    internal: frozenset[str] = frozenset()
    candidates: frozenset[str] = frozenset()
    knows = False
    engines: tuple[Any, ...] = ()
    moments: Sequence[int] = ()
    reads_to = 0

    def __init__(self, market: SimMarket) -> None:
        self._market = market

    def hushed_until(self, sources: frozenset[int]) -> int:
        """It is warm."""
        return 0

    def scan(self, ticks: Ticks, until: int) -> Events:
        """The events of this batch."""
        if not self._market.signals:
            return _SILENCE
        events = np.zeros(len(self._market.signals), EVENT)
        for event, (row, wish) in zip(events, self._market.signals, strict=True):
            tick = ticks[row]
            event["ts"] = event["known"] = tick["ts"]
            event["row"], event["side"], event["instrument"] = row, wish.side, wish.instrument
            event["price"], event["strength"] = tick["bid"], 1.0
            event["evidence"][: len(EVIDENCE)] = [getattr(wish, name) for name in EVIDENCE]
        return events

    def evidence(self, event: Any) -> dict[str, float]:
        """The event's evidence by name."""
        return dict(zip(EVIDENCE, event["evidence"].tolist(), strict=False))

    def params_hash(self, event: Any) -> str:
        """It has no parameters."""
        return ""

    def footprint(self, instrument: int, timeframe_ns: int, end_ns: int) -> object | None:
        """It keeps no bars."""
        return None
