"""A run over the wire records its tape, and the replay of it comes to the same, as far as who fills whom is the same.

The simulated gateway plays the lesson's trade by hand, a row at a time: each row has been walked before the next one
comes, so that nothing depends on how fast this machine is.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.gateway.server import Gateway
from bot.cli.again import Wishes, differences, recorded
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Outcome, Read, Run
from bot.domain.command import Command
from bot.errors import InputMissing
from bot.journal import lists
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from bot.risk.calendar import EventCalendar
from tests.gateways import gateway
from tests.playing import strategy
from tests.tapes import lesson

ROWS_BEFORE = 40


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder of its own, with the lesson's tape beside it."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path)
    lesson().write(tmp_path / "lesson.parquet", contract="ESM2023")
    return tmp_path


def asked(folder: Path, port: int) -> Asked:
    bot = read_bot(shipped("config/bot.toml"), ["adapter=ib", f"adapters.ib.port={port}"])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    specs = [read_strategy("lesson-es.toml", instruments=bot.path.parent)]
    return Asked(bot, specs, f"sqlite:///{folder / 'journal.db'}", "process", record_to=folder / "tapes")


async def walked(far: Gateway, run: Run, reloads: Read | None = None) -> Outcome:
    """The tape played a row at a time; the next row comes when the desk has walked it and the broker has answered.

    `reloads` is put in force after some rows.
    """
    moved, walking = asyncio.Event(), 0
    told: list[asyncio.Task[Mapping[str, Any]]] = []
    trading = asyncio.create_task(run.trade(lambda rows: moved.set()))
    while not trading.done() and await far.play.advance(1):
        walking += 1
        if walking == ROWS_BEFORE and reloads is not None:
            told.append(asyncio.create_task(run.reload(Command("reload", "n1", 0), reloads)))
        while not trading.done() and (run.desk is None or run.desk.tally.last_ns < far.play.timing.now_ns()):
            moved.clear()
            more = asyncio.create_task(moved.wait())
            await asyncio.wait({trading, more}, return_when=asyncio.FIRST_COMPLETED)
            more.cancel()
        await run.adapter.broker.settled(5)
    await asyncio.gather(*told)
    return await trading


async def at_the_gateway(folder: Path, fill_model: str, other: str = "", **options: Any) -> Outcome:
    """`other`: the strategy's text that a reload finds."""
    tapes = (str(folder / "lesson.parquet"),)
    async with gateway(tapes=tapes, speed="hand", fill_model=fill_model, **options) as far:
        first = asked(folder, far.port)
        reloads = None
        if other:
            specs = [read_strategy(strategy(folder, other, "lesson-es.toml"), instruments=first.bot.path.parent)]
            reloads = Read(replace(first, strategies=specs), EventCalendar.load("none"))
        async with Run(first) as run:
            return await walked(far, run, reloads)


def repeated(outcome: Outcome, wishes: Wishes | None = None) -> tuple[Outcome, list[Mapping[str, Any]]]:
    again, found_in, name = recorded(outcome.run, replace(wishes or Wishes(), journal=outcome.journal))

    async def replayed() -> Outcome:
        async with Run(again) as run:
            return await run.trade()

    other = asyncio.run(replayed())
    return other, differences(found_in, name, other.journal, other.run)


def round_trips(outcome: Outcome) -> list[tuple[str, str, str]]:
    with reading(place(outcome.journal)) as reader:
        found = lists.list_round_trips(reader, reader.choose(outcome.run), Filters())
        return [(one["entry_price"], one["exit_price"], one["exit_reason"]) for one in found]


def test_at_ibs_own_fills_the_replay_comes_to_the_same(folder: Path) -> None:
    live = asyncio.run(at_the_gateway(folder, "ib-paper"))
    assert live.tally.approved == 1
    outcome, found = repeated(live)
    assert found == []
    assert outcome.adapter.fill_model == "ib-paper"
    assert outcome.tally.signals == live.tally.signals
    # and without the tape there is nothing to repeat
    for tape in (folder / "tapes").iterdir():
        tape.unlink()
    with pytest.raises(InputMissing, match="the ticks of run"):
        repeated(live)


def test_where_another_model_fills_the_difference_is_the_fill_models(folder: Path) -> None:
    live = asyncio.run(at_the_gateway(folder, "queue"))
    assert round_trips(live) == [("4200.50", "4202.00", "target")]
    _, found = repeated(live)
    assert {one["kind"] for one in found} == {"fill-model"}
    # and with that model the round trip is the same
    outcome, found = repeated(live, Wishes(fill_model="queue"))
    assert round_trips(outcome) == round_trips(live)
    assert {one["kind"] for one in found} <= {"fill-model"}


def test_it_goes_on_with_the_settings_that_the_run_went_on_with(folder: Path) -> None:
    # given a desk that is told before its trade to leave sooner
    text = read_strategy("lesson-es.toml").text
    expect, detectors = text.index("[expect]"), text.index("[detectors.absorption]")
    nearer = (text[:expect] + text[detectors:]).replace('target_ticks = "zone"', "target_ticks = 4")
    live = asyncio.run(at_the_gateway(folder, "queue", nearer))
    assert round_trips(live) == [("4200.50", "4201.50", "target")]
    # then its replay is, too
    outcome, found = repeated(live, Wishes(fill_model="queue"))
    assert round_trips(outcome) == round_trips(live)
    assert {one["kind"] for one in found} <= {"fill-model"}
