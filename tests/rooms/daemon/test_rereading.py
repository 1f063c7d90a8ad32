"""Settings that are read once more: once for all who asked before, and between two sessions for the next run."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.daemon import Asked, Daemon, Read
from bot.daemon.rereading import Rereading
from bot.domain.command import Command
from bot.errors import ConfigError, PaperpitError
from bot.risk.calendar import EventCalendar
from tests.laws.markets import DRILL
from tests.stories.recording import asked

FOREVER_NS = 1 << 62
RELOAD = Command("reload", "n1", 0)


class Reader:
    """Reads what it is given, one after the other, as soon as it may."""

    def __init__(self, first: Asked, *found: Asked | Exception) -> None:
        self.asked = replace(first, again=self)
        self.found, self.may = list(found), threading.Semaphore(0)
        self.begun = threading.Event()

    def __call__(self) -> Read:
        self.begun.set()
        self.may.acquire(timeout=30)
        found = self.found.pop(0)
        if isinstance(found, Exception):
            raise found
        return Read(replace(found, again=self), EventCalendar.load("none"))


def files(reader: Reader, count: int) -> None:
    for _ in range(count):
        reader.may.release()


async def test_whoever_asks_before_a_reading_begins_shares_it_and_whoever_asks_later_has_another(
    tmp_path: Path,
) -> None:
    first = asked(tmp_path)
    reader = Reader(first, first, ConfigError("no TOML"), ZeroDivisionError("a strategy's own"))
    rereading = Rereading(reader.asked)
    one = asyncio.create_task(rereading.read())
    while not reader.begun.is_set():
        await asyncio.sleep(0)
    later = [asyncio.create_task(rereading.read()) for _ in range(49)]
    files(reader, 2)
    found = [await one, *await asyncio.gather(*later)]
    assert isinstance(found[0], Read)
    assert {str(one) for one in found[1:]} == {"no TOML"}
    # what goes wrong in a stranger's code is an answer as well
    files(reader, 1)
    wrong = await rereading.read()
    assert isinstance(wrong, PaperpitError)
    assert "ZeroDivisionError: a strategy's own" in wrong.what


async def test_between_two_sessions_it_holds_from_the_next_run_on(tmp_path: Path) -> None:
    first = asked(tmp_path)
    (tmp_path / "strategy.toml").write_text(DRILL)
    other = asked(tmp_path, "risk.max_daily_loss_usd=17")
    reader = Reader(first, other, asked(tmp_path, "seed=9"), ConfigError("no TOML"))
    daemon = Daemon(reader.asked)
    files(reader, 3)
    # given a desk that waits for its market to open
    waiting = asyncio.create_task(daemon.until_open(FOREVER_NS))
    while daemon.status()["state"] != "closed":
        await asyncio.sleep(0)
    # when it is told to reload
    assert await daemon.tell(RELOAD) == {"result": "reloaded: the next run begins with it"}
    for why in ("cannot change while a run lasts: seed", "no TOML"):
        with pytest.raises(ConfigError, match=why):
            await daemon.tell(RELOAD)
    waiting.cancel()
    # then the next run has what was read and passed
    async with daemon.run() as run:
        assert run.asked.bot.value.risk.max_daily_loss_usd == 17
