"""Files that the tests of this room read: written here, from generated rows only."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bot.domain.market import ABSENT, BUY, PRINT, QUOTE, SELL, SIDE_TRUE, TICK, Ticks
from bot.tape import TapeFacts, TapeWriter, open_tape
from bot.tape.facts import Remainder
from bot.tape.grid import Grid
from bot.tape.importers import Imported, Wishes, import_source, open_source

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
ES = Grid(Decimal("0.25"), future=True)
STOCK = Grid(Decimal("0.01"), future=False)
KNOWN = {"ES": ES, "NQ": ES, "CL": Grid(Decimal("0.01"), future=True), "AAPL": STOCK}
TYPES = {
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


def market(rows: int, seed: int = 1) -> Ticks:
    """A plausible market: two quotes a print, one-tick spread, ns stamps."""
    chance = np.random.default_rng(seed)
    ticks: Ticks = np.zeros(rows, TICK)
    prints = chance.random(rows) < 0.35
    bid = 17_000 + np.cumsum(chance.choice([-1, 0, 1], rows, p=[0.02, 0.96, 0.02]))
    side = np.where(chance.random(rows) < 0.5, BUY, SELL)
    ticks["ts"] = START + np.cumsum(chance.integers(0, 40_000_000, rows))
    ticks["kind"] = np.where(prints, PRINT, QUOTE)
    ticks["price"] = np.where(prints, bid + (side > 0), ABSENT)
    ticks["size"] = np.where(prints, chance.integers(1, 9, rows), 0)
    ticks["side"] = np.where(prints, side, 0)
    ticks["side_method"] = np.where(prints, SIDE_TRUE, 0)
    ticks["bid"], ticks["ask"] = bid, bid + 1
    ticks["bid_size"], ticks["ask_size"] = chance.integers(1, 60, (2, rows))
    return ticks


def written(path: Path, ticks: Ticks, remainder: Remainder | None = None, *, cut: int = 1000) -> TapeFacts:
    """A tape of these rows, appended `cut` at a time."""
    with TapeWriter(path, instrument="ES", contract="ESZ2026", tick=Decimal("0.25"), source="test") as writer:
        for start in range(0, len(ticks), cut):
            rest = None if remainder is None else remainder[start : start + cut]
            writer.append(ticks[start : start + cut], rest)
    return writer.facts


def rows_of(path: Path) -> Ticks:
    """All rows of a tape."""
    with open_tape(path) as reader:
        return np.concatenate(list(reader.batches(50_000)))


def table(path: Path, rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any] = TYPES, **metadata: str) -> Path:
    """A normalised Parquet table; what a row does not name is null."""
    columns = {name: pa.array([row.get(name) for row in rows], type, from_pandas=False) for name, type in types.items()}
    told = {"instrument": "ESH4", "tick_size": "0.25", "source": "test", "true_side": "true"} | metadata
    schema = pa.schema(list(types.items()), metadata={name: value for name, value in told.items() if value})
    pq.write_table(pa.table(columns, schema=schema), path)
    return path


def a_print(
    at: float, price: float | None, size: float | None = 1, side: str | None = None, **more: Any
) -> dict[str, Any]:
    """A print `at` seconds after the start."""
    return {"ts_event": START + int(at * SECOND), "kind": "T", "price": price, "size": size, "side": side, **more}


def a_quote(at: float, bid: float | None, ask: float | None, size: int = 10) -> dict[str, Any]:
    """A quote `at` seconds after the start."""
    sizes = {"bid_size": size if bid is not None else None, "ask_size": size if ask is not None else None}
    return {"ts_event": START + int(at * SECOND), "kind": "Q", "bid": bid, "ask": ask, **sizes}


def imported(source: Path, **wishes: Any) -> tuple[Imported, Ticks]:
    """Import into a tape beside the source; what was said of it, and its rows."""
    wished = Wishes(**wishes)
    out = source.with_name(f"{source.name}.tape.parquet")
    done = import_source(open_source(source, wished), out, wished, KNOWN.get)
    return done, rows_of(out)
