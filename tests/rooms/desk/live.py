"""Runs a desk over `wired.py` and lets a test say something to it, or do something to it, at a given row."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Run
from bot.desk import Desk
from bot.domain.command import Command
from bot.errors import PaperpitError
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.ports import Renewal
from bot.resources import shipped
from tests.playing import EAGER, Played, strategy
from tests.tapes import Tape

ADAPTER = f"{Path(__file__).with_name('wired.py')}:open_wired"


@dataclass
class Live:
    """What a desk did and said."""

    played: Played
    told: dict[int, Any] = field(default_factory=dict)
    """Row → the answer to what was said there: a mapping, or the error that was raised."""
    notices: list[str] = field(default_factory=list)

    def rows(self, table: type[Any]) -> list[Any]:
        """Rows of one of the journal's tables."""
        with reading(place(self.played.url)) as reader:
            return reader.where(table, "run", self.played.outcome.run)

    @property
    def modes(self) -> list[str]:
        """The desk's modes in order, without the end of the run."""
        return [row.mode for row in self.rows(rows.ModeChange) if row.wall_ns is None]


def run(
    folder: Path,
    tape: Tape,
    text: str,
    *,
    says: Sequence[str] = (),
    commands: Mapping[int, Command] | None = None,
    batch: int = 1,
    given: Sequence[Command] = (),
    happens: Mapping[int, Callable[[], object]] | None = None,
    hits: Mapping[int, Callable[[Desk], object]] | None = None,
    calendar: str | None = "none",
    renewals: Sequence[tuple[int, Renewal]] = (),
    **params: Any,
) -> Live:
    """Trade `tape` with the strategy `text`.

    Once so many rows have been walked `commands` are said, `happens` is done, and `hits` is done to the desk.
    """
    path = tape.write(folder / "tape.parquet", contract="ESM2026")
    bot = read_bot(shipped("config/bot.toml"), [*EAGER, "replay.latency_ms=0"])
    table = {"tape": str(path), "says": list(says), "batch": batch, **params}
    settings = bot.value.model_copy(
        update={"adapter": ADAPTER, "adapters": {ADAPTER: table}, "calendar": calendar},
    )
    specs = [read_strategy(strategy(folder, text))]
    url = f"sqlite:///{folder / 'journal.db'}"
    asked = Asked(replace(bot, value=settings), specs, url, "process", commands=given, renewals=renewals)
    things: dict[int, Callable[[Desk], object]] = {row: partial(_without, do) for row, do in (happens or {}).items()}
    return asyncio.run(_run(asked, url, dict(commands or {}), {**things, **(hits or {})}))


def _without(do: Callable[[], object], desk: Desk) -> object:
    return do()


async def _run(
    asked: Asked, url: str, commands: dict[int, Command], happens: dict[int, Callable[[Desk], object]]
) -> Live:
    told: dict[int, Any] = {}
    saying: set[asyncio.Task[None]] = set()
    walked = 0
    async with Run(asked) as run:

        async def say(row: int, command: Command) -> None:
            assert run.desk is not None
            try:
                told[row] = await run.desk.tell(command)
            except PaperpitError as error:
                told[row] = error

        def seen(count: int) -> None:
            nonlocal walked
            walked += count
            for row in [row for row in happens if row <= walked]:
                assert run.desk is not None
                happens.pop(row)(run.desk)
            for row in [row for row in commands if row <= walked]:
                saying.add(asyncio.create_task(say(row, commands.pop(row))))

        outcome = await run.trade(seen)
        if saying:
            await asyncio.wait(saying)
        return Live(Played(outcome, url), told, run.notices())
