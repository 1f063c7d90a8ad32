"""A database that fails for a while costs no row and doubles none: what was told is kept and written later."""

import resource
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.errors import Locked, Unreachable
from bot.journal import Writer, rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.schema import SHORTCUT
from bot.journal.store import Rows, SqliteStore
from tests.rooms.journal.build import ES, Told, Wall, facts, writer
from tests.servers import Postgres


def disconnect(url: str) -> None:
    """What a server does to everybody when it is restarted."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'paperpit%'"
        )


def signals(url: str) -> int:
    """How many signals the journal holds; it must be whole."""
    with reading(place(url)) as reader:
        assert check(reader) == []
        return len(reader.read(rows.Signal, reader.runs))


def test_a_lost_connection_is_made_anew_and_no_row_is_lost(server: Postgres) -> None:
    url = server.database()
    with writer(url, durability="power") as journal:
        told = Told(journal)
        told.signal(0)
        journal.commit()
        disconnect(url)
        told.signal(1)
        with pytest.raises(Unreachable):
            journal.commit()
        told.signal(2)
        journal.commit()
        assert signals(url) == 3


def test_a_writer_whose_journal_another_took_meanwhile_writes_no_more(server: Postgres) -> None:
    url = server.database()
    journal = writer(url, durability="power")
    Told(journal).signal(0)
    journal.commit()
    disconnect(url)
    Told(journal).signal(1)
    with writer(url, run="usurper"):
        with pytest.raises(Unreachable):
            journal.commit()
        with pytest.raises(Locked, match="usurper"):
            journal.commit()
    with pytest.raises(Locked, match="another process has written"):
        journal.close()
    assert signals(url) == 1


class LostAnswer(SqliteStore):
    """Writes, and then the answer is lost, as with a connection that breaks during COMMIT."""

    losing = False

    def write(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Insert the rows; say that it failed when losing."""
        super().write(group)
        if self.losing:
            self.losing = False
            raise Unreachable("the answer was lost")


def test_a_commit_whose_answer_was_lost_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(LostAnswer(path, synchronous="NORMAL")) as store:
        store.script(SHORTCUT.read_text())
        journal = Writer(store, facts("run"), (ES,), hold=False, now_ns=Wall(), started_ns=1)
        told = Told(journal)
        store.losing = True
        told.signal(0)
        with pytest.raises(Unreachable):
            journal.commit()
        told.signal(1)
        journal.commit()
    assert signals(str(path)) == 2


def test_a_full_disk_costs_no_row(file_url: str) -> None:
    """A process may write no more bytes for a while (the error is that of a failing disk), then it may again."""
    code = f"""
import resource
from bot.errors import Unreachable
from tests.rooms.journal.build import *
journal = writer({file_url!r}, durability="process")
told = Told(journal)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096 * 60, limits[1]))
failed = 0
for second in range(400):
    told.signal(second)
    try:
        journal.commit()
    except Unreachable:
        failed += 1
        break
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
assert failed
journal.finish({{"signals": second + 1}})
journal.close()
print(second + 1)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert signals(file_url) == int(ran.stdout)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
