"""The writer's own connection: one group of rows in, all or nothing, durable on return.

Rows go to the database driver directly: SQLAlchemy's import alone would be a third of a replay's start, and a statement
through it costs more than the row. Migrations and what compares schemas go through SQLAlchemy.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.errors import ConfigError, DataDamaged, PaperpitError, Unreachable
from bot.journal.backups import way_back
from bot.journal.checkpoints import PASSIVE, Checkpoints
from bot.journal.reserve import Reserve
from bot.journal.rows import TABLES
from bot.journal.sweep_rows import SWEEPS

T = TypeVar("T")
CANNOT = "the journal cannot be written: "
Rows = Sequence[tuple[Any, ...]]


class Store(Protocol):
    """A database that takes groups of rows. Raises Unreachable when it cannot, with nothing of the group written."""

    def write(self, group: Sequence[tuple[str, Rows]]) -> None:
        """Insert rows, table by table, as one transaction; durable on return."""

    def one(self, sql: str) -> Any:
        """The first value of the first row, None without one."""

    def lacking(self) -> str:
        """Why nothing new should begin although rows are taken; empty when all is well. Mends what can be mended."""

    def close(self) -> None:
        """Let go of the connection."""


def inserts(placeholder: str) -> dict[str, str]:
    """One INSERT a table with the driver's placeholder."""
    columns = {name: row._fields for name, row in TABLES.items()} | {name: row._fields for name, row in SWEEPS.items()}
    return {
        name: f'INSERT INTO "{name}" ({", ".join(map(_quoted, fields))}) '
        f"VALUES ({', '.join([placeholder] * len(fields))})"
        for name, fields in columns.items()
    }


def _quoted(name: str) -> str:
    return f'"{name}"'


class SqliteStore:
    """A SQLite file in WAL mode. `synchronous`: FULL outlives a power cut, NORMAL any crash of the process.

    With a reserve it is a live desk's: a full disk gives that up, and checkpoints are made beside it, not between.
    """

    def __init__(self, path: Path, *, synchronous: str, reserve: Reserve | None = None) -> None:
        self._path, self._reserve = path, reserve
        self._checkpoints = None if reserve is None else Checkpoints(path, self._checkpoint)
        self._insert = inserts("?")
        # Autocommit, so that the only transactions are the explicit ones of `write`.
        self._connection = self._tried(lambda: sqlite3.connect(path, timeout=1, isolation_level=None))
        try:
            if self.one("PRAGMA journal_mode = WAL") != "wal":
                raise ConfigError(
                    "this file system cannot hold a SQLite journal (no write-ahead log)",
                    where=str(path),
                    do="put the journal on a local disk, or use PostgreSQL",
                )
            for pragma in (
                f"synchronous = {synchronous}",
                "foreign_keys = ON",
                "recursive_triggers = ON",
                "busy_timeout = 1000",
                "journal_size_limit = 67108864",
                # Beside the writer a checkpoint is ended only by a pause; without any the log would grow for ever.
                f"wal_autocheckpoint = {1_000 if reserve is None else 16_000}",
            ):
                self.one(f"PRAGMA {pragma}")
            self._file = self._inode()
        except PaperpitError:
            self._connection.close()
            raise

    def write(self, group: Sequence[tuple[str, Rows]]) -> None:
        """Insert rows, table by table, as one transaction; durable on return. Raises Unreachable, DataDamaged."""
        if self._inode() != self._file:
            raise Unreachable(
                f"{CANNOT}its file was moved, deleted or replaced",
                where=str(self._path),
                do="put the file back where it was; or stop the desk, restore a backup and start it again",
            )
        try:
            self._tried(lambda: self._write(group))
        except Unreachable as error:
            if self._reserve is None or not _full(error.__cause__) or not self._reserve.give_up():
                raise
            self._tried(lambda: self._write(group))
        if self._checkpoints is not None:
            self._checkpoints.wrote(sum(len(rows) for _, rows in group))

    def _inode(self) -> tuple[int, int]:
        """What tells this file from another of its name; (0, 0) when there is none."""
        try:
            found = os.stat(self._path)
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)

    def _write(self, group: Iterable[tuple[str, Rows]]) -> None:
        connection = self._connection
        if connection.in_transaction:  # what failed before could not even be taken back
            connection.execute("ROLLBACK")
        # A deferred transaction would fail at its first write, whatever the timeout, when a reader came in between.
        connection.execute("BEGIN IMMEDIATE")
        try:
            for table, rows in group:
                # Plain tuples: from named ones the driver takes a value a time, which costs a fifth of the group.
                connection.executemany(self._insert[table], [row[:] for row in rows])
            connection.execute("COMMIT")
        except BaseException:
            # A full disk has rolled back already.
            with suppress(sqlite3.OperationalError):
                connection.execute("ROLLBACK")
            raise

    def one(self, sql: str) -> Any:
        """The first value of the first row, None without one."""
        row = self._tried(lambda: self._connection.execute(sql).fetchone())
        return row[0] if row else None

    def _checkpoint(self) -> None:
        self._connection.execute(PASSIVE).fetchone()

    def script(self, sql: str) -> None:
        """Run statements as one transaction."""
        self._tried(lambda: self._connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nCOMMIT;"))

    def lacking(self) -> str:
        """Why nothing new should begin although rows are taken: the disk is full, and the reserve in use."""
        return "" if self._reserve is None else self._reserve.lacking()

    def close(self) -> None:
        """Let go of the connection."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._connection.close()

    def _tried(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except sqlite3.IntegrityError:
            raise  # a row that contradicts another: our bug, not the database's
        except sqlite3.OperationalError as error:
            raise Unreachable(f"{CANNOT}{error}", where=str(self._path), do=_remedy(error)) from error
        except sqlite3.DatabaseError as error:
            raise damaged(self._path, error) from error


def _full(error: BaseException | None) -> bool:
    """Whether room would help: a full disk says one or the other, by how it is full."""
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
    )


def _remedy(error: sqlite3.OperationalError) -> str:
    if "locked" in str(error):
        return "close whatever has it open to write (a database browser?), or name another journal with --journal"
    return "see that its folder may be written and has room, or name another journal with --journal"


def damaged(path: Path, error: Exception) -> DataDamaged:
    """The file is there but is no readable database."""
    return DataDamaged(
        f"this is not a readable journal: {error}",
        where=str(path),
        do=way_back(path),
    )
