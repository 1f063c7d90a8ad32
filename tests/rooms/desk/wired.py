"""A market without an end of its own and a broker with a wire: a tape, replay's matching, and news told in between.

    says = ["10:00:03 link down 1100", "10:00:05 feed delayed no subscription", "10:00:05 clock 2500"]

With `wall` it goes by the wall's clock, for which a tape's rows are old news. With `silent` as well it has nothing to
say after its tape until it is woken, and ends when it has been woken so many times.
"""

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters.replay.broker import FillRules, ReplayBroker
from bot.clock import TapeClock, WallClock
from bot.config import Params as BaseParams
from bot.domain.instrument import Instrument
from bot.domain.market import TICK, Ticks
from bot.domain.order import ClockReport, FeedReport, LinkReport, PauseReport, Report
from bot.ports import Adapter, AdapterNeeds, Batch, Stop
from bot.tape import open_tape
from tests.tapes import ns


class Params(BaseParams):
    """[adapters."wired.py:open_wired"]."""

    tape: str
    """File."""
    says: tuple[str, ...] = ()
    """What the wire says, at times of the tape's day."""
    batch: int = 1
    """Rows a batch."""
    wall: bool = False
    """Whether it goes by the wall's clock."""
    silent: int = 0
    """How often it is woken after its tape before it ends."""
    feed: str = "live"
    """What its data is worth from the start."""


class WiredMarket:
    """The Market port: a tape whose end nobody knows."""

    def __init__(self, path: str, instrument: Instrument, batch: int, silent: int = 0) -> None:
        self.instruments, self._batch, self._silent = (instrument,), batch, silent
        with open_tape(Path(path)) as reader:
            self._ticks = np.concatenate([ticks.copy() for ticks in reader.batches(65_536)])
        self.first_ns = int(self._ticks["ts"][0])
        self.woken = asyncio.Event()
        self.last_ns: int | None = None
        self.anomalies: dict[str, int] = {}

    async def subscribe(self) -> None:
        """Nothing to ask for."""

    async def batches(self) -> AsyncIterator[Batch]:
        """Between two batches whoever else has something to say is let in, as by a socket."""
        for first in range(0, len(self._ticks), self._batch):
            await asyncio.sleep(0)
            yield Batch(self._ticks[first : first + self._batch])
        for _ in range(self._silent):
            await asyncio.wait_for(self.woken.wait(), 30)
            self.woken.clear()
            yield Batch(np.zeros(0, TICK), WallClock().now_ns())
        yield Batch(np.zeros(0, TICK), final=True)


class WiredBroker(ReplayBroker):
    """Replay's broker, with news of its wire."""

    def __init__(self, instruments: Sequence[Instrument], rules: FillRules, account: str, news: list[Report]) -> None:
        super().__init__(instruments, rules, account)
        self._news: deque[Any] = deque(news)

    def next_report(self, ticks: Ticks, row: int, stop: Stop) -> tuple[int, Report] | None:
        """News whose time has come goes before what the tape brings."""
        if self._news and self._news[0].ts <= stop.ts:
            at = max(row, bisect_left(ticks["ts"], self._news[0].ts))
            if at <= stop.row:
                return at, self._news.popleft()
        return super().next_report(ticks, row, stop)


def open_wired(params: Params, needs: AdapterNeeds) -> Adapter:
    """Stand the two side by side."""
    instrument = needs.instrument("ESM2026", None)
    market = WiredMarket(params.tape, instrument, params.batch, params.silent)
    news = [_report(text, market.first_ns) for text in params.says]
    rules = FillRules(needs.fill_model, needs.latency_ns, needs.cancel_latency_ns)
    return Adapter(
        "wired",
        market,
        WiredBroker([instrument], rules, needs.account, news),
        fill_model=needs.fill_model,
        clock=None if params.wall else TapeClock(market.first_ns),
        wake=market.woken.set if params.silent else None,
        feeds={} if params.feed == "live" else {"ES": params.feed},  # type: ignore[dict-item]
    )


def _report(text: str, first_ns: int) -> Report:
    clock, what, *words = text.split()
    ts = ns(f"{DAY} {clock}")
    assert ts >= first_ns
    match what:
        case "link":
            return LinkReport(words[0], ts, " ".join(words[1:]))  # type: ignore[arg-type]
        case "feed":
            return FeedReport(0, words[0], ts, " ".join(words[1:]))  # type: ignore[arg-type]
        case "pause":
            until = ts + int(words[1]) * 1_000_000_000
            return PauseReport(words[0], ts, until, " ".join(words[2:]))  # type: ignore[arg-type]  # words of a test
        case _:
            return ClockReport(int(words[0]) * 1_000_000, ts)


DAY = "2026-05-27"
