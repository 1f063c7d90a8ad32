"""The journal taken elsewhere: what leaves it is what the lists say, row by row, and no spreadsheet calculates it."""

import csv
import io
import json
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.journal import journal as commands
from bot.domain.command import Command
from bot.domain.instrument import Instrument
from bot.errors import InputMissing, UsageError
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import READ_AT_ONCE, reading
from bot.journal.remarks import write
from bot.review.export.cells import FORMULA, NUMBER, cell
from bot.review.export.executions import STYLES, executions, symbol
from bot.review.export.table import EACH, columns_of, write_csv, write_json, write_parquet
from tests.bench.year import build
from tests.rooms.journal.build import ES, Told, the_lesson, writer


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with two runs, refusals, an unused signal, and a person's words."""
    path = tmp_path_factory.mktemp("export") / "journal.db"
    with writer(str(path), run="one") as journal:
        the_lesson(Told(journal))
        Told(journal).blocked(2000)
        journal.finish({})
    with writer(str(path), run="two") as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        told.signal(3000, kind="sweep", side=-1)
        journal.finish({})
    write(place(str(path)), Command("note", "1", 1, subject=bracket.id, text='a, "b"\nc'))
    write(place(str(path)), Command("tag", "2", 2, subject=bracket.id, tags=("late",), who="me"))
    return path


def listed(path: Path, name: str, run: str = "all") -> list[dict[str, Any]]:
    with reading(place(str(path))) as reader:
        return [dict(row) for row in EACH[name](reader, reader.choose(run), Filters())]


def ran(path: Path, *words: str) -> Result:
    return CliRunner().invoke(commands, ["export", *words, "--journal", str(path)])


@pytest.mark.parametrize("name", EACH)
def test_every_column_of_a_list_is_exported(path: Path, name: str) -> None:
    rows = listed(path, name)
    assert [list(row) for row in rows] == [list(columns_of(name))] * len(rows)
    assert rows


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("run", ["last", "all", "one"])
def test_json_is_what_the_list_prints(path: Path, name: str, run: str) -> None:
    said = CliRunner().invoke(commands, [name, "--json", "--run", run, "--journal", str(path)])
    assert json.loads(ran(path, name, "--format", "json", "--run", run).stdout) == json.loads(said.stdout)


@pytest.mark.parametrize("name", EACH)
def test_a_table_holds_every_row_with_its_decimals_as_text(path: Path, name: str, tmp_path: Path) -> None:
    rows, columns = listed(path, name), columns_of(name)
    # when it is written as Parquet and as CSV
    with (tmp_path / "t.parquet").open("wb") as file:
        assert write_parquet(file, columns, rows) == len(rows)
    printed = io.BytesIO()
    assert write_csv(printed, columns, rows) == len(rows)
    # then both say the same, an absent value being empty
    read = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [told_again(row) for row in read] == rows
    for row, line in zip(rows, csv.DictReader(io.StringIO(printed.getvalue().decode())), strict=True):
        assert line == {key: "" if value is None else str(cell(value)) for key, value in row.items()}


