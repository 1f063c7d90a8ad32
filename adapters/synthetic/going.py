"""The simulator as a market that goes on: session after session, as fast as a clock lets it.

A session of the exchange's calendar is one simulation, seeded by its number; the next one begins at the price where the
last one ended. Without a clock rows come as fast as they are made, as from a tape. With one they are made ahead and
handed over when their time has come; in between the market says until when it has been silent.
"""

from collections.abc import AsyncIterator, Iterator, Sequence

import numpy as np

from adapters.replay.merge import merged
from adapters.synthetic.following import FOLLOWERS, follow
from adapters.synthetic.natures import nature_of
from adapters.synthetic.state import SECOND
from adapters.synthetic.synth import staged
from bot.clock import PacedClock
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, TICK, Ticks
from bot.ports import Batch
from bot.sessions import days
from bot.tape.clean import Cleaner, total

WEEK_NS = 7 * 86_400 * SECOND
_SESSION_SEED = 1_000_003
"""Between the seeds of two sessions; the first one's is the market's own, so that it is the tape of that seed."""


class SyntheticMarket:
    """The Market port over simulations of `instruments`, from `begin` to `end` (ns UTC; None: for ever)."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        seed: int,
        begin: int,
        end: int | None,
        clock: PacedClock | None,
        batch: int,
    ) -> None:
        self.instruments = instruments
        self.first_ns, self.last_ns = begin, end
        self._seed, self._clock, self._rows = seed, clock, batch
        self._cleaners = [Cleaner() for _ in instruments]

    async def subscribe(self) -> None:
        """From here on time runs."""
        if self._clock is not None:
            self._clock.begin()

    async def batches(self) -> AsyncIterator[Batch]:
        """Rows in order; the last batch is empty and says when the market ended."""
        for ticks in self._made():
            if self._clock is None:
                yield Batch(ticks)
                continue
            row = 0
            while row < len(ticks):
                await self._clock.wait_until(int(ticks["ts"][row]))
                now, first = self._clock.now_ns(), row
                row = int(np.searchsorted(ticks["ts"], now, side="right"))
                # Past the rows at hand there may be more of this very moment: only before their end is silence known.
                yield Batch(ticks[first:row], silent_until=now if row < len(ticks) else None)
        while self._clock is not None and (now := self._clock.now_ns()) < self._ended():
            yield Batch(np.zeros(0, TICK), silent_until=now)
            await self._clock.wait_until(self._ended())
        yield Batch(np.zeros(0, TICK), silent_until=self._ended(), final=True)

    @property
    def anomalies(self) -> dict[str, int]:
        """What was odd so far, by name: one-sided moments are staged."""
        return total(self._cleaners)

    def _ended(self) -> int:
        assert self.last_ns is not None, "a market without an end does not end"
        return self.last_ns

    def _made(self) -> Iterator[Ticks]:
        sources: list[Iterator[Ticks]] = [
            map(cleaner.clean, self._one(one)) for cleaner, one in zip(self._cleaners, self.instruments, strict=True)
        ]
        return sources[0] if len(sources) == 1 else merged(sources)

    def _one(self, one: Instrument) -> Iterator[Ticks]:
        """One instrument's rows, be they its own or what follows from another's."""
        follower = FOLLOWERS.get(one.product)
        if follower is None:
            return self._simulated(one, one.product)
        return follow(self._simulated(one, follower.leader), follower, self._seed)

    def _simulated(self, one: Instrument, product: str) -> Iterator[Ticks]:
        """A product's rows, session after session of the instrument's."""
        nature, price = nature_of(product), None
        for number, (begin, end) in enumerate(sessions(one, self.first_ns, self.last_ns)):
            seed, seconds = self._seed + number * _SESSION_SEED, (end - begin) // SECOND
            for rows in staged(nature, seed=seed, begin=begin, seconds=seconds, price=price).batches(self._rows):
                bids = rows["bid"][rows["bid"] != ABSENT]
                price = int(bids[-1]) if len(bids) else price
                yield rows.copy()  # the simulator writes its next rows over these


def sessions(one: Instrument, begin: int, end: int | None) -> Iterator[tuple[int, int]]:
    """The exchange's sessions as (from, to), ns UTC, cut to [begin, end)."""
    while end is None or begin < end:
        known = days(
            one.calendar,
            zone=one.zone,
            regular_open=one.regular_open,
            regular_close=one.regular_close,
            first_ns=begin,
            last_ns=begin + WEEK_NS,
        )
        for day in known:
            first = max(int(day["open"]), begin)
            last = int(day["close"]) if end is None else min(int(day["close"]), end)
            if last - first >= SECOND:
                yield first, last
        begin = int(known["close"][-1])
