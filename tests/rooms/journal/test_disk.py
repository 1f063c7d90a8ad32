"""A disk that is full, and a file that is taken away: the desk is told, nothing that was committed is lost."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from bot.errors import Unreachable
from bot.journal import Writer, reserve, rows
from bot.journal.check import check
from bot.journal.checkpoints import EVERY, PASSIVE, Checkpoints
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.reserve import SIZE, Reserve
from bot.journal.schema import SHORTCUT
from bot.journal.store import SqliteStore
from tests.rooms.journal.build import ES, SECOND, Told, Wall, facts, writer


class Paged(SqliteStore):
    """A database that may have so many pages and no more: SQLite's own full disk."""

    def limit(self, more: int) -> None:
        """Let it grow by so many pages."""
        self.one(f"PRAGMA max_page_count = {self.one('PRAGMA page_count') + more}")


class Small(Reserve):
    """The reserve on a disk that somebody else has filled: what is given up is all the room there is."""

    full = True

    def given(self) -> None:
        """Its room is the journal's."""

    def give_up(self) -> bool:
        """Give it up."""
        there = super().give_up()
        self.given()
        return there

    def lacking(self) -> str:
        """There is none while the disk is full."""
        return "the disk is full: the journal is written into its last reserve" if self.full else super().lacking()


@contextmanager
def paged(folder: Path, wall: Wall, kept: Reserve | None = None) -> Iterator[tuple[Paged, Writer]]:
    """A journal whose disk can be filled."""
    kept = kept or Reserve(folder / "journal.db.reserve")
    with closing(Paged(folder / "journal.db", synchronous="NORMAL", reserve=kept)) as store:
        store.script(SHORTCUT.read_text())
        yield store, Writer(store, facts("run"), (ES,), hold=False, now_ns=wall, started_ns=wall.now)


def signals(path: Path) -> int:
    """How many signals the journal holds; it must be whole."""
    with reading(place(str(path))) as reader:
        assert check(reader) == []
        return len(reader.read(rows.Signal, reader.runs))


def test_a_full_disk_gives_the_reserve_up_and_takes_it_back(tmp_path: Path) -> None:
    # given a desk whose disk is full
    wall, room = Wall(step=0), tmp_path / "journal.db.reserve"
    with paged(tmp_path, wall) as (store, journal):
        told = Told(journal)
        assert room.stat().st_size == SIZE
        store.limit(0)
        # when it has more to write than fits
        for second in range(200):
            told.signal(second)
            journal.commit()
        # then the reserve is given up, and the desk is told
        assert journal.down.startswith("database or disk is full")
        # with what is full, and what to do
        assert str(tmp_path / "journal.db") in journal.down
        assert "has room" in journal.down
        assert not room.exists()
        # when there is room again
        store.limit(10_000)
        wall.now += SECOND
        told.signal(200)
        journal.commit()
        # then everything is written, and there is a reserve
        assert not journal.down
        assert room.stat().st_size == SIZE
    assert signals(tmp_path / "journal.db") == 201


def test_while_the_reserve_is_in_use_rows_are_written_and_nothing_new_begins(tmp_path: Path) -> None:
    # given a disk that is full but for the reserve
    wall = Wall(step=0)
    kept = Small(tmp_path / "journal.db.reserve")
    with paged(tmp_path, wall, kept) as (store, journal):
        kept.given = lambda: store.limit(100_000)
        store.limit(0)
        told = Told(journal)
        # when the desk goes on
        for second in range(200):
            told.signal(second)
            journal.commit()
            wall.now += SECOND
        # then its words are there, and it knows that they are its last
        assert journal.down == "the disk is full: the journal is written into its last reserve"
        assert signals(tmp_path / "journal.db") == 200
        # when somebody makes room
        kept.full = False
        journal.commit()
        assert not journal.down


def test_without_room_for_last_words_no_desk_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve, "SIZE", 1 << 62)
    with pytest.raises(Unreachable, match="no room for a journal's last words") as refused:
        writer(str(tmp_path / "journal.db"), durability="power")
    assert "free some space" in refused.value.do
    writer(str(tmp_path / "journal.db")).close()  # a replay has none to say


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_journal_that_is_taken_away_is_missed_at_the_next_commit(tmp_path: Path, how: str) -> None:
    wall, path, aside = Wall(step=0), tmp_path / "journal.db", tmp_path / "aside.db"
    journal = writer(str(path), durability="power", wall=wall)
    told = Told(journal)
    told.signal(0)
    journal.commit()
    shutil.copy(path, tmp_path / "copy.db")
    if how == "deleted":
        path.unlink()
    else:
        path.rename(aside)
    if how == "replaced":
        shutil.copy(tmp_path / "copy.db", path)
    told.signal(1)
    journal.commit()
    assert "moved, deleted or replaced" in journal.down
    if how == "moved":
        aside.rename(path)  # put back where it was
        wall.now += SECOND
        journal.commit()
        assert not journal.down
        journal.close()
        assert signals(path) == 2
        return
    with pytest.raises(Unreachable, match="moved, deleted or replaced"):
        journal.close()


def test_the_log_is_moved_into_the_file_beside_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with writer(str(path)) as journal:  # a replay, which has none of its own
        told, beside = Told(journal), Checkpoints(path, lambda: None)
        for second in range(EVERY - 1):
            _wrote(told, second, None)
            beside.wrote(1)
        before = path.stat().st_size
        beside.wrote(1)
        beside.close()
        assert path.stat().st_size > before
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as alone:  # it sees no log
            assert alone.execute("SELECT COUNT(*) FROM signal").fetchone() == (EVERY - 1,)


class _Unhurried(Checkpoints):
    """One whose thread ends when it is told to."""

    def __init__(self, path: Path, move: Callable[[], object]) -> None:
        super().__init__(path, move)
        self.moved, self.may_end = Event(), Event()

    def _run(self) -> None:
        super()._run()
        self.moved.set()
        self.may_end.wait()


def test_a_log_begins_anew_although_its_writer_never_pauses(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with writer(str(path)) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        told, beside = Told(journal), _Unhurried(path, lambda: other.execute(PASSIVE))
        for second in range(EVERY - 1):
            _wrote(told, second, beside)
        began = _beginning(path)

        with closing(sqlite3.connect(path, isolation_level=None)) as reader:  # it keeps the newest group in the log
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM signal").fetchone()
            _wrote(told, EVERY, beside)
            beside.moved.wait()
        for second in range(EVERY, EVERY + 3):  # meanwhile
            _wrote(told, second, beside)
        assert _beginning(path) == began
        beside.may_end.set()
        beside.close()

        _wrote(told, EVERY + 3, beside)
        _wrote(told, EVERY + 4, beside)
        assert _beginning(path) != began


def _wrote(told: Told, second: int, beside: Checkpoints | None) -> None:
    told.signal(second)
    told.journal.commit()
    told.journal.flush()
    if beside is not None:
        beside.wrote(1)


def _beginning(path: Path) -> bytes:
    """What tells one log from the next: the salt in its header."""
    return path.with_name(f"{path.name}-wal").read_bytes()[16:24]
