"""Databento Binary Encoding (.dbn, .dbn.zst): schemas trades, mbp-1 and tbbo.

Metadata (any version, symbol mappings included) is decoded by `databento-dbn`; records of these schemas are fixed and
the same in every version, so they are read as arrays. Prices are int64 in 1e-9 points: no float on the way. On a
trade `side` is the aggressor (B bought, A sold, N neither), and the book on its record is the one before it took
effect. Other records give the new best quote; only the last record of an event (flag 128) does, else half-built books
would appear.
Source: Databento's DBN reference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bot.domain.market import BUY, PRINT, QUOTE, SELL, SIDE_NONE, SIDE_TRUE
from bot.errors import DataDamaged, UsageError
from bot.tape.grid import NONE, Chunk, Int64
from bot.tape.importers.source import CHUNK_ROWS, Source, Wishes, bars
from bot.tape.naming import product_of

ZSTD = b"\x28\xb5\x2f\xfd"
SCHEMAS = {"trades": 0, "mbp-1": 1, "tbbo": 1}
"""Readable schemas and the record type (rtype) that each is made of."""
LAST, SNAPSHOT = 128, 32
_UNDEF_TS = np.iinfo(np.uint64).max
_UNDEF_PRICE = np.iinfo(np.int64).max
_FIELDS = [
    ("length", "u1"),
    ("rtype", "u1"),
    ("publisher_id", "<u2"),
    ("instrument_id", "<u4"),
    ("ts_event", "<u8"),
    ("price", "<i8"),
    ("size", "<u4"),
    ("action", "S1"),
    ("side", "S1"),
    ("flags", "u1"),
    ("depth", "u1"),
    ("ts_recv", "<u8"),
    ("ts_in_delta", "<i4"),
    ("sequence", "<u4"),
]
_BOOK = [("bid", "<i8"), ("ask", "<i8"), ("bid_size", "<u4"), ("ask_size", "<u4"), ("bid_ct", "<u4"), ("ask_ct", "<u4")]
Records = npt.NDArray[np.void]
Lifetimes = list[tuple[int, int, int]]
"""Instrument id and the time (ns, half-open) in which it means the symbol."""


def open_source(path: Path, wishes: Wishes) -> Source:
    """Open a DBN file. Raises DataDamaged (truncated, bars, schema without ticks) or UsageError (which symbol?)."""
    source = _Input.of(path)
    try:
        metadata = _metadata(source)
        schema = str(metadata.schema) if metadata.schema is not None else "several schemas"
        if schema.startswith("ohlcv"):
            raise bars(path)
        if schema not in SCHEMAS:
            raise DataDamaged(
                f"holds {schema}, which cannot become a tape",
                where=str(path),
                allowed=", ".join(SCHEMAS),
                do="ask the vendor for one of these schemas",
            )
        symbol = _chosen(path, metadata.mappings, wishes.instrument)
    except BaseException:
        source.stream.close()
        raise
    # Names such as ES.c.0 or ES.FUT stand for changing contracts: the person must say which one it was.
    raw = str(metadata.stype_in) == "raw_symbol"
    return Source(
        chunks=_chunks(source, SCHEMAS[schema], metadata.ts_out, _lifetimes(metadata, symbol)),
        origin=f"databento {metadata.dataset} {schema} {path.name}",
        total=path.stat().st_size,
        unit="bytes",
        symbol=symbol if raw else "",
        resolution_ns=1,
    )


@dataclass(frozen=True, slots=True)
class _Input:
    """The file and the stream of what is in it; the same where nothing is compressed."""

    path: Path
    file: Any
    stream: Any

    @classmethod
    def of(cls, path: Path) -> "_Input":
        file = pa.OSFile(str(path), "rb")
        compressed = file.read(len(ZSTD)) == ZSTD
        file.seek(0)
        return cls(path, file, pa.CompressedInputStream(file, "zstd") if compressed else file)

    def read(self, count: int) -> bytes:
        """`count` bytes, fewer only at the end."""
        pieces: list[bytes] = []
        try:
            while count and (piece := self.stream.read(count)):
                pieces.append(piece)
                count -= len(piece)
        except (pa.ArrowException, OSError) as error:
            what = f"is truncated or damaged: {str(error).splitlines()[0]}"
            raise DataDamaged(what, where=str(self.path)) from None
        return b"".join(pieces)


def _metadata(source: _Input) -> Any:
    try:
        import databento_dbn
    except ModuleNotFoundError:
        raise UsageError(
            "reading Databento files needs the package databento-dbn",
            where=str(source.path),
            do='pip install "paperpit[dbn]"',
        ) from None
    head = source.read(8)
    if len(head) < 8 or not head.startswith(b"DBN"):
        raise DataDamaged("is compressed, but holds no Databento file", where=str(source.path))
    body = source.read(int.from_bytes(head[4:], "little"))
    try:
        return databento_dbn.Metadata.decode(head + body)
    except (databento_dbn.DBNError, ValueError) as error:
        raise DataDamaged(f"its metadata cannot be read: {error}", where=str(source.path)) from None


def _chosen(path: Path, mappings: Mapping[str, Any], wish: str | None) -> str:
    symbols = sorted(mappings)
    if len(symbols) == 1:
        return symbols[0]
    fitting = [name for name in symbols if wish and wish.upper() in (name, product_of(name))]
    if len(fitting) == 1:
        return fitting[0]
    what = f"{len(fitting)} of its symbols fit {wish}" if fitting else f"holds {len(symbols)} symbols"
    raise UsageError(what, where=str(path), allowed=", ".join(fitting or symbols), do="--instrument one of them")


def _lifetimes(metadata: Any, symbol: str) -> Lifetimes:
    return [
        (int(interval["symbol"]), _midnight(interval["start_date"]), _midnight(interval["end_date"]))
        for interval in metadata.mappings[symbol]
        if interval["symbol"]
    ]


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000


def _chunks(source: _Input, rtype: int, ts_out: bool, lifetimes: Lifetimes) -> Iterator[Chunk]:
    # With `ts_out` every record carries one more stamp at its end.
    record = np.dtype(_FIELDS + (_BOOK if rtype else []) + ([("ts_out", "<u8")] if ts_out else []))
    standing: Records = np.zeros(1, record)
    at = 0
    try:
        while raw := source.read(record.itemsize * CHUNK_ROWS):
            whole, torn = divmod(len(raw), record.itemsize)
            records: Records = np.frombuffer(raw, record, whole)
            if (records["length"] * 4 != record.itemsize).any() or (records["rtype"] != rtype).any():
                raise DataDamaged("holds records of several kinds, like a live capture", where=str(source.path))
            if torn:
                raise DataDamaged("is truncated within a record", where=str(source.path))
            records = records[_alive(records, lifetimes)]
            if rtype:
                records, standing = _told_once(records, standing)
            now = source.file.tell()
            yield _chunk(records, bool(rtype), now - at)
            at = now
    finally:
        source.stream.close()
        source.file.close()


def _alive(records: Records, lifetimes: Lifetimes) -> npt.NDArray[np.bool_]:
    """Rows of the symbol: its instrument id changes by date."""
    alive = np.zeros(len(records), np.bool_)
    for number, start, end in lifetimes:
        alive |= (records["instrument_id"] == number) & (records["ts_recv"] >= start) & (records["ts_recv"] < end)
    return alive


def _told_once(records: Records, standing: Records) -> tuple[Records, Records]:
    """Prints and whole events, but no snapshot that repeats the standing quote; and the quote that stands now."""
    is_print = records["action"] == b"T"
    records = records[is_print | (records["flags"] & LAST > 0)]
    quotes = np.flatnonzero(records["action"] != b"T")
    books = np.concatenate([standing, records[quotes]])
    same = np.ones(len(quotes), np.bool_)
    for name in ("bid", "ask", "bid_size", "ask_size"):
        same &= books[name][1:] == books[name][:-1]
    keep = np.ones(len(records), np.bool_)
    keep[quotes] = ~(same & (records["flags"][quotes] & SNAPSHOT > 0))
    return records[keep], books[-1:]


def _chunk(records: Records, booked: bool, advanced: int) -> Chunk:
    rows = len(records)
    prints = records["action"] == b"T"
    side = np.where(records["side"] == b"B", BUY, 0) + np.where(records["side"] == b"A", SELL, 0)
    stamps = records["ts_event"]
    unknown = np.full(rows, NONE)
    return Chunk(
        ts=np.where(stamps == _UNDEF_TS, NONE, stamps.astype(np.int64)),
        kind=np.where(prints, PRINT, QUOTE).astype(np.uint8),
        price=_price(records["price"]),
        size=records["size"].astype(np.int64),
        side=side.astype(np.int8),
        side_method=np.where(prints, SIDE_TRUE, SIDE_NONE).astype(np.uint8),
        bid=_price(records["bid"]) if booked else unknown,
        ask=_price(records["ask"]) if booked else unknown,
        bid_size=records["bid_size"].astype(np.int64) if booked else unknown,
        ask_size=records["ask_size"].astype(np.int64) if booked else unknown,
        flags=np.zeros(rows, np.uint8),
        advanced=advanced,
    )


def _price(units: npt.NDArray[np.int64]) -> Int64:
    prices: Int64 = np.where(units == _UNDEF_PRICE, NONE, units)
    return prices
