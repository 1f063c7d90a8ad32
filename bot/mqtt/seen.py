"""The commands of the last day by their ids, in a file: none of them is taken a second time, also after a restart.

A line each, `<ts> <id>`, appended and on the disk before the command is done. What is older than a day has gone stale
long ago, whatever the clock did meanwhile.
"""

import os
from pathlib import Path

from bot.durable import replace

DAY_NS = 86_400 * 10**9
SPARE = 1000
"""Lines that the file may hold beyond twice what is remembered, before it is written anew."""


class Seen:
    """What was taken, oldest first. `read` it before the first question."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken: dict[str, int] = {}  # id → when, ns UTC
        self._lines = 0
        self._torn = False
        """Whether a line may have been written in part."""

    def read(self, now: int) -> None:
        """Remember what the file holds as of `now`, ns UTC. A line that was cut off is a command that was not done."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return
        for line in lines:
            ts, _, name = line.decode(errors="replace").rstrip("\n").partition(" ")
            if line.endswith(b"\n") and ts.isdecimal() and name:
                self._taken[name] = int(ts)
        self._forget(now)
        self._write()

    def take(self, name: str, now: int) -> bool:
        """Whether it is a new one; from now on it is none."""
        self._forget(now)
        if name in self._taken:
            return False
        self._taken[name] = now
        return True

    def keep(self, name: str) -> None:
        """Have it on the disk. Raises OSError."""
        if self._torn or self._lines > 2 * len(self._taken) + SPARE:
            self._write()
            return
        self._torn = True
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(self._line(name))
            file.flush()
            os.fsync(file.fileno())
        self._lines, self._torn = self._lines + 1, False

    def _forget(self, now: int) -> None:
        # A clock that was set back makes none of them younger: who came before the first old one is older still.
        while self._taken and now - next(iter(self._taken.values())) > DAY_NS:
            del self._taken[next(iter(self._taken))]

    def _write(self) -> None:
        replace(self._path, [self._line(name) for name in self._taken])
        self._lines, self._torn = len(self._taken), False

    def _line(self, name: str) -> bytes:
        return f"{self._taken[name]} {name}\n".encode()
