"""A service manager that listens on a real socket hears when the desk stands, that it moves, and that it ends."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.daemon.systemd import Supervisor
from bot.errors import Unreachable
from tests.background import meanwhile
from tests.patience import PATIENCE_S
from tests.programs import program

FACTS: dict[str, Any] = {"state": "trading", "mode": "trading", "reasons": [], "finishing": ""}


class Manager:
    """What systemd is to the desk: a datagram socket that somebody reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        """All that has arrived since the last time."""
        new: list[str] = []
        with suppress(BlockingIOError):
            while True:
                new.append(self._socket.recv(4096).decode())
        self.heard += new
        return new

    async def until(self, words: str) -> None:
        """Come back when that was said."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            while not any(words in one for one in self.heard):
                self.heard.append((await loop.sock_recv(self._socket, 4096)).decode())

    def close(self) -> None:
        self._socket.close()


@contextmanager
def managed(folder: Path) -> Iterator[Manager]:
    manager = Manager(folder / "notify")
    try:
        yield manager
    finally:
        manager.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with managed(tmp_path) as one:
        monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(one.path))
        monkeypatch.setenv("WATCHDOG_USEC", "60000")
        yield one


async def test_a_service_manager_hears_the_desk_stand_move_and_end(tmp_path: Path) -> None:
    # given somebody who listens while a desk starts
    given = ("--adapter", "synthetic", "--strategy", "drill-es.toml", "--calendar", "none", "--warm", "none", "--once")
    journal = ("--journal", f"sqlite:///{tmp_path / 'journal.db'}", "--desk", f"managed-{os.getpid()}")
    with managed(tmp_path) as manager:
        told = {"NOTIFY_SOCKET": os.fspath(manager.path), "WATCHDOG_USEC": "600000"}
        async with program("run", *given, *journal, env=told) as desk:
            # then it hears when it stands, and why it does not trade yet or that it does
            await manager.until("READY=1")
            await manager.until("STATUS=trading")
            await manager.until("WATCHDOG=1")
            # when it is stopped
            assert await desk.interrupted() == 130
        manager.listen()
    assert manager.heard.count("READY=1") == 1
    assert "STOPPING=1" in manager.heard


async def test_a_loop_that_stands_still_says_nothing(manager: Manager) -> None:
    async with meanwhile(Supervisor(lambda: FACTS, lambda: True).tell()):
        await manager.until("WATCHDOG=1")
        manager.listen()
        time.sleep(0.2)  # the loop stands still
        assert manager.listen() == []
        manager.heard.clear()
        await manager.until("WATCHDOG=1")


async def test_it_is_not_ready_before_it_stands_and_a_reload_is_told_around(manager: Manager) -> None:
    stood: list[bool] = []
    one = Supervisor(lambda: FACTS, lambda: bool(stood))
    async with meanwhile(one.tell()):
        await manager.until("WATCHDOG=1")
        assert "READY=1" not in manager.heard
        stood.append(True)
        await manager.until("READY=1")
        manager.listen()
        with one.reloading():
            assert "RELOADING=1" in manager.listen()[0]
        assert manager.listen() == ["READY=1"]


async def test_it_is_waited_for_while_a_tape_is_made(manager: Manager) -> None:
    doing = "making tapes of the recording"
    told = [{**FACTS, "state": "stopping", "reasons": [doing], "finishing": doing}]
    async with meanwhile(Supervisor(lambda: told[0], lambda: True).tell()):
        await manager.until(f"STATUS=trading: {doing}")
        await manager.until("EXTEND_TIMEOUT_USEC=30000000")
        # when that is done, nobody has to wait any more
        told[0] = FACTS
        await manager.until("STATUS=trading")
        manager.listen()
        manager.heard.clear()
        await manager.until("WATCHDOG=1")
    assert not any("EXTEND" in one for one in manager.heard)


async def test_what_it_says_is_one_line_in_any_letters_and_without_an_account(manager: Manager) -> None:
    reasons = ["the journal cannot be written:\nREADY=1 → Größe of DU1234567", "paused"]
    async with meanwhile(
        Supervisor(lambda: {**FACTS, "mode": "protect-only", "reasons": reasons}, lambda: False).tell()
    ):
        await manager.until("STATUS=")
    (said,) = {one for one in manager.heard if one.startswith("STATUS=")}
    assert said == "STATUS=protect-only: the journal cannot be written: READY=1 → Größe of DU…567"


async def test_where_nobody_listens_nobody_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = Supervisor(lambda: FACTS, lambda: True)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not one.listens
    with one.reloading():
        pass
    # and a socket that is gone is an error of the listener's, never of who reloads
    monkeypatch.setenv("NOTIFY_SOCKET", os.fspath(tmp_path / "gone"))
    assert one.listens
    with pytest.raises(Unreachable, match="No such file"):
        await one.tell()
