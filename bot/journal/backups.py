"""Copies of a SQLite journal, one a day, and how to go back to one. A server's backups are its administrator's."""

import os
import shlex
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import Unreachable

SUFFIX = ".db"


def folder_of(path: Path) -> Path:
    """Where the copies of a journal are."""
    return path.parent / "backups"


def backups(path: Path) -> list[Path]:
    """The copies of a journal, oldest first."""
    return sorted(folder_of(path).glob(f"{path.stem}-????-??-??{SUFFIX}"))


def back_up(path: Path, keep: int, now_ns: int) -> Path:
    """Copy a journal as it stands, also while it is written, and let go of all but the newest `keep` copies.

    The day's second copy takes the place of the first. Raises Unreachable, with all older copies kept.
    """
    folder = folder_of(path)
    day = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).date()
    copy = folder / f"{path.stem}-{day}{SUFFIX}"
    half = folder / f"{path.stem}.unfinished"
    try:
        folder.mkdir(exist_ok=True)
        _room(path, folder)
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(half),))
        with half.open("rb") as file:
            os.fsync(file.fileno())
        half.replace(copy)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):  # what is wrong has been said
            half.unlink(missing_ok=True)
        raise Unreachable(
            f"the journal could not be copied: {error}", where=str(path), do=f"see that {folder} has room"
        ) from error
    for old in backups(path)[:-keep]:
        old.unlink()
    return copy


def _room(path: Path, folder: Path) -> None:
    """A copy must not fill the disk that the journal itself needs."""
    free = os.statvfs(folder)
    if free.f_bavail * free.f_frsize < 2 * path.stat().st_size + (64 << 20):
        raise OSError("the disk would be nearly full afterwards")


def way_back(path: Path) -> str:
    """What a person types to go on from the newest copy; where there is none, what else is to be done."""
    found = backups(path)
    if not found:
        return "restore it from a backup of yours, or name another journal with --journal"
    aside = path.parent / "damaged"
    put = (
        f"mkdir -p {_quoted(aside)} && mv {_quoted(path)}* {_quoted(aside)}/ && cp {_quoted(found[-1])} {_quoted(path)}"
    )
    return f"{put} (what is newer than that copy is asked of the broker)"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
