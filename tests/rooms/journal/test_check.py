"""What `db check` finds: each way of spoiling a journal has its name."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from bot.domain.order import BracketState, OrderState
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.rooms.journal.test_migrations import filled


def spoil(url: str, *statements: str) -> None:
    """Change rows as somebody with an editor would: the triggers are taken off and put back on."""
    path = place(url).path
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)


def kinds(url: str) -> list[str]:
    """Kinds of the problems found."""
    with reading(place(url)) as reader:
        return [problem["kind"] for problem in check(reader)]


def test_a_whole_journal_has_no_problem(url: str) -> None:
    filled(url)
    with reading(place(url)) as reader:
        assert check(reader) == []


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("a price", "UPDATE fill SET price = price + 1 WHERE role = 'target'"),
        ("a reason", "UPDATE decision SET reasons = replace(reasons, 'CPI', 'CPJ') WHERE verdict = 'blocked'"),
        ("a state", "UPDATE order_event SET state = 'rejected' WHERE seq = (SELECT MIN(seq) FROM order_event)"),
        ("a switch", "UPDATE control SET value = 'false'"),
    ],
)
def test_a_changed_byte_breaks_the_chain(file_url: str, name: str, statement: str) -> None:
    filled(file_url)
    spoil(file_url, statement)
    assert kinds(file_url) == ["hash-chain"], name


def test_a_deleted_row_breaks_chain_and_count(file_url: str) -> None:
    filled(file_url)
    spoil(file_url, "DELETE FROM control")
    assert set(kinds(file_url)) == {"hash-chain", "seq"}


def test_a_changed_footprint_is_found(file_url: str) -> None:
    filled(file_url)
    spoil(file_url, "UPDATE footprint SET bar = '{}'")
    assert kinds(file_url) == ["footprint"]


def test_a_missing_trigger_is_found(file_url: str) -> None:
    filled(file_url)
    path = place(file_url).path
    assert path is not None
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER fill_no_update")
    assert kinds(file_url) == ["schema"]


def test_a_column_of_somebody_elses_is_found(file_url: str) -> None:
    filled(file_url)
    spoil(file_url, "ALTER TABLE signal ADD COLUMN mood TEXT")
    assert kinds(file_url) == ["schema"]


def test_a_row_without_its_parent_is_found(file_url: str) -> None:
    filled(file_url)
    spoil(file_url, "DELETE FROM bracket")
    assert "foreign-key" in kinds(file_url)


def overfilled(told: Told) -> None:
    bracket = told.bracket(0)
    told.fill(bracket.entry, 1, 16802)
    told.fill(bracket.entry, 2, 16802)


def filled_without_fill(told: Told) -> None:
    bracket = told.bracket(0)
    told.journal.order_state(bracket.entry.client_order_id, OrderState.FILLED, told.at(1))


def closed_with_a_position(told: Told) -> None:
    bracket = told.bracket(0)
    told.fill(bracket.entry, 1, 16802)
    told.journal.bracket_state(bracket.id, BracketState.CLOSED, told.at(2), "target")


@pytest.mark.parametrize("lie", [overfilled, filled_without_fill, closed_with_a_position])
def test_fills_that_do_not_add_up_are_found(file_url: str, lie: Callable[[Told], None]) -> None:
    with writer(file_url) as journal:
        the_lesson(Told(journal))
        lie(Told(journal, executions=10))
        journal.finish({})
    assert kinds(file_url) == ["conservation"]


def test_an_effect_that_stands_before_its_cause_is_found(file_url: str) -> None:
    """The write-ahead law on the level of rows: intent, then the broker's word."""
    filled(file_url)
    spoil(
        file_url,
        "UPDATE \"order\" SET seq = seq + 100000 WHERE role = 'entry'",
    )
    assert "write-ahead" in kinds(file_url)
