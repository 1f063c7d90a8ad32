"""What a journal gets while somebody looks on: its rows in order of `seq`, none twice and none left out.

watching(place)            a connection that is asked whether anything has changed; it costs microseconds
after(reader, seq, kinds)  the rows that came since
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from typing import Any, NamedTuple

from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.errors import Unreachable
from bot.journal import rows
from bot.journal.place import Place
from bot.journal.reading import TABLE_OF, Reader
from bot.journal.schema import last_seq_query


class New(NamedTuple):
    """One row that came, and the table that it came into."""

    seq: int
    table: str
    row: Any


@contextmanager
def watching(place: Place) -> Iterator[Callable[[], int]]:
    """Yields a question whose answer changes when another connection has written. One thread at a time.

    SQLite's `PRAGMA data_version` (sqlite.org/pragma.html), PostgreSQL's newest `seq`. Raises Unreachable.
    """
    asked = "PRAGMA data_version" if place.path is not None else last_seq_query()
    engine = create_engine(place.sqlalchemy_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield lambda: int(connection.exec_driver_sql(asked).scalar() or 0)
    except DBAPIError as error:
        raise Unreachable(f"the journal cannot be read: {error.orig}", where=place.shown) from error
    finally:
        engine.dispose()


def after(reader: Reader, seq: int, kinds: Iterable[type[rows.Row]], most: int) -> list[New]:
    """Rows of these tables that came after `seq`, in order, at most `most`."""
    found = [list(_of(reader, kind, seq, most)) for kind in kinds]
    return list(merge(*found))[:most]


def newest(reader: Reader) -> int:
    """The newest `seq` of the journal; 0 while it is empty."""
    return int(reader.connection.exec_driver_sql(last_seq_query()).scalar() or 0)


def _of(reader: Reader, kind: type[rows.Row], seq: int, most: int) -> Iterator[New]:
    table = TABLE_OF[kind]
    asked = select(table).where(table.c.seq > seq).order_by(table.c.seq).limit(most)
    for row in reader.connection.execute(asked):
        yield New(row[0], table.name, kind(*row))
