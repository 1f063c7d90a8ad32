"""Scanning ahead: a tape's next batch is scanned while this one is walked; a live market is never waited for."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from itertools import pairwise

import numpy as np
import pytest

from bot.ahead import LONG_NS, WORTH_A_THREAD, scanned
from bot.domain.market import Events, Ticks
from bot.ports import Batch
from bot.signals.engines import MultiEngine
from tests.rooms.signals.scanning import ES, hair_engine, lively, raw


class Feed:
    """A market of rows in memory, in batches of the given lengths; the tape's end is known unless it is live."""

    instruments = (ES,)
    anomalies: dict[str, int] = {}  # noqa: RUF012 - the port says mapping

    def __init__(self, ticks: Ticks, lengths: Sequence[int], *, live: bool = False) -> None:
        self.first_ns = int(ticks["ts"][0])
        self.last_ns = None if live else int(ticks["ts"][-1])
        edges = [0, *(sum(lengths[: k + 1]) for k in range(len(lengths))), len(ticks)]
        self._parts = [ticks[a:b] for a, b in pairwise(edges)]
        self.read = 0

    async def subscribe(self) -> None:
        """Nothing to ask for."""

    async def batches(self) -> AsyncIterator[Batch]:
        for part in self._parts:
            self.read += 1
            yield Batch(part)


async def walk(batches: AsyncGenerator[tuple[Batch, Events]]) -> list[bytes]:
    return [raw(events) async for _, events in batches]


def placeless(events: Events) -> bytes:
    """Everything but where in its batch an event is."""
    told = events.copy()
    told["row"], told["before"] = 0, 0
    return raw(told)


def long_tape() -> Ticks:
    return lively(1, rows=6 * WORTH_A_THREAD)


LENGTHS = (WORTH_A_THREAD, 5, WORTH_A_THREAD + 1, 1, 2, WORTH_A_THREAD)


def test_the_events_are_those_of_one_scan_after_the_other() -> None:
    ticks = long_tape()
    feed, alone = Feed(ticks, LENGTHS), hair_engine()
    expected = [raw(alone.scan(part)) for part in feed._parts]
    assert asyncio.run(walk(scanned(feed, MultiEngine([hair_engine()])))) == expected
    assert len(b"".join(expected)) > 0


def test_a_long_batch_is_scanned_beside_the_one_that_is_walked() -> None:
    feed = Feed(long_tape(), LENGTHS)

    async def first() -> int:
        async with aclosing(scanned(feed, MultiEngine([hair_engine()]))) as batches:
            async for _ in batches:
                return feed.read
        return 0

    assert asyncio.run(first()) == 2


def test_a_live_market_is_never_waited_for() -> None:
    feed = Feed(long_tape(), LENGTHS, live=True)

    async def reads() -> list[int]:
        return [feed.read async for _ in scanned(feed, MultiEngine([hair_engine()]))]

    assert asyncio.run(reads()) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("live", [False, True])
def test_what_ends_in_a_long_silence_comes_by_the_hour(live: bool) -> None:
    """Given a market that is silent for two days, within a batch and between two, then no scan spans much of it."""
    ticks = lively(1, rows=4000)
    for row in (1000, 3000):
        ticks["ts"][row:] += 48 * LONG_NS
    feed, alone = Feed(ticks, (2000, 1000), live=live), hair_engine()
    expected = [placeless(alone.scan(part)) for part in feed._parts]

    async def walked() -> list[tuple[Batch, Events]]:
        return [one async for one in scanned(feed, MultiEngine([hair_engine()]))]

    told = asyncio.run(walked())
    assert b"".join(placeless(events) for _, events in told) == b"".join(expected)
    assert raw(np.concatenate([batch.ticks for batch, _ in told])) == raw(ticks)
    come_to = [max(int(b.ticks["ts"][-1]) if len(b.ticks) else 0, b.silent_until or 0) for b, _ in told]
    assert all(0 <= after - before <= LONG_NS for before, after in pairwise(come_to))
    # What a live market handed over at once is walked whole before anything ends.
    assert sum(batch.more for batch, _ in told) == (len(told) - 3 if live else 0)


def test_what_fails_in_the_thread_fails_at_the_desk() -> None:
    feed = Feed(long_tape(), LENGTHS)
    feed._parts = [part[["ts"]] for part in feed._parts]  # no TICK rows
    with pytest.raises(AssertionError):
        asyncio.run(walk(scanned(feed, MultiEngine([hair_engine()]))))
