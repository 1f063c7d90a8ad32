"""A live run records what it sees, and its replay comes to the same: rulings' law of the same code.

The synthetic market stands in for an exchange here: it goes by the clock, says when it was silent, and has no end.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli.again import Wishes, differences, recorded
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Outcome, Run
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from bot.tape.keeping import of_run
from bot.warm import Wanted
from tests.laws.markets import DRILL
from tests.playing import strategy

SETS = ("adapter=synthetic", "adapters.synthetic.speed=6000x", "adapters.synthetic.seed=3", "record.synthetic=true")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder of its own."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path)
    return tmp_path


def asked(folder: Path, *sets: str, **more: Any) -> Asked:
    bot = read_bot(shipped("config/bot.toml"), [*SETS, *sets])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    specs = [read_strategy(strategy(folder, DRILL.replace("every = 2", "every = 30")))]
    return Asked(bot, specs, f"sqlite:///{folder / 'journal.db'}", "process", record_to=folder / "tapes", **more)


async def traded(what: Asked, *, rows_seen: int = 0) -> Outcome:
    """A run to its end, or until a signal stops it after so many rows."""
    seen = 0

    def count(walked: int) -> None:
        nonlocal seen
        before, seen = seen, seen + walked
        if rows_seen and before < rows_seen <= seen:
            os.kill(os.getpid(), signal.SIGTERM)

    async with Run(what) as run:
        return await run.trade(count)


def repeated(url: str, run: str, wishes: Wishes | None = None) -> tuple[Outcome, list[Mapping[str, Any]]]:
    """The run once more from its tapes, and what came out differently."""
    again, found_in, name = recorded(run, replace(wishes or Wishes(), journal=url))
    outcome = asyncio.run(traded(again))
    return outcome, differences(found_in, name, outcome.journal, outcome.run)


def count(url: str, run: str, kind: type[rows.Row]) -> int:
    with reading(place(url)) as reader:
        return len(reader.read(kind, reader.choose(run)))


def test_its_replay_sees_wants_and_decides_the_same(folder: Path) -> None:
    # given a market that has no end, and a desk that is stopped in the middle of it
    live = asyncio.run(traded(asked(folder), rows_seen=100_000))
    assert live.stopped_by == signal.SIGTERM
    assert count(live.journal, live.run, rows.Signal) > 0
    assert count(live.journal, live.run, rows.Decision) > 2
    # when it is replayed from what it recorded
    outcome, found = repeated(live.journal, live.run)
    # then nothing differs, and every row was there
    assert found == []
    assert outcome.adapter.name == "replay"
    assert outcome.tally.rows == live.tally.rows
    assert list(of_run(folder / "tapes", live.run)) == ["ESZ2026"]


def test_it_starts_with_the_memory_that_the_run_started_with(folder: Path) -> None:
    # given a run whose detectors were warm, and who missed what the market did between two runs
    asyncio.run(traded(asked(folder, warm=Wanted(keep=True)), rows_seen=6_000))
    late = "adapters.synthetic.start=2026-11-17T10:30"
    live = asyncio.run(traded(asked(folder, late, warm=Wanted("auto", keep=True)), rows_seen=6_000))
    assert live.warm
    # then so are its replay's
    outcome, found = repeated(live.journal, live.run)
    assert outcome.warm == live.warm
    assert found == []
