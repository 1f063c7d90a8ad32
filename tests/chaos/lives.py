"""One life of the daemon: a process of its own, started as a person starts it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs import NEVER

READY = "trading"
"""The line with which the daemon says that it has recovered and that nothing keeps it from trading."""
LINK_LOST, LINK_BACK = ("link down", "link degraded", "link unknown"), "link up"


@dataclass
class Life:
    """`paperpit run`, running or dead. Times are the wall's, ns UTC."""

    process: asyncio.subprocess.Process
    started: int
    said: list[tuple[int, str]] = field(default_factory=list)
    """Lines of standard error, and when they were heard."""
    ready_at: int = 0
    ended_at: int = 0
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _listening: asyncio.Task[None] | None = None

    @property
    def code(self) -> int | None:
        """Its exit code once it is dead; −9 when it was killed."""
        return self.process.returncode

    @property
    def words(self) -> str:
        """All that it said."""
        return "\n".join(line for _, line in self.said)

    @property
    def ready_s(self) -> float:
        """From its start until it was ready."""
        return (self.ready_at - self.started) / 1e9

    async def ready(self, seconds: float) -> bool:
        """Wait until it is ready; False when it was not within that time, or died."""
        waits = [asyncio.create_task(one.wait()) for one in (self._ready, self._over)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waits:
            one.cancel()
        return self._ready.is_set()

    async def dies(self, seconds: float) -> bool:
        """Whether it dies by itself within that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    async def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal, unless it is dead already, and wait for the end; its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        await self._over.wait()
        assert self.code is not None
        return self.code

    @property
    def watched(self) -> list[tuple[int, int]]:
        """When it was ready and heard its broker, up to its end."""
        spans: list[tuple[int, int]] = []
        since = self.ready_at
        for when, line in self.said:
            if since and line.startswith(LINK_LOST):
                spans.append((since, when))
                since = 0
            elif not since and self.ready_at and line.startswith(LINK_BACK):
                since = when
        if since:
            spans.append((since, self.ended_at or time.time_ns()))
        return spans

    @property
    def improper(self) -> str:
        """What it said and no program may ever say; empty when it did not."""
        return next((line for _, line in self.said if any(word in line for word in NEVER)), "")

    async def listen(self) -> None:
        """Hear what it says, to its end."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            now, text = time.time_ns(), line.decode().rstrip()
            self.said.append((now, text))
            if text.split(";")[0] == READY and not self.ready_at:
                self.ready_at = now
                self._ready.set()
        await self.process.wait()
        self.ended_at = time.time_ns()
        self._over.set()


async def start(words: Sequence[str], *, folder: Path, fault: str = "") -> Life:
    """`paperpit run words…`; `fault` is what PAPERPIT_FAULT says."""
    program = str(Path(sys.executable).with_name("paperpit"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAPERPIT_")}
    started = time.time_ns()
    process = await asyncio.create_subprocess_exec(
        *(program, "run", *words),
        cwd=folder,
        env={**environment, "PAPERPIT_FAULT": fault, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    life = Life(process, started)
    life._listening = asyncio.create_task(life.listen())
    return life
