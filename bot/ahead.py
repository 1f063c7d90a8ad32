"""Scanning ahead: while the desk walks one batch of a tape, the next one is scanned in a thread of its own.

Signals are a function of the tape alone, so nothing that the desk does with one batch can change what the next one
says. The kernels hold no lock on the interpreter: on two cores a replay takes as long as the slower of the two.
A live market is scanned as it comes, and of a tape that was scanned before there is nothing to wait for.
Batches are cut where detectors change, and where a market is silent for hours: what ends in the silence, be it a bar a
second, is in memory at once until it is walked.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from bot.domain.market import Events
from bot.ports import Batch, Engine, Market

__all__ = ["scanned"]

WORTH_A_THREAD = 2048
"""Rows of a batch below which handing it over takes longer than scanning it."""
LONG_NS = 3600 * 10**9
"""So much silence is scanned at once."""


async def scanned(market: Market, engine: Engine) -> AsyncGenerator[tuple[Batch, Events]]:
    """The market's batches in order, each with the EVENT rows of its scan. Raises what market and engine raise."""
    if market.last_ns is None or engine.knows:
        async for batch in _cut(market, engine):
            yield batch, engine.scan(batch.ticks, batch.silent_until or 0)
        return
    with ThreadPoolExecutor(1, "scan") as thread:
        before: tuple[Batch, Future[Events]] | None = None
        async for batch in _cut(market, engine):
            scan = _begin(thread, engine, batch, before[1] if before else None)
            if before is not None:
                yield before[0], before[1].result()
            before = batch, scan
        if before is not None:
            yield before[0], before[1].result()


async def _cut(market: Market, engine: Engine) -> AsyncIterator[Batch]:
    """The market's batches, those that go beyond a moment at which detectors change in two.

    The first of the two may be empty: it says that the market has been silent up to the moment.
    """
    passed = come_to = 0
    async for whole in market.batches():
        for batch in _pieces(whole, come_to, market.last_ns is None):
            come_to = max(come_to, _end(batch))
            while passed < len(engine.moments) and engine.moments[passed] <= come_to:
                moment = engine.moments[passed]
                passed += 1
                row = int(np.searchsorted(batch.ticks["ts"], moment))
                engine.reads_to = max(engine.reads_to, moment - 1)
                yield Batch(batch.ticks[:row], silent_until=moment - 1, more=True)
                batch = replace(batch, ticks=batch.ticks[row:])
            engine.reads_to = max(engine.reads_to, come_to)
            yield batch


def _pieces(batch: Batch, come_to: int, live: bool) -> Iterator[Batch]:
    """`batch`, which follows a market that has come to that time (0 = it begins), without a long silence in any.

    What a live market hands over at once has been recorded whole, so that nothing may end within it.
    """
    stamps = batch.ticks["ts"]
    until = _end(batch)
    since = come_to or (int(stamps[0]) if len(stamps) else until)
    if until - since <= LONG_NS:
        yield batch
        return
    begins, ends = np.insert(stamps, 0, since), np.append(stamps, until)
    row = 0
    for at in np.flatnonzero(ends - begins > LONG_NS).tolist():
        for silent in range(int(begins[at]) + LONG_NS, int(ends[at]), LONG_NS):
            yield Batch(batch.ticks[row:at], silent_until=silent, more=live)
            row = at
    yield replace(batch, ticks=batch.ticks[row:])


def _end(batch: Batch) -> int:
    """How far the market has come with it, ns UTC; 0 = that is not known."""
    return max(int(batch.ticks["ts"][-1]) if len(batch.ticks) else 0, batch.silent_until or 0)


def _begin(thread: ThreadPoolExecutor, engine: Engine, batch: Batch, before: Future[Events] | None) -> Future[Events]:
    until = batch.silent_until or 0
    if len(batch.ticks) >= WORTH_A_THREAD:
        return thread.submit(engine.scan, batch.ticks, until)
    if before is not None:
        before.exception()  # one scan after the other, whichever thread does it
    done: Future[Events] = Future()
    done.set_result(engine.scan(batch.ticks, until))
    return done
