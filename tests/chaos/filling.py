"""How a journal's disk is full: so many bytes of room are left to it, then none; and how there is room again."""

import os
import resource
from pathlib import Path
from typing import Literal

from bot.journal.store import SqliteStore

Way = Literal["pages", "length", "tmpfs"]
WAYS: tuple[Way, ...] = ("pages", "length", "tmpfs")
"""PRAGMA max_page_count (SQLITE_FULL) · RLIMIT_FSIZE (SQLITE_IOERR_WRITE) · a file system that is full (ENOSPC)."""
PAGE = 4096
PLENTY = 1_000_000


class Disk:
    """The disk under one journal."""

    def __init__(self, way: Way, store: SqliteStore, path: Path) -> None:
        self._way, self._store, self._path = way, store, path
        self._ballast = path.with_name("ballast")

    def fill(self, pages: int) -> None:
        """Leave room for so many pages; on a file system also what the reserve gives up is taken then."""
        match self._way:
            case "pages":
                self._store.one(f"PRAGMA max_page_count = {self._store.one('PRAGMA page_count') + pages}")
            case "length":
                log = self._path.with_name(f"{self._path.name}-wal")
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + pages * PAGE, hard))
            case "tmpfs":
                free = os.statvfs(self._path.parent)
                more = free.f_bavail * free.f_frsize - pages * PAGE
                with self._ballast.open("ab") as file:
                    if more > 0:
                        os.posix_fallocate(file.fileno(), file.tell(), more)

    def empty(self) -> None:
        """There is room again."""
        match self._way:
            case "pages":
                self._store.one(f"PRAGMA max_page_count = {PLENTY}")
            case "length":
                hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            case "tmpfs":
                self._ballast.unlink()
