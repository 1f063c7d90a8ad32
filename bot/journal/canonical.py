"""The canonical rows of a run, in the order in which things happened: their chain, and the one hash of all of them."""

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from bot.journal import canon, rows
from bot.journal.place import place, split_run
from bot.journal.reading import Reader, RunInfo, reading

Found = tuple[int, str, tuple[Any, ...]]
"""seq, table, the whole row."""


def rows_of(reader: Reader, run: RunInfo, tables: Sequence[str] | None = None) -> Iterator[Found]:
    """Every row of a run (of some tables) by seq."""
    names = [name for name in rows.TABLES if name not in canon.UNCOMPARED] if tables is None else tables
    each = ([(row[0], name, row) for row in reader.read(rows.TABLES[name], [run])] for name in names)
    return heapq.merge(*each, key=lambda found: found[0])


def hash_of(reader: Reader, run: RunInfo) -> str:
    """The same for two runs exactly when all their canonical rows are the same, in the same order."""
    digest = hashlib.sha256()
    for _, table, row in rows_of(reader, run):
        if canon.is_compared(table, row):
            digest.update(canon.of_row(table, row))
            digest.update(b"\n")
    return digest.hexdigest()


def chain_of(reader: Reader, run: RunInfo) -> Iterator[dict[str, Any]]:
    """The first row of a run at which the chain breaks, as a problem that `bot.journal.check` tells."""
    chain = canon.START
    for seq, table, row in rows_of(reader, run, rows.CHAINED):
        chain = canon.link(chain, canon.of_row(table, row))
        if chain != row[-1]:
            message = f"{table} row {seq} of run {run.run} is not what was written, or one before it is gone"
            yield {"kind": "hash-chain", "message": message, "run": run.run, "seq": seq}
            return
    end = reader.end(run.run)
    if end and end.head != chain:
        message = f"the last rows of run {run.run} are not those that it ended with"
        yield {"kind": "hash-chain", "message": message, "run": run.run, "seq": end.seq}


def journal_hash(url: str, run: str = "last") -> str:
    """`hash_of` one run of the journal at `url` (`URL#RUN` names the run as well). Raises InputMissing."""
    base, named = split_run(url)
    with reading(place(base)) as reader:
        return hash_of(reader, reader.choose(named or run)[0])
