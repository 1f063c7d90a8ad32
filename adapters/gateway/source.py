"""Where the gateway's market comes from: tapes, the synthetic market, or nothing but what is pushed in by hand."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from adapters.replay.merge import cut, merged
from adapters.synthetic.going import SyntheticMarket
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, HALT, PRINT, QUARANTINED, QUOTE, STATUS, Ticks
from bot.tape import TapeReader
from bot.tape.clean import Cleaner
from bot.tape.facts import UNITS

ROWS = 1_024
"""Rows made ready at once: a few milliseconds in which nobody is served."""
ODD = 128
"""In TICK.flags, here only: the row travels with another stamp, price or flags than the exchange sees."""
QUOTES, PRINTS, HALTS = 0, 1, 2
"""Streams of an instrument: `stream = 4 × instrument + one of these`."""
NO_PRICE = b"-1"


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as it stands on its tape, where the cleaned one differs."""

    ts: int
    remainder: int
    flags: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows, and the words in which they travel."""

    ticks: Ticks
    """Cleaned: what the exchange matches."""
    streams: list[int]
    words: list[bytes]
    """Message 99 behind its time: `price size mask exchange conditions` or `bid ask sizes mask`; a halt's state."""
    before: dict[int, bytes]
    """Row of a print → the quote in force before it, where no quote row has said so."""
    stamps: list[int]
    volumes: list[int]
    """Of the instrument so far, at print rows."""
    turnovers: list[int]
    """Σ price × size in ticks so far, at print rows."""
    halts: list[int]
    """Rows at which trading is halted or goes on."""


class Source(Protocol):
    """A market's rows to come."""

    instruments: Sequence[Instrument]
    first_ns: int
    last_ns: int | None

    def rows(self) -> AsyncGenerator[Ticks, None]:
        """Cleaned rows in order."""

    def raw(self, instrument: int) -> Raw:
        """The next row of that instrument which is ODD, as it stands on the tape."""


class Tapes:
    """Tapes, merged by stamp."""

    def __init__(self, readers: Sequence[TapeReader], instruments: Sequence[Instrument]) -> None:
        self.instruments = instruments
        self.first_ns = min(reader.facts.first_ns for reader in readers)
        self.last_ns: int | None = max(reader.facts.last_ns for reader in readers)
        self._readers = readers
        self._odd: list[deque[Raw]] = [deque() for _ in readers]

    async def rows(self) -> AsyncGenerator[Ticks, None]:
        """Cleaned rows in order."""
        sources = [self._of(index, reader) for index, reader in enumerate(self._readers)]
        for ticks in cut(sources[0] if len(sources) == 1 else merged(sources), ROWS):
            yield ticks

    def raw(self, instrument: int) -> Raw:
        """Merging keeps the order of each tape: its odd rows come in the order in which they were put aside."""
        return self._odd[instrument].popleft()

    def _of(self, index: int, reader: TapeReader) -> Iterator[Ticks]:
        cleaner = Cleaner(reader.facts.first_ns)
        for ticks, remainder in reader.blocks():
            stamps, flags = ticks["ts"].copy(), ticks["flags"].copy()
            cleaner.clean(ticks)
            odd = np.flatnonzero((ticks["ts"] != stamps) | (ticks["flags"] != flags) | (remainder != 0))
            self._odd[index] += [Raw(int(stamps[i]), int(remainder[i]), int(flags[i])) for i in odd]
            ticks["flags"][odd] |= ODD
            ticks["instrument"] = index
            yield ticks


