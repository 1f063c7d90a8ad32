"""A live desk writes on no damaged journal, and begins no new one in the place of one that was."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import DataDamaged, Locked, Unreachable
from bot.journal.account import lock_account
from bot.journal.backups import backups
from bot.journal.canonical import journal_hash
from bot.journal.copying import back_up, copy_to
from bot.journal.place import place
from tests.rooms.journal.build import WALL, Told, the_lesson, writer
from tests.rooms.journal.test_migrations import raw

DAY = 86_400_000_000_000


def killed(url: str, rounds: int = 1) -> None:
    """A live run that was cut off."""
    journal = writer(url, durability="process")
    told = Told(journal)
    for _ in range(rounds):
        the_lesson(told)
    journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The journal of a live run that was cut off, with a copy."""
    path = tmp_path / "journal.db"
    killed(str(path), 40)
    back_up(path, 7, WALL)
    return path


def overwritten(path: Path, at: int) -> None:
    """Some bytes of a file are not what they were."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 64)


def typed(command: str) -> None:
    """What a person types."""
    here = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["sh", "-c", command], check=True, env={**os.environ, "PATH": here}, capture_output=True)


@pytest.mark.parametrize("at", ["header", "a page"])
def test_a_damaged_file_is_refused_with_the_way_back(path: Path, at: str) -> None:
    # given a journal of which some bytes are not what they were
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'order_event'").fetchone()
    overwritten(path, 0 if at == "header" else (root - 1) * 4096)
    before = path.read_bytes()
    # when a live desk is started
    with pytest.raises(DataDamaged) as refused:
        writer(str(path), durability="process")
    # then it refuses, nothing is changed, and what it says to do brings the copy back
    assert path.read_bytes() == before
    typed(refused.value.do.partition(" (")[0])
    writer(str(path), durability="process").close()
    assert [one.read_bytes() for one in path.parent.glob("set-aside/*/journal.db")] == [before]


def test_a_file_that_was_emptied_or_is_gone_is_not_begun_anew(path: Path) -> None:
    os.truncate(path, 0)
    with pytest.raises(DataDamaged, match="gone or empty") as refused:
        writer(str(path), durability="process")
    path.unlink()
    with pytest.raises(DataDamaged, match="gone or empty"):
        writer(str(path), durability="process")
    typed(refused.value.do.partition(" (")[0])
    writer(str(path), durability="process").close()


def test_a_chain_that_was_broken_by_hand_is_refused_when_the_last_run_was_cut_off(url: str) -> None:
    killed(url)
    with raw(url) as connection:
        if place(url).path is None:
            connection.execute("ALTER TABLE fill DISABLE TRIGGER USER")
        else:
            connection.execute("DROP TRIGGER fill_no_update")
        connection.execute("UPDATE fill SET price = price + 1")
    with pytest.raises(DataDamaged, match="changed by hand: fill row") as refused:
        writer(url, durability="process")
    assert "restore" in refused.value.do


def test_a_whole_journal_is_written_on(url: str) -> None:
    killed(url)
    killed(url)
    with writer(url, durability="power") as journal:
        journal.finish({})
    writer(url, durability="power").close()


def test_a_copy_a_day_is_kept_and_so_many_of_them(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with writer(str(path), durability="process") as journal:
        the_lesson(Told(journal))
        journal.finish({})
        for day in range(9):  # also while it is written
            back_up(path, 3, WALL + day * DAY)
            back_up(path, 3, WALL + day * DAY)
    assert [copy.name[8:18] for copy in backups(path)] == ["2026-09-27", "2026-09-28", "2026-09-29"]
    assert {journal_hash(str(copy)) for copy in backups(path)} == {journal_hash(str(path))}


def test_a_copy_that_cannot_be_made_costs_no_older_one(path: Path) -> None:
    (path.parent / "backups" / "journal.unfinished").mkdir()
    with pytest.raises(Unreachable, match="could not be copied"):
        back_up(path, 1, WALL + DAY)
    assert len(backups(path)) == 1


def test_a_copy_that_is_not_whole_never_takes_the_place_of_one_that_is(path: Path) -> None:
    # given a journal in which somebody has changed a row by hand
    (before,) = backups(path)
    with raw(str(path)) as connection:
        connection.execute("DROP TRIGGER fill_no_update")
        connection.execute("UPDATE fill SET price = price + 1")
    # when the day's copy is made
    with pytest.raises(DataDamaged, match="copy is not whole: fill row"):
        back_up(path, 1, WALL)
    # then the one from before stands, and nothing is left of the other
    assert backups(path) == [before]
    assert list(before.parent.iterdir()) == [before]
    copy_to(before, path.with_name("other.db"))  # it is whole still


def test_an_account_has_one_desk_whatever_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process owns the account; a second desk with another journal is told who, and may start when it is dead."""
    monkeypatch.setattr("bot.journal.account.data_folder", lambda: tmp_path)
    code = f"""
import bot.journal.account as account, sys, json, os, pathlib
account.data_folder = lambda: pathlib.Path({str(tmp_path)!r})
account.lock_account("DU1/x", "first", "/one/journal.db", {WALL})
print(json.dumps(os.getpid()), flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = json.loads(owner.stdout.readline())
        with pytest.raises(Locked) as refused:
            lock_account("DU1/x", "second", "/two/journal.db", WALL)
        assert f"pid {pid}" in str(refused.value)
        assert "account DU1/x is owned by run first" in str(refused.value)
        assert "/one/journal.db" in str(refused.value)
        lock_account("DU2", "other", "/two/journal.db", WALL).release()
        # what a simulated gateway calls an account is that gateway's own
        lock_account("DU1/x", "other", "/two/journal.db", WALL, simulated_at="127.0.0.1:4002").release()
        owner.kill()
    lock_account("DU1/x", "second", "/two/journal.db", WALL).release()
