"""Labels of other people: read in any reasonable dress, refused with column and row where they cannot be meant."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bot.errors import DataDamaged, InputMissing
from bot.tape.labels import Label, labels_path, read_labels, write_labels

ROWS: Mapping[str, Any] = {
    "kind": pa.array(["absorption_long", "null"]),
    "t_start": pa.array([20, 10], pa.int64()),
    "t_end": pa.array([30, 10], pa.int64()),
    "price": pa.array([4200.25, None], pa.float64()),
    "strength": pa.array([1.0, None], pa.float64()),
    "note": pa.array(["strong", "halt"]),
}


def written(folder: Path, **columns: Any) -> Path:
    """The rows above with some columns in another dress; None leaves one out."""
    path = folder / "truth.parquet"
    told = {name: column for name, column in {**ROWS, **columns}.items() if column is not None}
    pq.write_table(pa.table(told), path)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DataDamaged) as refused:
        read_labels(path)
    return str(refused.value)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = labels_path(tmp_path / "monday.parquet")
    labels = [
        Label("absorption_rejection_short", 5, 9, 4200.25, 0.33, "weak"),
        Label("null", 7, 8, 4200.5, 1.0, "limit_lock"),
    ]
    write_labels(path, labels)
    assert path.name == "monday.labels.parquet"
    assert read_labels(path) == labels
    assert [(label.what, label.side, label.decoy) for label in labels] == [
        ("absorption_rejection", -1, False),
        ("null", 0, True),
    ]


def test_an_empty_file_says_that_nothing_happened(tmp_path: Path) -> None:
    write_labels(tmp_path / "null.parquet", [])
    assert read_labels(tmp_path / "null.parquet") == []


def test_rows_come_by_their_start_and_absent_values_are_no_fault(tmp_path: Path) -> None:
    first, second = read_labels(written(tmp_path))
    assert (first.kind, first.t_start, second.kind) == ("null", 10, "absorption_long")
    assert first.price != first.price


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("kind", ROWS["kind"].dictionary_encode()),
        ("kind", ROWS["kind"].cast(pa.large_string())),
        ("t_start", pa.array([20, 10], pa.int32())),
        ("price", pa.array([4200.25, None], pa.float32())),
        ("price", pa.array([4200, 4200], pa.int64())),
        ("note", pa.nulls(2)),
    ],
)
def test_a_column_may_be_dressed_otherwise(tmp_path: Path, name: str, column: Any) -> None:
    labels = read_labels(written(tmp_path, **{name: column}))
    assert [label.kind for label in labels] == ["null", "absorption_long"]


@pytest.mark.parametrize(("unit", "zone"), [("ns", "UTC"), ("us", "America/New_York"), ("ms", None)])
def test_times_may_be_timestamps(tmp_path: Path, unit: str, zone: str | None) -> None:
    moment = datetime(2026, 5, 27, 14, tzinfo=UTC)
    told = moment if zone else moment.replace(tzinfo=None)
    stamps = pa.array([told, told], pa.timestamp(unit, zone))
    labels = read_labels(written(tmp_path, t_start=stamps, t_end=stamps))
    assert {label.t_start for label in labels} == {int(moment.timestamp()) * 1_000_000_000}


def kinds(*words: str) -> Sequence[str]:
    return pa.array(words)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"t_end": None, "note": None}, ["no column t_end nor note", "t_start (int64)"]),
        ({"t_start": pa.array([1.5, 2.5])}, ["t_start is double, not int64"]),
        ({"t_start": pa.array([1, None])}, ["t_start has no value in row 1"]),
        ({"price": pa.array(["4200", "4200"])}, ["price is string, not double"]),
        ({"kind": pa.array([1, 2])}, ["kind is int64, not string"]),
        ({"kind": kinds("absorption_up", "null")}, ["row 0", '"absorption_up"', "<kind>_long, <kind>_short"]),
        ({"kind": kinds("absorption", "null")}, ["row 0", '"absorption" is no kind of label']),
        ({"t_end": pa.array([19, 10])}, ["row 0", "t_end 19 is before t_start 20"]),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, columns: Mapping[str, Any], words: Sequence[str]
) -> None:
    path = written(tmp_path, **columns)
    said = refusal(path)
    assert [word for word in [str(path), *words] if word not in said] == []


def test_kinds_that_nothing_here_detects_are_labels_too(tmp_path: Path) -> None:
    path = written(tmp_path, kind=kinds("iceberg_long", "null"), price=pa.nulls(2, pa.float64()))
    [decoy, iceberg] = read_labels(path)
    assert (iceberg.what, iceberg.side, decoy.decoy) == ("iceberg", 1, True)
    assert math.isnan(iceberg.price)


def test_a_file_that_is_no_parquet_or_not_there_is_told_apart(tmp_path: Path) -> None:
    text = tmp_path / "truth.parquet"
    text.write_text("kind,t_start\n")
    assert "no Parquet file of labels" in refusal(text)
    with pytest.raises(InputMissing):
        read_labels(tmp_path / "none.parquet")
