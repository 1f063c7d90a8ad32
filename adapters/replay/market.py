"""A market that reads tapes: one or several, as fast as they can be decoded."""

from collections.abc import AsyncIterator, Iterator, Sequence

import numpy as np

from adapters.replay.merge import cut, merged
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks
from bot.ports import Batch
from bot.tape import TapeReader
from bot.tape.clean import FAR_NS, Cleaner, total

_FIRST_ROWS = 101
"""Of which the middle one tells when a tape begins, if its first stamp is in doubt."""


class ReplayMarket:
    """The Market port over tapes, in batches of `batch` rows."""

    def __init__(self, readers: Sequence[TapeReader], instruments: Sequence[Instrument], batch: int) -> None:
        self.instruments = instruments
        begins = [_begin(reader) for reader in readers]
        self.first_ns = min(begins)
        self.last_ns: int | None = max(
            max(reader.facts.last_ns, begin) for reader, begin in zip(readers, begins, strict=True)
        )
        # A recorder knows how long it had listened: bars end and windows open in the silence at either end of a tape.
        until = max(reader.facts.until_ns for reader in readers)
        self._until = until if until >= self.last_ns else None
        self.last_ns = max(self.last_ns, until)
        self._readers = readers
        self._batch = batch
        self._cleaners = [Cleaner(begin) for begin in begins]

    async def subscribe(self) -> None:
        """Tapes are open already."""

    async def batches(self) -> AsyncIterator[Batch]:
        """Every row of the tapes, in order; the last batch says so."""
        held: Ticks | None = None
        for ticks in self._rows():
            if held is not None:
                yield Batch(held)
            held = ticks
        if held is not None:
            yield Batch(held, silent_until=self._until, final=True)

    def _rows(self) -> Iterator[Ticks]:
        clean = [
            map(cleaner.clean, reader.batches(self._batch))
            for reader, cleaner in zip(self._readers, self._cleaners, strict=True)
        ]
        return clean[0] if len(clean) == 1 else cut(merged(list(clean)), self._batch)

    @property
    def anomalies(self) -> dict[str, int]:
        """What was odd on the tapes, by name."""
        return total(self._cleaners)


def _begin(reader: TapeReader) -> int:
    """Since when a tape tells of a market: the stamp of its first row, or when its recorder began to listen.

    Where a first stamp cannot be true, it is that of the first row near most of the first ones.
    """
    facts = reader.facts
    if facts.from_ns:
        return facts.from_ns
    if 0 <= facts.last_ns - facts.first_ns <= FAR_NS:
        return facts.first_ns
    stamps = reader.group(0)["ts"][:_FIRST_ROWS]
    near = stamps[np.abs(stamps - np.sort(stamps)[len(stamps) // 2]) <= FAR_NS]
    return int(near[0])
