"""The normalised Parquet table: what converters of vendor data write, and what `tape export` gives back.

Columns `ts_event` (ns UTC or a timestamp), `kind` (T print, Q quote), `price`, `size`, `side` (B bought, S sold, N
neither, null unknown), `bid`, `ask`, `bid_size`, `ask_size`; on a print the quote is the one before it. Metadata
`instrument`, `tick_size`, `source`, `true_side` (true, derived, false). Numbers may be of 32 or 64 bits, texts plain or
dictionary-encoded, absent values null or NaN. Kinds H and R (halt, resume) and the columns `paperpit_flags` and
`paperpit_side_method` are our own additions; an export has them only when a tape holds what the table cannot say.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bot.domain.market import (
    BUY,
    HALT,
    PRINT,
    QUOTE,
    RESUME,
    SELL,
    SIDE_DERIVED,
    SIDE_NONE,
    SIDE_TRUE,
    STATUS,
    UNKNOWN,
)
from bot.errors import DataDamaged, UsageError
from bot.tape.arrow import floats, integers
from bot.tape.facts import KEY
from bot.tape.grid import NONE, Chunk, Int64, units_of
from bot.tape.importers.source import CHUNK_ROWS, Source, Wishes, bars
from bot.tape.reader import is_bars, open_parquet

FLAGS, SIDE_METHOD = "paperpit_flags", "paperpit_side_method"
KINDS = {"T": PRINT, "Q": QUOTE, "H": STATUS, "R": STATUS}
SIDES = {"B": BUY, "S": SELL, "N": UNKNOWN}
# The vendor's own name of the layout a table came from, where its clock is coarser than its stamps look: Sierra Chart
# counts the prints of one millisecond in the microseconds.
_RESOLUTIONS = {"sierra": 1_000_000}
_REQUIRED = ("ts_event", "kind", "price", "size")
_OPTIONAL = ("side", "bid", "ask", "bid_size", "ask_size", FLAGS, SIDE_METHOD)


def open_source(path: Path, wishes: Wishes) -> Source:
    """Open a normalised Parquet table. Raises DataDamaged for bars and other tables, UsageError for a tape."""
    parquet = open_parquet(path)
    names = parquet.schema_arrow.names
    metadata = {key.decode(): value.decode() for key, value in (parquet.schema_arrow.metadata or {}).items()}
    if KEY.decode() in metadata:
        raise UsageError("is a tape already", where=str(path), do=f"paperpit tape info {path}")
    columns = {name: wishes.maps.get(name, name) for name in (*_REQUIRED, *_OPTIONAL)}
    if is_bars(names):
        raise bars(path)
    missing = [source for column, source in columns.items() if source not in names and column in _REQUIRED]
    if missing:
        raise DataDamaged(
            f"has no column {', '.join(missing)}",
            where=str(path),
            allowed=f"it has {', '.join(names)}",
            do="name the columns: --map ts_event=… --map price=… (docs/tapes.md)",
        )
    columns = {column: source for column, source in columns.items() if source in names}
    return Source(
        chunks=_chunks(path, parquet, columns, metadata),
        origin=metadata.get("source") or f"parquet {path.name}",
        total=parquet.metadata.num_rows,
        unit="rows",
        symbol=metadata.get("instrument", ""),
        tick=_decimal(metadata.get("tick_size")),
        resolution_ns=_resolution(metadata),
    )


def _decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _resolution(metadata: Mapping[str, str]) -> int | None:
    told = metadata.get("resolution_ns", "")
    return int(told) if told.isdigit() and int(told) > 0 else _RESOLUTIONS.get(metadata.get("format", ""))


def _chunks(path: Path, parquet: Any, columns: Mapping[str, str], metadata: Mapping[str, str]) -> Iterator[Chunk]:
    # The layout calls a stated side the aggressor's, so silence about its origin means the feed's.
    method = SIDE_TRUE if metadata.get("true_side", "true") == "true" else SIDE_DERIVED
    try:
        # Asked for all at once, pyarrow holds on to every row group that it has passed.
        for group in range(parquet.num_row_groups):
            batches = parquet.iter_batches(
                CHUNK_ROWS, row_groups=[group], columns=[*columns.values()], use_threads=False
            )
            for batch in batches:
                yield _chunk(path, {column: batch.column(source) for column, source in columns.items()}, method)
    except (pa.ArrowException, OSError) as error:
        raise DataDamaged(f"cannot be read to its end: {str(error).splitlines()[0]}", where=str(path)) from None
    finally:
        parquet.close()


def _chunk(path: Path, columns: Mapping[str, Any], method: int) -> Chunk:
    rows = len(columns["ts_event"])
    kinds = _texts(columns["kind"])
    if "B" in kinds.dictionary.to_pylist():
        raise bars(path)
    kind = _coded(kinds, KINDS, 0).astype(np.uint8)
    flags = _coded(kinds, {"H": HALT, "R": RESUME}, 0)
    if FLAGS in columns:
        flags = _integers(columns[FLAGS], 0)
    sides = _texts(columns["side"]) if "side" in columns else None
    side = np.zeros(rows) if sides is None else _coded(sides, SIDES, UNKNOWN)
    known = np.zeros(rows, bool) if sides is None else _coded(sides, dict.fromkeys(SIDES, 1), 0) == 1
    side_method: Any = np.where(known, method, SIDE_NONE)
    if SIDE_METHOD in columns:
        side_method = _integers(columns[SIDE_METHOD], SIDE_NONE)
    return Chunk(
        ts=_stamps(columns["ts_event"]),
        kind=kind,
        price=_prices(columns, "price"),
        size=_sizes(columns, "size"),
        side=side.astype(np.int8),
        side_method=side_method.astype(np.uint8),
        bid=_prices(columns, "bid"),
        ask=_prices(columns, "ask"),
        bid_size=_sizes(columns, "bid_size"),
        ask_size=_sizes(columns, "ask_size"),
        flags=flags.astype(np.uint8),
        single=pa.types.is_float32(columns["price"].type),
        advanced=rows,
    )


def _stamps(column: Any) -> Int64:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns")).cast(pa.int64())
    return _integers(column, NONE)


def _texts(column: Any) -> Any:
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.string()).dictionary_encode()
    return column.cast(pa.dictionary(pa.int32(), pa.string()))


def _coded(texts: Any, codes: Mapping[str, int], otherwise: int) -> Any:
    table = np.array([codes.get(text, otherwise) for text in texts.dictionary.to_pylist()] + [otherwise])
    return table[integers(texts.indices, len(table) - 1)]


def _integers(column: Any, otherwise: int) -> Int64:
    if not pa.types.is_floating(column.type):
        return integers(column, otherwise)
    # A table that went through pandas holds integers with gaps as floats with NaN.
    numbers = floats(column)
    whole = np.isfinite(numbers) & (np.abs(numbers) < 2**62)
    rounded: Int64 = np.where(whole, numbers, 0).astype(np.int64)
    rounded[~whole] = otherwise
    return rounded


def _prices(columns: Mapping[str, Any], name: str) -> Int64:
    if name not in columns:
        return np.full(len(columns["ts_event"]), NONE)
    return units_of(floats(columns[name]))


def _sizes(columns: Mapping[str, Any], name: str) -> Int64:
    if name not in columns:
        return np.full(len(columns["ts_event"]), NONE)
    return _integers(columns[name], NONE)
