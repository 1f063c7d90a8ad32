"""Moves what stands in a SQLite journal's log into its file, while the desk does something else.

A writer that does it itself waits some tens of milliseconds for the disk, between some tick and its order. A passive
checkpoint waits for nobody and nobody waits for it: what a reader still needs is left for the next one.

What is written meanwhile is left as well, and a log that is never moved whole never begins anew: it grows, and a
commit that makes a file longer costs the disk half as much again. A desk that pauses leaves nothing; for one that does
not, the little that is left in the end is moved by the writer itself.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

EVERY, EVERY_ROWS = 256, 4_096
"""Groups or rows that are written between two checkpoints: some MiB of log."""
LITTLE = 16
"""Groups that a writer moves in less time than it needs to write some."""
PASSES = 4
"""So often in a row it is tried to leave no more than that."""
PASSIVE = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """Checkpoints of one journal, each in a thread of its own that ends with it.

    `move` makes the writer's connection do one, which may fail.
    """

    def __init__(self, path: Path, move: Callable[[], object]) -> None:
        self._path, self._move = path, move
        self._written = self._rows = 0
        """Groups and rows since the newest checkpoint began."""
        self._passes = 0
        self._running: threading.Thread | None = None

    def wrote(self, rows: int) -> None:
        """A group of so many rows was written; now and then that is one too many for the log."""
        self._written += 1
        self._rows += rows
        if self._running is None:
            if self._written >= EVERY or self._rows >= EVERY_ROWS:
                self._begin()
        elif not self._running.is_alive():
            self._running = None
            if self._written > LITTLE and self._passes < PASSES:
                self._begin()
                return
            self._passes = 0
            if self._written > 1:  # else that one has begun the log anew
                with suppress(sqlite3.Error):  # as in `_run`
                    self._move()

    def _begin(self) -> None:
        self._written, self._rows, self._passes = 0, 0, self._passes + 1
        self._running = threading.Thread(target=self._run, name="paperpit-checkpoint", daemon=True)
        self._running.start()

    def _run(self) -> None:
        # A failure costs nothing: the rows stand in the log, and the next checkpoint moves them.
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, timeout=0)) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # until it has read, it knows of no log
            connection.execute(PASSIVE).fetchone()

    def close(self) -> None:
        """Wait for one that is at work."""
        if self._running is not None:
            self._running.join()
