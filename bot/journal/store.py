"""The writer's own connection: one group of rows in, all or nothing, durable on return.

Rows go to the database driver directly: SQLAlchemy's import alone would be a third of a replay's start, and a statement
through it costs more than the row. Everything that is not the hot path goes through SQLAlchemy.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.errors import ConfigError, DataDamaged, PaperpitError, Unreachable
from bot.journal.rows import TABLES

T = TypeVar("T")
CANNOT = "the journal cannot be written: "
Rows = Sequence[tuple[Any, ...]]


class Store(Protocol):
    """A database that takes groups of rows. Raises Unreachable when it cannot, with nothing of the group written."""

    def write(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Insert rows, table by table, as one transaction; durable on return."""

    def one(self, sql: str) -> Any:
        """The first value of the first row, None without one."""

    def close(self) -> None:
        """Let go of the connection."""


def inserts(placeholder: str) -> dict[str, str]:
    """One INSERT a table with the driver's placeholder."""
    return {
        name: f'INSERT INTO "{name}" ({", ".join(map(_quoted, row._fields))}) '
        f"VALUES ({', '.join([placeholder] * len(row._fields))})"
        for name, row in TABLES.items()
    }


def _quoted(name: str) -> str:
    return f'"{name}"'


class SqliteStore:
    """A SQLite file in WAL mode. `synchronous`: FULL outlives a power cut, NORMAL any crash of the process."""

    def __init__(self, path: Path, *, synchronous: str) -> None:
        self._path = path
        self._insert = inserts("?")
        # Autocommit, so that the only transactions are the explicit ones of `write`.
        self._connection = self._tried(lambda: sqlite3.connect(path, timeout=5, isolation_level=None))
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
                "busy_timeout = 5000",
                "journal_size_limit = 67108864",
            ):
                self.one(f"PRAGMA {pragma}")
        except PaperpitError:
            self._connection.close()
            raise

    def write(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Insert rows, table by table, as one transaction; durable on return. Raises Unreachable, DataDamaged."""
        self._tried(lambda: self._write(group))

    def _write(self, group: Iterable[tuple[str, Rows]]) -> None:
        connection = self._connection
        # A deferred transaction would fail at its first write, whatever the timeout, when a reader came in between.
        connection.execute("BEGIN IMMEDIATE")
        try:
            for table, rows in group:
                connection.executemany(self._insert[table], rows)
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

    def script(self, sql: str) -> None:
        """Run statements as one transaction."""
        self._tried(lambda: self._connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nCOMMIT;"))

    def close(self) -> None:
        """Let go of the connection."""
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


def _remedy(error: sqlite3.OperationalError) -> str:
    if "locked" in str(error):
        return "close whatever has it open to write (a database browser?), or name another journal with --journal"
    return "see that its folder may be written and has room, or name another journal with --journal"


def damaged(path: Path, error: Exception) -> DataDamaged:
    """The file is there but is no readable database."""
    return DataDamaged(
        f"this is not a readable journal: {error}",
        where=str(path),
        do="name another file with --journal, or restore this one from a backup",
    )
