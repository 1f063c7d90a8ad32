"""The market at a gateway: rows in the order of the socket, in batches of what has come since the last one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import numpy as np

from adapters.ib.contracts import Resolved
from adapters.ib.link import Link
from adapters.ib.plan import Plan
from adapters.ib.streams import Streams
from bot.clock import TapeClock
from bot.domain.instrument import Instrument
from bot.domain.market import STATUS, Ticks
from bot.ports import Batch
from bot.tape.clean import Cleaner, total

SILENCE_S = 0.25
"""An empty batch at least this often: edges, commands and reports do not wait for a tick."""


class IbMarket:
    """The Market port over a gateway. `delayed`: old data will do (a dry run), and be marked as such."""

    def __init__(
        self, link: Link, contracts: Sequence[Resolved], plan: Plan, *, first_ns: int, delayed: bool = False
    ) -> None:
        self.instruments: Sequence[Instrument] = [one.instrument for one in contracts]
        self.first_ns = first_ns
        self.last_ns: int | None = None
        self._link = link
        self._cleaners = [Cleaner() for _ in contracts]
        self._newest = first_ns
        self._streams = Streams(link, contracts, plan, delayed=delayed)
        link.data = self._streams
        link.on_live.append(self._streams.restore)

    @property
    def anomalies(self) -> dict[str, int]:
        """What was odd so far, by name; `strangers` are ticks of no subscription."""
        strangers = self._link.frames.strangers
        return total(self._cleaners) | ({"strangers": strangers} if strangers else {})

    async def subscribe(self) -> None:
        """Ask for everything that the plan has. Nothing is waited for: the first tick says that it came."""
        self._streams.begin()

    async def batches(self) -> AsyncGenerator[Batch]:
        """What has come since the last batch, at least every quarter of a second; final at a played tape's end."""
        wake, over = self._link.wake, False
        try:
            while not over:
                if not wake.is_set():
                    await _until(wake, SILENCE_S)
                wake.clear()
                over = self._streams.over
                if self._link.ended and not over:
                    return
                ticks = self._take()
                yield Batch(ticks, None if self._link.tape else self._newest, final=over)
                self._link.dealt()
        finally:
            self._streams.close()

    def _take(self) -> Ticks:
        ticks = self._link.take()
        self._clean(ticks)
        if len(ticks):
            self._newest = max(self._newest, int(ticks["ts"][-1]))
            for instrument in tuple(self._streams.feeds.waiting):
                if bool(np.any((ticks["instrument"] == instrument) & (ticks["kind"] != STATUS))):
                    self._streams.feeds.ticked(instrument)
        if isinstance(self._link.clock, TapeClock):
            self._link.clock.advance_to(self._newest)
        else:
            self._newest = max(self._newest, self._link.clock.now_ns())
            # Silence that was told of is not broken later by a clock that has been put back.
            self._link.frames.not_before(self._newest + 1)
        return ticks

    def _clean(self, ticks: Ticks) -> None:
        """Each row by the cleaner of its instrument, in place."""
        if len(self._cleaners) == 1:
            self._cleaners[0].clean(ticks)
            return
        ends = np.flatnonzero(np.diff(ticks["instrument"])) + 1
        if len(ends) <= 4 * len(self._cleaners):
            for part in np.split(ticks, ends) if len(ticks) else ():
                self._cleaners[int(part["instrument"][0])].clean(part)
            return
        for index, cleaner in enumerate(self._cleaners):
            mine = np.flatnonzero(ticks["instrument"] == index)
            ticks[mine] = cleaner.clean(ticks[mine])


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or so long."""
    loop = asyncio.get_running_loop()
    timer = loop.call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()
