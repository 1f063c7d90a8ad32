"""`db backup` and `db restore`: a copy that is proven, put back by one command, with nothing lost that stood there."""

import os
import subprocess
from pathlib import Path

import pytest

from bot.errors import InputMissing, UsageError
from bot.journal.backups import backups
from bot.journal.canonical import journal_hash
from bot.journal.copying import restore
from bot.journal.place import place
from tests.rooms.journal.build import WALL, Told, the_lesson, writer
from tests.rooms.journal.test_commands import Paperpit, paperpit, told
from tests.rooms.journal.test_migrations import raw
from tests.servers import Postgres, binary

__all__ = ["paperpit"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with one run."""
    told(tmp_path / "journal.db", "first")
    return tmp_path / "journal.db"


def test_a_copy_is_made_while_the_journal_is_written_and_put_back_when_it_is_lost(
    paperpit: Paperpit, path: Path
) -> None:
    # given a journal that somebody writes
    with writer(str(path), run="second", durability="process") as journal:
        the_lesson(Told(journal))
        journal.commit()
        ran = paperpit("db", "backup", "--journal", str(path), "--json")
        copy = Path(ran.json["copy"])
        assert (ran.code, backups(path)) == (0, [copy])
        # then nothing is put into its place under the writer's hands
        refused = paperpit("db", "restore", str(copy), "--journal", str(path))
        assert refused.code == 75
        assert "paperpit stop" in refused.err
    before = journal_hash(str(copy))
    # when the file is lost, and the copy put back
    path.unlink()
    ran = paperpit("db", "restore", str(copy), "--journal", str(path))
    assert ran.code == 0, ran.err
    assert "what stood there: nothing" in ran.out
    assert "asked of the broker" in ran.err
    # then it is the journal, and the copy stands
    assert journal_hash(str(path)) == journal_hash(str(copy)) == before
    assert paperpit("db", "check", "--journal", str(path)).code == 0


def test_what_stood_there_is_set_aside_with_its_log_and_its_unwritten_rows(paperpit: Paperpit, path: Path) -> None:
    assert paperpit("db", "backup", "--journal", str(path), "--out", str(path.with_name("copy.db"))).code == 0
    content = path.read_bytes()
    path.with_name("journal.db-wal").write_bytes(b"log")
    path.with_name("first.unwritten").write_bytes(b"rows")
    aside = Path(
        paperpit("db", "restore", str(path.with_name("copy.db")), "--journal", str(path), "--json").json["aside"]
    )
    assert aside.read_bytes() == content
    assert {one.name for one in aside.parent.iterdir()} >= {"journal.db", "journal.db-wal", "first.unwritten"}
    assert not path.with_name("journal.db-wal").exists()
    assert paperpit("db", "check", "--journal", str(path)).code == 0


@pytest.mark.parametrize("how", ["no journal", "cut off", "changed"])
def test_what_is_no_whole_copy_is_not_put_back(paperpit: Paperpit, path: Path, how: str) -> None:
    # given a file that is no copy, or no whole one
    copy, content = path.with_name("copy.db"), path.read_bytes()
    assert paperpit("db", "backup", "--journal", str(path), "--out", str(copy)).code == 0
    if how == "no journal":
        copy.write_text("adapter = 'ib'")
    elif how == "cut off":
        os.truncate(copy, copy.stat().st_size // 2)
    else:
        with raw(str(copy)) as connection:
            connection.execute("DROP TRIGGER fill_no_update")
            connection.execute("UPDATE fill SET price = price + 1")
    # when it is to be put back
    ran = paperpit("db", "restore", str(copy), "--journal", str(path))
    # then it is refused, and nothing has moved
    assert ran.code == 65, ran.err
    assert "Traceback" not in ran.err
    assert path.read_bytes() == content
    assert not [one.name for one in path.parent.iterdir() if one.name.startswith(("journal.db.restoring", "set-aside"))]


def test_a_copy_that_is_not_there_and_one_that_would_be_written_over_are_refused(
    paperpit: Paperpit, path: Path
) -> None:
    with pytest.raises(InputMissing, match="no such copy"):
        restore(place(str(path)), path.with_name("absent.db"), WALL)
    ran = paperpit("db", "backup", "--journal", str(path), "--out", str(path))
    assert (ran.code, "of that name already" in ran.err) == (2, True)
    assert paperpit("db", "backup", "--journal", str(path.with_name("absent.db"))).code == 66


def test_a_server_s_journal_is_copied_by_pg_dump_and_comes_back_by_pg_restore(
    paperpit: Paperpit, server: Postgres, tmp_path: Path
) -> None:
    program = binary("pg_dump")
    if program is None:
        pytest.skip("pg_dump is not installed")
    url, copy = server.database(), tmp_path / "journal.dump"
    with writer(url, durability="process") as journal:
        the_lesson(Told(journal))
        journal.finish({})
        ran = paperpit("db", "backup", "--journal", url, "--out", str(copy))
        assert ran.code == 0, ran.err
    again = server.database("restored")
    subprocess.run(
        [Path(program).with_name("pg_restore"), f"--dbname={again}", "--clean", "--if-exists", copy], check=True
    )
    assert journal_hash(again) == journal_hash(url)
    with pytest.raises(UsageError, match="by its own tools") as refused:
        restore(place(url), copy, WALL)
    assert "pg_restore --clean --if-exists" in refused.value.do
