"""What a live market said, kept: one tape an instrument, fed with the very batches that the desk sees.

The desk's thread copies rows after it has walked them; a thread of its own appends them to files, each second or each
megabyte, and makes them outlive a power cut, each minute. At the end the files become tapes (`bot.tape.unfinished`),
in whatever thread `make` is called. Whatever goes wrong with the disk stops the recording, loudly, and never the desk.
"""

import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from bot.domain.instrument import Instrument
from bot.domain.market import TICK, Ticks
from bot.durable import GivenUp, waited_for
from bot.errors import PaperpitError
from bot.ports import Batch, Market
from bot.tape.naming import trading_day
from bot.tape.unfinished import SUFFIX, Header, PartFile, finish

SECOND_NS = 1_000_000_000
FLUSH_NS = SECOND_NS
FLUSH_BYTES = 1 << 20
"""So much is handed over before its second is over: what waits in memory is small at any speed of a market."""
SYNC_NS = 60 * SECOND_NS
SYNC_BYTES = 256 << 20
"""So often, or after so many bytes, files are synced and the room for them is looked at."""
RESERVE_BYTES = 512 << 20
"""Left free on the disk: the journal needs it more."""
BEHIND_BYTES = 256 << 20
"""What may wait for a slow disk, in memory, before the recording gives up."""

Room = Callable[[int, Callable[[str], None]], None]
"""Told how many bytes are being recorded, makes room for them and says what it did. Raises OSError when there is none.

Called in the recorder's own thread.
"""


def _room_enough(size: int, say: Callable[[str], None]) -> None:
    return


