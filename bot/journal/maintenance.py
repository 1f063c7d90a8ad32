"""Changing a journal's schema on purpose: under its lock, with a copy first, and with proof that no row changed."""

import hashlib
import tempfile
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy.exc import ProgrammingError

from bot.errors import ConfigError, DataDamaged, Locked, Unreachable
from bot.journal import migrate
from bot.journal.lock import FileLock, Owner
from bot.journal.place import Place
from bot.journal.reading import missing
from bot.journal.rows import CHAINED
from bot.journal.schema import HEAD, REVISIONS


def revision(place: Place) -> str:
    """The revision of the journal at `place`. Raises InputMissing, ConfigError for another kind of database."""
    found = None if place.path and not place.path.exists() else migrate.current(place)
    if found is None:
        raise missing(place)
    return found


def change(place: Place, to: str, *, up: bool, now_ns: int) -> tuple[str | None, str | None]:
    """Migrate to revision `to` (`head`, `base`, `-1` for one step); gives the revisions before and after.

    An existing SQLite journal is copied beside itself first. Raises Locked when somebody writes it, ConfigError for an
    unknown revision, DataDamaged when a chained row is not the same afterwards (the copy is).
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
            return before, before
        if before is not None:
            _copy(place, before, now_ns)
        proof = _proof(place) if before else None
        (migrate.upgrade if up else migrate.downgrade)(place, to)
        after = migrate.current(place)
        if proof and after and _proof(place) != proof:
            raise DataDamaged(
                f"migrating from {before} to {after} changed rows that may never change",
                where=place.shown,
                do="restore the copy beside it, and report this",
            )
        return before, after


def _own(place: Place, owner: Owner, owned: ExitStack) -> None:
    do = "stop that process first: paperpit stop"
    if place.path is None:
        from bot.journal.postgres import PostgresStore

        owned.callback(PostgresStore(place, owner, do=do).close)
        return
    place.path.parent.mkdir(parents=True, exist_ok=True)
    owned.callback(FileLock(place.lock, owner, shown=place.shown, do=do).release)


def copy_of(path: Path, before: str, now_ns: int) -> Path:
    """Where the copy of a journal goes before it leaves revision `before`."""
    return path.with_name(f"{path.stem}-{before}-{now_ns // 1_000_000_000}{path.suffix}")


def _copy(place: Place, before: str, now_ns: int) -> None:
    if place.path is None:
        return  # a server's backups are its administrator's
    with migrate.connected(place) as connection:
        connection.exec_driver_sql("COMMIT")  # VACUUM is not for transactions
        connection.exec_driver_sql("VACUUM INTO ?", (str(copy_of(place.path, before, now_ns)),))
        connection.exec_driver_sql("BEGIN")


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
