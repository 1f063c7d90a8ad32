"""What stands at the far end of a wire when it is no gateway as it should be, and a desk that is told to use it."""

import asyncio
import itertools
import os
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.gateway.server import Gateway
from tests.laws.markets import drill
from tests.patience import PATIENCE_S
from tests.playing import EAGER

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Set:
    """What a run is started with; its journal and its name are nobody else's."""

    folder: Path
    port: int
    name: str

    @property
    def journal(self) -> str:
        return f"sqlite:///{self.folder / f'{self.name}.db'}"

    @property
    def run(self) -> tuple[object, ...]:
        """`paperpit run` of a drill that wants to enter every other second."""
        sets = ("record.enabled=false", "log.format=text", *EAGER, *self.sets)
        words = itertools.chain.from_iterable(("--set", one) for one in sets)
        given = ("--strategy", drill(self.folder), "--calendar", "none", "--journal", self.journal, "--once")
        return ("run", "--desk", self.name, *given, *words)

    @property
    def doctor(self) -> tuple[object, ...]:
        """`paperpit doctor` of all that is at the far end."""
        words = itertools.chain.from_iterable(("--set", one) for one in self.sets)
        return ("doctor", "--json", *words, "gateway", "account", "clock", "contracts", "tick-rules", "market-data")

    @property
    def sets(self) -> tuple[str, ...]:
        return ("adapter=ib", f"adapters.ib.port={self.port}")


def desk_at(port: int, folder: Path) -> Set:
    """A desk of its own, at that port."""
    return Set(folder, port, f"bad-{os.getpid()}-{next(_numbers)}")


@asynccontextmanager
async def answering(reply: bytes | None) -> AsyncIterator[int]:
    """A port where every connection gets these bytes and is closed; None: it is taken and never answered."""
    taken = set[asyncio.StreamWriter]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.add(writer)
        await reader.read(1024)
        if reply is None:
            await reader.read()
        else:
            writer.write(reply)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in taken:
            writer.close()
        await server.wait_closed()


@asynccontextmanager
async def between(port: int, message: str, instead: bytes = b"", *, nth: int = 1) -> AsyncIterator[int]:
    """A port in front of a gateway's: the nth message of that id gets `instead`; nothing: the wire is cut, once."""
    tasks, seen = set[asyncio.Task[None]](), itertools.count(1)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        back = asyncio.create_task(_copied(far_reader, writer))
        tasks.add(back)
        try:
            far_writer.write(await reader.readexactly(4))
            while True:
                head = await reader.readexactly(4)
                body = await reader.readexactly(struct.unpack(">I", head)[0])
                if body.split(b"\0")[0] != message.encode() or next(seen) != nth:
                    far_writer.write(head + body)
                elif instead:
                    writer.write(instead)
                else:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            far_writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*tasks)


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        return
    finally:
        writer.close()


async def until(what: Callable[[], Any]) -> None:
    """Wait until it is so; somebody else's process makes it so."""
    async with asyncio.timeout(PATIENCE_S):
        while not what():
            await asyncio.sleep(0.02)


def fault(far: Gateway, name: str, arg: str = "") -> None:
    """Let it happen at the gateway."""
    told = far.control({"do": "fault", "name": name, "arg": arg})
    assert "error" not in told, told


def heard(far: Gateway, message: str) -> int:
    """How many messages of that id the gateway has had, over all connections that are open."""
    return sum(one["messages"].get(f"in {message}", 0) for one in far.status()["sessions"])
