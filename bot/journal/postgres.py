"""The writer's connection to PostgreSQL, with the promises of a SQLite file: one owner, all or nothing, durable.

Ownership is an advisory lock of this very connection: when the connection is lost, so is the ownership, and nothing can
be written until both are back. A connection pool that hands out a connection a transaction breaks that: do not use one.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import psycopg

from bot.errors import Locked, Unreachable
from bot.journal.lock import ADVISORY, ADVISORY_HOLDER, Owner, advisory_name
from bot.journal.place import Place
from bot.journal.store import Rows, inserts

T = TypeVar("T")

SETTINGS = (
    "-c synchronous_commit=on -c statement_timeout=1000 -c lock_timeout=1000 "
    "-c idle_in_transaction_session_timeout=5000"
)


class PostgresStore:
    """A PostgreSQL database that this process owns the journal of. Raises Unreachable, Locked."""

    def __init__(self, place: Place, owner: Owner, *, do: str = "") -> None:
        self._place = place
        self._insert = inserts("%s")
        self._connection = self._tried(
            lambda: psycopg.connect(
                place.url,
                connect_timeout=2,  # the driver's smallest
                application_name=advisory_name(owner),
                options=SETTINGS,
                keepalives_idle=10,
                prepare_threshold=1,
                autocommit=True,
            )
        )
        if not self.one(f"SELECT pg_try_advisory_lock({ADVISORY})"):
            held_by = self.one(ADVISORY_HOLDER) or "another process"
            self._connection.close()
            raise Locked(f"the journal is owned by {held_by}", where=place.shown, do=do)

    def write(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Insert rows, table by table, as one transaction; durable on return. Raises Unreachable."""
        self._tried(lambda: self._write(group))

    def _write(self, group: Iterable[tuple[str, Rows]]) -> None:
        # In a pipeline the whole group costs one round trip, its BEGIN and COMMIT included.
        with self._connection.pipeline(), self._connection.transaction(), self._connection.cursor() as cursor:
            for table, rows in group:
                cursor.executemany(self._insert[table], rows)

    def one(self, sql: str) -> Any:
        """The first value of the first row, None without one."""
        row = self._tried(lambda: self._connection.execute(sql).fetchone())
        return row[0] if row else None

    def script(self, sql: str) -> None:
        """Run statements as one transaction."""
        self._tried(lambda: self._connection.execute(sql))

    def close(self) -> None:
        """Let go of the connection, and with it of the lock."""
        self._connection.close()

    def _tried(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except psycopg.IntegrityError:
            raise  # a row that contradicts another: our bug, not the database's
        except psycopg.Error as error:
            raise Unreachable(f"the journal cannot be written: {error}".strip(), where=self._place.shown) from error
