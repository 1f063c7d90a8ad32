"""Whether a journal is whole: database, schema, hash chain, `seq` and ids, footprints, order of writing, conservation;
and whether a desk of ours wrote it: approvals, and words on orders (`bot.journal.legality`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from bot.domain.order import BracketState, OrderState, Role
from bot.journal import canon, legality, rows
from bot.journal.canonical import chain_of
from bot.journal.reading import Reader, RunInfo
from bot.journal.retention import announced
from bot.journal.rows import EDITABLE, TABLES
from bot.journal.standing import standing
from bot.journal.tables import PARENTS, metadata

Problem = dict[str, Any]


def check(reader: Reader) -> list[Problem]:
    """Every problem found; an empty list is a whole journal."""
    parts = (
        *(_database(reader), _schema(reader), _gaps(reader), _write_ahead(reader), _conservation(reader)),
        *(legality.gate(reader), legality.words(reader), legality.ids(reader)),
    )
    found = [problem for part in parts for problem in part]
    for run in reader.runs:
        found += chain_of(reader, run)
        found += _footprints(reader, run)
    return found


def _database(reader: Reader) -> Iterator[Problem]:
    """SQLite's own opinion; PostgreSQL watches its pages and keys itself."""
    if reader.place.path is None:
        return
    for (answer,) in reader.query("PRAGMA quick_check"):
        if answer != "ok":
            yield {"kind": "database", "message": answer}
    for table, rowid, parent, _ in reader.query("PRAGMA foreign_key_check"):
        yield {"kind": "foreign-key", "message": f"row {rowid} of {table} points at no {parent}"}


def _schema(reader: Reader) -> Iterator[Problem]:
    """The tables and triggers are exactly those of this program."""
    for change in _differences(reader):
        yield {"kind": "schema", "message": f"differs from the program's: {change}"}
    dialect = "postgresql" if reader.place.path is None else "sqlite"
    triggers = {name for (name,) in reader.query(TRIGGERS[dialect])}
    endings = ENDINGS[dialect]
    for table in TABLES:
        wanted = {f"{table}_{ending}" for ending in endings} if table not in EDITABLE else set()
        if not wanted <= triggers:
            yield {"kind": "schema", "message": f"{table} is not append-only: a trigger is gone"}


def _differences(reader: Reader) -> list[str]:
    """What is other than in the program. SQLite keeps the text of a schema: an equal one is not compared again."""
    if reader.place.path is None:
        return _compared(reader)
    text = tuple(reader.query("SELECT name, sql FROM sqlite_master ORDER BY name"))
    if text not in _COMPARED:
        _COMPARED[text] = _compared(reader)
    return _COMPARED[text]


def _compared(reader: Reader) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import NullPool, create_engine

    with create_engine(reader.place.sqlalchemy_url, poolclass=NullPool).connect() as connection:
        return [str(change) for change in compare_metadata(MigrationContext.configure(connection), metadata)]


_COMPARED: dict[tuple[tuple[str, str], ...], list[str]] = {}
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'",
}
ENDINGS = {"sqlite": ("no_update", "no_delete"), "postgresql": ("append_only", "no_truncate")}


def _gaps(reader: Reader) -> Iterator[Problem]:
    """Every `seq` stands once; what was let go is as much as was announced, and nothing behind it."""
    each = " UNION ALL ".join(f'SELECT seq FROM "{name}"' for name in TABLES)
    edges = announced(reader)
    before, gone, edge = 0, 0, max(edges.values(), default=0)
    for (seq,) in reader.query(f"SELECT seq FROM ({each}) AS every ORDER BY seq"):
        if seq == before:
            yield {"kind": "seq", "message": f"two rows have seq {seq}", "seq": seq}
        elif seq > before + 1:
            gone += max(0, min(seq - 1, edge) - before)
            if seq - 1 > edge:
                first = max(before, edge) + 1
                missing = f"{first} to {seq - 1}" if seq > first + 1 else str(first)
                yield {"kind": "seq", "message": f"rows are gone: seq {missing}", "seq": first}
        before = seq
    (said,) = next(reader.query("SELECT COALESCE(SUM(rows), 0) FROM pruned"))
    left = 0
    for kind, up_to in edges.items():
        (count,) = next(reader.query(f'SELECT COUNT(*) FROM "{kind}" WHERE seq <= ?', [up_to]))
        left += count
    if gone + left != said:
        told = f"{said} rows up to seq {edge} were announced to go; {gone} are gone and {left} still stand"
        yield {"kind": "seq", "message": told, "seq": edge}


def _write_ahead(reader: Reader) -> Iterator[Problem]:
    """Whatever a row stands on was written before it: intent before word, fill before effect."""
    for table, parents in PARENTS.items():
        for column, parent, key in parents:
            for (seq,) in reader.query(
                f'SELECT child.seq FROM "{table}" AS child JOIN "{parent}" AS parent '
                f"ON parent.{key} = child.{column} WHERE child.seq < parent.seq"
            ):
                yield {"kind": "write-ahead", "message": f"{table} row {seq} stands before its {parent}", "seq": seq}


def _conservation(reader: Reader) -> Iterator[Problem]:
    """Fills never exceed their order, a filled order is filled, and a closed bracket holds nothing.

    Corrected executions count as corrected; what left without a fill of ours has an adjustment that names its bracket.
    """
    filled: dict[str, int] = {}
    held: dict[str | None, int] = {}
    for fill in standing(reader.read(rows.Fill, reader.runs)):
        filled[fill.client_order_id] = filled.get(fill.client_order_id, 0) + fill.quantity
        held[fill.bracket_id] = held.get(fill.bracket_id, 0) + fill.side * fill.quantity
    for row in reader.read(rows.Adjustment, reader.runs):
        taken = msgspec.json.decode(row.facts).get("bracket")
        held[taken] = held.get(taken, 0) + row.quantity
    states = {event.client_order_id: event.state for event in reader.read(rows.OrderEvent, reader.runs)}
    for order in reader.read(rows.Order, reader.runs):
        quantity = filled.get(order.client_order_id, 0)
        # An exit is made smaller as others take their part: filled, it may have had less to do.
        filled_up = order.role == Role.ENTRY and states.get(order.client_order_id) == OrderState.FILLED
        short = filled_up and quantity < order.quantity
        if quantity > order.quantity or short:
            yield _unbalanced(f"order {order.client_order_id} of {order.quantity} has fills of {quantity}")
    newest = {event.bracket_id: event.state for event in reader.read(rows.BracketEvent, reader.runs)}
    for bracket_id, state in newest.items():
        if state == BracketState.CLOSED and held.get(bracket_id, 0):
            yield _unbalanced(f"bracket {bracket_id} is closed and its fills leave {held[bracket_id]:+d}")


def _unbalanced(message: str) -> Problem:
    return {"kind": "conservation", "message": message}


def _footprints(reader: Reader, run: RunInfo) -> Iterable[Problem]:
    return [
        {"kind": "footprint", "message": f"footprint row {row.seq} is not what was written", "seq": row.seq}
        for row in reader.read(rows.Footprint, [run])
        if canon.digest(row.bar) != row.digest
    ]
