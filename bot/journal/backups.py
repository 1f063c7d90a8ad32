"""Where the copies of a SQLite journal are, and how to go back to one. `bot.journal.copying` makes them."""

import shlex
from pathlib import Path

SUFFIX = ".db"


def folder_of(path: Path) -> Path:
    """Where the copies of a journal are."""
    return path.parent / "backups"


def backups(path: Path) -> list[Path]:
    """The copies of a journal, oldest first."""
    return sorted(folder_of(path).glob(f"{path.stem}-????-??-??{SUFFIX}"))


def way_back(path: Path) -> str:
    """What a person types to go on from the newest copy; where there is none, what else is to be done."""
    found = backups(path)
    if not found:
        return "restore it from a backup of yours, or name another journal with --journal"
    return f"paperpit db restore {_quoted(found[-1])} --journal {_quoted(path)} ({NEWER})"


NEWER = "what is newer than that copy is asked of the broker"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
