"""One writer a journal: who it is stands inside `<journal>.lock`, and the kernel's lock on that file is the proof.

The kernel lets go of the lock when its holder dies, however it dies, so there is no stale lock to clear by hand.
"""

import fcntl
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.errors import Locked

TRIES = 200
"""A reader that looks whether the lock is held takes it for some microseconds; so often the writer tries again."""

SIGNING_S = 1.0
"""So long somebody may take to sign what he has locked, on a machine that is busy."""

ADVISORY = 0x7061706572706974  # "paperpit"
"""PostgreSQL's advisory lock of a journal: one journal a database."""
ADVISORY_HOLDER = f"""
SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND classid = {ADVISORY >> 32} AND objid = {ADVISORY & 0xFFFFFFFF}
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_SIGNED = "paperpit"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who writes a journal."""

    run: str
    pid: int
    host: str
    started_ns: int  # wall, UTC
    journal: str = ""  # of an account's owner

    @classmethod
    def here(cls, run: str, started_ns: int, journal: str = "") -> "Owner":
        """This process."""
        return cls(run, os.getpid(), socket.gethostname(), started_ns, journal)

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.started_ns // 1_000_000_000, UTC)
        told = f"run {self.run} (pid {self.pid} on {self.host}, since {since:%Y-%m-%d %H:%M:%S} UTC)"
        return f"{told}, which writes {self.journal}" if self.journal else told


class FileLock:
    """The lock of a SQLite journal (or of an account), held from construction until `release`.

    Raises Locked, naming the holder.
    """

    def __init__(self, path: Path, owner: Owner, *, shown: str, do: str, what: str = "the journal") -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not self._taken():
            held_by = _signature(self._file)
            os.close(self._file)
            raise Locked(f"{what} is owned by {held_by or 'another process'}", where=shown, do=do)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, msgspec.json.encode(asdict(owner)), 0)

    def _taken(self) -> bool:
        for _ in range(TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                holder = _read(self._file)
                if holder and _alive(holder):
                    return False
                os.sched_yield()
        return False

    def release(self) -> None:
        """Let go; the file stays, empty."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def holder(path: Path) -> Owner | None:
    """Who holds the lock at `path` now, None when nobody does."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _signature(file) or Owner("", 0, "unknown host", 0)
    else:
        return None
    finally:
        os.close(file)


def _signature(file: int) -> Owner | None:
    """Who signed a lock that is held; whoever has just taken it signs a moment later, and is waited for."""
    until = time.monotonic() + SIGNING_S
    while (found := _read(file)) is None and time.monotonic() < until:
        os.sched_yield()
    return found


def _read(file: int) -> Owner | None:
    try:
        return msgspec.json.decode(os.pread(file, 4096, 0), type=Owner)
    except msgspec.DecodeError:
        return None  # empty: nobody, or a writer that has not signed yet


def _alive(owner: Owner) -> bool:
    return owner.host != socket.gethostname() or Path(f"/proc/{owner.pid}").exists()


def advisory_name(owner: Owner) -> str:
    """How the holder of an advisory lock signs: as the application name of its connection, which has 63 letters."""
    return f"{_SIGNED} {owner.run} pid {owner.pid} on {owner.host}"[:63]


def advisory_owner(name: str | None) -> str | None:
    """The run that signed like that, None for anything else."""
    words = (name or "").split()
    return words[1] if len(words) > 1 and words[0] == _SIGNED else None
