"""A desk in a process of its own whose settings are changed under it: by command, by signal, and far too often."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from tests.laws.markets import DRILL
from tests.playing import UNLIMITED
from tests.programs import Program, ended, program

BOT = """
adapter = "synthetic"
calendar = "none"
strategies = ["drill.toml"]

[adapters.synthetic]
speed = "60x"
"""
LOOSER = "risk.max_losses_in_a_row (looser than before)"
STORM = 50
PACE_S = 1 / STORM
"""Between two signals of the storm: the kernel makes one of two that wait."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a desk's settings."""
    (tmp_path / "bot.toml").write_text(BOT + UNLIMITED)
    (tmp_path / "drill.toml").write_text(DRILL)
    return tmp_path


def running(files: Path) -> tuple[tuple[object, ...], dict[str, str]]:
    """The words that start the desk, and its surroundings."""
    here = {"PAPERPIT_JOURNAL": f"sqlite:///{files / 'journal.db'}"}
    given = ("--config", files / "bot.toml", "--warm", "none", "--once", "--desk", f"reloaded-{os.getpid()}")
    return ("run", *given), here


def told(reader: Reader) -> list[rows.Command]:
    return [row for row in reader.read(rows.Command, reader.runs) if row.verb == "reload"]


async def stopped(desk: Program, words: tuple[object, ...], here: dict[str, str]) -> None:
    code, said = await ended("stop", *words[-2:], env=here)
    assert code == 0, said.words
    assert await desk.code() == 0


async def test_the_desk_goes_on_with_what_the_files_say_or_with_what_it_had(files: Path) -> None:
    words, here = running(files)
    async with program(*words, env=here) as desk:
        await desk.until("trading")
        # when the files change and it is told, by command and by signal
        (files / "drill.toml").write_text(DRILL.replace("target_ticks = 4", "target_ticks = 7"))
        code, said = await ended("reload", "--reason", "further", *words[-2:], env=here)
        assert (code, said.told.strip()) == (0, "reloaded: strategy drill-law has changed"), said.words
        (files / "bot.toml").write_text(BOT + UNLIMITED.replace("max_losses_in_a_row = 1_000_000", ""))
        desk.send(signal.SIGHUP)
        await desk.until("reloaded: [risk] has changed")
        # and when they cannot be read, or want another process
        (files / "drill.toml").write_text(DRILL.replace("target_ticks = 4", 'target_ticks = "far"'))
        code, said = await ended("reload", *words[-2:], env=here)
        assert code == 78
        assert "drill.toml:13: bracket.target_ticks" in said.words
        desk.send(signal.SIGHUP)
        await desk.until("reload refused, the settings stay as they were", 2)
        (files / "drill.toml").write_text(DRILL)
        (files / "bot.toml").write_text("seed = 9\n" + BOT + UNLIMITED)
        code, said = await ended("reload", *words[-2:], env=here)
        assert (code, said.words.splitlines()) == (
            78,
            [f"error: cannot change while a run lasts: seed, {LOOSER}", "  do:      paperpit stop; paperpit run"],
        )
        await stopped(desk, words, here)
    # then all of it stands in the journal, and so does what was in force when
    _, listed = await ended("journal", "runs", "--json", env=here)
    (run,) = json.loads(listed.told)
    assert [one["why"] for one in run["revisions"]] == ["strategy drill-law has changed", "[risk] has changed"]
    with reading(place(here["PAPERPIT_JOURNAL"])) as reader:
        assert check(reader) == []
        assert [row.result.split(":")[0] for row in told(reader)] == ["reloaded"] * 2 + ["refused"] * 3
        assert [row.reason for row in told(reader)] == ["further", "SIGHUP", "", "SIGHUP", ""]


async def test_a_storm_of_reloads_is_answered_and_the_desk_trades_on(files: Path) -> None:
    words, here = running(files)
    texts = (DRILL, DRILL.replace("target_ticks = 4", "target_ticks = 7"), "name = [")
    async with program(*words, env=here) as desk:
        await desk.until("trading")
        # when it is told fifty times in a second, of files that are sometimes broken
        for count in range(STORM):
            (files / "drill.toml").write_text(texts[count % len(texts)])
            desk.send(signal.SIGHUP)
            await asyncio.sleep(PACE_S)
        (files / "drill.toml").write_text(DRILL.replace("target_ticks = 4", "target_ticks = 9"))
        code, said = await ended("reload", *words[-2:], env=here)
        assert code == 0, said.words
        # then it is trading still
        _, status = await ended("status", "--json", *words[-2:], env=here)
        assert json.loads(status.told)["state"] == "trading"
        await stopped(desk, words, here)
    # and every one of them was answered, in the journal of a desk that lost nothing
    with reading(place(here["PAPERPIT_JOURNAL"])) as reader:
        assert check(reader) == []
        commands, revisions = told(reader), reader.read(rows.ConfigRevision, reader.runs)
        decisions = reader.read(rows.Decision, reader.runs)
    assert len(commands) == STORM + 1
    done = [row for row in commands if row.result.startswith("reloaded")]
    assert len(done) == len(revisions)
    assert "target_ticks = 9" in json.loads(revisions[-1].config)["strategies/drill.toml"]
    assert any(row.seq > commands[-1].seq for row in decisions)
