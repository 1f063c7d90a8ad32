"""Who answers for a desk before, between and after its runs."""

import asyncio
from pathlib import Path

import pytest

from bot import control
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Daemon
from bot.domain.command import Command
from bot.errors import Unreachable
from bot.resources import shipped
from tests.laws.markets import DRILL, market
from tests.playing import strategy


def asked(folder: Path) -> Asked:
    tape = market(5, rows=200).write(folder / "tape.parquet")
    bot = read_bot(shipped("config/bot.toml"), [f"adapters.replay.tape={tape}", f"desk=desk-{folder.name[:16]}"])
    specs = [read_strategy(strategy(folder, DRILL))]
    return Asked(bot, specs, f"sqlite:///{folder / 'journal.db'}", "process")


def test_a_desk_that_does_not_stand_yet_says_so_and_does_nothing(tmp_path: Path) -> None:
    async def ask() -> dict[str, object]:
        daemon = Daemon(asked(tmp_path))
        with pytest.raises(Unreachable, match="starting"):
            await daemon.tell(Command("pause", "n", 0))
        return dict(await daemon.tell(Command("status", "n", 0)))

    told = asyncio.run(ask())
    assert (told["state"], told["positions"]) == ("starting", [])
    assert told["journal"] == f"sqlite:///{tmp_path / 'journal.db'}"


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
