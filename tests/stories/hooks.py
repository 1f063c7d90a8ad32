"""A webhook that a test plays: a real HTTP server that takes what it gets, or not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.patience import PATIENCE_S

SECRET = "T0PSECRET-hook-path"


@dataclass
class Hook:
    """A webhook: what it got, and how it answers."""

    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What comes next: "500", "silence"; empty: it takes it."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Its address, which is a secret."""
        return f"http://127.0.0.1:{self.port}/{SECRET}?token={SECRET}"

    async def until(self, words: str) -> dict[str, Any]:
        """The first notice with these words in its title."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [one for one in self.got if words in one["title"]]):
                self.asked.clear()
                await self.asked.wait()
        return found[0]


@asynccontextmanager
async def webhook(*answers: str) -> AsyncIterator[Hook]:
    """A real HTTP server."""
    hook = Hook(answers=list(answers))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.splitlines() if line.lower().startswith("content-length"))
        body = await reader.readexactly(int(length.partition(":")[2]))
        answer = hook.answers.pop(0) if hook.answers else "200"
        if answer == "200":
            hook.got.append(json.loads(body))
        if answer == "silence":
            await reader.read()
        writer.write(f"HTTP/1.1 {answer} so\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()
        hook.asked.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    hook.port = server.sockets[0].getsockname()[1]
    try:
        yield hook
    finally:
        server.close()
