"""A strategy thinks for ever while it holds a position: the process starts itself again, and the stop never goes away.

Method: as with `kill -9`, the gateway in this process plays the tape by hand, and its ledger is what really happened.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.journal import lists, rows
from bot.journal.check import check
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from tests.background import meanwhile
from tests.gateways import gateway
from tests.laws.markets import DRILL, market
from tests.playing import strategy
from tests.programs import program, watched
from tests.stories.test_killed_over_the_wire import listening, play

HERE = Path(__file__).with_name("wedging.py")
PATIENT = DRILL.replace("stop_ticks = 3", "stop_ticks = 20").replace("target_ticks = 4", "target_ticks = 30")


def words(folder: Path, port: int, wedged_after: str) -> tuple[object, ...]:
    """`paperpit run` at a gateway, with a strategy that does not return once it holds something."""
    text = PATIENT.replace('"drill"', f'"{HERE}:Wedging"').replace('"9s"', '"40s"')
    sets = (f"adapters.ib.port={port}", "record.enabled=false", f"daemon.wedged_after={wedged_after}")
    return (
        *("run", "--adapter", "ib", "--strategy", str(strategy(folder, text)), "--calendar", "none", "--warm", "none"),
        *("--journal", str(folder / "journal.db"), "--desk", f"wedged-{port}", "--once"),
        *(word for one in sets for word in ("--set", one)),
    )


@contextlib.asynccontextmanager
async def desk(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that can start itself again."""
    running = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("paperpit"),
        *map(str, words(folder, port, "1s")),
        cwd=folder,
        env=os.environ,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with watched(running):
        yield running


def test_the_process_starts_again_and_recovers_and_asks_it_no_more(tmp_path: Path) -> None:
    tape = market(7, rows=400).write(tmp_path / "tape.parquet", contract="ESM2026")
    ledger = tmp_path / "ledger.jsonl"

    async def day() -> tuple[str, int]:
        playing = gateway(tapes=(str(tape),), speed="hand", fill_model="touch", ledger=ledger)
        async with playing as far, desk(tmp_path, far.port) as running:
            # given a desk that wedges with a position, and is seen again by the gateway
            await listening(far, running)
            await play(far, running, ledger)
            await listening(far, running)
            await play(far, running, ledger)
            _, said = await running.communicate()
            assert running.returncode is not None
            return said.decode(), running.returncode

    said, code = asyncio.run(day())
    # then it said what happened, once, and ended as a run does in which a strategy failed
    assert said.count("strategy drill-law does not return: no answer for") == 1, said
    assert "wedging.py" in said
    assert "strategy drill-law is asked no more today" in said
    assert code == 1, said
    with reading(place(str(tmp_path / "journal.db"))) as reader:
        assert check(reader) == []
        assert len(reader.runs) == 2
        controls = {row.key: row for row in reader.read(rows.Control, reader.runs[-1:])}
        (trip,) = lists.list_round_trips(reader, reader.runs, Filters())
    assert controls["strategy.drill-law"].value == '"failed"'
    assert controls["restart"].value == "1"
    # and nothing was sent but one bracket and its exit: its stop worked at the broker until the position had left
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    sent = [line["order"]["type"] for line in lines if line["event"] == "order"]
    assert sent[:3] == ["LMT", "STP", "LMT"]
    assert set(sent[3:]) <= {"MKT"}
    assert trip["exit_reason"] in ("time", "stop", "target")


@pytest.mark.parametrize(
    ("wedged_after", "signals", "told"),
    [
        ("2s", 1, "strategy drill-law does not return while a stop was asked for"),
        ("10m", 2, "the loop does not move, and a second signal does not wait for it"),
    ],
)
def test_who_asks_it_to_stop_meanwhile_is_not_forgotten(
    tmp_path: Path, wedged_after: str, signals: int, told: str
) -> None:
    tape = market(7, rows=400).write(tmp_path / "tape.parquet", contract="ESM2026")
    ledger = tmp_path / "ledger.jsonl"

    async def day() -> tuple[str, int, list[Any]]:
        playing = gateway(tapes=(str(tape),), speed="hand", fill_model="touch", ledger=ledger)
        async with playing as far, program(*words(tmp_path, far.port, wedged_after), cwd=tmp_path) as running:
            # given a desk that wedges with a position
            await listening(far, running)
            async with meanwhile(play(far, running, ledger)):
                await running.until("strategy drill-law is being asked")
            # when it is asked to end
            for _ in range(signals):
                running.send(signal.SIGTERM)
                await asyncio.sleep(0.1)  # two that come at once are one
            code = await running.code()
            return running.words, code, far.control({"do": "status"})["orders"]

    said, code, working = asyncio.run(day())
    # then it ends and does not start again, and the position is under its stop
    assert code == 143, said
    assert told in said
    assert "starts again" not in said
    assert "positions stay under their stops at the broker" in said
    assert [one["state"] for one in working] == ["PreSubmitted", "Submitted"]
