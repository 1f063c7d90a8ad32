"""Reading a tape, row group by row group, one decoded ahead of the reader in a thread of its own.

Memory is flat in the tape's length: at any time at most four row groups are held, whatever the batches' length.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bot.domain.market import TICK, Ticks
from bot.errors import DataDamaged, InputMissing
from bot.tape.arrow import values
from bot.tape.facts import COLUMNS, DTYPES, KEY, SCHEMA, Remainder, TapeFacts, facts_from_json, joined

# Arrow's default allocator holds up to 100 MiB more in one run than in the next; this one is flat and as fast.
with suppress(NotImplementedError):  # not in every build of Arrow
    pa.set_memory_pool(pa.jemalloc_memory_pool())

Block = TypeVar("Block")
BARS = "holds bars, not ticks"
_BAR_COLUMNS = {"open", "high", "low", "close"}


class TapeReader:
    """An open tape; may be read any number of times. Close it, or use it as a context manager."""

    facts: TapeFacts

    def __init__(self, path: Path, parquet: Any, facts: TapeFacts) -> None:
        self.path, self.facts = path, facts
        self._parquet = parquet

    def __enter__(self) -> "TapeReader":
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._parquet.close()

    def batches(self, rows: int) -> Iterator[Ticks]:
        """All ticks in cuts of exactly `rows` rows, the last one shorter. Raises DataDamaged at an unreadable place."""
        assert rows > 0, "a batch has at least one row"
        pieces: list[Ticks] = []
        held = 0
        for columns in _read_ahead(self._ticks, range(self.groups)):
            # Packed here and not in the other thread: decoding is what takes longest, so that thread does nothing else.
            block, start = _packed(columns), 0
            while held + len(block) - start >= rows:
                end = start + rows - held
                pieces.append(block[start:end])
                yield joined(pieces)
                pieces, held, start = [], 0, end
            if start < len(block):
                pieces.append(block[start:])
                held += len(block) - start
        if pieces:
            yield joined(pieces)

    def blocks(self) -> Iterator[tuple[Ticks, Remainder]]:
        """Row groups as they are stored, with the remainders of off-grid prints (1e-9 points)."""
        for columns in _read_ahead(self._all, range(self.groups)):
            yield _packed(columns[:-1]), columns[-1]

    @property
    def groups(self) -> int:
        """How many row groups there are."""
        return int(self._parquet.num_row_groups)

    def group_rows(self, index: int) -> int:
        """Rows of one row group, from the file's description alone."""
        return int(self._parquet.metadata.row_group(index).num_rows)

    def group(self, index: int) -> Ticks:
        """The rows of one row group. Raises DataDamaged when it cannot be decoded."""
        return _packed(self._ticks(index))

    def block(self, index: int) -> tuple[Ticks, Remainder]:
        """One row group with its remainders. Raises DataDamaged when it cannot be decoded."""
        columns = self._all(index)
        return _packed(columns[:-1]), columns[-1]

    def flags(self, index: int) -> Any:
        """Only the flags of one row group; reads no other column."""
        return self._columns(index, ("flags",))[0]

    def _ticks(self, index: int) -> list[Any]:
        return self._columns(index, COLUMNS[:-1])

    def _all(self, index: int) -> list[Any]:
        return self._columns(index, COLUMNS)

    def _columns(self, index: int, names: Sequence[str]) -> list[Any]:
        try:
            # A second decoding thread gains nothing: the read-ahead thread and the reader fill two cores.
            table = self._parquet.read_row_group(index, columns=list(names), use_threads=False)
        except (pa.ArrowException, OSError) as error:
            start = sum(self.group_rows(i) for i in range(index))
            raise DataDamaged(
                f"cannot be read from row {start} on: {_first_line(error)}",
                where=str(self.path),
                do=f"paperpit tape check {self.path}",
            ) from None
        return [values(_whole(table.column(name)), DTYPES[name]) for name in names]


def _whole(column: Any) -> Any:
    # `combine_chunks` copies even when there is but one.
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _packed(columns: Sequence[Any]) -> Ticks:
    from bot.tape.pack import pack  # compiles or loads kernels, which `tape info` does not need

    rows: Ticks = np.empty(len(columns[0]), TICK)
    pack(rows, *columns)
    return rows


def _read_ahead(read: Callable[[int], Block], indexes: range) -> Iterator[Block]:
    """`read` of each index in order, the next ones being read in another thread while one is used."""
    with ThreadPoolExecutor(1, "tape") as thread:
        # Two ahead, so that the thread never waits for the reader to ask.
        ahead = deque(thread.submit(read, index) for index in indexes[:2])
        for index in indexes:
            block = ahead.popleft().result()
            if index + 2 in indexes:
                ahead.append(thread.submit(read, index + 2))
            yield block


def open_tape(path: Path) -> TapeReader:
    """Open the tape at `path`. Raises InputMissing, or DataDamaged saying what the file is instead."""
    parquet = open_parquet(path)
    metadata = parquet.metadata.metadata or {}
    if KEY not in metadata:
        error = _not_a_tape(path, parquet.schema_arrow.names)
        parquet.close()
        raise error
    facts = facts_from_json(metadata[KEY], path)
    if parquet.schema_arrow.remove_metadata() != SCHEMA or parquet.metadata.num_rows != facts.rows:
        parquet.close()
        raise DataDamaged("its columns or its length do not fit its description", where=str(path))
    return TapeReader(path, parquet, facts)


def open_parquet(path: Path) -> Any:
    """The file as `pyarrow.parquet.ParquetFile`.

    Raises InputMissing (not there, or not for us to read) or DataDamaged (empty, truncated, foreign).
    """
    if not path.exists():
        raise InputMissing("there is no such file", where=str(path), do="paperpit tape list")
    if path.is_dir():
        raise DataDamaged("is a folder, not a tape", where=str(path))
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise InputMissing(f"cannot be opened: {error.strerror}", where=str(path)) from None
    if not head:
        raise DataDamaged("is empty", where=str(path))
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        what = "is truncated: it begins like a tape and has no end" if head == b"PAR1" else "is not a tape"
        what = what if isinstance(error, pa.ArrowException) else f"cannot be read: {_first_line(error)}"
        raise DataDamaged(what, where=str(path)) from None


def is_bars(columns: Sequence[str]) -> bool:
    """Whether these columns are those of price bars."""
    names = {name.lower() for name in columns}
    return names >= _BAR_COLUMNS and "price" not in names


def _not_a_tape(path: Path, columns: Sequence[str]) -> DataDamaged:
    if is_bars(columns):
        return DataDamaged(BARS, where=str(path))
    if {"ts_event", "price"} <= set(columns):
        return DataDamaged(f"is not a tape yet: paperpit tape import {path}", where=str(path))
    return DataDamaged(f"is not a tape: a Parquet file with the columns {', '.join(columns[:12])}", where=str(path))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]
