"""A read-only look into a journal: which runs there are, and the rows of some of them in the order they were written.

A reader has a connection of its own and sees one moment of the journal, whatever the writer does meanwhile. A journal
has one writer at a time, so the rows of a run lie in one stretch of `seq`: that stretch is how they are found.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from bot.errors import InputMissing, Unreachable
from bot.journal import rows
from bot.journal.lock import ADVISORY_HOLDER, advisory_owner, holder
from bot.journal.place import Place
from bot.journal.schema import last_seq_query, require_head, version_of
from bot.journal.store import damaged

R = TypeVar("R", bound=tuple[Any, ...])
TABLE_OF = {row: name for name, row in rows.TABLES.items()}
ASKED_MAX = 500
"""Values that one question names: SQLite's oldest limit on what a statement holds is 999."""
READ_AT_ONCE = 2_000
_seq = itemgetter(0)
TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"
TABLES_OF_POSTGRES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


Condition = tuple[str, Sequence[object]]
"""What is to hold of a row, in the database's own words, and what stands for each `?` of it."""


class Asking(Protocol):
    """A connection on which questions are asked."""

    tables: str
    """The query for the names of its tables."""

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of an answer; `?` in the text stands for a value. Raises Unreachable, DataDamaged."""


class RunInfo(NamedTuple):
    """What lists need to know of a run; its whole row holds the configuration's text as well."""

    seq: int
    run: str
    started_ns: int
    adapter: str
    account: str
    tape: str
    config_hash: str
    strategies: str  # JSON
    fill_model: str
    warm: str


class RevisionInfo(NamedTuple):
    """What lists need to know of the settings that a run went on with; the whole row holds their text as well."""

    seq: int
    run: str
    ts: int
    config_hash: str
    strategies: str  # JSON
    why: str
    who: str


