"""Writing a tape: rows in, one whole file out, or nothing at all.

Rows go into a hidden file beside the destination, which is synced and renamed over it only when everything ended well;
after an error or an interruption neither the file nor a folder made for it remains.
"""

import contextlib
import os
from collections.abc import Iterator
from decimal import Decimal
from glob import escape
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bot.domain.market import PRINT, QUOTE, SIDE_TRUE, TICK, UNKNOWN, Ticks
from bot.durable import sync_folder
from bot.errors import DataDamaged, UsageError
from bot.tape.arrow import column
from bot.tape.facts import COLUMNS, KEY, ROW_GROUP, SCHEMA, ContentHash, Remainder, TapeFacts, facts_to_json

# Measured on ES-like rows: LZ4 with dictionaries and delta-coded times decodes 62 M rows/s at 6.9 B a row; Zstandard
# saves 7 % of the size and costs a third of the speed.
_ENCODING: dict[str, Any] = {
    "compression": "lz4",
    "use_dictionary": [name for name in COLUMNS if name != "ts"],
    "column_encoding": {"ts": "DELTA_BINARY_PACKED"},
    "write_statistics": False,
    "write_page_checksum": True,
    # Without Arrow's own copy of the schema, every reader sees the facts among its metadata.
    "store_schema": False,
}
_BYTES = np.dtype((np.void, TICK.itemsize))
_RESOLUTIONS = (1_000_000_000, 1_000_000, 1_000)


def half_made(path: Path) -> Iterator[Path]:
    """Files of an `AtomicFile` at `path` that is being written, or was when its process died."""
    return path.parent.glob(f".{escape(path.name)}.*.part")


class AtomicFile:
    """A binary file that appears at `path` whole or not at all, with the folders that it needs.

    Raises UsageError where the system refuses to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._made: list[Path] = []

    def __enter__(self) -> IO[bytes]:
        try:
            self._made = [folder for folder in self._path.parents if not folder.exists()]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        except OSError as error:
            self._remove_made()
            raise self._refused(error) from None
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        done = False
        try:
            if error is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._part.replace(self._path)
                sync_folder(self._path.parent)
                done = True
        except OSError as refused:
            error = refused
        finally:
            if not done:
                self._abandon()
        if isinstance(error, OSError):
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> UsageError:
        return UsageError(f"cannot be written: {error.strerror or error}", where=str(self._path))

    def _abandon(self) -> None:
        # On a full disk closing fails as well, and the file must go all the same.
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)
        self._remove_made()

    def _remove_made(self) -> None:
        for folder in self._made:
            # Somebody else may have put a file there meanwhile.
            with contextlib.suppress(OSError):
                folder.rmdir()


class TapeWriter:
    """Writes one contract's ticks to `path`; a context manager. Raises DataDamaged when it ends without a row.

    `side_known` None means: true when a print carries the feed's own side. `resolution_ns` None means the coarsest of
    1 s, 1 ms, 1 µs, 1 ns that divides every stamp. `run`, `from_ns` and `until_ns` are a recorder's.
    """

    def __init__(
        self,
        path: Path,
        *,
        instrument: str,
        contract: str,
        tick: Decimal,
        source: str,
        side_known: bool | None = None,
        resolution_ns: int | None = None,
        run: str = "",
        from_ns: int = 0,
        until_ns: int = 0,
    ) -> None:
        self._file = AtomicFile(path)
        self._path = path
        self._instrument, self._contract, self._tick, self._source = instrument, contract or instrument, tick, source
        self._side_known, self._resolution = side_known, resolution_ns
        self._run, self._from, self._until = run, from_ns, until_ns
        self._hash = ContentHash(self._contract, tick)
        self._rows = np.zeros(ROW_GROUP, TICK)
        self._remainder = np.zeros(ROW_GROUP, np.int64)
        self._held = 0
        self._count = self._prints = self._quotes = 0
        self._sided = False
        self._first, self._last = 0, 0
        self._coarsest = 0
        self._facts: TapeFacts | None = None

    @property
    def facts(self) -> TapeFacts:
        """The finished tape's facts; only after the writer ended well."""
        assert self._facts is not None, "the tape is not finished"
        return self._facts

    def __enter__(self) -> "TapeWriter":
        self._parquet = pq.ParquetWriter(self._file.__enter__(), SCHEMA, **_ENCODING)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
        except BaseException as failed:
            self._abandon(failed)
            raise
        if error is None:
            self._file.__exit__(None, None, None)
        else:
            self._abandon(error)

    def _abandon(self, error: BaseException) -> None:
        # pyarrow would otherwise close its writer later, on a file that is closed by then, and complain.
        with contextlib.suppress(OSError, pa.ArrowException):
            self._parquet.close()
        self._file.__exit__(type(error), error, error.__traceback__)

    def append(self, ticks: Ticks, remainder: Remainder | None = None) -> None:
        """Add rows in tape order; `remainder` in 1e-9 points above the price's tick, None = on the grid."""
        assert ticks.dtype == TICK, "rows of another type"
        start = 0
        while start < len(ticks):
            end = min(len(ticks), start + ROW_GROUP - self._held)
            here = slice(self._held, self._held + end - start)
            # As bytes: numpy copies structured rows field by field, thirty times slower.
            self._rows[here].view(_BYTES)[:] = np.ascontiguousarray(ticks[start:end]).view(_BYTES)
            self._remainder[here] = 0 if remainder is None else remainder[start:end]
            self._held, start = here.stop, end
            if self._held == ROW_GROUP:
                self._flush()

    def _flush(self) -> None:
        rows, remainder = self._rows[: self._held], self._remainder[: self._held]
        self._held = 0
        if not len(rows):
            return
        arrays = [remainder if name == "remainder" else np.ascontiguousarray(rows[name]) for name in COLUMNS]
        self._parquet.write_table(pa.table([column(array) for array in arrays], schema=SCHEMA), ROW_GROUP)
        self._hash.update(rows, remainder)
        self._count_rows(rows)

    def _count_rows(self, rows: Ticks) -> None:
        stamps = rows["ts"]
        first, last = int(stamps.min()), int(stamps.max())
        self._first, self._last = (min(self._first, first), max(self._last, last)) if self._count else (first, last)
        self._coarsest = int(np.gcd.reduce(stamps, initial=self._coarsest))
        self._count += len(rows)
        self._prints += int((rows["kind"] == PRINT).sum())
        self._quotes += int((rows["kind"] == QUOTE).sum())
        self._sided |= bool(((rows["side_method"] == SIDE_TRUE) & (rows["side"] != UNKNOWN)).any())

    def _finish(self) -> None:
        self._flush()
        if not self._count:
            raise DataDamaged("holds no ticks: nothing was written", where=str(self._path))
        fitting = (step for step in _RESOLUTIONS if self._coarsest % step == 0)
        self._facts = TapeFacts(
            instrument=self._instrument,
            contract=self._contract,
            tick=self._tick,
            source=self._source,
            hash=self._hash.hexdigest(),
            rows=self._count,
            prints=self._prints,
            quotes=self._quotes,
            first_ns=self._first,
            last_ns=self._last,
            side_known=self._sided if self._side_known is None else self._side_known,
            resolution_ns=self._resolution or next(fitting, 1),
            run=self._run,
            from_ns=min(self._from, self._first) if self._from else 0,
            until_ns=max(self._until, self._last) if self._until else 0,
        )
        self._parquet.add_key_value_metadata({KEY: facts_to_json(self._facts)})
        self._parquet.close()
