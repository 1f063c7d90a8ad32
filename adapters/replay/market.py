"""A market that reads tapes: one or several, as fast as they can be decoded."""

from collections.abc import AsyncIterator, Iterator, Sequence

from adapters.replay.merge import cut, merged
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks
from bot.ports import Batch
from bot.tape import TapeReader
from bot.tape.clean import Cleaner, total


class ReplayMarket:
    """The Market port over tapes, in batches of `batch` rows."""

    def __init__(self, readers: Sequence[TapeReader], instruments: Sequence[Instrument], batch: int) -> None:
        self.instruments = instruments
        self.first_ns = min(reader.facts.first_ns for reader in readers)
        self.last_ns: int | None = max(reader.facts.last_ns for reader in readers)
        self._readers = readers
        self._batch = batch
        self._cleaners = [Cleaner() for _ in readers]

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
            yield Batch(held, final=True)

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
