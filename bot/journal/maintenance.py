"""Changing a journal's schema on purpose: under its lock, with a copy first, and with proof that no row changed."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import ProgrammingError

from bot.errors import ConfigError, DataDamaged, Locked, Unreachable
from bot.journal import migrate
from bot.journal.lock import Owner
from bot.journal.owning import own
from bot.journal.place import Place
from bot.journal.reading import missing
from bot.journal.rows import CHAINED
from bot.journal.schema import HEAD, LAST_RUN, REVISIONS
from bot.journal.unwritten import path_of
from bot.resources import data_folder


def revision(place: Place) -> str:
    """The revision of the journal at `place`. Raises InputMissing, ConfigError for another kind of database."""
    found = None if place.path and not place.path.exists() else migrate.current(place)
    if found is None:
        raise missing(place)
    return found


class Changed(NamedTuple):
    """What a migration did."""

    before: str | None
    after: str | None
    copy: Path | None = None
    """What was kept of it as it was; None where there was nothing, or nobody who could copy it."""


def change(place: Place, to: str, *, up: bool, now_ns: int) -> Changed:
    """Migrate to revision `to` (`head`, `base`, `-1` for one step).

    An existing journal is copied first: SQLite's beside itself, PostgreSQL's by pg_dump where that is installed. Raises
    Locked when somebody writes it, ConfigError for an unknown revision, Unreachable when it could not be copied,
    DataDamaged when a chained row is not the same afterwards (the copy is).
    """
    if to not in (*REVISIONS, "head", "base", "-1"):
        raise ConfigError(f"there is no revision {to}", allowed=", ".join((*REVISIONS, "head", "base", "-1")))
    with ExitStack() as owned:
        _own(place, Owner.here("db", now_ns), owned)
        before = migrate.current(place)
        if before is None and not up:
            raise missing(place)
        if before not in (None, *REVISIONS):
            raise ConfigError(
                f"the journal is at revision {before}, newer than this program, which knows up to {HEAD}",
                where=place.shown,
                do="install the newer paperpit",
            )
        if before in (to, HEAD) and up:
            return Changed(before, before)
        if before is not None:
            _refuse_unwritten(place)
        copy = _copy(place, before, now_ns) if before is not None else None
        proof = _proof(place) if before else None
        (migrate.upgrade if up else migrate.downgrade)(place, to)
        after = migrate.current(place)
        if proof and after and _proof(place) != proof:
            raise DataDamaged(
                f"migrating from {before} to {after} changed rows that may never change",
                where=place.shown,
                do=f"restore {copy or 'your copy'}, and report this",
            )
        return Changed(before, after, copy)


def _own(place: Place, owner: Owner, owned: ExitStack) -> None:
    if place.path is not None:
        place.path.parent.mkdir(parents=True, exist_ok=True)
    own(place, owner, owned, do="stop that process first: paperpit stop")


def _refuse_unwritten(place: Place) -> None:
    """What the last run could not write has the form of the schema that it was written for."""
    with migrate.connected(place) as connection:
        path = path_of(place.folder, connection.exec_driver_sql(LAST_RUN).scalar() or "")
    if path.exists():
        raise ConfigError(
            "the journal's last run has left rows that are not written yet",
            where=str(path),
            do="start the program that wrote them once more, or move the file away: the broker knows what happened",
        )


def copy_of(path: Path, before: str, now_ns: int) -> Path:
    """Where the copy of a journal goes before it leaves revision `before`."""
    return path.with_name(f"{path.stem}-{before}-{now_ns // 1_000_000_000}{path.suffix}")


def _copy(place: Place, before: str, now_ns: int) -> Path | None:
    if place.path is None:
        return dump(place, copy_of(dump_of(place), before, now_ns))
    copy = copy_of(place.path, before, now_ns)
    with migrate.connected(place) as connection:
        connection.exec_driver_sql("COMMIT")  # VACUUM is not for transactions
        connection.exec_driver_sql("VACUUM INTO ?", (str(copy),))
        connection.exec_driver_sql("BEGIN")
    return copy


def dump_of(place: Place) -> Path:
    """Where a server's journal is dumped: in the data folder, by the database's name."""
    from psycopg.conninfo import conninfo_to_dict

    return data_folder() / f"{conninfo_to_dict(place.url).get('dbname') or 'journal'}.dump"


def dump(place: Place, copy: Path) -> Path | None:
    """What pg_dump makes of a server's database; None where there is no pg_dump. Raises Unreachable."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    program = shutil.which("pg_dump")
    if program is None:
        return None
    told = conninfo_to_dict(place.url)
    password = told.pop("password", None)  # other users can read a command line
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    half = copy.with_name(f"{copy.name}.unfinished")
    command = [program, "--format=custom", f"--file={half}", f"--dbname={make_conninfo('', **told)}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        half.unlink(missing_ok=True)
        raise Unreachable(
            f"the journal could not be copied: {done.stderr.strip().partition(chr(10))[0]}",
            where=place.shown,
            do="nothing was changed; see that pg_dump is of the server's version and can write there",
        )
    half.replace(copy)
    return copy


def _proof(place: Place) -> str:
    """A hash of every link of every chain, whatever the schema's revision."""
    digest = hashlib.sha256()
    with migrate.connected(place) as connection:
        for table in CHAINED:
            for seq, chain in connection.exec_driver_sql(f'SELECT seq, chain FROM "{table}" ORDER BY seq'):
                digest.update(f"{table} {seq} {chain}\n".encode())
    return digest.hexdigest()


def try_write(place: Place) -> str:
    """Make a table and take it back, to see whether the journal takes writes; says what was tried, in words.

    A journal that a desk is writing is proof enough. Raises Unreachable when it cannot be written.
    """
    if place.path is not None and not place.path.exists():
        return f"{place.shown} can be made: {_folder_takes_files(place)}"
    with ExitStack() as owned:
        try:
            _own(place, Owner.here("doctor", 0), owned)
        except Locked:
            return f"{place.shown} is being written by a running desk"
        try:
            with migrate.connected(place) as connection:
                # Never committed: it is gone when the connection closes.
                connection.exec_driver_sql("CREATE TABLE doctor_was_here (one INTEGER)")
        except ProgrammingError as error:
            raise Unreachable(
                f"it takes no writes: {error.orig}", where=place.shown, do="its rights? its disk?"
            ) from error
    return f"{place.shown} takes writes"


def _folder_takes_files(place: Place) -> str:
    assert place.path is not None
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place.path.parent):
            return "its folder takes files"
    except OSError as error:
        raise Unreachable(
            f"its folder takes no files: {error.strerror}", where=place.shown, do="its rights?"
        ) from error
