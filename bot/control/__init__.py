"""Telling a running desk something: one local socket a desk, one JSON line a question, one JSON line an answer.

The socket lies in the data folder and only its owner may open it (0600). It is how every other process speaks to the
desk; no verb places an order or loosens a limit.
"""

import asyncio
import hashlib
import os
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from bot.domain.command import Command
from bot.errors import ConfigError, DataDamaged, InputMissing, Locked, PaperpitError, Unreachable, UsageError
from bot.resources import data_folder

VERSION = 1
"""Of the lines' schema; a daemon and a command of different ones say so instead of guessing."""
ANSWER_S = 30.0
"""A flatten is answered when it has been sent, not when it has filled."""
LINE_MAX = 1 << 20
_PATH_MAX = 100  # a socket's path has room for 107 bytes
_SUFFIX = ".sock"


class Handler(Protocol):
    """Who is told: the desk."""

    async def tell(self, command: Command) -> Mapping[str, Any]:
        """Do it and say what came of it. Raises PaperpitError for what cannot be done."""


@dataclass(frozen=True, slots=True)
class Line:
    """One question on the wire."""

    v: int
    command: Command


def folder() -> Path:
    """Where the sockets of this data folder are: in it, or in a short place of this user where its path is too long."""
    own = data_folder() / "run"
    if len(os.fsencode(own)) > _PATH_MAX - 32:
        name = hashlib.sha256(os.fsencode(own)).hexdigest()[:12]
        own = Path(tempfile.gettempdir()) / f"paperpit-{os.getuid()}-{name}"
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    return own


def path_of(desk: str) -> Path:
    """The socket of a desk by its name. Raises UsageError for a name that is none."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", desk):
        raise UsageError(f"{desk!r} is no name for a desk", allowed="letters, digits, . _ -, at most 31")
    return folder() / f"{desk}{_SUFFIX}"


def running() -> list[str]:
    """Names of the desks that answer, in order; what a dead process left behind is cleared away."""
    found = []
    for path in sorted(folder().glob(f"*{_SUFFIX}")):
        if _alive(path):
            found.append(path.name.removesuffix(_SUFFIX))
        else:
            path.unlink(missing_ok=True)
    return found


def chosen(desk: str | None) -> str:
    """The desk that is meant: the named one, else the only one. Raises Unreachable (none), UsageError (several)."""
    if desk is not None:
        if not _alive(path_of(desk)):
            raise Unreachable(f"no desk named {desk} is running", do="paperpit run")
        return desk
    desks = running()
    if not desks:
        raise Unreachable("no desk is running", do="paperpit run")
    if len(desks) > 1:
        raise UsageError("several desks are running", allowed="--desk " + " | ".join(desks))
    return desks[0]


def tell(desk: str, command: Command) -> dict[str, Any]:
    """Send a command to a running desk and wait for its answer. Raises what the desk raised, or Unreachable."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(ANSWER_S)
        try:
            wire.connect(os.fspath(path_of(desk)))
            wire.sendall(msgspec.json.encode(Line(VERSION, command)) + b"\n")
            with wire.makefile("rb") as lines:
                answer = lines.readline(LINE_MAX)
        except TimeoutError as error:
            raise Unreachable(
                f"the desk {desk} has not answered within {ANSWER_S:g} s; what it was told may still be done",
                do=f"paperpit status --desk {desk}",
            ) from error
        except OSError as error:
            raise Unreachable(
                f"the desk {desk} does not answer: {error}", do=f"paperpit status --desk {desk}"
            ) from error
    if not answer.endswith(b"\n"):
        raise Unreachable(f"the desk {desk} ended before it had answered", do="paperpit journal runs")
    said: dict[str, Any] = msgspec.json.decode(answer)
    if "error" in said:
        raise _raised(said["error"])
    told: dict[str, Any] = said["told"]
    return told


@asynccontextmanager
async def serving(desk: str, handler: Handler) -> AsyncIterator[Path]:
    """Answer for a desk while the block runs. Raises Locked when another process already answers by that name."""
    path = path_of(desk)
    if _alive(path):
        raise Locked(f"another desk named {desk} is running", where=os.fspath(path), do="--desk NAME, or stop that one")
    path.unlink(missing_ok=True)

    asked, busy = dict[asyncio.Task[Any], asyncio.StreamWriter](), set[asyncio.Task[Any]]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        asked[task] = writer
        try:
            while line := await reader.readline():
                busy.add(task)
                writer.write(msgspec.json.encode(await _answered(line, handler)) + b"\n")
                await writer.drain()
                busy.discard(task)
        except (ConnectionError, ValueError):
            return  # whoever asked has gone, or sent more than a line may hold
        finally:
            busy.discard(task)
            del asked[task]
            writer.close()

    before = os.umask(0o177)  # from the first moment on nobody else may open it
    try:
        server = await asyncio.start_unix_server(answer, path, limit=LINE_MAX)
    finally:
        os.umask(before)
    try:
        yield path
    finally:
        server.close()
        path.unlink(missing_ok=True)
        await _hung_up(asked, busy)


async def _hung_up(asked: Mapping[asyncio.Task[Any], asyncio.StreamWriter], busy: Set[asyncio.Task[Any]]) -> None:
    """Let whoever was told something hear what came of it, and hang up on the others: no task is left behind."""
    if busy:
        await asyncio.wait(busy, timeout=1)
    for writer in asked.values():
        writer.close()
    if asked:
        await asyncio.wait(list(asked), timeout=1)


async def _answered(line: bytes, handler: Handler) -> dict[str, Any]:
    try:
        asked = msgspec.json.decode(line, type=Line)
    except msgspec.DecodeError as error:
        return _error(UsageError(f"this line is no command: {error}"))
    if asked.v != VERSION:
        return _error(UsageError(f"the desk speaks version {VERSION} of these lines, not {asked.v}", do="restart it"))
    try:
        return {"v": VERSION, "told": await handler.tell(asked.command)}
    except PaperpitError as error:
        return _error(error)


def _error(error: PaperpitError) -> dict[str, Any]:
    said = {"what": error.what, "where": error.where, "allowed": error.allowed, "do": error.do}
    return {"v": VERSION, "error": {**said, "exit_code": error.exit_code}}


def _raised(said: dict[str, Any]) -> PaperpitError:
    every = (PaperpitError, UsageError, DataDamaged, InputMissing, Unreachable, Locked, ConfigError)
    kinds: dict[int, type[PaperpitError]] = {kind.exit_code: kind for kind in every}
    kind = kinds.get(said["exit_code"], PaperpitError)
    return kind(said["what"], where=said["where"], allowed=said["allowed"], do=said["do"])


def _alive(path: Path) -> bool:
    """Whether a process answers at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        try:
            wire.connect(os.fspath(path))
        except OSError:
            return False
        return True


__all__ = ["ANSWER_S", "Handler", "Line", "chosen", "folder", "path_of", "running", "serving", "tell"]
