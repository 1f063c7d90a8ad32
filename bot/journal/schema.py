"""Which schema a journal has, and whether this program may use it. Knows nothing of Alembic: that is slow to import."""

from functools import lru_cache
from pathlib import Path

from bot.errors import ConfigError
from bot.journal.place import Place
from bot.journal.rows import TABLES
from bot.journal.store import SqliteStore

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every revision, oldest first. A test keeps this equal to the migrations that ship."""
HEAD = REVISIONS[-1]

SHORTCUT = Path(__file__).with_name("sqlite.sql")
"""What the migrations make of an empty SQLite file: a new journal needs no Alembic. A test keeps them equal."""


def version_of(found: set[str], read: str | None, place: Place) -> str | None:
    """The revision of a journal whose tables are `found` and whose version row says `read`; None when there is nothing.

    Raises ConfigError for a database that is not a journal.
    """
    if read is not None and "run" in found:
        return read
    if not found - {"alembic_version"}:
        return None
    raise ConfigError(
        "this database is not a paperpit journal",
        where=place.shown,
        do="name another one with --journal",
    )


def require_head(version: str, place: Place) -> None:
    """Raises ConfigError unless the journal has exactly this program's schema: nobody migrates one by the way."""
    if version == HEAD:
        return
    if version in REVISIONS:
        raise ConfigError(
            f"the journal is at revision {version}, this program needs {HEAD}",
            where=place.shown,
            do=f"paperpit db upgrade --journal {place.shown}",
        )
    raise ConfigError(
        f"the journal is at revision {version}, newer than this program, which knows up to {HEAD}",
        where=place.shown,
        do="install the newer paperpit, or name another journal with --journal",
    )


LAST_RUN = "SELECT run FROM run ORDER BY seq DESC LIMIT 1"


@lru_cache(maxsize=1)
def last_seq_query() -> str:
    """SQL for the newest `seq` over all tables."""
    each = " UNION ALL ".join(f'SELECT MAX(seq) AS seq FROM "{name}"' for name in TABLES)
    return f"SELECT MAX(seq) FROM ({each}) AS newest"


def prepare_sqlite(store: SqliteStore, place: Place) -> None:
    """Make the schema of an absent journal, or see that an existing one has the right one. Raises ConfigError."""
    tables = store.one("SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'")
    found = set(tables.split(",")) if tables else set()
    read = store.one("SELECT version_num FROM alembic_version") if "alembic_version" in found else None
    version = version_of(found, read, place)
    if version is None:
        store.script(SHORTCUT.read_text())
    else:
        require_head(version, place)
