"""One desk, one socket: told what to do by another process, by nobody else's, and by no dead one's leftovers."""

import asyncio
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot import control
from bot.domain.command import Command
from bot.errors import Locked, Unreachable, UsageError


@pytest.fixture(autouse=True)
def sockets(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setattr(control, "data_folder", lambda: folder)
    return folder


class Desk:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[Command] = []

    async def tell(self, command: Command) -> Mapping[str, Any]:
        self.heard.append(command)
        if command.verb == "resume" and not command.reason:
            raise UsageError("no reason was given", allowed="--reason TEXT", do="say why")
        return {"result": f"{command.verb} done"}


def asked(verb: Any = "pause", **told: Any) -> Command:
    return Command(verb, "n1", 17, **told)


async def test_a_command_arrives_whole_and_its_answer_comes_back() -> None:
    desk = Desk()
    async with control.serving("es", desk):
        said = await asyncio.to_thread(control.tell, "es", asked(strategy="drill", reason="lunch"))
    assert said == {"result": "pause done"}
    assert desk.heard == [asked(strategy="drill", reason="lunch")]


async def test_a_refusal_is_raised_where_it_was_asked_with_all_its_words() -> None:
    async with control.serving("es", Desk()):
        with pytest.raises(UsageError) as refused:
            await asyncio.to_thread(control.tell, "es", asked("resume"))
    assert (refused.value.what, refused.value.allowed, refused.value.do) == (
        "no reason was given",
        "--reason TEXT",
        "say why",
    )


async def test_a_desk_that_is_busy_may_still_do_what_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a desk that is compiling and does what it is told later
    free = asyncio.Event()

    class Busy(Desk):
        async def tell(self, command: Command) -> Mapping[str, Any]:
            await free.wait()
            return await super().tell(command)

    desk = Busy()
    monkeypatch.setattr(control, "ANSWER_S", 0.2)
    async with control.serving("es", desk):
        # when nobody waits any longer
        with pytest.raises(Unreachable, match="what it was told may still be done"):
            await asyncio.to_thread(control.tell, "es", asked())
        # then silence was no refusal
        free.set()
        await asyncio.to_thread(control.tell, "es", asked("status"))
    assert [one.verb for one in desk.heard] == ["pause", "status"]


async def test_only_the_owner_may_open_the_socket() -> None:
    async with control.serving("es", Desk()) as path:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(path.parent).st_mode) & 0o077 == 0


async def test_two_desks_of_one_name_are_refused_and_the_first_goes_on() -> None:
    async with control.serving("es", Desk()):
        with pytest.raises(Locked):
            async with control.serving("es", Desk()):
                pass
        assert control.running() == ["es"]


async def test_what_a_dead_desk_left_behind_is_cleared_away() -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(os.fspath(control.path_of("dead")))
    left.close()
    assert control.path_of("dead").exists()
    assert control.running() == []
    assert not control.path_of("dead").exists()


async def test_the_only_desk_is_meant_and_of_several_one_must_be_named() -> None:
    with pytest.raises(Unreachable):
        control.chosen(None)
    async with control.serving("es", Desk()):
        assert control.chosen(None) == "es"
        async with control.serving("cl", Desk()):
            with pytest.raises(UsageError, match="several"):
                control.chosen(None)
            assert control.chosen("cl") == "cl"
    with pytest.raises(Unreachable):
        control.chosen("es")


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"garbage \xff\n", b'{"v": 1, "command": {"verb": "buy"}}\n'])
async def test_a_line_that_is_no_command_is_answered_and_does_nothing(line: bytes) -> None:
    desk = Desk()
    async with control.serving("es", desk) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line)
        assert b"is no command" in await reader.readline()
        writer.close()
    assert desk.heard == []


async def test_a_line_of_another_version_is_refused() -> None:
    async with control.serving("es", Desk()) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"v": 9, "command": {"verb": "stop", "nonce": "n", "ts": 1}}\n')
        assert b"version" in await reader.readline()
        writer.close()


async def test_a_line_without_end_is_cut_off_and_the_desk_goes_on() -> None:
    async with control.serving("es", Desk()) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * (control.LINE_MAX + 2))
        assert await reader.read() == b""
        writer.close()
        assert await asyncio.to_thread(control.tell, "es", asked()) == {"result": "pause done"}


@pytest.mark.parametrize("name", ["", "../es", "a b", "x" * 40, ".hidden"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        control.path_of(name)


def test_a_data_folder_of_a_long_name_has_its_sockets_in_a_short_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    monkeypatch.setattr(control, "data_folder", lambda: long)
    assert len(os.fsencode(control.path_of("a" * 31))) < 108
