"""Tables as text: CSV, Sierra Chart's tick export, NinjaTrader's, time-and-sales windows.

Separator, header and columns are found by looking at the first lines; zone, decimal comma and unusual columns must be
told. Read block by block; only a Sierra export that is out of its own order is read whole, to be sorted.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from bot.domain.market import PRINT, QUOTE, SIDE_NONE, UNKNOWN
from bot.errors import DataDamaged, UsageError
from bot.tape.arrow import floats, integers
from bot.tape.grid import NONE, Chunk, Int64, units_of
from bot.tape.importers.columns import Plan, planned
from bot.tape.importers.source import CHUNK_ROWS, Source, Wishes
from bot.tape.importers.stamps import Stamps

_HEAD_BYTES = 65_536
_BLOCK_BYTES = 4 << 20
_SAMPLE_ROWS = 20
_SEPARATORS = (";", "\t", "|", ",")
_KINDS = {
    **dict.fromkeys(("T", "TRADE", "PRINT", "LAST"), PRINT),
    **dict.fromkeys(("Q", "QUOTE", "BBO"), QUOTE),
}
_NULLS = ["", "NaN", "nan", "null", "NULL", "None", "NA", "n/a"]
_UNEVEN = re.compile(r"Row #(?P<row>\d+): Expected (?P<expected>\d+) columns, got (?P<found>\d+)")
_NO_NUMBER = re.compile(r"column #(?P<column>\d+): Row #(?P<row>\d+): .*invalid value '(?P<value>.*)'")
"""How pyarrow says what is wrong with a row; it counts rows from 1, the header among them, and columns from 0."""
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first lines tell of a table."""

    encoding: str
    separator: str
    header: bool
    names: tuple[str, ...]
    """Of the columns; numbers from 1 where there is no header."""
    sample: tuple[tuple[str, ...], ...]


def open_source(path: Path, wishes: Wishes) -> Source:
    """Open a text table. Raises UsageError for what must be told, DataDamaged for bars and for what is no table."""
    layout = look(path, wishes.decimal)
    plan = planned(path, layout.names, layout.sample, wishes.maps)
    column = [layout.names.index(name) for name in plan.times]
    samples = [" ".join(row[i] for i in column) for row in layout.sample if len(row) == len(layout.names)]
    stamps = Stamps(path, samples, wishes.zone, sierra=plan.sierra)
    _refuse_decimal_commas(path, layout, plan, wishes.decimal)
    return Source(
        chunks=_chunks(_Table(path, layout, plan, stamps, wishes)),
        origin=f"{'sierra text' if plan.sierra else 'text'} {path.name}",
        total=path.stat().st_size,
        unit="bytes",
        resolution_ns=1_000_000 if plan.sierra else None,
        scaled=True,
    )


