"""What is recorded has the room that the settings give it: old tapes go for it, aloud, and never what is fresh."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.daemon import Run, recording
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.tape.keeping import of_run
from tests.patience import PATIENCE_S
from tests.rooms.tape.builders import market, written
from tests.stories.recording import asked, traded


def old_tape(folder: Path) -> Path:
    """A tape that a run recorded long ago."""
    live = asyncio.run(traded(asked(folder), rows_seen=2_000))
    (path,) = of_run(folder / "tapes", live.run).values()
    os.utime(path, (0, 0))
    return path


def trade(
    folder: Path, monkeypatch: pytest.MonkeyPatch, room: int, over: Callable[[Run], bool]
) -> tuple[dict[str, Any], list[str], str]:
    """A run with so many bytes of room for tapes, until something is `over`: its status then, its words, its name."""
    monkeypatch.setattr(recording, "GIGABYTE", room)
    monkeypatch.setattr("bot.tape.recorder.SYNC_BYTES", 1)

    async def traded_on() -> tuple[dict[str, Any], list[str], str]:
        facts: dict[str, Any] = {}

        def look(rows: int) -> None:
            if run.desk is not None and over(run):
                facts.update(run.facts())
                run.desk.stop()

        async with Run(asked(folder, "record.max_gb=1", "record.keep=40000d")) as run, asyncio.timeout(PATIENCE_S):
            outcome = await run.trade(look)
            said = [*map(str, run.notices()), *outcome.recorded]
        return facts, said, outcome.run

    return asyncio.run(traded_on())


def test_old_tapes_go_for_what_is_being_recorded_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a tape of long ago, and room for what is recorded now and not for both
    old = old_tape(tmp_path)
    imported = tmp_path / "tapes/imported.parquet"
    written(imported, market(10))
    _, said, run = trade(tmp_path, monkeypatch, 400_000, lambda run: not old.exists())
    assert (old.exists(), imported.exists()) == (False, True)
    assert f"deleted 1 recorded tapes, as [record] keep and max_gb say: {old.stem} …" in said
    assert of_run(tmp_path / "tapes", run)


def test_where_there_is_none_the_recording_stops_and_the_desk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, said, run = trade(tmp_path, monkeypatch, 400_000, lambda run: run.facts()["recording"] is not True)
    assert "[record] max_gb = 1 is reached" in facts["recording"]
    assert facts["state"] != "held"
    assert any("the recording stopped: [record] max_gb = 1 is reached" in one for one in said)
    with reading(place(f"sqlite:///{tmp_path / 'journal.db'}")) as reader:
        controls = {row.key: row for row in reader.read(rows.Control, reader.choose(run))}
    assert controls["recording"].value == '"stopped"'
    assert "max_gb = 1 is reached" in controls["recording"].why
    # and what it had until then is a tape
    assert of_run(tmp_path / "tapes", run)