class Recorder:
    """Records one run. A context manager: at its end there are tapes; after an error, recordings for the next start."""

    def __init__(
        self,
        folder: Path,
        run: str,
        source: str,
        *,
        reserve: int = RESERVE_BYTES,
        room: Room = _room_enough,
    ) -> None:
        self.trouble = ""
        """Why nothing is recorded any more; empty while all is well."""
        self.told: Callable[[str], None] = lambda why: None
        """Called once, in the desk's thread, with why the recording stopped; then it is over."""
        self.notes: list[str] = []
        """What is to be said about the tapes that were made, or that went to make room."""
        self._folder, self._run, self._source, self._reserve, self._room = folder, run, source, reserve, room
        self._market: Market | None = None
        self._held: Batch | None = None
        self._waiting: list[bytes] = []
        self._bytes = 0  # of those that wait
        self._until = 0
        self._flushed = time.monotonic_ns()
        self._synced, self._unsynced = self._flushed, 0
        self._behind = 0  # bytes handed to the thread and not written yet; each side only ever adds or takes its own
        self._written = 0
        self._failed = ""
        self._parts: dict[int, PartFile] = {}
        self._thread = ThreadPoolExecutor(1, "recorder")
        self._job: Future[None] | None = None
        self._ended = False

    def over(self, market: Market) -> "RecordedMarket":
        """The same market, recorded."""
        self._market = market
        return RecordedMarket(market, self)

    @property
    def state(self) -> Mapping[str, object]:
        """For `status`: whether it records, and why not."""
        return {"recording": not (self.trouble or self._ended), "why": self.trouble}

    def hold(self, batch: Batch) -> None:
        """The desk is about to walk this."""
        self._held = batch

    def take(self) -> None:
        """The desk has walked it: keep its rows. Copies at most; nothing waits for the disk."""
        batch, self._held = self._held, None
        if batch is None or self.trouble or self._ended:
            return
        if len(batch.ticks):
            self._waiting.append(np.ascontiguousarray(batch.ticks).tobytes())
            self._bytes += len(self._waiting[-1])
            self._until = max(self._until, int(batch.ticks["ts"][-1]))
        self._until = max(self._until, batch.silent_until or 0)
        now = time.monotonic_ns()
        if now - self._flushed >= FLUSH_NS or self._bytes >= FLUSH_BYTES:
            self._flushed = now
            self._hand_over()

    def _hand_over(self) -> None:
        data, self._waiting, self._bytes = b"".join(self._waiting), [], 0
        if self._failed or self._broken() or self._behind - self._written > BEHIND_BYTES:
            self.trouble = self._failed or self._broken() or "the disk is too slow for the market"
            self.told(self.trouble)
            return
        self._behind += len(data)
        self._job = self._thread.submit(self._write, data, self._until)

    def _broken(self) -> str:
        """What the recorder's thread died of, should it have a fault of its own."""
        error = self._job.exception() if self._job is not None and self._job.done() else None
        return repr(error) if error is not None else ""

    def _write(self, data: bytes, until: int) -> None:
        """In the recorder's own thread: append to each instrument's file."""
        if self._failed:
            return
        try:
            rows = np.frombuffer(data, TICK)
            for instrument in np.unique(rows["instrument"]).tolist():
                if instrument not in self._parts:
                    self._parts[instrument] = self._open(instrument, int(rows["ts"][0]))
            for instrument, part in self._parts.items():
                mine: Ticks = rows[rows["instrument"] == instrument]
                mine["instrument"] = 0
                part.append(mine, until)
            self._written += len(data)
            self._unsynced += len(data)
            self._sync()
        except OSError as error:
            self._failed = error.strerror or str(error)

    def _sync(self) -> None:
        now = time.monotonic_ns()
        if now - self._synced < SYNC_NS and self._unsynced < SYNC_BYTES:
            return
        self._synced, self._unsynced = now, 0
        for part in self._parts.values():
            part.sync()
        self._look_at_room()

    def _look_at_room(self) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < self._reserve:
            raise OSError(f"only {free >> 20} MiB are free, and the journal needs them")
        self._room(sum(part.size for part in self._parts.values()), self.notes.append)

    def _open(self, instrument: int, first_ns: int) -> PartFile:
        assert self._market is not None, "nothing is recorded before there is a market"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._look_at_room()
        one: Instrument = self._market.instruments[instrument]
        contract = one.contract or one.product
        day = trading_day(first_ns, future=one.kind == "future")
        header = Header(one.product, contract, f"{one.tick:f}", self._source, self._run, self._market.first_ns)
        return PartFile(self._folder / f"{contract}-{day}-{self._run}{SUFFIX}", header)

    def end(self) -> None:
        """The desk walks no more: hand over what is left. Called in its thread, and waits for nothing."""
        if self._ended:
            return
        self.take()
        if not self.trouble:
            self._hand_over()
        self._ended = True

    def make(self, given_up: GivenUp = waited_for) -> None:
        """After `end`: make the tapes, in any thread; as long as the disk needs, or until it is `given_up`.

        A tape that was not made is left as a recording for the next start, with a note.
        """
        self._thread.shutdown(wait=True)
        self.trouble = self.trouble or self._failed or self._broken()
        while self._parts:
            _, part = self._parts.popitem()
            try:
                part.close()
                finish(part.path, self.notes.append, given_up)
            except (OSError, PaperpitError) as error:
                self.notes.append(f"the recording {part.path.name} is no tape yet: {error}".splitlines()[0])

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, kind: type[BaseException] | None, *ended: object) -> None:
        self.end()
        self.make(lambda: kind is not None)


class RecordedMarket:
    """The Market port: another market, each of whose batches is recorded once the desk has walked it."""

    def __init__(self, market: Market, recorder: Recorder) -> None:
        self.instruments: Sequence[Instrument] = market.instruments
        self.first_ns, self.last_ns = market.first_ns, market.last_ns
        self._market, self._recorder = market, recorder

    @property
    def anomalies(self) -> Mapping[str, int]:
        """What was odd so far, by name."""
        return self._market.anomalies

    async def subscribe(self) -> None:
        """Ask for the instruments' ticks. Raises what the market raises."""
        await self._market.subscribe()
        self.first_ns = self._market.first_ns

    async def batches(self) -> AsyncIterator[Batch]:
        """The market's own batches."""
        async for batch in self._market.batches():
            self._recorder.hold(batch)
            yield batch
            self._recorder.take()
