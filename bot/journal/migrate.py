"""Migrations out of the shipped folder, run by the program itself; the only file that imports Alembic."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from bot.errors import Unreachable
from bot.journal.place import Place, place
from bot.journal.schema import version_of
from bot.journal.store import damaged
from bot.resources import shipped


def _config(connection: Connection | None) -> Config:
    config = Config()
    # `%` starts an interpolation in Alembic's configuration; a folder name may hold one.
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def revisions() -> tuple[str, ...]:
    """Every shipped revision, oldest first."""
    script = ScriptDirectory.from_config(_config(None))
    return tuple(step.revision for step in reversed(list(script.walk_revisions())))


def upgrade(place: Place, to: str = "head") -> None:
    """Bring the schema up to revision `to`; rows stay. The caller owns the journal's lock. Raises Unreachable."""
    _run(place, lambda connection: command.upgrade(_config(connection), to))


def downgrade(place: Place, to: str) -> None:
    """Bring the schema down to revision `to` (`base`: to nothing). The caller owns the journal's lock."""
    _run(place, lambda connection: command.downgrade(_config(connection), to))


def current(place: Place) -> str | None:
    """The journal's revision, None when there is no journal yet. Raises ConfigError for another kind of database."""
    with connected(place) as connection:
        read = MigrationContext.configure(connection).get_current_revision()
        return version_of(set(inspect(connection).get_table_names()), read, place)


@contextmanager
def connected(place: Place) -> Iterator[Connection]:
    """A connection that may write. Raises Unreachable, DataDamaged."""
    engine = _engine(place)
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise Unreachable(f"the journal does not answer: {error.orig}", where=place.shown) from error
    except DatabaseError as error:
        if place.path is None:
            raise
        raise damaged(place.path, error) from error
    finally:
        engine.dispose()


def _run(place: Place, change: Callable[[Connection], None]) -> None:
    with connected(place) as connection:
        change(connection)


def _engine(place: Place) -> Engine:
    if place.path is None:
        return create_engine(place.sqlalchemy_url, poolclass=NullPool)
    engine = create_engine(
        f"sqlite:///{place.path}", poolclass=NullPool, connect_args={"isolation_level": None, "timeout": 5}
    )

    # The driver would commit before each DDL statement; with autocommit and our own BEGIN a migration is one piece.
    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL"):
            connection.cursor().execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def shortcut() -> str:
    """What the migrations make of an empty SQLite file, as one script (`bot/journal/sqlite.sql`)."""
    with TemporaryDirectory() as folder:
        fresh = place(f"{folder}/fresh.db")
        upgrade(fresh)
        with connected(fresh) as connection:
            made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
            statements = [" ".join(row.sql.split()) for row in made]
            version = MigrationContext.configure(connection).get_current_revision()
    statements.append(f"INSERT INTO alembic_version VALUES ('{version}')")
    return "".join(f"{statement};\n" for statement in statements)
