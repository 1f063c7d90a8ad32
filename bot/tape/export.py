"""The reverse of import: a tape as the normalised Parquet table that `bot.tape.importers.normalised` reads.

Importing the export gives the same tape again, hash and all. Prices become floats only here, at the rim: a price of at
most nine decimals is the nearest float to itself.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bot.domain.market import (
    ABSENT,
    HALT,
    OFF_GRID,
    PRINT,
    QUARANTINED,
    QUOTE,
    RESUME,
    SIDE_DERIVED,
    SIDE_NONE,
    SIDE_TRUE,
    STATUS,
    UNKNOWN,
    Ticks,
)
from bot.tape.cut import refuse_itself
from bot.tape.facts import UNITS, Remainder
from bot.tape.importers.normalised import FLAGS, SIDE_METHOD
from bot.tape.reader import TapeReader
from bot.tape.writer import AtomicFile

_FIELDS: dict[str, Any] = {
    "ts_event": pa.int64(),
    "kind": pa.string(),
    "price": pa.float64(),
    "size": pa.int64(),
    "side": pa.string(),
    "bid": pa.float64(),
    "ask": pa.float64(),
    "bid_size": pa.int64(),
    "ask_size": pa.int64(),
}
# A whole tape's sides are either the feed's or a recorder's; both in one tape need a column.
_METHOD_OF = {"true": SIDE_TRUE, "derived": SIDE_DERIVED, "false": SIDE_NONE}


def export_tape(reader: TapeReader, out: Path, advance: Callable[[int], None] = lambda by: None) -> None:
    """Write the tape as a normalised table to `out`, whole or not at all."""
    refuse_itself(reader.path, out)
    facts = reader.facts
    origin, extra = _survey(reader)
    fields = _FIELDS | dict.fromkeys(extra, pa.int64())
    metadata = {
        "instrument": facts.contract,
        "tick_size": f"{facts.tick:f}",
        "source": facts.source,
        "format": "paperpit",
        "true_side": origin,
        "resolution_ns": str(facts.resolution_ns),
        "note": "",
    }
    schema = pa.schema(list(fields.items()), metadata=metadata)
    step = int(facts.tick * UNITS)
    with AtomicFile(out) as file, pq.ParquetWriter(file, schema, compression="zstd") as parquet:
        for rows, remainder in reader.blocks():
            columns = _columns(rows, remainder, step, extra)
            parquet.write_table(pa.table([columns[name] for name in fields], schema=schema))
            advance(len(rows))


def _survey(reader: TapeReader) -> tuple[str, tuple[str, ...]]:
    """Where the sides come from, and which of our own columns the table needs to lose nothing."""
    methods: set[int] = set()
    odd_flags = odd_sides = False
    for rows, remainder in reader.blocks():
        prints = rows["kind"] == PRINT
        methods |= set(np.unique(rows["side_method"][prints]).tolist())
        odd_sides |= bool((prints & (rows["side_method"] == SIDE_NONE) & (rows["side"] != UNKNOWN)).any())
        odd_flags |= bool((rows["flags"] != _evident_flags(rows, remainder)).any())
    stated = methods - {SIDE_NONE}
    origin = next((name for name, method in _METHOD_OF.items() if stated == {method}), "false")
    odd_sides |= not stated <= {_METHOD_OF[origin]}
    return origin, tuple(name for name, odd in ((FLAGS, odd_flags), (SIDE_METHOD, odd_sides)) if odd)


def _evident_flags(rows: Ticks, remainder: Remainder) -> Any:
    """The flags that an importer finds out by itself from what the plain table says."""
    off = remainder > 0
    bad = (rows["price"] == ABSENT) | (rows["size"] <= 0)
    # Whether an off-grid print is quarantined depends on the product, which the importer knows as well.
    quarantined = bad | (off & ((rows["flags"] & QUARANTINED) > 0))
    of_print = np.where(off, OFF_GRID, 0) | np.where(quarantined, QUARANTINED, 0)
    of_status = np.where((rows["flags"] & HALT) > 0, HALT, RESUME)
    return np.select([rows["kind"] == PRINT, rows["kind"] == STATUS], [of_print, of_status], 0)


def _columns(rows: Ticks, remainder: Remainder, step: int, extra: tuple[str, ...]) -> dict[str, Any]:
    prints, quotes, status = (rows["kind"] == kind for kind in (PRINT, QUOTE, STATUS))
    assert bool((prints | quotes | status).all()), "a row of no known kind"
    halted = (rows["flags"] & HALT) > 0
    stated = prints & ((rows["side_method"] != SIDE_NONE) | (rows["side"] != UNKNOWN))

    def price(name: str, above: Any = 0) -> Any:
        points = (rows[name].astype(np.int64) * step + above) / UNITS
        return pa.array(points, mask=rows[name] == ABSENT)

    def size(name: str, absent: Any) -> Any:
        return pa.array(rows[name].astype(np.int64), mask=absent)

    columns = {
        "ts_event": pa.array(rows["ts"]),
        "kind": pa.array(["T", "Q", "H", "R"]).take(pa.array(np.select([prints, quotes, halted], [0, 1, 2], 3))),
        "price": price("price", remainder),
        "size": size("size", ~prints | (rows["size"] == ABSENT)),
        "side": pa.array(["N", "B", "S"]).take(pa.array(rows["side"] % 3, mask=~stated)),
        "bid": price("bid"),
        "ask": price("ask"),
        "bid_size": size("bid_size", rows["bid_size"] == 0),
        "ask_size": size("ask_size", rows["ask_size"] == 0),
        FLAGS: pa.array(rows["flags"].astype(np.int64)),
        SIDE_METHOD: pa.array(rows["side_method"].astype(np.int64)),
    }
    return {name: columns[name] for name in (*_FIELDS, *extra)}
