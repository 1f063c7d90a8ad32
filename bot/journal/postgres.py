"""The writer's connection to PostgreSQL, with the promises of a SQLite file: one owner, all or nothing, durable.

Ownership is an advisory lock of this very connection: when the connection is lost, so is the ownership, and nothing can
be written until both are back. A connection pool that hands out a connection a transaction breaks that: do not use one.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg.rows import TupleRow

from bot.errors import Locked, Unreachable
from bot.journal.lock import ADVISORY, ADVISORY_HOLDER, Owner, advisory_name
from bot.journal.place import Place
from bot.journal.store import CANNOT, Rows, inserts

T = TypeVar("T")
R = TypeVar("R")

SETTINGS = (
    "-c synchronous_commit=on -c statement_timeout=1000 -c lock_timeout=1000 "
    "-c idle_in_transaction_session_timeout=5000"
)
TAKE = f"SELECT 1 WHERE pg_try_advisory_lock({ADVISORY})"
LET_GO = "SELECT pg_advisory_unlock_all()"
END = """
SELECT pg_terminate_backend(pid, 500) FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid()
"""


SILENCE_S = 1.5
"""A server that says nothing for so long is lost: longer than it takes to say that a statement took too long."""


class _Limited(psycopg.Connection[TupleRow]):
    """A connection that does not wait for ever: a host that is stopped or cut off says nothing at all."""

    def wait(self, gen: Generator[Any, Any, R], interval: Any = SILENCE_S / 5, timeout: Any = None) -> R:
        """Run a conversation to its end. Raises OperationalError after a silence, with the connection closed."""
        return super().wait(self._impatient(gen), interval, timeout)

    def _impatient(self, gen: Generator[Any, Any, R]) -> Generator[Any, Any, R]:
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENCE_S:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no answer for {SILENCE_S} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's value has no type here


class PostgresStore:
    """A PostgreSQL database that this process owns the journal of. Raises Unreachable, Locked."""

    def __init__(self, place: Place, owner: Owner, *, do: str = "") -> None:
        self._place, self._owner, self._do = place, owner, do
        self._insert = inserts("%s")
        self._connection = self._tried(self._connect)

    def _connect(self) -> "psycopg.Connection[TupleRow]":
        connection = _Limited.connect(
            self._place.url,
            connect_timeout=2,  # the driver's smallest
            application_name=advisory_name(self._owner),
            options=SETTINGS,
            keepalives_idle=10,
            tcp_user_timeout=2000,
            prepare_threshold=1,
            autocommit=True,
        )
        if not connection.execute(TAKE).fetchone():
            (held_by,) = connection.execute(ADVISORY_HOLDER).fetchone() or ("another process",)
            if held_by == advisory_name(self._owner):
                # The server has not noticed yet that our old connection is lost.
                connection.execute(END, (held_by,))
                if connection.execute(TAKE).fetchone():
                    return connection
                connection.close()
                raise Unreachable(f"{CANNOT}the lost connection still holds its lock", where=self._place.shown)
            connection.close()
            raise Locked(f"the journal is owned by {held_by}", where=self._place.shown, do=self._do)
        return connection

    def _live(self) -> "psycopg.Connection[TupleRow]":
        """The connection; a lost one is made anew, and with it the ownership."""
        if self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def write(self, group: Sequence[tuple[str, Rows]]) -> None:
        """Insert rows, table by table, as one transaction; durable on return. Raises Unreachable."""
        self._tried(lambda: self._write(group))

    def _write(self, group: Iterable[tuple[str, Rows]]) -> None:
        # In a pipeline the whole group costs one round trip, its BEGIN and COMMIT included; what the driver has for
        # transactions and for many rows would each ask the server in between.
        live = self._live()
        try:
            with _pipeline(live) as cursor:
                cursor.execute("BEGIN")
                for table, rows in group:
                    for row in rows:
                        cursor.execute(self._insert[table], row)
                cursor.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):  # a lost connection has nothing to take back
                live.rollback()
            raise

    def one(self, sql: str) -> Any:
        """The first value of the first row, None without one."""
        row = self._tried(lambda: self._live().execute(sql).fetchone())
        return row[0] if row else None

    def lacking(self) -> str:
        """Nothing: a server's disk is its administrator's, and a full one is an error of its own."""
        return ""

    def close(self) -> None:
        """Let go of the lock and of the connection: a server notices an end that nobody tells it a moment later."""
        with suppress(psycopg.Error):  # one that is lost has let go of everything
            self._connection.execute(LET_GO)
        self._connection.close()

    def _tried(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except psycopg.IntegrityError:
            raise  # a row that contradicts another: our bug, not the database's
        except psycopg.Error as error:
            raise Unreachable(f"{CANNOT}{_first_line(error)}", where=self._place.shown) from error


@contextmanager
def _pipeline(live: "psycopg.Connection[TupleRow]") -> Iterator["psycopg.Cursor[TupleRow]"]:
    """A pipeline that is left without an error and raises its first: else the driver logs all that follows from it."""
    first: psycopg.Error | None = None
    try:
        with live.pipeline(), live.cursor() as cursor:
            try:
                yield cursor
            except psycopg.Error as error:
                first = error
    except psycopg.Error as error:
        first = first or error
    if first is not None:
        raise first


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
