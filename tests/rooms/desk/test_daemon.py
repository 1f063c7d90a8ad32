"""Who answers for a desk before, between and after its runs."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import control
from bot.clock import WallClock
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Daemon
from bot.domain.command import Command
from bot.errors import Unreachable
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from tests.laws.markets import DRILL, market
from tests.playing import strategy
from tests.rooms.desk.live import ADAPTER


def asked(folder: Path, *sets: str) -> Asked:
    tape = market(5, rows=200).write(folder / "tape.parquet")
    bot = read_bot(shipped("config/bot.toml"), [f"adapters.replay.tape={tape}", f"desk=desk-{folder.name[:16]}", *sets])
    specs = [read_strategy(strategy(folder, DRILL))]
    return Asked(bot, specs, f"sqlite:///{folder / 'journal.db'}", "process")


@pytest.fixture(autouse=True)
def sockets(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setattr(control, "data_folder", lambda: folder)


def test_a_desk_that_does_not_stand_yet_says_so(tmp_path: Path) -> None:
    async def ask() -> dict[str, object]:
        daemon = Daemon(asked(tmp_path))
        with pytest.raises(Unreachable, match="starting"):
            await daemon.tell(Command("note", "n", 0, subject="x", text="y"))
        return dict(await daemon.tell(Command("status", "n", 0)))

    told = asyncio.run(ask())
    assert (told["state"], told["mode"], told["positions"]) == ("starting", "blind", [])
    assert told["journal"] == f"sqlite:///{tmp_path / 'journal.db'}"


def test_what_is_said_while_no_run_trades_is_done_before_the_next_one_sends_anything(tmp_path: Path) -> None:
    # given a daemon that is told to pause before its run stands, twice, and dies
    async def before() -> list[object]:
        daemon, pause = Daemon(asked(tmp_path)), Command("pause", "n1", 7, "lunch", who="ann")
        told = [await daemon.tell(pause), await daemon.tell(pause), await daemon.tell(Command("flatten", "n2", 8))]
        return [*told, daemon.status()["reasons"]]

    *told, reasons = asyncio.run(before())
    assert told == [{"result": "kept: it is done when the next run begins, before anything is sent"}] * 3
    assert reasons == [
        "the market is being opened",
        "pause waits for the next run: lunch",
        "flatten waits for the next run: by command",
    ]

    # when the next one trades
    async def trade() -> tuple[str, list[str]]:
        daemon = Daemon(asked(tmp_path))
        async with daemon.run() as run:
            return (await run.trade()).run, daemon.status()["reasons"]

    run, after = asyncio.run(trade())
    # then both are in the journal, once, nothing was sent, and nothing waits any more
    with reading(place(f"sqlite:///{tmp_path / 'journal.db'}")) as reader:
        commands = reader.where(rows.Command, "run", run)
        assert [(row.verb, row.who, row.result) for row in commands] == [
            ("pause", "ann", "paused: everything"),
            ("flatten", "", "flattening: everything; the kill switch is set"),
        ]
        assert reader.where(rows.Order, "run", run) == []
    assert not any("waits" in reason for reason in after)


def test_a_run_is_answered_for_while_it_lasts(tmp_path: Path) -> None:
    async def ask() -> dict[str, object]:
        daemon = Daemon(asked(tmp_path))
        async with daemon.run() as run:
            before = daemon.status()
            await run.trade()
            return {**daemon.status(), "before": before["state"]}

    told = asyncio.run(ask())
    assert told["before"] == "starting"
    assert told["adapter"] == "replay"
    assert told["calendar_until"]
    assert told["next_session_ns"] > 0


def test_before_the_first_tick_of_a_tape_it_is_no_time_of_day(tmp_path: Path) -> None:
    # given a desk that stands, and a market that lets others speak before its first row
    one = asked(tmp_path)
    table = {ADAPTER: {"tape": str(tmp_path / "tape.parquet")}}
    settings = one.bot.value.model_copy(update={"adapter": ADAPTER, "adapters": table})
    wired = replace(one, bot=replace(one.bot, value=settings))

    async def ask() -> dict[str, Any]:
        async with Daemon(wired).run() as run:
            trading = asyncio.create_task(run.trade())
            while run.desk is None:
                await asyncio.sleep(0)
            assert not run.desk.begun
            told = run.desk.status()
            await trading
            return told

    told = asyncio.run(ask())
    # then nothing is closed because of the hour in 1970
    assert (told["state"], told["reasons"], told["causes"]) == ("starting", ["no tick has come yet"], [])
    assert [one["state"] for one in told["strategies"]] == ["starting"]
    assert [one["mode"] for one in told["contracts"]] == ["blind"]


def test_the_socket_is_gone_when_the_daemon_is(tmp_path: Path) -> None:
    async def serve() -> tuple[bool, bool]:
        one = asked(tmp_path)
        name = one.bot.value.desk
        async with Daemon(one).answering():
            there = name in await asyncio.to_thread(control.running)
        return there, name in await asyncio.to_thread(control.running)

    assert asyncio.run(serve()) == (True, False)


def test_waiting_for_a_session_that_has_begun_is_no_waiting(tmp_path: Path) -> None:
    asyncio.run(Daemon(asked(tmp_path)).until_open(0))


def test_where_somebody_is_called_the_next_run_begins_in_time_for_that(tmp_path: Path) -> None:
    # given a session that opens in twenty minutes, and half an hour in which somebody wants to know
    async def waits(seconds: float, *sets: str) -> bool:
        daemon = Daemon(asked(tmp_path, *sets))
        try:
            async with asyncio.timeout(seconds):
                await daemon.until_open(WallClock().now_ns() + 20 * 60 * 10**9)
        except TimeoutError:
            return True
        return False

    # then the run is opened at once, and five minutes before the session where nobody is called
    assert asyncio.run(waits(30, 'notify.command=["/bin/true"]')) is False
    assert asyncio.run(waits(0.05)) is True
