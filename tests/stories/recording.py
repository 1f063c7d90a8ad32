"""A desk on a market without an end that records what it sees, and that run once more from what it recorded."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.cli.again import Wishes, differences, recorded
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Outcome, Read, Run
from bot.domain.command import Command
from bot.errors import PaperpitError
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from tests.laws.markets import DRILL
from tests.playing import EAGER, strategy

NOTHING: Mapping[int, Command] = {}
UNREAD: Mapping[str, Read | PaperpitError] = {}
SETS = ("adapter=synthetic", "adapters.synthetic.speed=6000x", "adapters.synthetic.seed=3", "record.synthetic=true")


def asked(folder: Path, *sets: str, **more: Any) -> Asked:
    bot = read_bot(shipped("config/bot.toml"), [*EAGER, *SETS, *sets])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    specs = [read_strategy(strategy(folder, DRILL.replace("every = 2", "every = 30")))]
    return Asked(bot, specs, f"sqlite:///{folder / 'journal.db'}", "process", record_to=folder / "tapes", **more)


async def traded(
    what: Asked,
    *,
    rows_seen: int = 0,
    told: Mapping[int, Command] = NOTHING,
    read: Mapping[str, Read | PaperpitError] = UNREAD,
) -> Outcome:
    """A run to its end, or until a signal stops it after so many rows; `told` after so many rows.

    `read` is what a reload finds, by its nonce.
    """
    seen, waiting = 0, sorted(told.items())
    answers: list[asyncio.Task[Any]] = []

    def count(walked: int) -> None:
        nonlocal seen
        before, seen = seen, seen + walked
        if rows_seen and before < rows_seen <= seen:
            os.kill(os.getpid(), signal.SIGTERM)
        while waiting and waiting[0][0] <= seen:
            assert run.desk is not None
            command = waiting.pop(0)[1]
            found = read.get(command.nonce)
            saying = run.desk.tell(command) if found is None else _reloaded(run, command, found)
            answers.append(asyncio.create_task(saying))

    async with Run(what) as run:
        outcome = await run.trade(count)
        await asyncio.gather(*answers)
        return outcome


async def _reloaded(run: Run, command: Command, found: Read | PaperpitError) -> None:
    """A reload, which may be refused: the journal tells."""
    with suppress(PaperpitError):
        await run.reload(command, found)


def repeated(url: str, run: str, wishes: Wishes | None = None) -> tuple[Outcome, list[dict[str, Any]]]:
    """The run once more from its tapes, and what came out differently."""
    again, found_in, name = recorded(run, replace(wishes or Wishes(), journal=url))
    outcome = asyncio.run(traded(again))
    return outcome, differences(found_in, name, outcome.journal, outcome.run)


def count(url: str, run: str, kind: type[rows.Row]) -> int:
    with reading(place(url)) as reader:
        return len(reader.read(kind, reader.choose(run)))
