"""One life of the daemon: a process of its own, started as a person starts it."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.faults import ENVIRONMENT
from tests.programs import NEVER, forked

READY = "trading"
"""The line with which the daemon says that it has recovered and that nothing keeps it from trading."""
MODES = (READY, "no-entries", "protect-only", "blind")
"""How the line begins with which it says that it has recovered: it trades, or what keeps it from that."""
LINK_LOST, LINK_BACK = ("link down", "link degraded", "link unknown"), "link up"


TEXT = ("--set", "log.format=text")
"""A life is judged by the words that a person reads."""


@dataclass
class Life:
    """`paperpit run`, running or dead. Times are the wall's, ns UTC."""

    pid: int
    started: int
    said: list[tuple[int, str]] = field(default_factory=list)
    """Lines of standard error, and when they were heard."""
    code: int | None = None
    """Its exit code once it is dead; −9 when it was killed."""
    stood_at: int = 0
    ready_at: int = 0
    ended_at: int = 0
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _running: asyncio.Task[None] | None = None

    @property
    def words(self) -> str:
        """All that it said."""
        return "\n".join(line for _, line in self.said)

    @property
    def stood_s(self) -> float:
        """From its start until it had recovered: what is held is looked after."""
        return (self.stood_at - self.started) / 1e9

    @property
    def ready_s(self) -> float:
        """From its start until it traded."""
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
        if self.code is None:
            os.kill(self.pid, number)
        await self._over.wait()
        assert self.code is not None
        return self.code

    @property
    def watched(self) -> list[tuple[int, int]]:
        """When it had recovered and heard its broker, up to its end."""
        spans: list[tuple[int, int]] = []
        since = self.stood_at
        for when, line in self.said:
            if since and line.startswith(LINK_LOST):
                spans.append((since, when))
                since = 0
            elif not since and self.stood_at and line.startswith(LINK_BACK):
                since = when
        if since:
            spans.append((since, self.ended_at or time.time_ns()))
        return spans

    @property
    def stands(self) -> bool:
        """Whether it owns its journal and its account, and looks after them: it has said in which mode."""
        return bool(self.stood_at)

    @property
    def improper(self) -> str:
        """What it said and no program may ever say; empty when it did not."""
        return next((line for _, line in self.said if any(word in line for word in NEVER)), "")

    def hear(self, text: str) -> None:
        """It has said something."""
        now = time.time_ns()
        self.said.append((now, text))
        mode = text.split(";")[0]
        if mode in MODES and not self.stood_at:
            self.stood_at = now
        if mode == READY and not self.ready_at:
            self.ready_at = now
            self._ready.set()

    def over(self, code: int) -> None:
        """It is dead."""
        self.ended_at, self.code = time.time_ns(), code
        self._over.set()


async def start(words: Sequence[str], *, folder: Path, fault: str = "", fork: bool = False) -> Life:
    """`paperpit run words…`; `fault` is what PAPERPIT_FAULT says.

    With `fork` the process is forked off one that has imported everything, which spares a second of computing.
    """
    begun: asyncio.Future[Life] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task((_forked if fork else _executed)(words, folder, fault, begun))

    def failed(task: asyncio.Task[None]) -> None:
        if not begun.done():
            begun.set_exception(task.exception() or EOFError("it ended before it had begun"))

    running.add_done_callback(failed)
    life = await begun
    life._running = running
    return life


async def _executed(words: Sequence[str], folder: Path, fault: str, begun: asyncio.Future[Life]) -> None:
    program = str(Path(sys.executable).with_name("paperpit"))
    # What is installed has its byte code; a daemon that may not keep it would compile every source at each start.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PAPERPIT_", "PYTHONDONT"))
    }
    started = time.time_ns()
    process = await asyncio.create_subprocess_exec(
        *(program, "run", *words, *TEXT),
        cwd=folder,
        env={**environment, ENVIRONMENT: fault, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    life = Life(process.pid, started)
    begun.set_result(life)
    async for line in process.stderr:
        life.hear(line.decode().rstrip())
    life.over(await process.wait())


async def _forked(words: Sequence[str], folder: Path, fault: str, begun: asyncio.Future[Life]) -> None:
    started = time.time_ns()
    async with forked("run", *words, *TEXT, env={ENVIRONMENT: fault, "PYTHONASYNCIODEBUG": ""}, cwd=folder) as one:
        assert one.process.pid is not None
        life = Life(one.process.pid, started)
        begun.set_result(life)
        async for line in one.lines():
            life.hear(line)
        life.over(await one.code())
