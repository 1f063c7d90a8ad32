"""Simulated gateways for tests: in this process, or as the program that people start.

    async with gateway(tapes=(str(tape),), speed="max") as far:
        await ib.connectAsync("127.0.0.1", far.port, clientId=17)

With `speed="hand"` the tape stands still until `await far.play.advance(rows)`: nothing depends on the wall's time. With
`silent=True` there are no rows but those of `far.play.push(Push("ES", bid=…, ask=…, last=…))`.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.gateway.opening import open_gateway
from adapters.gateway.options import Options
from adapters.gateway.server import Gateway

READY = "listening on "


@contextlib.asynccontextmanager
async def gateway(**options: Any) -> AsyncIterator[Gateway]:
    """A gateway in this process, on a free port unless told otherwise; `options` are those of `Options`."""
    far = open_gateway(Options(**{"port": 0, **options}))
    await far.start()
    try:
        yield far
    finally:
        await far.stop()


@dataclass
class Program:
    """`paperpit gateway` in a process of its own. What it writes on standard error is gathered in `said`."""

    process: asyncio.subprocess.Process
    port: int
    said: list[str]
    _listening: asyncio.Task[None]

    async def stop(self, sign: int = signal.SIGTERM) -> int:
        """Stop it by a signal; its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(sign)
        code = await self.process.wait()
        await self._listening
        return code

    async def kill(self) -> None:
        """As if the machine had lost it: no last word, no book closed."""
        await self.stop(signal.SIGKILL)


@contextlib.asynccontextmanager
async def gateway_program(*words: str, cwd: Path | None = None, port: int = 0) -> AsyncIterator[Program]:
    """`paperpit gateway --port PORT words…`; fails when it ends before it is ready."""
    program = Path(sys.executable).with_name("paperpit")
    process = await asyncio.create_subprocess_exec(
        program, "gateway", "--port", str(port), *words, cwd=cwd, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    said: list[str] = []
    async for line in process.stderr:
        said.append(line.decode().rstrip())
        if said[-1].startswith(READY):
            break
    else:
        raise AssertionError(f"the gateway ended with {await process.wait()}: {said}")
    ready = said[-1].removeprefix(READY).split(" ")[0]
    running = Program(process, int(ready.rpartition(":")[2]), said, asyncio.create_task(_gather(process, said)))
    try:
        yield running
    finally:
        await running.stop()


async def _gather(process: asyncio.subprocess.Process, said: list[str]) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        said.append(line.decode().rstrip())
