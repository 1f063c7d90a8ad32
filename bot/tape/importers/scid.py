"""Sierra Chart intraday files (.scid): a 56-byte header and records of 40 bytes, little endian.

Time is int64 microseconds since 1899-12-30 UTC; prints of one millisecond are told apart by counting up the
microseconds, so the clock's true step is a millisecond. On a tick record open is 0, high the ask, low the bid, close
the price; volume stands in the ask volume when the buyer was aggressive, in the bid volume when the seller was. An open
of about −1.999e37 marks the first or last part of one trade that was told in parts: parts of one price and side are put
together again. Records with a real open are bars. Prices are float32 and may carry the chart's price multiplier.
Source: Sierra Chart's documentation of the intraday data file format.
"""

import struct
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.domain.market import BUY, PRINT, SELL, SIDE_NONE, SIDE_TRUE
from bot.errors import DataDamaged
from bot.tape.grid import NONE, Chunk, Int64, units_of
from bot.tape.importers.source import CHUNK_ROWS, Source, Wishes, bars

HEADER = struct.Struct("<4sIIHHI36s")
RECORD = np.dtype(
    [
        ("time", "<i8"),
        ("open", "<f4"),
        ("high", "<f4"),
        ("low", "<f4"),
        ("close", "<f4"),
        ("count", "<u4"),
        ("volume", "<u4"),
        ("bid_volume", "<u4"),
        ("ask_volume", "<u4"),
    ]
)
EPOCH_US = -2_209_161_600_000_000
"""1899-12-30 in microseconds since 1970."""
FIRST_PART = np.float32(-1.99900095e37)
LAST_PART = np.float32(-1.99900197e37)
_PART_MAX = np.float32(-1e37)  # opens below this are marks, not prices
# A trade in parts spans a few records; a first part without a last one must not hold back the file.
_PARTS_MAX = 4096

Records = npt.NDArray[np.void]


def open_source(path: Path, wishes: Wishes) -> Source:
    """Open a .scid file. Raises DataDamaged when it is truncated, of another version or holds bars."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEADER.size)
    if len(head) < HEADER.size:
        raise DataDamaged("is truncated within its header", where=str(path))
    _, header_size, record_size, version, *_ = HEADER.unpack(head)
    if (header_size, record_size, version) != (HEADER.size, RECORD.itemsize, 1):
        raise DataDamaged(
            f"is a .scid of version {version} with records of {record_size} bytes",
            where=str(path),
            allowed=f"version 1, {RECORD.itemsize} bytes",
        )
    records, torn = divmod(size - HEADER.size, RECORD.itemsize)
    if torn:
        raise DataDamaged(f"is truncated within record {records}", where=str(path))
    return Source(
        chunks=_chunks(path, wishes.scale or Decimal(1)),
        origin=f"scid {path.name}",
        total=records,
        unit="records",
        resolution_ns=1_000_000,
        scaled=True,
    )


def _chunks(path: Path, scale: Decimal) -> Iterator[Chunk]:
    held = np.zeros(0, RECORD)
    with path.open("rb") as file:
        file.seek(HEADER.size)
        while True:
            read = np.fromfile(file, RECORD, CHUNK_ROWS)
            records = np.concatenate([held, read])
            end = len(records) if not len(read) else _whole(records)
            if _has_bars(records):
                raise bars(path)
            if end:
                yield _chunk(_together(records[:end]), scale, len(read))
            held = records[end:]
            if not len(read):
                return


def _has_bars(records: Records) -> bool:
    # NaN would be damage, not a bar; it is quarantined with its price.
    return bool(((records["open"] != 0) & ~(records["open"] < _PART_MAX) & np.isfinite(records["open"])).any())


def _whole(records: Records) -> int:
    """How many records to use now: not those of a trade in parts whose last part has not been read yet."""
    firsts = np.flatnonzero(records["open"] == FIRST_PART)
    if not len(firsts) or len(records) - firsts[-1] > _PARTS_MAX:
        return len(records)
    open_ended = not (records["open"][firsts[-1] :] == LAST_PART).any()
    return int(firsts[-1]) if open_ended else len(records)


def _together(records: Records) -> Records:
    """Parts of one trade, price and side as one record with their volumes added."""
    first, last = records["open"] == FIRST_PART, records["open"] == LAST_PART
    if not first.any():
        return records
    # Inside a trade from its first part on, up to and with its last; a new first part also ends the one before.
    opened = np.cumsum(first)
    closed = np.concatenate([[0], np.cumsum(last)[:-1]])
    closed_since = closed - np.concatenate([[0], closed[first]])[opened]
    inside = (opened > 0) & (closed_since == 0)
    begins = np.ones(len(records), np.bool_)
    same = inside[1:] & inside[:-1] & ~first[1:] & (records["close"][1:] == records["close"][:-1])
    same &= (records["ask_volume"][1:] > 0) == (records["ask_volume"][:-1] > 0)
    begins[1:] = ~same
    starts = np.flatnonzero(begins)
    merged = records[starts].copy()
    for name in ("volume", "bid_volume", "ask_volume"):
        merged[name] = np.add.reduceat(records[name].astype(np.int64), starts)
    return merged


def _chunk(records: Records, scale: Decimal, advanced: int) -> Chunk:
    rows = len(records)
    bought, sold = records["ask_volume"] > 0, records["bid_volume"] > 0
    side = np.where(bought & ~sold, BUY, 0) + np.where(sold & ~bought, SELL, 0)
    unknown = np.full(rows, NONE)
    return Chunk(
        ts=_stamps(records["time"]),
        kind=np.full(rows, PRINT, np.uint8),
        price=units_of(records["close"], scale),
        size=records["volume"].astype(np.int64),
        side=side.astype(np.int8),
        side_method=np.where(side != 0, SIDE_TRUE, SIDE_NONE).astype(np.uint8),
        bid=_quoted(records["low"], scale),
        ask=_quoted(records["high"], scale),
        bid_size=unknown,
        ask_size=unknown,
        flags=np.zeros(rows, np.uint8),
        single=True,
        advanced=advanced,
    )


def _stamps(time: npt.NDArray[np.int64]) -> Int64:
    since_1970 = time + EPOCH_US
    # Older files count days as floating point; read as integers those lie far outside any market's history.
    plausible = (since_1970 > 0) & (since_1970 < 2**62 // 1000)
    stamps: Int64 = np.where(plausible, since_1970 * 1000, NONE)
    return stamps


def _quoted(prices: npt.NDArray[np.float32], scale: Decimal) -> Int64:
    units = units_of(prices, scale)
    units[prices == 0] = NONE
    return units
