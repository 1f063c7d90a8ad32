"""What a journal could not take yet, in a local file: an order that leaves meanwhile is known when its desk has died.

One file a run, `<run>.unwritten`, beside a SQLite journal and in the data folder for a server's: a line a group, each
`[[table, [values…]], …]`. Whoever opens the journal next writes what its last run has left (`take_up`).
"""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.durable import sync_folder
from bot.errors import DataDamaged
from bot.journal.rows import TABLES, Row
from bot.journal.schema import LAST_RUN, last_seq_query
from bot.journal.store import Store

_log = logging.getLogger("paperpit.journal")


class Unwritten:
    """The file of one run. It is there only while something waits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._waiting: list[tuple[str, Row]] = []

    def keep(self, group: Sequence[tuple[str, Row]]) -> None:
        """Add a group, durable on return. Where that cannot be, the log says so, and it is tried with the next one."""
        troubled = bool(self._waiting)
        self._waiting += group
        try:
            self._append(json.dumps([(table, list(row)) for table, row in self._waiting]).encode() + b"\n")
        except OSError as error:
            if not troubled:
                _log.warning("what the journal cannot take is in memory alone: %s: %s", self._path, error)
        else:
            self._waiting.clear()

    def forget(self) -> None:
        """Everything stands in the journal."""
        self._waiting.clear()
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path.unlink(missing_ok=True)

    def _append(self, line: bytes) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            sync_folder(self._path.parent)
        size = os.fstat(self._file).st_size
        try:
            if os.write(self._file, line) < len(line):
                raise OSError("not all of it fits")
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, size)
            raise


def path_of(folder: Path, run: str) -> Path:
    """Where the rows of a run wait; `folder` is the journal's (`Place.folder`)."""
    return folder / f"{run}.unwritten"


def take_up(store: Store, folder: Path) -> int:
    """Write what the journal's last run could not, as it would have stood there; how many rows.

    Raises DataDamaged for a file that does not go on where the journal ends, Unreachable; the file is then kept.
    """
    path = path_of(folder, store.one(LAST_RUN) or "")
    if not path.exists():
        return 0
    newest = store.one(last_seq_query()) or 0
    rows = sorted((found for found in waiting(path) if found[1].seq > newest), key=lambda found: found[1].seq)
    if [row.seq for _, row in rows] != list(range(newest + 1, newest + len(rows) + 1)):
        raise _damaged(path, "it does not go on where the journal ends")
    group = [(table, [row for name, row in rows if name == table]) for table in TABLES]
    if rows:
        store.write([(table, held) for table, held in group if held])
    path.unlink()
    return len(rows)


def waiting(path: Path) -> Iterator[tuple[str, Row]]:
    """Every row of such a file with its table, in the order of keeping. Raises DataDamaged."""
    *lines, _torn = path.read_bytes().split(b"\n")  # nothing has left on a line that was never ended
    for number, line in enumerate(lines, 1):
        try:
            for table, values in json.loads(line):
                yield table, TABLES[table](*values)
        except (ValueError, KeyError, TypeError):
            raise _damaged(path, f"line {number} is no group of rows") from None


def _damaged(path: Path, why: str) -> DataDamaged:
    return DataDamaged(
        f"what the journal's last run could not write cannot be written now: {why}",
        where=str(path),
        do="keep the file, move it away and start again: the broker is asked what happened since",
    )
