"""How a journal is opened for writing: lock, schema, connection, first rows."""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bot.domain.instrument import Instrument
from bot.journal.integrity import refuse_damaged
from bot.journal.lock import FileLock, Owner
from bot.journal.place import Place, place
from bot.journal.reserve import Reserve
from bot.journal.schema import prepare_sqlite, require_head
from bot.journal.store import SqliteStore, Store
from bot.journal.unwritten import Unwritten, path_of, take_up
from bot.journal.writer import Durability, Writer
from bot.ports import RunFacts
from bot.resources import data_folder

_log = logging.getLogger("paperpit.journal")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u to mistake


def new_run_id(now_ns: int) -> str:
    """A name for a run, unique for ever and ordered by time: 9 letters of milliseconds, 4 of chance."""
    number = (now_ns // 1_000_000) << 20 | int.from_bytes(os.urandom(3), "big") & 0xFFFFF
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))


def default_url(replay: bool) -> str:
    """Where `run` (journal.db) and `replay` (replay.db) write unless told otherwise."""
    return f"sqlite:///{data_folder() / ('replay.db' if replay else 'journal.db')}"


def open_writer(
    url: str,
    facts: RunFacts,
    instruments: Sequence[Instrument],
    *,
    durability: Durability,
    now_ns: Callable[[], int],
) -> Writer:
    """Open the journal at `url` for one run, making it if it is absent, and write the run's first rows.

    `now_ns` is the wall's clock (started, ended, how long a replay holds rows back). Raises Locked when another process
    owns the journal, ConfigError for another schema (only `paperpit db upgrade` migrates), Unreachable, DataDamaged.
    """
    where = place(url)
    started_ns = now_ns()
    owner = Owner.here(facts.run, started_ns)
    do = "stop that process, or name another journal with --journal"
    if durability == "replay":
        do = instead(where, "replay")
    with ExitStack() as opened:
        store = open_store(where, owner, do, durability, opened)
        late = take_up(store, where.folder)
        writer = Writer(
            *(store, facts, instruments),
            hold=durability == "replay",
            now_ns=now_ns,
            started_ns=started_ns,
            unwritten=Unwritten(path_of(where.folder, facts.run)),
        )
        if late:
            _log.warning("%d rows that the journal could not take from its last run are written now", late)
        writer.closes(opened.pop_all())
    return writer


def open_store(where: Place, owner: Owner, do: str, durability: Durability, opened: ExitStack) -> Store:
    """Own a journal until `opened` ends, made if it is absent. Raises what `open_writer` raises."""
    if where.path is None:
        return _open_postgres(where, owner, do, durability, opened)
    return _open_sqlite(where.path, where, owner, do, durability, opened)


def _open_sqlite(path: Path, where: Place, owner: Owner, do: str, durability: Durability, opened: ExitStack) -> Store:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(where.lock, owner, shown=where.shown, do=do)
    opened.callback(lock.release)
    if durability != "replay":
        refuse_damaged(where)
    reserve = None if durability == "replay" else Reserve(where.reserve)
    store = SqliteStore(path, synchronous="FULL" if durability == "power" else "NORMAL", reserve=reserve)
    opened.callback(store.close)
    prepare_sqlite(store, where)
    return store


def _open_postgres(where: Place, owner: Owner, do: str, durability: Durability, opened: ExitStack) -> Store:
    from bot.journal.postgres import PostgresStore

    store = PostgresStore(where, owner, do=do)
    opened.callback(store.close)
    if durability != "replay":
        refuse_damaged(where)
    read = None
    if store.one("SELECT to_regclass('alembic_version')::text"):
        read = store.one("SELECT version_num FROM alembic_version")
    if read is None:
        from bot.journal.migrate import upgrade

        upgrade(where)
    else:
        require_head(read, where)
    return store


def instead(where: Place, who: str) -> str:
    """What to do when another process owns the journal that `who` (a replay, a sweep) would write."""
    other = data_folder() / "replay.db"
    if where.path and where.path.absolute() == other:
        other = other.with_name("replay-2.db")
    return f"name another journal for this {who}: --journal sqlite:///{other}"