class Synthetic:
    """The synthetic market, session after session."""

    def __init__(self, instruments: Sequence[Instrument], seed: int, now_ns: Callable[[], int]) -> None:
        self.instruments = instruments
        self.first_ns = now_ns()
        self._now_ns = now_ns
        self.last_ns: int | None = None
        self._seed = seed

    async def rows(self) -> AsyncGenerator[Ticks, None]:
        """Rows in order, without an end, from the time at which the simulator could be run at all."""
        async for _ in self._market().batches():
            break
        self.first_ns = self._now_ns()
        async for batch in self._market().batches():
            yield batch.ticks

    def _market(self) -> SyntheticMarket:
        return SyntheticMarket(self.instruments, seed=self._seed, begin=self.first_ns, end=None, clock=None, batch=ROWS)

    def raw(self, instrument: int) -> Raw:
        """Never asked: no row is odd."""
        raise AssertionError(f"instrument {instrument} has no odd row")


class Silence:
    """No rows: prices come by hand."""

    def __init__(self, instruments: Sequence[Instrument], now_ns: int) -> None:
        self.instruments = instruments
        self.first_ns = now_ns
        self.last_ns: int | None = None

    async def rows(self) -> AsyncGenerator[Ticks, None]:
        """None."""
        return
        yield  # makes it a generator

    def raw(self, instrument: int) -> Raw:
        """Never asked: no row is odd."""
        raise AssertionError(f"instrument {instrument} has no odd row")


class Wording:
    """Puts rows into the words of the wire, with the memory that this takes: quotes in force, volumes."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._prices: list[dict[int, bytes]] = [{ABSENT: NO_PRICE} for _ in source.instruments]
        self._quotes = [(ABSENT, ABSENT, 0, 0) for _ in source.instruments]
        self._volumes = [0 for _ in source.instruments]
        self._turnovers = [0 for _ in source.instruments]

    def chunk(self, ticks: Ticks) -> Chunk:
        """The rows with their words."""
        made = Chunk(ticks, [], [], {}, ticks["ts"].tolist(), [], [], [])
        names = ("instrument", "kind", "price", "size", "bid", "ask", "bid_size", "ask_size", "flags")
        columns = zip(*(ticks[name].tolist() for name in names), strict=True)
        for row, (index, kind, price, size, bid, ask, bid_size, ask_size, flags) in enumerate(columns):
            raw = None
            if flags & ODD:
                raw = self._source.raw(index)
                made.stamps[row] = raw.ts
            quote = (bid, ask, bid_size, ask_size)
            if kind == QUOTE:
                self._quotes[index] = quote
                made.streams.append(4 * index + QUOTES)
                made.words.append(self._quote(index, quote))
            elif kind == PRINT:
                if quote != self._quotes[index] and (bid, ask) != (ABSENT, ABSENT):
                    self._quotes[index] = quote
                    made.before[row] = self._quote(index, quote)
                made.streams.append(4 * index + PRINTS)
                made.words.append(self._print(index, price, size, raw.flags if raw else flags, raw))
            elif kind == STATUS:
                made.halts.append(row)
                made.streams.append(4 * index + HALTS)
                made.words.append(b"1" if flags & HALT else b"0")
            made.volumes.append(self._volumes[index])
            made.turnovers.append(self._turnovers[index])
        return made

    def price(self, index: int, ticks: int) -> bytes:
        """A price as it travels."""
        known = self._prices[index]
        if ticks not in known:
            known[ticks] = self._source.instruments[index].text(ticks).encode()
        return known[ticks]

    def _quote(self, index: int, quote: tuple[int, int, int, int]) -> bytes:
        bid, ask, bid_size, ask_size = quote
        return b"%b\0%b\0%d\0%d\0000\0" % (self.price(index, bid), self.price(index, ask), bid_size, ask_size)

    def _print(self, index: int, price: int, size: int, flags: int, raw: Raw | None) -> bytes:
        one = self._source.instruments[index]
        words = self.price(index, price)
        if raw is not None and raw.remainder and price != ABSENT:
            exact = one.to_price(price) * UNITS + raw.remainder
            words = f"{(exact / UNITS).normalize():f}".encode()
        unreported = 2 if flags & QUARANTINED else 0
        if not unreported:
            self._volumes[index] += size
            self._turnovers[index] += size * price
        return b"%b\0%d\0%d\0%b\0\0" % (words, size, unreported, one.exchange.encode())
