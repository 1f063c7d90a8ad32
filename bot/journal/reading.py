"""A read-only look into a journal: which runs there are, and the rows of some of them in the order they were written.

A reader has a connection of its own and sees one moment of the journal, whatever the writer does meanwhile. A journal
has one writer at a time, so the rows of a run lie in one stretch of `seq`: that stretch is how they are found.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import Connection, Select, Table, create_engine, event, inspect, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from bot.errors import InputMissing, Unreachable
from bot.journal import rows
from bot.journal.lock import ADVISORY_HOLDER, advisory_owner, holder
from bot.journal.place import Place
from bot.journal.schema import require_head, version_of
from bot.journal.store import damaged
from bot.journal.tables import metadata

R = TypeVar("R", bound=tuple[Any, ...])
TABLE_OF = {row: metadata.tables[name] for name, row in rows.TABLES.items()}


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


class Reader:
    """One moment of a journal. Made by `reading`."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self.place = place
        self.connection = connection
        run = TABLE_OF[rows.Run]
        self.runs = self._all(RunInfo, select(*(run.c[name] for name in RunInfo._fields)).order_by(run.c.seq))
        self._ends = {row.run: row for row in self._all(rows.ModeChange, _ends(TABLE_OF[rows.ModeChange]))}
        self._owner = self._owning_run() if any(run.run not in self._ends for run in self.runs) else None

    def _owning_run(self) -> str | None:
        if self.place.path is None:
            return advisory_owner(self.connection.exec_driver_sql(ADVISORY_HOLDER).scalar())
        owner = holder(self.place.lock)
        return owner.run if owner else None

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
        table = TABLE_OF[cast("type[rows.Row]", kind)]
        return self._of_runs(kind, select(table).order_by(table.c.seq), table, runs)

    def children(
        self, kind: type[R], key: str, parent: type[rows.Row], parent_key: str, runs: Sequence[RunInfo]
    ) -> list[R]:
        """Rows of one table that belong to what `runs` wrote into another, whichever run wrote them, in order.

        A daemon that is started again goes on with the brackets of the run before.
        """
        table, above = TABLE_OF[cast("type[rows.Row]", kind)], TABLE_OF[parent]
        joined = select(table).join(above, above.c[parent_key] == table.c[key]).order_by(table.c.seq)
        return self._of_runs(kind, joined, above, runs)

    def where(self, kind: type[R], key: str, value: str) -> list[R]:
        """Rows of one table with one value in one column, in order."""
        table = TABLE_OF[cast("type[rows.Row]", kind)]
        return self._all(kind, select(table).where(table.c[key] == value).order_by(table.c.seq))

    def query(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows of a query in the database's own words."""
        yield from (tuple(row) for row in self.connection.exec_driver_sql(sql))

    def _of_runs(self, kind: type[R], query: Select[Any], table: Table, runs: Sequence[RunInfo]) -> list[R]:
        if not runs:
            return []
        if len(runs) == len(self.runs):
            return self._all(kind, query)
        after = {run.seq: follower.seq for run, follower in zip(self.runs, self.runs[1:], strict=False)}
        first, until = min(run.seq for run in runs), after.get(max(run.seq for run in runs))
        query = query.where(table.c.seq >= first)
        if until is not None:
            query = query.where(table.c.seq < until)
        if len(runs) > 1:
            query = query.where(table.c.run.in_([run.run for run in runs]))
        return self._all(kind, query)

    def _all(self, kind: type[R], query: Select[Any]) -> list[R]:
        return [kind(*row) for row in self.connection.execute(query)]


def _ends(table: Table) -> Select[Any]:
    return select(table).where(table.c.wall_ns.is_not(None)).order_by(table.c.seq)


@contextmanager
def reading(place: Place) -> Iterator[Reader]:
    """Look into a journal. Raises InputMissing, ConfigError for another schema, DataDamaged, Unreachable."""
    if place.path is not None and not place.path.exists():
        raise missing(place)
    engine = _engine(place)
    try:
        with engine.connect() as connection:
            read = _version(connection, place)
            if read is None:
                raise missing(place)
            require_head(read, place)
            yield Reader(connection, place)
    except OperationalError as error:
        raise Unreachable(f"the journal cannot be read: {error.orig}", where=place.shown) from error
    except DatabaseError as error:
        if place.path is None:
            raise
        raise damaged(place.path, cast("Exception", error.orig)) from error
    finally:
        engine.dispose()


def missing(place: Place) -> InputMissing:
    """There is no journal at that place."""
    return InputMissing(
        "there is no journal here yet",
        where=place.shown,
        do="paperpit replay (or run) makes one; --journal URL names another",
    )


def _engine(place: Place) -> Engine:
    if place.path is None:
        read_only = {"options": "-c default_transaction_read_only=on", "connect_timeout": 2}
        return create_engine(
            place.sqlalchemy_url, poolclass=NullPool, connect_args=read_only, isolation_level="REPEATABLE READ"
        )
    engine = create_engine(place.sqlalchemy_url, poolclass=NullPool, connect_args={"isolation_level": None})

    # Without a transaction each SELECT would see a moment of its own.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _version(connection: Connection, place: Place) -> str | None:
    found = set(inspect(connection).get_table_names())
    read = None
    if "alembic_version" in found:
        read = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return version_of(found, read, place)
