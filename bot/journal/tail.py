"""What a journal gets while somebody looks on: its rows in order of `seq`, none twice and none left out.

watching(place)            a connection that is asked whether anything has changed; it costs microseconds
after(reader, seq, kinds)  the rows that came since
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from bot.errors import Unreachable
from bot.journal import rows
from bot.journal.place import Place
from bot.journal.reading import TABLE_OF, Reader, reading


class New(NamedTuple):
    """One row that came, and the table that it came into."""

    seq: int
    table: str
    row: Any


@contextmanager
def watching(place: Place) -> Iterator[Callable[[], int]]:
    """Yields a question whose answer changes when another connection has written; it is asked by one thread at a time.

    SQLite's `PRAGMA data_version` (sqlite.org/pragma.html), PostgreSQL's newest `seq`. Raises what `reading` raises.
    """
    _last_seq(place)
    if place.path is None:
        yield lambda: _last_seq(place)
        return
    try:
        with closing(sqlite3.connect(place.uri, uri=True, isolation_level=None, check_same_thread=False)) as connection:
            yield lambda: int(connection.execute("PRAGMA data_version").fetchone()[0])
    except sqlite3.Error as error:
        raise Unreachable(f"the journal cannot be read: {error}", where=place.shown) from error


def after(reader: Reader, seq: int, kinds: Iterable[type[rows.Row]], most: int) -> list[New]:
    """Rows of these tables that came after `seq`, in order, at most `most`."""
    came = [New(row.seq, TABLE_OF[kind], row) for kind in kinds for row in reader.after(kind, seq, most)]
    return sorted(came, key=lambda one: one.seq)[:most]


def _last_seq(place: Place) -> int:
    with reading(place) as reader:
        return reader.last_seq


def goes_on(reader: Reader, journal: str, run: str, seq: int) -> bool:
    """Whether it is the journal that somebody read up to `seq` when `run` was its newest one (empty: it had none).

    Else another one has been put in its place, or a copy from before.
    """
    return journal == reader.place.shown and run in {"", *(one.run for one in reader.runs)} and seq <= reader.last_seq
