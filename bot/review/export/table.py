"""Lists of the journal as files: one row after the other, never the whole list in memory.

What a column is stands in the lists' JSON Schema (`paperpit journal schema`): ids and prices are text, decimal as they
are in the journal, times integers (ns UTC); nested values are JSON text in CSV and Parquet.
"""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import msgspec

from bot.journal import lists
from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.journal.shapes import LISTS, Schema
from bot.review.export.cells import cell

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
ROWS_AT_ONCE = 10_000

EACH: Mapping[str, Callable[[Reader, Sequence[RunInfo], Filters], Iterable[Row]]] = {
    "round-trips": lists.list_round_trips,
    "fills": lists.list_fills,
    "signals": lists.each_signal,
    "blocked": lists.each_blocked,
    "orders": lists.list_orders,
}
"""What can be exported → its rows, those of the list of that name."""


def columns_of(name: str) -> Mapping[str, Schema]:
    """The columns of a list with what each holds, in order."""
    columns: Mapping[str, Schema] = LISTS[name]["items"]["properties"]
    return columns


def write_csv(file: IO[bytes], columns: Collection[str], rows: Iterable[Row]) -> int:
    """Write a header and rows; says how many."""
    count = 0
    with _text(file) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([cell(row[name]) for name in columns])
            count += 1
    return count


def write_json(file: IO[bytes], columns: Collection[str], rows: Iterable[Row]) -> int:
    """Write one JSON array, a row a line; says how many."""
    encode, count = msgspec.json.Encoder().encode, 0
    file.write(b"[")
    for row in rows:
        file.write(b",\n" if count else b"\n")
        file.write(encode({name: row[name] for name in columns}))
        count += 1
    file.write(b"\n]\n" if count else b"]\n")
    return count


def write_parquet(file: IO[bytes], columns: Mapping[str, Schema], rows: Iterable[Row]) -> int:
    """Write a Parquet table; says how many rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, _type(column)) for name, column in columns.items()])
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as parquet:
        for some in _batches(rows):
            arrays = [pa.array([_plain(row[field.name]) for row in some], field.type) for field in schema]
            parquet.write_table(pa.table(arrays, schema=schema))
            count += len(some)
    return count


def _type(column: Schema) -> "pa.DataType":
    import pyarrow as pa

    said = column["anyOf"][0] if "anyOf" in column else column
    return {"integer": pa.int64(), "number": pa.float64()}.get(said.get("type", ""), pa.string())


def _plain(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield some


@contextmanager
def _text(file: IO[bytes]) -> Iterator[IO[str]]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    yield text
    text.flush()
    text.detach()  # else the file would be closed with it
