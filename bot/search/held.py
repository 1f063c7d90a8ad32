"""A tape decoded once, for all trials of this process: a market that hands out the same rows again and again.

The rows lie in a file without a name that goes with the process, however it ends, and are mapped: whatever reads them
shares the pages, and they may leave memory when something else needs it.
"""

import mmap
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.domain.instrument import Instrument
from bot.domain.market import TICK, Ticks
from bot.ports import Batch, Market


@dataclass(slots=True)
class HeldMarket:
    """The Market port over rows that were read before, cleaned and cut as they were then."""

    instruments: Sequence[Instrument]
    first_ns: int
    last_ns: int | None
    anomalies: Mapping[str, int]
    held: Sequence[Batch]

    async def subscribe(self) -> None:
        """They are there."""

    async def batches(self) -> AsyncIterator[Batch]:
        """The same batches, each time."""
        for batch in self.held:
            yield batch


async def held(market: Market) -> HeldMarket:
    """Read a market with an end once. Raises what it raises."""
    with tempfile.TemporaryFile(prefix="paperpit-") as file:
        read = []
        async for batch in market.batches():
            file.write(np.ascontiguousarray(batch.ticks).view(np.uint8).data)
            read.append((len(batch.ticks), batch.silent_until, batch.final))
        file.flush()
        rows = sum(length for length, _, _ in read)
        ticks = _mapped(file.fileno()) if rows else np.zeros(0, TICK)
    batches, begin = [], 0
    for length, until, final in read:
        batches.append(Batch(ticks[begin : begin + length], until, final))
        begin += length
    return HeldMarket(market.instruments, market.first_ns, market.last_ns, dict(market.anomalies), batches)


def _mapped(file: int) -> Ticks:
    # Kernels are compiled for rows that may be written to; a write would go to a private copy of its page.
    rows: Ticks = np.frombuffer(mmap.mmap(file, 0, access=mmap.ACCESS_COPY), TICK)
    return rows