def look(path: Path, decimal: str) -> Layout:
    """Find encoding, separator and header from the first lines. Raises DataDamaged for what is no table."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encoding = next((name for bom, name in _BOMS.items() if head.startswith(bom)), "utf-8")
    try:
        # An incremental decoder leaves a character alone that the head ends in the middle of.
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = head.decode(encoding)
    whole = text.splitlines()[: -1 if len(head) == _HEAD_BYTES else None]
    lines = [line for line in whole if line.strip()][:_SAMPLE_ROWS]
    marks = [mark for mark in _SEPARATORS if mark != decimal]
    separator = next((mark for mark in marks if _splits(lines, mark)), None)
    if separator is None:
        raise DataDamaged(
            f"is not a table: its lines are not split alike by ; , | or tab{_uneven(whole, marks)}",
            where=str(path),
            allowed="normalised Parquet, CSV or text, Databento DBN, Sierra Chart .scid (docs/tapes.md)",
        )
    rows = [tuple(cell.strip().strip('"') for cell in line.split(separator)) for line in lines]
    header = not any(cell[:1].isdigit() or cell[:1] in tuple("+-.") for cell in rows[0] if cell)
    names = rows[0] if header else tuple(str(i) for i in range(1, len(rows[0]) + 1))
    if len(rows) <= header:
        raise DataDamaged("has a header and no rows", where=str(path))
    return Layout(encoding, separator, header, names, tuple(rows[header:]))


def _splits(lines: list[str], mark: str) -> bool:
    counts = {line.count(mark) for line in lines}
    return len(counts) == 1 and counts.pop() > 0


def _uneven(lines: list[str], marks: list[str]) -> str:
    """Where a table that its first line promises ends to be one; empty where that promises none."""
    mark = next((mark for mark in marks if lines and mark in lines[0]), None)
    if mark is None:
        return ""
    counts = ((number, line.count(mark) + 1) for number, line in enumerate(lines, 1) if line.strip())
    first = lines[0].count(mark) + 1
    return next((f" (line 1 has {first} columns, line {at} has {found})" for at, found in counts if found != first), "")


def _refuse_decimal_commas(path: Path, layout: Layout, plan: Plan, decimal: str) -> None:
    cell = layout.sample[0][layout.names.index(plan.columns["price"])]
    if decimal == "." and "," in cell and "." not in cell:
        raise UsageError(f"prices like {cell} have a decimal comma", where=str(path), do="--decimal ,")


@dataclass(frozen=True, slots=True)
class _Table:
    path: Path
    layout: Layout
    plan: Plan
    stamps: Stamps
    wishes: Wishes


def _chunks(table: _Table) -> Iterator[Chunk]:
    sequence = table.plan.sequence
    at = 0
    with pa.OSFile(str(table.path), "rb") as file:
        batches = _batches(table, file)
        if sequence and not _in_order(table, sequence):
            batches = iter(pa.Table.from_batches(batches).sort_by(sequence).to_batches(CHUNK_ROWS))
        for batch in batches:
            now = file.tell()
            yield _chunk(table, batch, now - at)
            at = now


def _in_order(table: _Table, sequence: str) -> bool:
    last = NONE
    with pa.OSFile(str(table.path), "rb") as file:
        for batch in _batches(table, file):
            numbers = np.concatenate([[last], integers(batch.column(sequence), NONE)])
            if (np.diff(numbers) < 0).any():
                return False
            last = int(numbers[-1])
    return True


def _batches(table: _Table, file: Any) -> Iterator[Any]:
    layout, plan = table.layout, table.plan
    texts = dict.fromkeys((*plan.times, *(plan.columns[name] for name in ("side", "kind") if name in plan.columns)))
    numbers = dict.fromkeys(source for target, source in plan.columns.items() if target not in ("side", "kind"))
    types = dict.fromkeys(numbers, pa.float64()) | dict.fromkeys(texts, pa.string())
    if plan.sequence:
        types[plan.sequence] = pa.int64()
    try:
        yield from csv.open_csv(
            file,
            csv.ReadOptions(
                column_names=layout.names,
                skip_rows=int(layout.header),
                encoding=layout.encoding,
                block_size=_BLOCK_BYTES,
                use_threads=False,
            ),
            csv.ParseOptions(delimiter=layout.separator),
            csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                decimal_point=table.wishes.decimal,
                null_values=_NULLS,
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise _damaged(table, str(error).splitlines()[0]) from None


def _damaged(table: _Table, said: str) -> DataDamaged:
    where = str(table.path)
    if (uneven := _UNEVEN.search(said)) is not None:
        what = f"row {uneven['row']} has {uneven['found']} columns, the table has {uneven['expected']}"
        return DataDamaged(what, where=where, do="mend that row, or take it out")
    if (wrong := _NO_NUMBER.search(said)) is not None:
        name = table.layout.names[int(wrong["column"])]
        what = f"row {wrong['row']}, column {name}: {wrong['value']!r} is not a number"
        allowed = f"digits with {table.wishes.decimal!r} as decimal mark and nothing between thousands"
        return DataDamaged(what, where=where, allowed=allowed, do="mend that row; --decimal names the mark")
    return DataDamaged(said, where=where)


def _chunk(table: _Table, batch: Any, advanced: int) -> Chunk:
    columns, rows, scale = table.plan.columns, batch.num_rows, table.wishes.scale or Decimal(1)
    times = [batch.column(name) for name in table.plan.times]
    ts = table.stamps.read(times[0] if len(times) == 1 else pc.binary_join_element_wise(*times, " "))
    side, side_method = np.zeros(rows, np.int64), np.full(rows, SIDE_NONE)
    if "side" in columns:
        side, side_method = _sides(table, batch.column(columns["side"]))
    kind = np.full(rows, PRINT)
    if "kind" in columns:
        words = batch.column(columns["kind"]).dictionary_encode()
        kind = _by_word(words, {word: _KINDS.get(word.upper(), 0) for word in words.dictionary.to_pylist()}, 0)

    def price(name: str) -> Int64:
        if name not in columns:
            return np.full(rows, NONE)
        units = units_of(floats(batch.column(columns[name])), scale)
        if table.plan.sierra and name != "price":
            units[units == 0] = NONE  # Sierra writes 0 where it has no quote
        return units

    def size(name: str) -> Int64:
        return _whole(batch.column(columns[name])) if name in columns else np.full(rows, NONE)

    return Chunk(
        ts=ts,
        kind=kind.astype(np.uint8),
        price=price("price"),
        size=size("size"),
        side=side.astype(np.int8),
        side_method=side_method.astype(np.uint8),
        bid=price("bid"),
        ask=price("ask"),
        bid_size=size("bid_size"),
        ask_size=size("ask_size"),
        flags=np.zeros(rows, np.uint8),
        advanced=advanced,
    )


def _sides(table: _Table, column: Any) -> tuple[Any, Any]:
    words = column.dictionary_encode()
    known = {word: table.plan.sides.get(word.strip().upper()) for word in words.dictionary.to_pylist()}
    for word, meaning in known.items():
        if meaning is None:
            raise UsageError(
                f"a side of {word!r} is not clear",
                where=str(table.path),
                allowed="B S N, BUY SELL NONE, ASK (printed at the ask: bought) BID, 1 -1 0",
                do="write one of these, or leave the side out: it is then inferred from the quote",
            )
    meanings = {word: meaning or (UNKNOWN, SIDE_NONE) for word, meaning in known.items()}
    sides = _by_word(words, {word: meaning[0] for word, meaning in meanings.items()}, UNKNOWN)
    return sides, _by_word(words, {word: meaning[1] for word, meaning in meanings.items()}, SIDE_NONE)


def _by_word(words: Any, codes: Mapping[str, int], absent: int) -> Any:
    table = np.array([codes[word] for word in words.dictionary.to_pylist()] + [absent])
    return table[integers(words.indices, len(table) - 1)]


def _whole(column: Any) -> Int64:
    values = floats(column)
    # A fraction of a contract is no size that a tape can hold; like an absent one it is quarantined.
    whole = np.isfinite(values) & (np.abs(values) < 2**62) & (values == np.floor(values))
    sizes: Int64 = np.where(whole, values, 0).astype(np.int64)
    sizes[~whole] = NONE
    return sizes
