"""Room for last words: a file beside a SQLite journal that is given up when the disk is full.

What a desk has to say while it leaves the disk to somebody else is little and matters most: which orders protect a
position, and how they filled.
"""

import os
import shutil
from pathlib import Path

from bot.errors import Unreachable

SIZE = 1 << 20
FREE = "free some space on that disk"


class Reserve:
    """The file `<journal>.reserve`, made at once. Raises Unreachable where there is no room for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._there = path.exists() and path.stat().st_size >= SIZE
        if not self._there and (why := self._make()):
            raise Unreachable(
                f"there is no room for a journal's last words ({SIZE >> 20} MiB): {why}",
                where=str(path),
                do=f"{FREE}, or name another journal with --journal",
            )

    def give_up(self) -> bool:
        """Let the journal have its room; False when that has been done already."""
        there, self._there = self._there, False
        self._path.unlink(missing_ok=True)
        return there

    def lacking(self) -> str:
        """Why the journal has no reserve; empty when it has one, or could take it back. Nothing new begins without."""
        if self._there:
            return ""
        if shutil.disk_usage(self._path.parent).free < 2 * SIZE:
            return f"the disk is full: the journal is written into its last reserve ({self._path}: {FREE})"
        return self._make()

    def _make(self) -> str:
        """Take the room; why that cannot be had, or an empty text."""
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                os.posix_fallocate(file, 0, SIZE)
            finally:
                os.close(file)
        except OSError as error:
            self._path.unlink(missing_ok=True)
            return f"the disk has no room for a reserve: {error.strerror} ({self._path}: {FREE})"
        self._there = True
        return ""
