"""Any row by its id, whole and as it stands."""

from typing import Any

import msgspec

from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.reading import Reader

NAMED: tuple[tuple[type[rows.Row], str], ...] = (
    (rows.Run, "run"),
    (rows.Signal, "id"),
    (rows.Candidate, "id"),
    (rows.Decision, "id"),
    (rows.Bracket, "id"),
    (rows.Order, "client_order_id"),
    (rows.Fill, "id"),
    (rows.Adjustment, "id"),
)
"""Rows that a person can name, and by which column."""

JSON_COLUMNS = frozenset(
    {"tapes", "config", "strategies", "versions", "evidence", "facts", "room", "reasons", "bar", "causes", "summary"}
)


def find(reader: Reader, row_id: str) -> dict[str, Any]:
    """The row with that id: `table`, then its columns; JSON columns as what they hold. Raises InputMissing."""
    for kind, key in NAMED:
        for row in reader.where(kind, key, row_id):
            named = dict(zip(kind._fields, row, strict=True))
            opened = {name: _opened(name, value) for name, value in named.items()}
            return {"table": _table(kind), **opened}
    raise InputMissing(
        f"there is no row {row_id}",
        where=reader.place.shown,
        do="paperpit journal signals, blocked, orders, fills or round-trips lists the ids",
    )


def run_of(reader: Reader, row_id: str) -> str:
    """The run that wrote a row. Raises InputMissing."""
    return str(find(reader, row_id)["run"])


def _opened(name: str, value: Any) -> Any:
    return msgspec.json.decode(value) if name in JSON_COLUMNS and value is not None else value


def _table(kind: type[rows.Row]) -> str:
    return next(name for name, row in rows.TABLES.items() if row is kind)
