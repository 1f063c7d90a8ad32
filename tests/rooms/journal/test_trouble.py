"""A database that fails for a while costs no row and doubles none: what was told is kept and written later."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.errors import Locked, Unreachable
from bot.journal import Writer, rows
from bot.journal.canonical import hash_of
from bot.journal.check import check
from bot.journal.lock import Owner
from bot.journal.place import place
from bot.journal.postgres import PostgresStore
from bot.journal.reading import reading
from bot.journal.schema import SHORTCUT
from bot.journal.store import Rows, SqliteStore
from bot.journal.unwritten import path_of
from tests.rooms.journal.build import ES, SECOND, Told, Wall, facts, writer
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
    wall = Wall()
    with writer(url, durability="power", wall=wall) as journal:
        told = Told(journal)
        told.signal(0)
        journal.commit()
        disconnect(url)
        told.signal(1)
        journal.commit()
        assert "server closed the connection" in journal.down
        told.signal(2)
        wall.now += SECOND
        journal.commit()
        assert not journal.down
        assert signals(url) == 3


@pytest.mark.parametrize("rows_of_it", [1, 300])
def test_a_server_that_crashes_is_told_by_the_journal_alone(
    server: Postgres, caplog: pytest.LogCaptureFixture, rows_of_it: int
) -> None:
    """Given a group that is on its way when the server is gone: the driver itself says nothing on standard error."""
    url, wall = server.database(), Wall()
    with writer(url, durability="power", wall=wall) as journal:
        told = Told(journal)
        server.restart()
        for second in range(rows_of_it):
            told.signal(second)
        journal.commit()
        assert "server closed the connection" in journal.down or "terminating connection" in journal.down
        assert caplog.messages == []
        wall.now += SECOND
        journal.commit()
        assert not journal.down
    assert signals(url) == rows_of_it


def test_a_writer_whose_journal_another_took_meanwhile_writes_no_more(server: Postgres) -> None:
    url = server.database()
    wall = Wall()
    journal = writer(url, durability="power", wall=wall)
    Told(journal).signal(0)
    journal.commit()
    disconnect(url)
    Told(journal).signal(1)
    with writer(url, run="usurper"):
        journal.commit()
        assert journal.down
        wall.now += SECOND
        with pytest.raises(Locked, match="usurper"):
            journal.commit()
    with pytest.raises(Locked, match="another process has written"):
        journal.close()
    assert signals(url) == 1
    # what it could not write is kept for whoever wants to look
    path_of(place(url).folder, journal.run).unlink()


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
        wall = Wall()
        journal = Writer(store, facts("run"), (ES,), hold=False, now_ns=wall, started_ns=1)
        told = Told(journal)
        store.losing = True
        told.signal(0)
        journal.commit()
        assert journal.down == "the answer was lost"
        wall.now += SECOND
        told.signal(1)
        journal.commit()
    assert signals(str(path)) == 2


class Absent(SqliteStore):
    """A database that is not there for a while."""

    tries = 0
    there = True

    def write(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Insert the rows, if it is there."""
        self.tries += 1
        if not self.there:
            raise Unreachable("the journal cannot be written: nobody is there")
        super().write(group)


@contextmanager
def absent(tmp_path: Path, wall: Wall, *, hold: bool = False) -> Iterator[tuple[Absent, Writer]]:
    """A journal in a database that can go away."""
    with closing(Absent(tmp_path / "journal.db", synchronous="NORMAL")) as store:
        store.script(SHORTCUT.read_text())
        yield store, Writer(store, facts("run"), (ES,), hold=hold, now_ns=wall, started_ns=wall.now)


def test_it_is_tried_again_once_a_second_and_rows_keep_their_order(tmp_path: Path) -> None:
    wall = Wall(step=0)
    with absent(tmp_path, wall) as (store, journal):
        told, store.there, store.tries = Told(journal), False, 0
        for second in range(20):
            told.signal(second)
            journal.commit()
            assert journal.down == "nobody is there"
            wall.now += SECOND // 10
        assert store.tries == 2
        store.there = True
        wall.now -= 3600 * SECOND  # a clock that is set back does not delay it
        journal.commit()
        assert not journal.down
    assert signals(str(tmp_path / "journal.db")) == 20


