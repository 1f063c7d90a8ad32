"""Whether a journal may be written on: looked at before a live desk writes its first row."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import DataDamaged, InputMissing
from bot.journal.backups import backups, folder_of, way_back
from bot.journal.canonical import chain_of
from bot.journal.place import Place
from bot.journal.reading import reading
from bot.journal.store import damaged

CUT_OFF = """
SELECT COUNT(*) FROM run WHERE run = (SELECT run FROM run ORDER BY seq DESC LIMIT 1)
AND run NOT IN (SELECT run FROM mode_change WHERE wall_ns IS NOT NULL)
"""


def refuse_damaged(where: Place) -> None:
    """Look at the whole file, twice as closely when the last run was cut off, and at the chain of that run.

    Never is a new journal begun in the place of one that was. Raises DataDamaged, naming the newest copy of it.
    """
    if where.path is not None:
        if not where.path.exists() or not where.path.stat().st_size:
            _refuse_gone(where.path)
            return
        try:
            with closing(sqlite3.connect(where.path, timeout=1)) as connection:
                cut_off = look_through(connection, where.path)
        except sqlite3.DatabaseError as error:
            raise damaged(where.path, error) from error
        if not cut_off:
            return
    _refuse_broken_chain(where)


def _refuse_gone(path: Path) -> None:
    if backups(path):
        raise DataDamaged(
            "the journal is gone or empty, and there are copies of it",
            where=str(path),
            do=f"{way_back(path)}; to begin a new one, move {folder_of(path)} away",
        )


def look_through(connection: sqlite3.Connection, path: Path, *, closely: bool = False) -> bool:
    """Whether the last run was cut off; a journal of such a one is looked at closely. Raises DataDamaged."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    cut_off = {"run", "mode_change"} <= tables and connection.execute(CUT_OFF).fetchone() != (0,)
    ways = (
        ("PRAGMA integrity_check(1)", "PRAGMA foreign_key_check") if cut_off or closely else ("PRAGMA quick_check(1)",)
    )
    for way in ways:
        found = connection.execute(way).fetchone()
        if found not in (None, ("ok",)):
            raise damaged(path, DataDamaged(", ".join(map(str, found))))
    return cut_off


def _refuse_broken_chain(where: Place) -> None:
    """A run that was cut off has told nobody how its chain ended: at least it must hold up to there."""
    try:
        with reading(where) as reader:
            last = reader.runs[-1:]
            broken = [problem for run in last if reader.end(run.run) is None for problem in chain_of(reader, run)]
    except InputMissing:
        return  # a server's database that has no tables yet
    if broken:
        back = way_back(where.path) if where.path is not None else "restore the database from a backup of yours"
        raise DataDamaged(f"the journal was changed by hand: {broken[0]['message']}", where=where.shown, do=back)
