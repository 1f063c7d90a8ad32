"""Trials on a real Dask cluster of processes: the same bytes, whoever is killed and whoever lacks the tape."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from bot.config import instrument_texts, read_bot
from bot.risk.calendar import EventCalendar
from bot.search.cluster import on_dask
from bot.search.threads import on_threads
from bot.search.trial import Scene, Tape
from bot.search.units import Unit
from bot.tape import find_tape, open_tape
from tests.programs import program
from tests.rooms.search.asking import Ask, drill


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A process of this machine, as somebody else's cluster."""
    with LocalCluster(1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=100) as running:
        yield running


def played(journal: Path) -> int:
    """Trials that a journal holds so far; 0 while there is none."""
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM sweep_trial").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def kill_one(journal: Path, name: str) -> int:
    """As soon as a trial has come, kill a worker of that name; its process's number."""
    asyncio.run(until_played(journal, 1))
    worker = next(child for child in multiprocessing.active_children() if name in child.name)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    return worker.pid


async def until_played(journal: Path, trials: int) -> None:
    async with asyncio.timeout(600):
        while played(journal) < trials:
            await asyncio.sleep(0.02)


def test_a_worker_that_lacks_the_tape_fetches_it_once(
    tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a tape at a path that only this process knows: the worker stands in another folder
    demo = find_tape("demo")
    (tmp_path / "mine.parquet").write_bytes(demo.read_bytes())
    monkeypatch.chdir(tmp_path)
    with open_tape(demo) as reader:
        tape = Tape("mine", Path("mine.parquet"), reader.facts.hash)
    scene = Scene(read_bot(), drill(tmp_path), EventCalendar.load("none"), instrument_texts())
    text = drill(tmp_path).read_text()
    units = [Unit(tape, ((number, text.replace("every = 3", f"every = {number + 2}")),)) for number in range(4)]
    # when
    parts = sorted((part for _, part in on_dask(scene, units, cluster.scheduler_address, 2)), key=lambda p: p.number)
    # then
    here = sorted((part for _, part in on_threads(scene, units, 1)), key=lambda part: part.number)
    assert parts == here
    assert all(part.journal_hash for part in parts)
    folders = {Path(worker.worker_dir) for worker in cluster.workers.values()}
    kept = [path for folder in folders for path in folder.rglob(f"{tape.hash}.parquet")]
    assert kept
    written = {path: path.stat().st_mtime_ns for path in kept}
    list(on_dask(scene, units, cluster.scheduler_address, 2))
    assert {path: path.stat().st_mtime_ns for path in kept} == written


@pytest.mark.parametrize(("engine", "name"), [("--workers=processes", "trials"), ("--dask=local", "Dask Worker")])
def test_processes_of_this_machine_come_to_the_same_bytes_though_one_is_killed(
    ask: Ask, tmp_path: Path, engine: str, name: str
) -> None:
    # given a sweep of which two trials can never be played
    file = drill(tmp_path, every="{ grid = [3, 5] }", stop="{ grid = [0, 6, 7, 8] }")
    serial = ask("sweep", file, "--jobs", 1, "--journal", tmp_path / "a.db", "--json")
    # when a worker is killed as soon as something has come
    with ThreadPoolExecutor(1) as beside:
        killing = beside.submit(kill_one, tmp_path / "b.db", name)
        played = ask("sweep", file, engine, "--jobs", 2, "--journal", tmp_path / "b.db", "--json")
        killed = killing.result()
    # then
    assert played.code == 0, played.err
    assert played.out == serial.out
    assert killed not in {child.pid for child in multiprocessing.active_children()}
    assert [error is None for error in serial.errors] == [False, True, True, True] * 2


def test_a_sweep_that_was_killed_goes_on_where_it_was(ask: Ask, tmp_path: Path) -> None:
    # given
    file = drill(tmp_path, every="{ grid = [2, 3, 4, 5] }", stop="{ grid = [6, 7, 8] }")
    asyncio.run(killed("sweep", file, "--jobs", 1, "--journal", tmp_path / "a.db"))
    before = played(tmp_path / "a.db")
    # when
    again = ask("sweep", file, "--journal", tmp_path / "a.db", "--json")
    # then
    assert 0 < before < 12
    assert again.out == ask("sweep", file, "--journal", tmp_path / "b.db", "--json").out
    with closing(sqlite3.connect(tmp_path / "a.db")) as journal:
        assert journal.execute("SELECT COUNT(*) FROM sweep_trial GROUP BY sweep").fetchall() == [
            (before,),
            (12 - before,),
        ]


async def killed(*words: object) -> None:
    """A sweep into the journal named last, killed as soon as that holds a trial."""
    async with program(*words) as sweep:
        await until_played(Path(str(words[-1])), 1)
        sweep.send(signal.SIGKILL)
        await sweep.code()


def test_a_scheduler_that_does_not_answer(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.search.cluster.PATIENCE", "1s")
    answer = ask("sweep", drill(tmp_path), "--dask", "tcp://127.0.0.1:9", "--json")
    assert (answer.code, answer.out) == (69, "")
    assert "tcp://127.0.0.1:9: the Dask scheduler does not answer" in answer.err
