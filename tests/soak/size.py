"""How large the process at hand is: everything of it that could grow from day to day."""

import asyncio
import ctypes
import gc
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
LOOKS, APART_S = 12, 0.1
"""So often a quiet point is looked at: what is under way at one look and not at another is nothing that stays."""
WORKERS = 4
KINDS = ("tasks", "descriptors", "threads")


async def all_workers() -> None:
    """Start each worker of the loop's pool: it makes them when chance wants it, and what comes after them has grown."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WORKERS))
    met = Barrier(WORKERS)
    await asyncio.gather(*(asyncio.to_thread(met.wait) for _ in range(WORKERS)))


@dataclass(frozen=True)
class Size:
    """What a process has at one moment."""

    memory_kib: int
    descriptors: int
    tasks: int
    timers: int
    threads: int

    @classmethod
    def now(cls) -> "Size":
        """Of this process, after its garbage has been collected."""
        gc.collect()
        _give_back()
        loop: Any = asyncio.get_running_loop()
        resident = int(Path("/proc/self/statm").read_text().split()[1])
        timers = sum(not timer.cancelled() for timer in loop._scheduled)
        return cls(
            resident * PAGE_KIB,
            len(os.listdir("/proc/self/fd")),
            len(asyncio.all_tasks()),
            timers,
            threading.active_count(),
        )

    def __str__(self) -> str:
        """One line of a table."""
        return (
            f"{self.memory_kib:>9,} KiB  {self.descriptors:>3} descriptors  {self.tasks:>2} tasks"
            f"  {self.timers:>2} timers  {self.threads:>2} threads"
        )


@dataclass(frozen=True)
class Rest:
    """What a process has while nothing is to be done: the least of many looks, kind by kind."""

    memory_kib: int
    peak_kib: int
    """The most since the last quiet point."""
    tasks: dict[str, int]
    """By their names, or by what they run."""
    descriptors: dict[str, int]
    """By what they are: sockets, pipes, files by their names without numbers, connections to SQLite by their logs."""
    threads: dict[str, int]

    @classmethod
    async def now(cls) -> "Rest":
        """Of this process, and begin to measure the next peak."""
        peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0])
        found: list[tuple[dict[str, int], ...]] = []
        for _ in range(LOOKS):
            await asyncio.sleep(APART_S)
            found.append((Counter(_tasks()), Counter(_descriptors()), Counter(_threads())))
        memory = Size.now().memory_kib
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        return cls(memory, peak, *(_least(looks) for looks in zip(*found, strict=True)))

    def __str__(self) -> str:
        """One line of a table."""
        counts = "  ".join(f"{sum(getattr(self, name).values()):>3} {name}" for name in KINDS)
        return f"{self.memory_kib:>9,} KiB  {self.peak_kib:>9,} at most  {counts}"


def left(before: Rest, after: Rest) -> list[str]:
    """What there is more of at a later quiet point, kind by kind; empty when nothing has stayed."""
    found = []
    for name in KINDS:
        then, now = getattr(before, name), getattr(after, name)
        found += [f"{name} {kind} {then.get(kind, 0)} → {now[kind]}" for kind in now if now[kind] > then.get(kind, 0)]
    return found


def _least(looks: Sequence[dict[str, int]]) -> dict[str, int]:
    kinds = set[str]().union(*looks)
    return {kind: least for kind in sorted(kinds) if (least := min(look.get(kind, 0) for look in looks))}


def _tasks() -> Iterator[str]:
    for task in asyncio.all_tasks():
        name, runs = task.get_name(), task.get_coro()
        yield getattr(runs, "__qualname__", "?") if re.fullmatch(r"Task-\d+", name) else name


def _descriptors() -> Iterator[str]:
    files = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one by which they are listed
            files.append(os.readlink(f"/proc/self/fd/{number}"))
    for file in files:
        # SQLite keeps a closed connection's file for the next one while any other is open (POSIX locks, "pending
        # close" of os_unix.c), so that there are as many as were ever open at once; an open one has its own log.
        if f"{file}-wal" not in files:
            yield re.sub(r"\d+", "#", Path(file).name)


def _threads() -> Iterator[str]:
    for thread in threading.enumerate():
        yield re.sub(r"\d+", "#", thread.name)


def _give_back() -> None:
    """What is free goes back to the machine: the allocator keeps the room of the largest day that there was."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the C library of Linux has it, others need not
    if trim is not None:
        trim(0)
