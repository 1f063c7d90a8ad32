"""`paperpit …` as a person runs it, in a process of its own: real signals, exit code, standard output and error.

    async with program("run", "--adapter", "ib", …) as desk:
        await desk.until("link down")
        assert await desk.interrupted() == 130

The process is forked off one that has imported everything (`forked.py`): a start takes milliseconds instead of seconds.
asyncio runs in its debug mode, and when a program has ended nothing may be left of it that only we could explain.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from tests.patience import PATIENCE_S

NEVER = (
    *("Traceback", "Task was destroyed", "never retrieved", "never awaited", "this is a bug", "ResourceWarning"),
    *("Exception ignored", "Unhandled exception", "was garbage collected"),
)
"""What no program may say, whatever goes wrong."""
SLOW = b"Executing <"
"""How asyncio's debug mode complains of a busy machine."""
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.forked"])


@asynccontextmanager
async def watched(running: asyncio.subprocess.Process) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of another making that is not left behind, whatever happens."""
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@dataclass
class Program:
    """A program that runs, or has run."""

    process: ForkServerProcess
    said: list[str] = field(default_factory=list)
    """Lines of standard error so far."""
    told: str = ""
    """Standard output, once it has ended."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _deaf: asyncio.Event = field(default_factory=asyncio.Event)
    """All that it said has been heard."""

    @property
    def words(self) -> str:
        """Standard error as one text."""
        return "\n".join(self.said)

    async def until(self, words: str, times: int = 1, seconds: float = PATIENCE_S) -> None:
        """Wait until so many lines of standard error hold these words. Fails when it ends before."""
        async with asyncio.timeout(seconds):
            while sum(words in line for line in self.said) < times:
                assert not self._over.is_set(), f"ended ({self.process.exitcode}) without {words!r}: {self.words}"
                self._news.clear()
                await self._news.wait()

    def send(self, number: signal.Signals = signal.SIGINT) -> None:
        """A signal; Ctrl-C is SIGINT."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    async def lines(self) -> AsyncIterator[str]:
        """Each line of standard error as it comes, to the program's end."""
        heard = 0
        while True:
            self._news.clear()
            for line in self.said[heard:]:
                heard += 1
                yield line
            if heard == len(self.said):
                if self._deaf.is_set():
                    return
                await self._news.wait()

    async def code(self, seconds: float = PATIENCE_S) -> int:
        """Wait for its end: the exit code."""
        async with asyncio.timeout(seconds):
            await self._over.wait()
        assert self.process.exitcode is not None
        return self.process.exitcode

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.exitcode

    async def wait(self) -> int:
        """As a process of asyncio waits: the exit code."""
        return await self.code()

    async def interrupted(self, number: signal.Signals = signal.SIGINT, seconds: float = PATIENCE_S) -> int:
        """Send a signal and wait for the end that it brings."""
        self.send(number)
        return await self.code(seconds)


@asynccontextmanager
async def program(
    *words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> AsyncIterator[Program]:
    """`paperpit words…`. Killed when it is still there at the block's end; what it must never say fails the test."""
    async with forked(*words, env=env, cwd=cwd) as one:
        yield one
    for never in NEVER:
        assert never not in one.words, one.words


@asynccontextmanager
async def forked(
    *words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> AsyncIterator[Program]:
    """The same, whatever it says."""
    with TemporaryDirectory() as folder:
        pipes = [Path(folder) / name for name in ("out", "err")]
        readers, ours = [], []
        for pipe in pipes:
            os.mkfifo(pipe)
            readers.append(await _reader(pipe))
            ours.append(os.open(pipe, os.O_WRONLY))  # so that there is an end to read, whatever becomes of the fork
        settings = {"PYTHONASYNCIODEBUG": "1", "NO_COLOR": "1", "COLUMNS": "200", **(env or {})}
        target = (tuple(map(str, words)), tuple(map(str, pipes)), settings, str(cwd or Path.cwd()))
        one = Program(FORKS.Process(target=_main, args=target, daemon=True))
        one.process.start()
        gathering = asyncio.gather(_gather(one, readers[1]), _keep(one, readers[0]), _watch(one, ours))
        try:
            yield one
        finally:
            if one.process.is_alive():
                one.process.kill()
            await gathering


async def ended(*words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> tuple[int, Program]:
    """A program that ends by itself: its exit code, and what it said."""
    async with program(*words, env=env, cwd=cwd) as one:
        return await one.code(), one


def typed(*words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> CompletedProcess[str]:
    """The same for a test without a loop, told as `subprocess.run` tells it."""
    code, one = asyncio.run(ended(*words, env=env, cwd=cwd))
    return CompletedProcess(words, code, one.told, one.words)


async def _reader(pipe: Path) -> asyncio.StreamReader:
    file = os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


async def _gather(one: Program, reader: asyncio.StreamReader) -> None:
    async for line in reader:
        if SLOW not in line:
            one.said.append(line.decode().rstrip())
            one._news.set()
    one._deaf.set()
    one._news.set()


async def _keep(one: Program, reader: asyncio.StreamReader) -> None:
    one.told = (await reader.read()).decode()


async def _watch(one: Program, ours: list[int]) -> None:
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(one.process.sentinel, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(one.process.sentinel)
    one.process.join()
    for pipe in ours:
        os.close(pipe)
    one._over.set()
    one._news.set()


def _main(words: tuple[str, ...], pipes: tuple[str, str], settings: Mapping[str, str], folder: str) -> None:
    """In the fork: the program, from its entry point to its exit code."""
    from bot.cli import main

    os.chdir(folder)
    os.environ.update(settings)
    for number, pipe in enumerate(pipes, 1):
        file = os.open(pipe, os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)
    sys.argv = [str(Path(sys.executable).with_name("paperpit")), *words]
    try:
        main()
    finally:
        gc.collect()  # what nobody waited for says so now
        sys.stdout.flush()
        sys.stderr.flush()
