"""Copies of a SQLite journal: made while it is written, proven before they count, and put back in its place.

A server's backups are its administrator's; what `pg_dump` makes of its database is `maintenance.dump`.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.durable import GivenUp, sync_folder, waited_for
from bot.errors import DataDamaged, InputMissing, Unreachable, UsageError
from bot.journal.backups import SUFFIX, backups, folder_of
from bot.journal.canonical import chain_of
from bot.journal.integrity import look_through
from bot.journal.lock import Owner
from bot.journal.owning import own
from bot.journal.place import Place, place
from bot.journal.reading import TABLES_OF_SQLITE, reading
from bot.journal.schema import HEAD, LAST_RUN, REVISIONS, version_of
from bot.journal.store import damaged
from bot.journal.unwritten import path_of

SECOND_NS = 1_000_000_000
STEPS = 10_000
"""Of SQLite's own: so often it asks whether anybody waits for it."""
ASIDE = "set-aside"
"""The folder beside a journal in which what stood there before a restore is kept."""


def back_up(path: Path, keep: int, now_ns: int, given_up: GivenUp = waited_for) -> Path:
    """Copy a journal as it stands, also while it is written, let go of all but the newest `keep` copies (0: of none).

    The day's second copy takes the place of the first. Raises Unreachable, also soon after it was `given_up`, with all
    older copies kept, and DataDamaged when what was copied is not whole.
    """
    folder = folder_of(path)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _not_copied(path, folder, error) from error
    copy = folder / f"{path.stem}-{datetime.fromtimestamp(now_ns // SECOND_NS, UTC).date()}{SUFFIX}"
    copy_to(path, copy, unfinished=folder / f"{path.stem}.unfinished", given_up=given_up)
    for old in backups(path)[:-keep]:
        old.unlink()
    return copy


def copy_to(path: Path, copy: Path, *, unfinished: Path | None = None, given_up: GivenUp = waited_for) -> None:
    """Copy a journal to a file that is there when it is whole and proven, and not before. Raises as `back_up`."""
    with _proven(path, unfinished or copy.with_name(f"{copy.name}.unfinished"), given_up) as half:
        half.replace(copy)
        sync_folder(copy.parent)


def restore(where: Place, copy: Path, now_ns: int) -> Path | None:
    """Put a copy in a journal's place; what stood there is set aside, and its place returned (None: nothing did).

    Raises Locked while somebody writes it, InputMissing without a copy, DataDamaged when that is not whole, Unreachable
    when there is no room for it; nothing has been changed then.
    """
    path = where.path
    if path is None:
        raise UsageError(
            "a server's journal is restored by its own tools",
            where=where.shown,
            do=f"stop the desk, then: pg_restore --clean --if-exists --dbname=DATABASE {copy}",
        )
    if not copy.is_file():
        found = ", ".join(map(str, backups(path)))
        raise InputMissing("there is no such copy", where=str(copy), allowed=found, do="name one with its whole path")
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as owned:
        own(where, Owner.here("db", now_ns), owned, do="stop that process first: paperpit stop")
        with _proven(copy, path.with_name(f"{path.name}.restoring")) as half:
            aside = _set_aside(path, half, now_ns)
            half.replace(path)
            sync_folder(path.parent)
    return aside


def prove(where: Place, given_up: GivenUp = waited_for) -> None:
    """Look at every page, every key, and the chain of each run; at that of an older schema `db upgrade` looks.

    Raises DataDamaged, ConfigError for what is no journal or a newer one, OSError or sqlite3.OperationalError soon
    after it was `given_up`.
    """
    assert where.path is not None
    with closing(sqlite3.connect(where.uri, uri=True)) as connection:
        connection.set_progress_handler(given_up, STEPS)
        look_through(connection, where.path, closely=True)
        tables = {name for (name,) in connection.execute(TABLES_OF_SQLITE)}
        (read,) = connection.execute(
            "SELECT MAX(version_num) FROM alembic_version" if "alembic_version" in tables else "SELECT NULL"
        ).fetchone()
    version = version_of(tables, read, where)
    if version != HEAD and version in REVISIONS:
        return
    with reading(where) as reader:
        broken = list[Mapping[str, Any]]()
        for run in reader.runs:
            if given_up():
                raise OSError("nobody waits for it any more")
            broken += chain_of(reader, run)
    if broken:
        raise DataDamaged(broken[0]["message"], where=where.shown, do="take an older copy")


def _set_aside(path: Path, coming: Path, now_ns: int) -> Path | None:
    """Move a journal away, with its log and with the rows that would be taken for those of the one that is coming."""
    with closing(sqlite3.connect(place(str(coming)).uri, uri=True)) as connection:
        (run,) = connection.execute(LAST_RUN).fetchone() or ("",)
    # The file first: while it stands, its log belongs to it.
    parts = [path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm")), path_of(path.parent, run)]
    found = [part for part in parts if part.exists()]
    if not found:
        return None
    folder = path.parent / ASIDE / f"{datetime.fromtimestamp(now_ns // SECOND_NS, UTC):%Y-%m-%d-%H%M%S}"
    folder.mkdir(parents=True, exist_ok=True)
    for part in found:
        part.replace(folder / part.name)
    sync_folder(folder)
    return folder / path.name


@contextmanager
def _proven(path: Path, half: Path, given_up: GivenUp = waited_for) -> Iterator[Path]:
    """A journal's copy at `half`, looked through and on the disk; it is gone after the block unless it was moved."""
    try:
        _room(path, half.parent)
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(place(str(path)).uri, uri=True)) as connection:
            connection.set_progress_handler(given_up, STEPS)
            connection.execute("VACUUM INTO ?", (str(half),))
        with half.open("rb") as file:
            os.fsync(file.fileno())
        prove(place(str(half)), given_up)
        yield half
    except DataDamaged as error:
        raise DataDamaged(f"the journal's copy is not whole: {error.what}", where=str(path), do=error.do) from error
    except (OSError, sqlite3.OperationalError) as error:
        raise _not_copied(path, half.parent, error) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error
    finally:
        with suppress(OSError):  # what is wrong has been said
            half.unlink(missing_ok=True)


def _not_copied(path: Path, folder: Path, error: Exception) -> Unreachable:
    return Unreachable(
        f"the journal could not be copied: {error}",
        where=str(path),
        do=f"see that {folder} has room and may be written",
    )


def _room(path: Path, folder: Path) -> None:
    """A copy must not fill the disk that the journal itself needs."""
    size, free = path.stat().st_size, shutil.disk_usage(folder).free
    if free < 2 * size + (64 << 20):
        raise OSError("the disk would be nearly full afterwards")
