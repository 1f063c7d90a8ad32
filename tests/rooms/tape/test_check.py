"""What `tape check` finds, how it judges it, and at which row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.domain.market import DAY, QUOTE, Days
from bot.tape import open_tape
from bot.tape.check import Problem, check_tape
from bot.tape.facts import ROW_GROUP
from tests.rooms.tape.builders import SECOND, START, a_print, a_quote, imported, market, table, written
from tests.rooms.tape.test_tape_files import flipped

CALM = [a_quote(i, 4200.0 + i % 3, 4200.25 + i % 3) for i in range(6)]


def problems(folder: Path, rows: Sequence[dict[str, Any]], days: Days | None = None, **metadata: str) -> list[Problem]:
    imported(table(folder / "s.parquet", rows, **metadata))
    return checked(folder / "s.parquet.tape.parquet", days)


def checked(path: Path, days: Days | None = None) -> list[Problem]:
    with open_tape(path) as reader:
        return check_tape(reader, days)


def test_a_calm_tape_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, CALM) == []


BOOK = {"bid": 4200.0, "ask": 4200.25, "bid_size": 1, "ask_size": 1}
STOCK = {"instrument": "AAPL", "tick_size": "0.01"}


@pytest.mark.parametrize(
    ("kind", "severity", "row", "metadata"),
    [
        ("time_backwards", "error", a_print(4, 4200, **BOOK), {}),
        ("bad_price", "error", a_print(6, None, **BOOK), {}),
        ("bad_size", "error", a_print(6, 4200, -1, **BOOK), {}),
        ("bad_size", "error", a_print(6, 4200, None, **BOOK), {}),
        ("off_grid", "error", a_print(6, 4200.1, **BOOK), {}),
        ("off_grid", "error", a_quote(6, 4200.1, 4200.5), {}),
        ("off_grid", "warning", a_print(6, 4200.005, **BOOK), STOCK),
        ("zero_size", "warning", a_print(6, 4200, 0, **BOOK), {}),
        ("crossed", "warning", a_quote(6, 4201.0, 4200.0), {}),
        ("locked", "warning", a_quote(6, 4200.0, 4200.0), {}),
        ("one_sided", "warning", a_quote(6, None, 4200.0), {}),
        ("one_sided", "warning", a_quote(6, None, None), {}),
        ("zero_quote", "warning", a_quote(6, 0.0, 4200.0), {}),
        ("outside_quote", "warning", a_print(6, 4200.5, **BOOK), {}),
        ("outside_quote", "warning", a_print(6, 4199.75, **BOOK), {}),
        ("outside_quote", "warning", a_print(6, 4200.255, **BOOK), STOCK),
        ("duplicate", "warning", CALM[5], {}),
        ("gap", "warning", a_print(136, 4200, **BOOK), {}),
    ],
)
def test_each_fault_is_found_at_its_row(
    tmp_path: Path, kind: str, severity: str, row: dict[str, Any], metadata: dict[str, str]
) -> None:
    found = problems(tmp_path, [*CALM, row], **metadata)
    assert Problem(kind, 1, 6, severity) in found  # type: ignore[arg-type]
    assert [problem.kind for problem in found if problem.severity == "error" and problem.kind != kind] == []


def test_a_tape_without_quote_rows_is_judged_by_its_prints(tmp_path: Path) -> None:
    rows = [a_print(0, 4200), a_print(1, 4200, bid=4200.25, ask=4200.0), a_print(2, 4200, bid=4200.0)]
    assert [(p.kind, p.first_row) for p in problems(tmp_path, rows)] == [("crossed", 1), ("one_sided", 2)]


def test_prints_do_not_repeat_what_a_quote_row_said(tmp_path: Path) -> None:
    rows = [*CALM, a_quote(6, 4201.0, 4200.0), a_print(7, 4200.5, bid=4201.0, ask=4200.0)]
    assert [(p.kind, p.count) for p in problems(tmp_path, rows)] == [("crossed", 1)]


def test_errors_come_first_and_are_counted_over_the_whole_tape(tmp_path: Path) -> None:
    ticks = market(2 * ROW_GROUP)
    ticks["ask"][ROW_GROUP - 1 : ROW_GROUP + 2] = ticks["bid"][ROW_GROUP - 1 : ROW_GROUP + 2] - 1
    ticks["kind"][ROW_GROUP - 1 : ROW_GROUP + 2] = QUOTE
    ticks["ts"][ROW_GROUP + 5] = START
    written(tmp_path / "t.parquet", ticks)
    found = [problem for problem in checked(tmp_path / "t.parquet") if problem.kind != "gap"]
    assert found == [
        Problem("time_backwards", 1, ROW_GROUP + 5, "error"),
        Problem("crossed", 3, ROW_GROUP - 1, "warning"),
    ]


def test_a_row_is_compared_with_the_last_one_of_the_row_group_before(tmp_path: Path) -> None:
    ticks = market(ROW_GROUP + 10)
    ticks[ROW_GROUP] = ticks[ROW_GROUP - 1]
    written(tmp_path / "t.parquet", ticks)
    assert checked(tmp_path / "t.parquet") == [Problem("duplicate", 1, ROW_GROUP, "warning")]


def test_a_row_group_that_cannot_be_read_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    written(path, market(3 * ROW_GROUP))
    with open_tape(path) as reader:
        flipped(path, reader, 1)
    assert checked(path) == [Problem("unreadable", ROW_GROUP, ROW_GROUP, "error")]


def test_rows_that_are_not_those_of_the_hash_are_an_error(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    facts = written(tmp_path / "t.parquet", market(1000))
    whole = pq.read_table(tmp_path / "t.parquet")
    written(tmp_path / "other.parquet", market(1000, seed=2))
    other = pq.read_table(tmp_path / "other.parquet").replace_schema_metadata(whole.schema.metadata)
    pq.write_table(other, tmp_path / "t.parquet")
    assert Problem("altered", 1, 0, "error") in checked(tmp_path / "t.parquet")
    assert facts.rows == 1000


def sessions(*hours: tuple[int, int]) -> Days:
    days: Days = np.zeros(len(hours), DAY)
    for day, (opens, closes) in zip(days, hours, strict=True):
        day["open"], day["close"] = START + opens * 3600 * SECOND, START + closes * 3600 * SECOND
    return days


def test_a_closure_is_no_gap(tmp_path: Path) -> None:
    before = [a_quote(i, 4200.0, 4200.25 + i % 2) for i in range(5)]
    after = [a_quote(3 * 3600 + i, 4200.0, 4200.25 + i % 2) for i in range(5)]
    assert [p.first_row for p in problems(tmp_path, before + after)] == [5]
    assert problems(tmp_path, before + after, sessions((-5, 0), (0, 1), (4, 5)))[0].kind == "gap"
    closed = [a_quote(3595 + i, 4200.0, 4200.25 + i % 2) for i in range(4)]
    assert problems(tmp_path, closed + after, sessions((-5, 0), (0, 1), (3, 5))) == []


def test_a_slow_market_has_no_gaps_at_its_own_pace(tmp_path: Path) -> None:
    slow = [a_quote(25 * i, 4200.0, 4200.25 + i % 2) for i in range(50)]
    assert problems(tmp_path, slow) == []
    pause = [*slow, a_quote(25 * 49 + 400, 4200.0, 4200.25)]
    assert problems(tmp_path, pause) == []
    silence = [*slow, a_quote(25 * 49 + 700, 4200.0, 4200.25)]
    assert [problem.kind for problem in problems(tmp_path, silence)] == ["gap"]
