"""The port itself: strangers, silence, crowds and a port that is taken do it no harm."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.config.services import MetricsSettings
from bot.errors import Unreachable
from bot.journal.place import place
from bot.metrics import answer
from bot.metrics.answering import AT_ONCE
from tests.patience import PATIENCE_S
from tests.rooms.metrics.desk import Port
from tests.servers import free_port


@pytest.fixture
def port() -> Port:
    return Port(free_port())


def answering(folder: Path, port: Port) -> "asyncio.Task[None]":
    """The port of a desk that has nothing to say yet."""
    status = {"desk": "quiet", "state": "starting", "mode": "blind", "reasons": ["opening"], "positions": []}
    journal = place(str(folder / "journal.db"))
    return asyncio.create_task(answer(MetricsSettings(port=port.number), lambda: status, journal))


async def until_it_listens(port: Port) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if (await port.get("/healthz"))[0] == 200:
                    return
            except OSError:
                await asyncio.sleep(0.05)


async def test_a_crowd_that_says_nothing_is_hung_up_on_and_leaves_room_again(tmp_path: Path, port: Port) -> None:
    work = answering(tmp_path, port)
    await until_it_listens(port)
    # given as many as it answers at once, who are silent
    with ExitStack() as crowd:
        for _ in range(AT_ONCE):
            crowd.enter_context(socket.create_connection(("127.0.0.1", port.number)))
        # then one more is hung up on at once, and has not to wait
        with pytest.raises(OSError, match=r"(?i)reset|closed|remote end|broken"):
            await port.get("/healthz")
    # and when they have gone there is room again
    await until_it_listens(port)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    # and nobody listens when it has ended
    with pytest.raises(OSError, match="refused"):
        await port.get("/healthz")


async def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path, port: Port) -> None:
    with socket.create_server(("127.0.0.1", port.number)), pytest.raises(Unreachable, match="cannot be had") as refused:
        await answering(tmp_path, port)
    assert "[metrics] port" in refused.value.do


async def test_what_it_is_asked_that_is_nonsense_is_refused_in_a_line(tmp_path: Path, port: Port) -> None:
    work = answering(tmp_path, port)
    await until_it_listens(port)
    for said in (
        b"GET /" + b"a" * 65_532,
        b"POST /metrics HTTP/1.1\r\n\r\n",
        b"\x00\xff\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port.number)
        writer.write(said)
        heard = await reader.read()
        assert b"Traceback" not in heard
        assert b"200 OK" not in heard
        writer.close()
    assert (await port.json("/readyz"))[1]["reasons"] == ["opening"]
    work.cancel()
