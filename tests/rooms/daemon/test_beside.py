"""What stands beside the desk fails, hangs and ends by itself, and the desk hears nothing of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.daemon import beside as room
from bot.daemon.beside import beside, unheard
from bot.errors import Unreachable
from tests.patience import PATIENCE_S


def play(work: Callable[[], Awaitable[None]], until: asyncio.Event | None = None) -> None:
    async def block() -> None:
        async with asyncio.timeout(PATIENCE_S), beside("radio", work, first_s=0.001):
            if until is not None:
                await until.wait()
            else:
                await asyncio.sleep(0)

    asyncio.run(block())


def test_what_fails_is_told_and_started_again(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    # given something that fails in three ways, the second twice, and then works
    fails = [Unreachable("nobody is there"), KeyError("a bug"), KeyError("a bug"), ValueError("another")]
    works, starts = asyncio.Event(), 0

    async def work() -> None:
        nonlocal starts
        starts += 1
        if fails:
            raise fails.pop(0)
        works.set()
        await asyncio.Event().wait()

    # when
    with caplog.at_level(logging.WARNING, "paperpit.beside"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path))
        play(work, works)
    # then each failure is one line, each bug is kept once, and the wait has doubled
    said = [record.getMessage() for record in caplog.records]
    assert starts == 5
    assert said[0] == "radio failed and is started again in 0.001 s: nobody is there"
    assert "in 0.002 s: KeyError: 'a bug'; this is a bug, please send" in said[1]
    assert said[2] == "radio failed and is started again in 0.004 s: KeyError: 'a bug'"
    assert "in 0.008 s: ValueError: another; this is a bug" in said[3]
    assert len(said) == 4
    assert len(list(tmp_path.glob("paperpit-bug-*"))) == 2


def test_what_has_done_its_work_is_not_started_again() -> None:
    done, starts = asyncio.Event(), []

    async def work() -> None:
        starts.append(1)
        done.set()

    play(work, done)
    assert starts == [1]


def test_it_may_say_goodbye() -> None:
    begun, said = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            said.append("goodbye")

    play(work, begun)
    assert said == ["goodbye"]


def test_one_that_does_not_end_is_left_behind(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given something that holds on to the loop for as long as it is let
    monkeypatch.setattr(room, "GOODBYE_S", 0.01)
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(5)

    with caplog.at_level(logging.WARNING, "paperpit.beside"):
        play(work, begun)
    assert [record.getMessage() for record in caplog.records] == ["radio does not end; it is left behind"]


def test_what_the_block_raises_comes_out_of_it() -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    async def block() -> None:
        async with beside("radio", work):
            raise Unreachable("the market")

    with pytest.raises(Unreachable, match="the market"):
        asyncio.run(block())


def test_what_nobody_catches_is_one_line(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(error: Exception) -> None:
        raise error

    async def block() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(unheard)
        loop.call_soon(fail, OSError(9, "Bad file descriptor"))
        loop.call_soon(fail, KeyError("x"))
        await asyncio.sleep(0)

    asyncio.run(block())
    closed, bug = (record.getMessage() for record in caplog.records if record.name == "paperpit.beside")
    assert closed.endswith("[Errno 9] Bad file descriptor")
    assert "KeyError: 'x'; this is a bug, please send" in bug
    assert not any(record.exc_info for record in caplog.records)
