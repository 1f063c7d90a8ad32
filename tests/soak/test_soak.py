"""A process that trades day after day at a gateway has the same size on its last day as when it had settled."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.background import meanwhile
from tests.servers import need_mosquitto
from tests.soak.size import Rest, left


def test_five_short_days_leave_nothing_behind() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "tests.soak", "DAYS=5", "HOURS=0.05"), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("grown=nothing"), done.stdout


def test_sessions_at_full_rate_leave_no_task_and_no_descriptor_behind_and_weigh_little() -> None:
    need_mosquitto("mosquitto")
    words = (sys.executable, "-P", "-m", "tests.soak.day", "SESSIONS=3", "COUNTS=3", "START=2026-11-17T14:00")
    done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "grown=nothing" in done.stdout


async def test_what_stays_is_seen_by_its_kind_though_it_is_one(tmp_path: Path) -> None:
    # given a process at rest, beside which something comes and goes
    async def flutter() -> None:
        while True:
            await asyncio.create_task(asyncio.sleep(0.02))
            await asyncio.sleep(0.07)

    async with meanwhile(flutter()):
        before = await Rest.now()
        assert left(before, await Rest.now()) == []
        # when a session leaves one task and one file behind
        leaked = asyncio.create_task(asyncio.Event().wait())
        with (tmp_path / "ESZ2026-7.part").open("wb"):
            after = await Rest.now()
        # then both are named
        assert left(before, after) == ["tasks Event.wait 0 → 1", "descriptors ESZ#-#.part 0 → 1"]
        # and one that takes the place of another is no excuse
        other = replace(after, tasks={**after.tasks, "Event.wait": 2})
        assert left(after, other) == ["tasks Event.wait 1 → 2"]
        leaked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaked
        assert left(before, await Rest.now()) == []


async def test_a_connection_that_stays_open_is_seen_and_what_sqlite_keeps_for_the_next_is_not(tmp_path: Path) -> None:
    # given a journal of which one connection stays open, as the desk's own does
    with closing(_journal(tmp_path)) as own:
        before = await Rest.now()
        # when two readers were open at once and are closed again
        with closing(_journal(tmp_path)), closing(_journal(tmp_path)):
            pass
        # then nothing has stayed, though SQLite keeps their files while the first reads
        assert left(before, await Rest.now()) == []
        # but a reader that is not closed is named
        with closing(_journal(tmp_path)):
            assert left(before, await Rest.now()) == ["descriptors journal.db-wal 1 → 2"]
        own.rollback()


def _journal(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "journal.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("create table if not exists notes (text)")
    connection.execute("begin")
    connection.execute("select * from notes").fetchall()
    return connection
