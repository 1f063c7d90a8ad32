"""What a journal lets go of when it is old: bars around signals, and what the link did. Never fills, orders, decisions.

    due(place, keep, now)   what may go, table by table: first it is announced, by a row of `pruned`
    let_go(place)           deletes what was announced, in pieces, on a connection of its own

What an interruption leaves of it the next session's end deletes; `db check` holds what is gone against what was
announced.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Literal, NamedTuple

from bot.durable import GivenUp, waited_for
from bot.errors import Unreachable
from bot.journal.place import Place
from bot.journal.reading import Reader, reading

Kind = Literal["footprint", "link_event"]
PIECE = 500
"""So many rows a transaction: some milliseconds, also for whoever else wants to write."""
LAST_BEFORE = """
SELECT COALESCE(MAX(seq), 0) FROM (
  SELECT seq - 1 AS seq FROM run WHERE started_ns <= ? UNION ALL SELECT seq FROM mode_change WHERE wall_ns <= ?
) AS past
"""
"""The newest row of which the wall's time is known: a run began after it, or ended with it."""
PIECES = 'DELETE FROM "{0}" WHERE seq IN (SELECT seq FROM "{0}" WHERE seq <= {1} ORDER BY seq LIMIT {2})'


class Due(NamedTuple):
    """Rows of a table that may go: those up to the row `up_to` that were not announced before."""

    kind: Kind
    up_to: int
    rows: int


def due(place: Place, keep: Mapping[Kind, int], now_ns: int) -> list[Due]:
    """What is older than each table's `keep`, ns, by the wall: all that was written before a run began or had ended.

    Raises what `reading` raises.
    """
    with reading(place) as reader:
        found = [_due(reader, kind, now_ns - kept_ns) for kind, kept_ns in keep.items()]
    return [one for one in found if one.rows]


def _due(reader: Reader, kind: Kind, before_ns: int) -> Due:
    (up_to,) = next(reader.query(LAST_BEFORE, [before_ns, before_ns]))
    counted = f'SELECT COUNT(*) FROM "{kind}" WHERE seq > ? AND seq <= ?'
    (count,) = next(reader.query(counted, [announced(reader).get(kind, 0), up_to]))
    return Due(kind, up_to, count)


def announced(reader: Reader) -> dict[str, int]:
    """Table → the row up to which its rows may be gone."""
    return dict(reader.query("SELECT kind, MAX(up_to) FROM pruned GROUP BY kind"))


def let_go_on(reader: Reader, kind: Kind, seq: int) -> int | None:
    """When rows of a table that are as old as `seq` were let go, ns UTC; None: they were not."""
    (ts,) = next(reader.query("SELECT MIN(ts) FROM pruned WHERE kind = ? AND up_to >= ?", [kind, seq]))
    return int(ts) if ts is not None else None


def let_go(place: Place, given_up: GivenUp = waited_for) -> int:
    """Delete all that was announced, piece by piece until it is `given_up`; how many rows.

    Raises Unreachable; what is left is deleted by the next call.
    """
    with reading(place) as reader:
        edges = announced(reader)
    gone = 0
    with _deleting(place) as delete:
        for kind, up_to in edges.items():
            while not given_up() and (count := delete(PIECES.format(kind, up_to, PIECE))):
                gone += count
    return gone


@contextmanager
def _deleting(place: Place) -> Iterator[Callable[[str], int]]:
    """Yields what runs a statement as a transaction of its own and tells how many rows it was about."""
    lost, connection = _connected(place)
    with closing(connection):
        try:
            yield lambda sql: int(connection.execute(sql).rowcount)
        except lost as error:
            raise Unreachable(f"old rows cannot be let go: {error}", where=place.shown) from error


def _connected(place: Place) -> tuple[type[Exception], Any]:
    """A connection by which each statement is a transaction, and what it raises."""
    if place.path is not None:
        return sqlite3.Error, sqlite3.connect(place.path, timeout=5, isolation_level=None)
    import psycopg

    try:
        return psycopg.Error, psycopg.connect(place.url, connect_timeout=2, autocommit=True)
    except psycopg.Error as error:
        raise Unreachable(f"old rows cannot be let go: {error}", where=place.shown) from error
