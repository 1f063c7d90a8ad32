"""The first signal asks, the second insists; a run that neither hears is no run of ours."""

import asyncio
import os
import signal

import pytest

from bot.daemon.stopping import Stopping


def me(number: int) -> None:
    os.kill(os.getpid(), number)


def test_the_first_signal_asks_and_leaves_the_end_to_whoever_was_asked() -> None:
    async def work() -> tuple[list[str], int | None]:
        asked, done = list[str](), asyncio.Event()

        def ask() -> None:
            asked.append("please")
            done.set()

        with Stopping() as stopping, stopping.asking(ask):
            me(signal.SIGTERM)
            await done.wait()
        return asked, stopping.by

    assert asyncio.run(work()) == (["please"], signal.SIGTERM)


def test_the_second_signal_does_not_wait_and_what_follows_is_still_done() -> None:
    async def work() -> tuple[list[int], str]:
        after = ""
        with Stopping() as stopping:
            with stopping.asking(lambda: me(signal.SIGINT)):
                me(signal.SIGTERM)
                await asyncio.Event().wait()
            after = "the journal is closed"
            await asyncio.sleep(0)
        return stopping.caught, after

    assert asyncio.run(work()) == ([signal.SIGTERM, signal.SIGINT], "the journal is closed")


def test_with_nothing_to_ask_the_first_one_insists() -> None:
    async def work() -> None:
        with Stopping():
            me(signal.SIGTERM)
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work())


def test_who_is_cancelled_by_somebody_else_is_cancelled() -> None:
    async def work() -> None:
        with Stopping() as stopping, stopping.asking(lambda: None):
            await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())


def test_who_heard_them_before_hears_them_again() -> None:
    heard = list[int]()

    async def work() -> None:
        with Stopping():
            pass
        me(signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        asyncio.run(work())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