def test_an_order_that_could_not_be_written_when_it_was_told_is_late(tmp_path: Path) -> None:
    """Given a position whose exit leaves while the journal is down: it stands there afterwards, and that it was late.
    The canonical rows are those of a run without the outage."""
    wall, hashes = Wall(step=0), []
    for name, broken in (("whole", False), ("broken", True)):
        (tmp_path / name).mkdir()
        with absent(tmp_path / name, wall) as (store, journal):
            told = Told(journal)
            bracket = told.bracket(0)
            told.fill(bracket.entry, 1, 16802)
            store.there = not broken
            order = told.flatten(bracket, 2, "flatten")
            store.there = True
            wall.now += SECOND
            told.fill(order, 3, 16800)
            told.closed(bracket, 3, 2, 0, "flatten")
            journal.finish({})
        with reading(place(str(tmp_path / name / "journal.db"))) as reader:
            late = [row.client_order_id for row in reader.read(rows.Order, reader.runs) if row.late]
            assert late == ([order.client_order_id] if broken else [])
            assert check(reader) == []
            hashes.append(hash_of(reader, reader.runs[0]))
    assert hashes[0] == hashes[1]


def test_a_journal_that_is_down_says_so_until_the_run_ends_and_then_refuses(tmp_path: Path) -> None:
    with absent(tmp_path, Wall()) as (store, journal):
        store.there = False
        with pytest.raises(Unreachable, match="nobody is there"):
            journal.finish({})


def test_a_replay_has_nothing_to_protect_and_ends(tmp_path: Path) -> None:
    with absent(tmp_path, Wall(step=SECOND), hold=True) as (store, journal):
        store.there = False
        Told(journal).signal(0)
        with pytest.raises(Unreachable, match="nobody is there"):
            journal.commit()


def test_no_more_rows_are_kept_than_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.journal.groups.KEPT_ROWS", 3)
    with absent(tmp_path, Wall(step=SECOND)) as (store, journal):
        store.there = False
        for second in range(3):
            journal.heartbeat(second)
            journal.commit()
        journal.heartbeat(4)
        with pytest.raises(Unreachable, match="4 rows wait for it"):
            journal.commit()


def test_a_lost_connection_that_the_server_still_knows_is_ended_by_its_owner(server: Postgres) -> None:
    """Given a connection that broke on our side only: the server's half of it still owns the journal."""
    url, owner = server.database(), Owner("run", 7, "here", 1)
    with closing(PostgresStore(place(url), owner)) as lost:
        with closing(PostgresStore(place(url), owner)), pytest.raises(Unreachable):
            lost.one("SELECT 1")
        with closing(PostgresStore(place(url), Owner("other", 8, "here", 1))), pytest.raises(Locked, match="other"):
            PostgresStore(place(url), owner)


def test_a_journal_is_let_go_before_the_server_has_noticed_that_we_are_gone(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a server that is slow to notice the end of a connection: here it never does."""
    url = server.database()
    store = PostgresStore(place(url), Owner("run", 1, "here", 1))
    with monkeypatch.context() as unnoticed:
        unnoticed.setattr(psycopg.Connection, "close", lambda connection: None)
        store.close()
    PostgresStore(place(url), Owner("other", 2, "here", 1)).close()


def test_a_server_that_says_nothing_is_not_waited_for(server: Postgres) -> None:
    """Given a server's process that is stopped: no error ever comes."""
    url, wall = server.database(), Wall(step=0)
    journal = writer(url, durability="power", wall=wall)
    with psycopg.connect(url, autocommit=True) as other:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'paperpit%'"
        (pid,) = other.execute(query).fetchone() or (0,)
    os.kill(pid, signal.SIGSTOP)
    try:
        Told(journal).signal(0)
        begun = time.monotonic()
        journal.commit()
        assert time.monotonic() - begun < 30
        assert "no answer" in journal.down
        wall.now += 60 * SECOND
        journal.commit()
        assert journal.down.startswith("the lost connection still holds its lock")
    finally:
        os.kill(pid, signal.SIGCONT)
    wall.now += 60 * SECOND
    journal.commit()
    assert not journal.down
    journal.close()
    assert signals(url) == 1


def test_a_full_disk_costs_no_row(file_url: str) -> None:
    """A process may write no more bytes for a while (the error is that of a failing disk), then it may again."""
    code = f"""
import resource
from tests.rooms.journal.build import *
wall = Wall()
journal = writer({file_url!r}, durability="process", wall=wall)
told = Told(journal)
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096 * 60, limits[1]))
failed = 0
for second in range(400):
    told.signal(second)
    journal.commit()
    failed += bool(journal.down)
    wall.now += SECOND // 4
assert failed > 100
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
wall.now += SECOND
journal.commit()
assert not journal.down
journal.finish({{"signals": second + 1}})
journal.close()
print(second + 1)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert signals(file_url) == int(ran.stdout)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
