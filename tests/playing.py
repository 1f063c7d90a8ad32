"""Plays a tape through the whole desk and answers questions from the journal that came of it. Nothing is faked."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Outcome, Run
from bot.journal import lists, rows
from bot.journal.canonical import journal_hash
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from bot.warm import Wanted
from tests.tapes import Tape

EAGER = (
    "risk.cooldown=0s",
    "risk.max_losses_in_a_row=1000",
    "risk.max_losses_in_a_row_all=1000",
    "risk.max_brackets_per_minute=1000",
    "risk.max_daily_loss_r=1000",
    "risk.max_drawdown_usd=1000000",
)
"""`--set` texts for a drill, which trades and loses again and again on purpose: rules about that are tested alone."""


UNLIMITED = """
[risk]
max_daily_loss_usd = 1_000_000
max_brackets_per_day = 1_000_000
max_order_messages_per_minute = 1_000_000
max_brackets_per_strategy = 1_000_000
max_brackets_per_minute = 1_000_000
max_daily_loss_r = 1_000_000
max_drawdown_usd = 1_000_000
max_losses_in_a_row = 1_000_000
max_losses_in_a_row_all = 1_000_000
cooldown = "0s"
"""
"""The risk table of a bot.toml that stops nobody, for a bench: the shipped one ends a day after three losses."""


@dataclass(frozen=True)
class Played:
    """A run that is over, and its journal."""

    outcome: Outcome
    url: str

    def _list(self, listing: Any) -> list[dict[str, Any]]:
        """One of the journal's lists, of this run."""
        with reading(place(self.url)) as reader:
            found: list[dict[str, Any]] = list(listing(reader, reader.choose(self.outcome.run), Filters()))
        return found

    @property
    def signals(self) -> list[dict[str, Any]]:
        """What the detectors saw."""
        return self._list(lists.list_signals)

    @property
    def blocked(self) -> list[dict[str, Any]]:
        """What was refused."""
        return self._list(lists.list_blocked)

    @property
    def orders(self) -> list[dict[str, Any]]:
        """What was sent."""
        return self._list(lists.list_orders)

    @property
    def fills(self) -> list[dict[str, Any]]:
        """What was executed."""
        return self._list(lists.list_fills)

    @property
    def round_trips(self) -> list[dict[str, Any]]:
        """What went in and came out."""
        return self._list(lists.list_round_trips)

    def words_of(self, order_id: str) -> str:
        """Everything that was written about one order."""
        with reading(place(self.url)) as reader:
            found = reader.where(rows.OrderEvent, "client_order_id", order_id)
        return "; ".join(f"{one.state} {one.message}" for one in found)

    @property
    def hash(self) -> str:
        """Of every canonical row: equal for equal runs, whatever their ids and wall times."""
        return journal_hash(self.url, self.outcome.run)

    @property
    def rules(self) -> set[str]:
        """Every rule that refused anything."""
        return {reason["rule"] for row in self.blocked for reason in row["reasons"]}


def play(
    folder: Path,
    tapes: Tape | Path | Sequence[Tape | Path],
    *strategies: str | Path,
    calendar: str | None = "none",
    contract: str = "",
    journal: str | None = None,
    sets: Sequence[str] = (),
    batch: int | None = None,
    config: Path | None = None,
    warm: Wanted | None = None,
) -> Played:
    """Write the tapes into `folder`, replay them through `strategies` (files), and keep the journal there.

    `warm` is what is wanted of the detectors' memory (nothing). `sets` are `--set` texts beside EAGER; `config` is the
    shipped bot.toml unless told otherwise. A journal that is there is written on.
    """
    told = [tapes] if isinstance(tapes, (Tape, Path)) else list(tapes)
    files = [
        str(
            tape if isinstance(tape, Path) else _written(tape, folder / f"{number}-{tape.instrument}.parquet", contract)
        )
        for number, tape in enumerate(told)
    ]
    bot = read_bot(config or shipped("config/bot.toml"), [*EAGER, *sets])
    replay = bot.value.replay.model_copy(update={"batch": batch or bot.value.replay.batch})
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": calendar, "replay": replay}))
    url = journal or f"sqlite:///{folder / 'journal.db'}"
    specs = [read_strategy(name, instruments=bot.path.parent) for name in strategies]
    return Played(traded(Asked(bot, specs, url, "replay", files, warm=warm or Wanted())), url)


def traded(asked: Asked) -> Outcome:
    """A run from its opening to its end, without a command line."""

    async def trade() -> Outcome:
        async with Run(asked) as run:
            return await run.trade()

    return asyncio.run(trade())


def _written(tape: Tape, path: Path, contract: str) -> Path:
    return tape.write(path, contract=contract or tape.instrument)


def strategy(folder: Path, text: str, name: str = "strategy.toml") -> Path:
    """A strategy's TOML as a file."""
    path = folder / name
    path.write_text(text)
    return path


def allowing(folder: Path, contracts: int) -> Path:
    """A bot.toml with an instruments.toml of its own beside it: larger orders, and a shorter longest stop."""
    head, es, tail = shipped("config/instruments.toml").read_text().partition("[ES]")
    table, rest = tail.split("\n[", 1)
    worth = [(f"max_{what}_notional_usd", 250_000 * contracts) for what in ("order", "position")]
    for key, value in (("max_order", contracts), ("max_position", contracts), ("max_stop_ticks", 8), *worth):
        table = re.sub(rf"^{key} = .*$", f"{key} = {value}", table, flags=re.MULTILINE)
    (folder / "instruments.toml").write_text(f"{head}{es}{table}\n[{rest}")
    (folder / "bot.toml").write_text(shipped("config/bot.toml").read_text())
    return folder / "bot.toml"
