"""A desk in a process of its own whose settings are changed under it: by command, by signal, and far too often."""

import asyncio
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot import control
from bot.control.asking import asked
from bot.domain.command import Command
from bot.errors import PaperpitError
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from tests.laws.markets import DRILL
from tests.patience import PATIENCE_S
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
PACE_S = 2 / STORM


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


def answered(desk: str, command: Command) -> str:
    """What a desk says to a command, be it a refusal."""
    try:
        return str(control.tell(desk, command)["result"])
    except PaperpitError as error:
        return f"refused: {error.what}"


async def stopped(desk: Program, words: tuple[object, ...], here: dict[str, str]) -> None:
    code, said = await ended("stop", *words[-2:], env=here)
    assert code == 0, said.words
    assert await desk.code() == 0


async def trades(words: tuple[object, ...], here: dict[str, str]) -> bool:
    _, status = await ended("status", "--json", *words[-2:], env=here)
    return bool(json.loads(status.told)["state"] == "trading")


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
        heard = await asyncio.to_thread(answered, str(words[-1]), asked("reload"))
        assert "drill.toml:13: bracket.target_ticks" in heard
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
    name = str(words[-1])
    texts = (DRILL, DRILL.replace("target_ticks = 4", "target_ticks = 7"), "name = [")
    said = [asked("reload", reason=str(count)) for count in range(STORM // 2)]
    loop = asyncio.get_running_loop()
    async with program(*words, env=here) as desk:
        await desk.until("trading")
        # when it is told fifty times in a second, by command and by signal, of files that are sometimes broken
        with ThreadPoolExecutor(len(said)) as people:
            answers = []
            for count, command in enumerate(said):
                (files / "drill.toml").write_text(texts[count % len(texts)])
                answers.append(loop.run_in_executor(people, answered, name, command))
                desk.send(signal.SIGHUP)
                await asyncio.sleep(PACE_S)
            heard = await asyncio.gather(*answers)
        (files / "drill.toml").write_text(DRILL.replace("target_ticks = 4", "target_ticks = 9"))
        code, last = await ended("reload", *words[-2:], env=here)
        assert code == 0, last.words
        # then it trades, also where a machine stood still under it for a while
        async with asyncio.timeout(PATIENCE_S):
            while not await trades(words, here):
                pass
        await stopped(desk, words, here)
    # and every one of them was answered as the journal has it, in the order in which it was done
    with reading(place(here["PAPERPIT_JOURNAL"])) as reader:
        assert check(reader) == []
        commands, revisions = told(reader), reader.read(rows.ConfigRevision, reader.runs)
        decisions = reader.read(rows.Decision, reader.runs)
    results = {row.nonce: row.result for row in commands}
    assert [results[command.nonce] for command in said] == heard
    assert any(row.reason == "SIGHUP" for row in commands)  # the kernel makes one of two that wait
    assert sum(row.result.startswith("reloaded") for row in commands) == len(revisions)
    assert "target_ticks = 9" in json.loads(revisions[-1].config)["strategies/drill.toml"]
    assert any(row.seq > commands[-1].seq for row in decisions)