def told_again(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table with its JSON text as what it says."""
    return {key: json.loads(value) if str(value)[:1] in ("[", "{") else value for key, value in row.items()}


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_an_empty_list_is_an_empty_file_with_its_columns(path: Path, form: str, tmp_path: Path) -> None:
    out = tmp_path / f"none.{form}"
    assert ran(path, "signals", "--strategy", "nobody", "--out", str(out)).exit_code == 0
    if form == "json":
        assert json.loads(out.read_text()) == []
    else:
        names = out.read_text().rstrip().split(",") if form == "csv" else pq.read_table(out).column_names
        assert names == list(columns_of("signals"))


class Line(dict[str, Any]):
    """A row whose life can be followed."""


@pytest.mark.parametrize("write_as", [write_csv, write_json])
def test_a_row_is_forgotten_when_the_next_is_written(write_as: Callable[..., int]) -> None:
    made, alive = list[weakref.ref[Line]](), list[int]()

    def rows() -> Iterator[Line]:
        for number in range(100):
            line = Line(id=number)
            made.append(weakref.ref(line))
            alive.append(sum(one() is not None for one in made))
            yield line

    assert write_as(io.BytesIO(), ["id"], rows()) == 100
    assert max(alive) <= 2


@given(st.text() | st.sampled_from(FORMULA).flatmap(lambda first: st.text().map(first.__add__)))
def test_no_text_is_a_formula(text: str) -> None:
    found = cell(text)
    assert found == text or found == f"'{text}"
    assert not found.startswith(FORMULA) or NUMBER.fullmatch(found)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_a_number_stays_a_number(value: Any) -> None:
    assert cell(f"{value:f}") == f"{value:f}"


def test_neither_a_file_nor_a_list_lets_a_name_be_a_formula(tmp_path: Path) -> None:
    with writer(str(tmp_path / "j.db")) as journal:
        Told(journal, strategy="=1+1").blocked(0)
        journal.finish({})
    for words in (["export", "blocked"], ["blocked", "--csv"]):
        said = CliRunner().invoke(commands, [*words, "--journal", str(tmp_path / "j.db")])
        (row,) = csv.DictReader(io.StringIO(said.stdout))
        assert row["strategy"] == "'=1+1"


STOCK = Instrument("SPY", ES.tick, ES.tick_value, contract="SPY", kind="stock", exchange="ARCA", calendar="NYSE")


def test_executions_stand_in_the_columns_that_others_publish(tmp_path: Path) -> None:
    # given the worked trade in a future, and once more in a stock
    with writer(str(tmp_path / "j.db"), run="one", instruments=(ES, STOCK)) as journal:
        the_lesson(Told(journal))
        the_lesson(Told(journal, instrument=1, contract="SPY", executions=9))
        journal.finish({})
    # when
    found = {}
    with reading(place(str(tmp_path / "j.db"))) as reader:
        for name, style in STYLES.items():
            text = io.BytesIO()
            write_csv(text, style.columns, executions(reader, reader.runs, Filters(), style))
            found[name] = text.getvalue().decode().splitlines()
    # then
    assert found["tradervue"][:3] == [
        "Date,Time,Symbol,Quantity,Price,Side,Commission",
        "05/25/2023,09:41:30,ESM23,1,4200.50,Buy,2.06",
        "05/25/2023,09:55:50,ESM23,1,4202.00,Sell,2.06",
    ]
    assert found["tradezella"] == [
        "Date,Time,Symbol,Buy/Sell,Quantity,Price,Spread,Expiration,Strike,Call/Put,Commission,Fees",
        "05/25/23,09:41:30,ESM23,Buy,1,4200.50,Future,,,,2.06,",
        "05/25/23,09:55:50,ESM23,Sell,1,4202.00,Future,,,,2.06,",
        "05/25/23,09:41:30,SPY,Buy,1,4200.50,Stock,,,,2.06,",
        "05/25/23,09:55:50,SPY,Sell,1,4202.00,Stock,,,,2.06,",
    ]


@pytest.mark.parametrize(
    ("contract", "said"), [("ESZ2026", "ESZ26"), ("CLN6", "CLN6"), ("MESH27", "MESH27"), ("X", "X")]
)
def test_a_contract_is_named_with_two_digits_of_its_year(contract: str, said: str) -> None:
    assert symbol(contract) == said


def test_another_journal_takes_executions_only(path: Path) -> None:
    assert ran(path, "--format", "tradervue").stdout == ran(path, "fills", "--format", "tradervue").stdout
    refused = ran(path, "signals", "--format", "tradezella").exception
    assert isinstance(refused, UsageError)
    assert "takes executions, not signals" in str(refused)


def test_a_journal_is_never_written_over(path: Path) -> None:
    before = path.read_bytes()
    assert isinstance(ran(path, "--out", str(path)).exception, UsageError)
    assert path.read_bytes() == before


@pytest.mark.parametrize("words", [("--format", "parquet"), ("--out", "."), ("--out", "/proc/no/such/file.csv")])
def test_where_nothing_can_be_written_is_said(path: Path, words: tuple[str, ...]) -> None:
    assert isinstance(ran(path, *words).exception, UsageError)


def test_without_a_journal_there_is_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert isinstance(ran(tmp_path / "none.db", "--out", str(out)).exception, InputMissing)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_is_read_in_parts_of_which_none_is_lost(tmp_path: Path) -> None:
    # given more than twice what is read at once, in 250 runs
    build(tmp_path / "j.db", 250, 2 * READ_AT_ONCE + 100)
    with reading(place(str(tmp_path / "j.db"))) as reader:
        # when all of them are read, some, one, and none
        for runs in (reader.runs, reader.runs[10:200], reader.runs[7:8], []):
            # then it is what one question gives
            assert list(reader.each(rows.Signal, runs)) == reader.read(rows.Signal, runs)
        assert len(reader.read(rows.Signal, reader.runs)) > 2 * READ_AT_ONCE
