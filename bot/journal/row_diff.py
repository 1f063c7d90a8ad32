"""Two runs row by row: rows are paired by what they speak of, never by their ids.

One signal more in one of the runs moves every number after it. Each difference names a kind, so that a reader sees the
cause before the consequences.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bot.journal import canon, rows
from bot.journal.canonical import rows_of
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import clock

Difference = dict[str, Any]
Keyed = Mapping[tuple[object, ...], dict[str, Any]]

CONFIG = "config"
KINDS: Mapping[str, str] = {
    "run": CONFIG,
    "instrument": CONFIG,
    "config_revision": CONFIG,
    "calendar_event": "calendar",
    "signal": "signal",
    "candidate": "signal",
    "footprint": "signal",
    "decision": "decision",
    "bracket": "order",
    "bracket_event": "order",
    "order": "order",
    "amendment": "order",
    "broker_order": "order",
    "order_event": "order",
    "fill": "fill",
    "commission": "fill",
    "excursion": "fill",
    "adjustment": "adjustment",
    "command": "command",
    "mode_change": "mode",
    "link_event": "link",
    "control": "control",
    "anomaly": "anomaly",
}
"""Table → the kind of difference that a row of it makes."""

_IDS = frozenset(
    {"id", "signal_id", "decision_id", "bracket_id", "client_order_id", "exec_id", "broker_id", "account", "nonce"}
)
_PAIRED_BY: Mapping[str, tuple[str, ...]] = {
    "instrument": ("position",),
    "calendar_event": ("kind", "from_ns", "to_ns"),
    "signal": ("ts", "kind", "instrument", "side", "timeframe"),
    "candidate": ("ts", "kind", "instrument", "side", "timeframe"),
    "decision": ("ts", "strategy", "instrument", "side"),
    "bracket": ("created_ns", "strategy", "instrument", "side"),
    "bracket_event": ("ts", "state"),
    "order": ("created_ns", "role", "instrument", "side"),
    "amendment": ("ts", "word"),
    "broker_order": ("ts",),
    "order_event": ("ts", "state", "source"),
    "fill": ("ts", "role", "instrument", "side"),
    "command": ("ts", "verb"),
    "mode_change": ("ts", "mode"),
    "link_event": ("ts", "state"),
    "control": ("ts", "key"),
    "anomaly": ("kind",),
}
_MOMENTS = ("ts", "created_ns", "known", "from_ns", "first_ns")
_WORDS = ("kind", "role", "verb", "mode", "key", "strategy", "state", "word")
_TABLES_OF_VALUES = frozenset({"evidence", "facts", "room", "summary"})
CHANGES_TOLD = 4
"""Of one row; a program has both rows whole."""


def keyed(reader: Reader, run: RunInfo, table: str) -> dict[tuple[object, ...], dict[str, Any]]:
    """The rows of one table by what they speak of; equal ones are numbered."""
    seen: Counter[tuple[object, ...]] = Counter()
    found = {}
    for row in (row for _, _, row in rows_of(reader, run, [table]) if canon.is_compared(table, row)):
        named = dict(zip(rows.TABLES[table]._fields, row, strict=True))
        kept = {column: named[column] for column in canon.columns(table)}
        key = tuple(kept[column] for column in _PAIRED_BY.get(table, ()))
        found[(*key, seen[key])] = kept
        seen[key] += 1
    return found


def table_differences(table: str, a: Keyed, b: Keyed) -> Iterator[Difference]:
    """What rows of one table differ in, ids aside."""
    for key in [*a, *(key for key in b if key not in a)]:
        left, right = a.get(key), b.get(key)
        why = _why(table, left, right)
        if why:
            yield {"kind": KINDS[table], "a": left, "b": right, "why": why}


def moment_of(row: Mapping[str, Any]) -> int | None:
    """When a row speaks of, ns UTC; None of one that has no time."""
    return next((row[name] for name in _MOMENTS if row.get(name) is not None), None)


def _why(table: str, a: dict[str, Any] | None, b: dict[str, Any] | None) -> str:
    """Why two rows are not the same, and which they are; empty when they are, ids aside."""
    row = a or b
    assert row is not None, "a key comes from one of the two"
    if a is None or b is None:
        return f"{_named(table, row)} only in {'A' if b is None else 'B'}"
    changed = [pair for column in a if column not in _IDS for pair in _changed(column, a[column], b[column])]
    told = [f"{name} is {one!r} in A, {other!r} in B" for name, one, other in changed[:CHANGES_TOLD]]
    more = [f"and {len(changed) - CHANGES_TOLD} more"] if len(changed) > CHANGES_TOLD else []
    return f"{_named(table, row)}: {'; '.join([*told, *more])}" if changed else ""


def _changed(column: str, a: Any, b: Any) -> Iterator[tuple[str, Any, Any]]:
    """What a column differs in; of one that holds several values only those."""
    if a == b:
        return
    if column not in _TABLES_OF_VALUES or a is None or b is None:
        yield column, a, b
        return
    left, right = json.loads(a), json.loads(b)
    for name in dict.fromkeys((*left, *right)):
        if left.get(name) != right.get(name):
            yield f"{column}.{name}", left.get(name), right.get(name)


def _named(table: str, row: Mapping[str, Any]) -> str:
    """A row in words: `signal absorption in ES at 13:40:00.000Z`."""
    what = next((f" {row[name]}" for name in _WORDS if row.get(name)), "")
    where = f" in {row['instrument']}" if row.get("instrument") else ""
    ts = moment_of(row)
    when = "" if ts is None or table == "anomaly" else f" at {clock(ts)}"
    return f"{table.replace('_', ' ')}{what}{where}{when}"
