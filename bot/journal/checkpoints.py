"""Moves what stands in a SQLite journal's log into its file, while the desk does something else.

A writer that does it itself waits some tens of milliseconds for the disk, between some tick and its order. A passive
checkpoint waits for nobody and nobody waits for it: what a reader still needs is left for the next one.
"""

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

EVERY = 256
"""Groups that are written between two checkpoints: some MiB of log."""


class Checkpoints:
    """Checkpoints of one journal, each in a thread of its own that ends with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._running: threading.Thread | None = None

    def wrote(self) -> None:
        """A group was written; now and then that is one too many for the log."""
        self._written += 1
        if self._written >= EVERY and (self._running is None or not self._running.is_alive()):
            self._written = 0
            self._running = threading.Thread(target=self._run, name="paperpit-checkpoint", daemon=True)
            self._running.start()

    def _run(self) -> None:
        # A failure costs nothing: the rows stand in the log, and the next checkpoint moves them.
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, timeout=0)) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()  # until it has read, it knows of no log
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def close(self) -> None:
        """Wait for one that is at work."""
        if self._running is not None:
            self._running.join()
