"""How large the process at hand is: everything of it that could grow from day to day."""

import asyncio
import ctypes
import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


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


def _give_back() -> None:
    """What is free goes back to the machine: the allocator keeps the room of the largest day that there was."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the C library of Linux has it, others need not
    if trim is not None:
        trim(0)
