"""The canonical form of a row: what makes two journals the same, and what the hash chain runs over.

Left out are the run's own name, the wall's times and `seq`: two replays of one tape have the same canonical rows. The
form has a version, for a chain must still be checkable after the next one.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from bot.domain.command import REFUSED
from bot.journal.rows import CHAINED, TABLES

VERSION = "1"
START = hashlib.sha256(f"paperpit-chain-{VERSION}".encode()).hexdigest()
"""What the first chained row of a run follows."""

UNCOMPARED = frozenset({"heartbeat", "note", "pruned", "tag"})
"""Tables that say nothing about what a run did."""

_WALL = {
    "run": {"started_ns"},
    "order": {"late"},
    "command": {"who"},
    "config_revision": {"who"},
    "mode_change": {"wall_ns", "head"},
}
_KEPT = {
    table: tuple(
        index
        for index, column in enumerate(row._fields)
        if column not in {"seq", "run", "chain"} | _WALL.get(table, set())
    )
    for table, row in TABLES.items()
}
_KEY = TABLES["control"]._fields.index("key")

_encode = msgspec.json.Encoder().encode


def is_compared(table: str, row: Sequence[object]) -> bool:
    """Whether a row says something about what a run did; what was no command changed nothing."""
    return table != "control" or not str(row[_KEY]).endswith(REFUSED)


def columns(table: str) -> tuple[str, ...]:
    """Names of the columns that a canonical row of `table` has, in order."""
    return tuple(TABLES[table]._fields[index] for index in _KEPT[table])


def text(table: str, body: Sequence[object], run: str) -> bytes:
    """The canonical row of its kept values, with the run's name taken out of every id (and out of a replay account)."""
    row = _encode((table, *body))
    return row.replace(f"REPLAY-{run}".encode(), b"REPLAY").replace(f"{run}-".encode(), b"")


def of_row(table: str, row: Sequence[object]) -> bytes:
    """The canonical row of a whole row as it stands in the table."""
    run = row[1]
    assert isinstance(run, str)
    return text(table, [row[index] for index in _KEPT[table]], run)


def link(before: str, canonical: bytes) -> str:
    """The chain after a row: hash of the chain before it and of its canonical form."""
    return hashlib.sha256(before.encode() + canonical).hexdigest()


def digest(words: str) -> str:
    """What tells a changed footprint, which is outside the chain."""
    return hashlib.sha256(words.encode()).hexdigest()


assert all(TABLES[table]._fields[-1] == "chain" for table in CHAINED)