class Reader:
    """One moment of a journal. Made by `reading`."""

    def __init__(self, asking: Asking, place: Place) -> None:
        self.place = place
        self._asking = asking
        self.runs = self._all(RunInfo, f"{_select('run', RunInfo)} ORDER BY seq")
        ends = f"{_select('mode_change', rows.ModeChange)} WHERE wall_ns IS NOT NULL ORDER BY seq"
        self._ends = {row.run: row for row in self._all(rows.ModeChange, ends)}
        self._owner = self._owning_run() if any(run.run not in self._ends for run in self.runs) else None

    def _owning_run(self) -> str | None:
        if self.place.path is None:
            return advisory_owner(next(self.query(ADVISORY_HOLDER), (None,))[0])
        owner = holder(self.place.lock)
        return owner.run if owner else None

    @cached_property
    def revisions(self) -> dict[str, list[RevisionInfo]]:
        """Run → the settings that it went on with, in order; runs that kept their own are not in it."""
        found: dict[str, list[RevisionInfo]] = {}
        for one in self._all(RevisionInfo, f"{_select('config_revision', RevisionInfo)} ORDER BY seq"):
            found.setdefault(one.run, []).append(one)
        return found

    def revision(self, run: str, seq: int) -> RevisionInfo | None:
        """The settings under which a row of a run was made; None while they were those of its start."""
        known = self.revisions.get(run, ())
        at = bisect_right(known, seq, key=_seq)
        return known[at - 1] if at else None

    def config_hash(self, run: str, seq: int) -> str:
        """The hash of the settings under which a row of a run was made."""
        revised = self.revision(run, seq)
        return self._own_hashes[run] if revised is None else revised.config_hash

    @cached_property
    def _own_hashes(self) -> dict[str, str]:
        return {run.run: run.config_hash for run in self.runs}

    def end(self, run: str) -> rows.ModeChange | None:
        """The row that ended a run, None while there is none."""
        return self._ends.get(run)

    def state(self, run: str) -> str:
        """`finished` (it ended), `running` (its process owns the journal) or `cut-off` (neither)."""
        if run in self._ends:
            return "finished"
        return "running" if run == self._owner else "cut-off"

    def choose(self, wanted: str) -> list[RunInfo]:
        """The runs that `last` (newest started), `all` or an id names. Raises InputMissing."""
        if wanted == "all":
            return self.runs
        if wanted == "last":
            if not self.runs:
                raise InputMissing("this journal holds no run yet", where=self.place.shown, do="paperpit replay")
            return [max(self.runs, key=lambda run: (run.started_ns, run.seq))]
        found = [run for run in self.runs if run.run == wanted]
        if not found:
            raise InputMissing(
                f"there is no run {wanted}",
                where=self.place.shown,
                allowed=", ".join(["last", "all", *(run.run for run in self.runs[-5:])]),
                do="paperpit journal runs",
            )
        return found

    def read(self, kind: type[R], runs: Sequence[RunInfo]) -> list[R]:
        """What `runs` wrote into one table, in order."""
        table = table_of(kind)
        return self._of_runs(kind, _select(table, kind), table, runs)

    def each(self, kind: type[R], runs: Sequence[RunInfo]) -> Iterator[R]:
        """The same, one by one and read some at a time: for what is too much to hold."""
        wanted, seq = self.written_by(table_of(kind), runs), 0
        while found := self.some(kind, wanted, seq, READ_AT_ONCE):
            yield from found
            seq = _seq(found[-1])

    def children(
        self, kind: type[R], key: str, parent: type[rows.Row], parent_key: str, runs: Sequence[RunInfo]
    ) -> list[R]:
        """Rows of one table that belong to what `runs` wrote into another, whichever run wrote them, in order.

        A daemon that is started again goes on with the brackets of the run before.
        """
        table, above = table_of(kind), table_of(parent)
        joined = f'{_select(table, kind)} JOIN "{above}" ON "{above}"."{parent_key}" = "{table}"."{key}"'
        return self._of_runs(kind, joined, above, runs, ordered=table)

    def where(self, kind: type[R], key: str, value: str) -> list[R]:
        """Rows of one table with one value in one column, in order."""
        return self._all(kind, f'{_select(table_of(kind), kind)} WHERE "{key}" = ? ORDER BY seq', (value,))

    def among(self, kind: type[R], key: str, values: Collection[object]) -> list[R]:
        """Rows of one table whose column holds one of `values`, in order."""
        asked = sorted(set(values), key=str)
        found: list[R] = []
        for at in range(0, len(asked), ASKED_MAX):
            some = asked[at : at + ASKED_MAX]
            marks = ", ".join("?" * len(some))
            found += self._all(kind, f'{_select(table_of(kind), kind)} WHERE "{key}" IN ({marks})', some)
        return sorted(found, key=_seq)

    def newest(self, kind: type[R], run: RunInfo, most: int) -> list[R]:
        """The last rows that a run wrote into one table, the newest first."""
        table = table_of(kind)
        asked = f'{_select(table, kind)} WHERE "{table}".seq >= ? AND "{table}".run = ? ORDER BY seq DESC LIMIT ?'
        return self._all(kind, asked, (run.seq, run.run, most))

    def after(self, kind: type[R], seq: int, most: int) -> list[R]:
        """The first rows of one table that came after `seq`, whichever run wrote them, in order."""
        table = table_of(kind)
        return self._all(kind, f'{_select(table, kind)} WHERE "{table}".seq > ? ORDER BY seq LIMIT ?', (seq, most))

    def some(self, kind: type[R], conditions: Sequence[Condition], seq: int, most: int | None = None) -> list[R]:
        """The first rows of one table that came after `seq` and for which all `conditions` hold, in order."""
        table = table_of(kind)
        # SQLite starts from the first bound of `seq` that it is given, be it a useless one.
        begun: list[Condition] = [(f'"{table}".seq > ?', [seq])] if seq else []
        where, values = both(*begun, *conditions)
        limit = "" if most is None else f" LIMIT {most:d}"
        return self._all(kind, f'{_select(table, kind)} WHERE {where} ORDER BY "{table}".seq{limit}', values)

    @property
    def last_seq(self) -> int:
        """The newest `seq` of the journal; 0 while it is empty."""
        return int(next(self.query(last_seq_query()))[0] or 0)

    def query(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows of a query in the database's own words; `?` in the text stands for a value."""
        return self._asking.rows(sql, values)

    def _of_runs(self, kind: type[R], query: str, table: str, runs: Sequence[RunInfo], *, ordered: str = "") -> list[R]:
        """Rows of `query` of which `runs` wrote the one in `table`, in the order of `ordered` (or that table)."""
        if not runs:
            return []
        where, values = both(*self.written_by(table, runs))
        return self._all(kind, f'{query} WHERE {where} ORDER BY "{ordered or table}".seq', values)

    def written_by(self, table: str, runs: Sequence[RunInfo]) -> list[Condition]:
        """What holds of the rows that `runs` wrote into one table; nothing where those are all."""
        if len(runs) == len(self.runs):
            return []
        after = {run.seq: follower.seq for run, follower in zip(self.runs, self.runs[1:], strict=False)}
        wanted: list[Condition] = [(f'"{table}".seq >= ?', [min((run.seq for run in runs), default=0)])]
        if (until := after.get(max((run.seq for run in runs), default=0))) is not None:
            wanted.append((f'"{table}".seq < ?', [until]))
        if len(runs) != 1:
            wanted.append((f'"{table}".run IN ({", ".join("?" * len(runs)) or "NULL"})', [run.run for run in runs]))
        return wanted

    def _all(self, kind: type[R], sql: str, values: Sequence[object] = ()) -> list[R]:
        return [kind(*row) for row in self._asking.rows(sql, values)]


def both(*conditions: Condition) -> Condition:
    """All of them together; without any, what always holds."""
    words = " AND ".join(words for words, _ in conditions)
    return words or "1 = 1", [value for _, values in conditions for value in values]


def table_of(kind: type[tuple[Any, ...]]) -> str:
    """The table that rows of a kind lie in."""
    return TABLE_OF[cast("type[rows.Row]", kind)]


def _select(table: str, kind: type[tuple[Any, ...]]) -> str:
    columns = ", ".join(f'"{table}"."{name}"' for name in cast("type[rows.Row]", kind)._fields)
    return f'SELECT {columns} FROM "{table}"'


class _Sqlite:
    """A SQLite file, opened to be read."""

    tables = TABLES_OF_SQLITE

    def __init__(self, place: Place) -> None:
        self._place = place
        with self._told():
            self._connection = sqlite3.connect(place.uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            # Without a transaction each SELECT would see a moment of its own.
            list(self.rows("BEGIN"))
        except BaseException:
            self.close()
            raise

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Asking.rows."""
        with self._told():
            yield from self._connection.execute(sql, values)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise _unreadable(error, self._place) from error
        except sqlite3.DatabaseError as error:
            assert self._place.path is not None
            raise damaged(self._place.path, error) from error


class _Postgres:
    """A connection to a PostgreSQL database that may only read."""

    tables = TABLES_OF_POSTGRES

    def __init__(self, place: Place) -> None:
        import psycopg

        self._place, self._lost = place, psycopg.OperationalError
        try:
            self._connection: psycopg.Connection[Any] = psycopg.connect(
                place.url, connect_timeout=2, options="-c default_transaction_read_only=on"
            )
        except self._lost as error:
            raise _unreadable(error, place) from error
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Asking.rows."""
        try:
            yield from self._connection.execute(sql.replace("?", "%s").encode(), values or None)
        except self._lost as error:
            raise _unreadable(error, self._place) from error

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _unreadable(error: Exception, place: Place) -> Unreachable:
    return Unreachable(f"the journal cannot be read: {error}", where=place.shown)


@contextmanager
def reading(place: Place) -> Iterator[Reader]:
    """Look into a journal. Raises InputMissing, ConfigError for another schema, DataDamaged, Unreachable."""
    if place.path is not None and not place.path.exists():
        raise missing(place)
    with closing(_Sqlite(place) if place.path is not None else _Postgres(place)) as asking:
        read = _version(asking, place)
        if read is None:
            raise missing(place)
        require_head(read, place)
        yield Reader(asking, place)


def missing(place: Place) -> InputMissing:
    """There is no journal at that place."""
    return InputMissing(
        "there is no journal here yet",
        where=place.shown,
        do="paperpit replay (or run) makes one; --journal URL names another",
    )


def _version(asking: Asking, place: Place) -> str | None:
    found = {name for (name,) in asking.rows(asking.tables)}
    read = None
    if "alembic_version" in found:
        (read,) = next(asking.rows("SELECT version_num FROM alembic_version"), (None,))
    return version_of(found, read, place)
