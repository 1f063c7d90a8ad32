"""The truth about a tape, where it is known: what happened, where and when, as one Parquet file beside it.

Columns: `kind` ("<kind>_long", "<kind>_short", or "null" for a decoy), `t_start` and `t_end` (ns UTC), `price`
(points), `strength`, `note` (on a decoy its name). Who makes a market with known truth writes it; `score` reads it.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bot.errors import DataDamaged, InputMissing
from bot.tape.writer import AtomicFile

NULL = "null"
SIDES = {"long": 1, "short": -1}


@dataclass(frozen=True, slots=True)
class Label:
    """One event that really happened, or a decoy (`null`) whose name is in `note`. Times ns UTC, `price` in points."""

    kind: str
    t_start: int
    t_end: int
    price: float
    strength: float
    note: str

    @property
    def decoy(self) -> bool:
        """Whether nothing should be seen here."""
        return self.kind == NULL

    @property
    def what(self) -> str:
        """The kind without its side."""
        return self.kind if self.decoy else self.kind.rpartition("_")[0]

    @property
    def side(self) -> int:
        """+1 long, −1 short, 0 of a decoy."""
        return SIDES.get(self.kind.rpartition("_")[2], 0)


SCHEMA: Any = pa.schema(
    list(
        zip(
            [field.name for field in fields(Label)],
            [pa.string(), pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.string()],
            strict=True,
        )
    )
)


def labels_path(tape: Path) -> Path:
    """Where the labels of a tape are looked for: `<stem>.labels.parquet` beside it."""
    return tape.with_name(f"{tape.stem}.labels.parquet")


def write_labels(path: Path, labels: Sequence[Label]) -> None:
    """Write the labels' Parquet at once or not at all."""
    columns = list(zip(*map(astuple, labels), strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, SCHEMA.types, strict=True)]
    with AtomicFile(path) as file:
        pq.write_table(pa.table(arrays, schema=SCHEMA), file)


def read_labels(path: Path) -> list[Label]:
    """The labels of a file, by start. Numbers may be narrower, text dictionary-encoded, times proper timestamps.

    Any kind may be labelled, also one that nothing here detects; a price is not needed where it is not known (NaN).
    Raises InputMissing, or DataDamaged naming column and row.
    """
    table = _opened(path)
    names = table.column_names
    missing = [name for name in SCHEMA.names if name not in names]
    if missing:
        raise DataDamaged(
            f"has no column {' nor '.join(missing)}: these are no labels",
            where=str(path),
            allowed=", ".join(f"{field.name} ({field.type})" for field in SCHEMA),
        )
    columns = [_values(table.column(field.name), field, path) for field in SCHEMA]
    labels = [Label(*row) for row in zip(*columns, strict=True)]
    for number, label in enumerate(labels):
        _judge(label, number, path)
    return sorted(labels, key=lambda label: (label.t_start, label.kind))


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise InputMissing("there are no such labels", where=str(path))
    try:
        with pq.ParquetFile(path) as file:
            return file.read()
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise DataDamaged(f"is no Parquet file of labels: {reason}", where=str(path)) from None


def _values(column: Any, field: Any, path: Path) -> list[Any]:
    """A column as its own type; absent text is empty, an absent number NaN, an absent time refused."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    fits = {
        pa.string(): pa.types.is_string(kind) or pa.types.is_large_string(kind),
        pa.int64(): pa.types.is_integer(kind) or pa.types.is_timestamp(kind),
        pa.float64(): pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind),
    }[field.type]
    if not fits and not (pa.types.is_null(kind) and field.name == "note"):
        raise DataDamaged(f"column {field.name} is {column.type}, not {field.type}", where=str(path))
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("ns", kind.tz))
    absent = {pa.string(): "", pa.int64(): None, pa.float64(): float("nan")}[field.type]
    values = [absent if value is None else value for value in column.cast(field.type).to_pylist()]
    if None in values:
        raise DataDamaged(f"column {field.name} has no value in row {values.index(None)}", where=str(path))
    return values


def _judge(label: Label, row: int, path: Path) -> None:
    where = f"{path}, row {row}"
    if not label.decoy and not label.side:
        allowed = [NULL, *(f"<kind>_{side}" for side in SIDES)]
        raise DataDamaged(f'"{label.kind}" is no kind of label', where=where, allowed=", ".join(allowed))
    if label.t_end < label.t_start:
        raise DataDamaged(f"t_end {label.t_end} is before t_start {label.t_start}", where=where)
