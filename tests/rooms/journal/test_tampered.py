"""Whatever is done to a whole journal by hand, `db check` finds it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.journal import rows
from bot.journal.check import check
from bot.journal.legality import unpaid
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.rooms.journal.test_migrations import raw

TAMPERED = ("decision", "order_event", "fill")
"""Chained tables with rows in this journal."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of two round trips and a refusal, without its triggers."""
    path = tmp_path_factory.mktemp("whole") / "journal.db"
    with writer(str(path)) as journal:
        told = Told(journal)
        for _ in range(2):
            the_lesson(told)
        told.blocked(2000)
        journal.finish({})
    with raw(str(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
    return path


def found(path: Path) -> set[str]:
    """The kinds of problems that are found, beside the triggers that are gone."""
    with reading(place(str(path))) as reader:
        return {problem["kind"] for problem in check(reader)} - {"schema"}


@given(st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_change_by_hand_is_overlooked(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "changed.db"
    shutil.copy(whole, path)
    assert found(path) == set()
    with raw(str(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        how = data.draw(st.sampled_from(["changed", "deleted", "doubled"]))
        if how == "deleted":
            # without its last row a run is one that was cut off: that cannot be told
            tables = [name for name in rows.TABLES if name != "mode_change"]
            filled = [n for n in tables if connection.execute(f'SELECT COUNT(*) FROM "{n}"').fetchone() != (0,)]
            table = data.draw(st.sampled_from(filled))
            seqs = [seq for (seq,) in connection.execute(f'SELECT seq FROM "{table}"')]
            connection.execute(f'DELETE FROM "{table}" WHERE seq = ?', (data.draw(st.sampled_from(seqs)),))
        elif how == "changed":
            table = data.draw(st.sampled_from(TAMPERED))
            seqs = [seq for (seq,) in connection.execute(f'SELECT seq FROM "{table}"')]
            connection.execute(f'UPDATE "{table}" SET ts = ts + 1 WHERE seq = ?', (data.draw(st.sampled_from(seqs)),))
        else:
            columns = ", ".join(name for name in rows.Fill._fields if name not in ("seq", "id", "exec_id"))
            (last,) = connection.execute("SELECT MAX(seq) FROM mode_change").fetchone()
            connection.execute(
                f"INSERT INTO fill (seq, id, exec_id, {columns}) "
                f"SELECT {last + 1}, id || '9', 'x', {columns} FROM fill LIMIT 1"
            )
    assert found(path), how


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE decision SET verdict = 'blocked' WHERE seq = (SELECT MIN(seq) FROM decision)", "gate"),
        ("UPDATE decision SET reasons = '[]'", "gate"),
        ("UPDATE bracket SET decision_id = (SELECT MIN(id) FROM decision)", "gate"),
        ("UPDATE \"order\" SET role = 'entry'", "gate"),
        ("UPDATE order_event SET state = 'sent' WHERE seq = (SELECT MAX(seq) FROM order_event)", "legality"),
        ("UPDATE order_event SET state = 'odd' WHERE seq = (SELECT MAX(seq) FROM order_event)", "legality"),
        ("UPDATE bracket_event SET state = 'closed'", "legality"),
        ("UPDATE bracket_event SET state = 'odd'", "legality"),
        ("UPDATE fill SET side = -side", "legality"),
        ("UPDATE signal SET id = run || '-77' WHERE seq = (SELECT MIN(seq) FROM signal)", "id"),
        ("UPDATE fill SET id = (SELECT id FROM decision LIMIT 1) WHERE seq = (SELECT MIN(seq) FROM fill)", "id"),
        ("UPDATE fill SET id = 'x' || id WHERE seq = (SELECT MIN(seq) FROM fill)", "id"),
    ],
)
def test_what_no_desk_writes_is_named(whole: Path, tmp_path: Path, change: str, kind: str) -> None:
    path = tmp_path / "changed.db"
    shutil.copy(whole, path)
    with raw(str(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        if "role" in change:
            change += ' WHERE seq = (SELECT MAX(seq) FROM "order")'
        if "sent" in change:
            connection.execute(
                "INSERT INTO order_event SELECT seq + 1000, run, client_order_id, state, ts, source, broker_id, "
                "message, chain FROM order_event WHERE state = 'filled' ORDER BY seq DESC LIMIT 1"
            )
        connection.execute(change)
    assert kind in found(path)


def test_a_commission_that_never_came_is_a_question(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal, commission="2.06")
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802)
        journal.heartbeat(told.at(700))
        journal.commit()
    with reading(place(file_url)) as reader:
        assert unpaid(reader, reader.runs) == []
    with raw(file_url) as connection:
        connection.execute("DROP TRIGGER commission_no_delete")
        connection.execute("DELETE FROM commission")
    with reading(place(file_url)) as reader:
        (said,) = unpaid(reader, reader.runs)
    assert "is not known" in said
