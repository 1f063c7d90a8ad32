"""Two runs row by row: rows are paired by what they speak of, never by their ids.

One signal more in one of the runs moves every number after it. Each difference names a kind, so that a reader sees the
cause before the consequences.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bot.journal import canon, rows
from bot.journal.canonical import rows_of
from bot.journal.reading import Reader, RunInfo

Difference = dict[str, Any]
Keyed = Mapping[tuple[object, ...], dict[str, Any]]

CONFIG = "config"
KINDS: Mapping[str, str] = {
    "run": CONFIG,
    "instrument": CONFIG,
    "calendar_event": "calendar",
    "signal": "signal",
    "candidate": "signal",
    "footprint": "signal",
    "decision": "decision",
    "bracket": "order",
    "bracket_event": "order",
    "order": "order",
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
    "order_event": ("ts", "state", "source"),
    "fill": ("ts", "role", "instrument", "side"),
    "command": ("ts", "verb"),
    "mode_change": ("ts", "mode"),
    "link_event": ("ts", "state"),
    "control": ("ts", "key"),
    "anomaly": ("kind",),
}


def keyed(reader: Reader, run: RunInfo, table: str) -> dict[tuple[object, ...], dict[str, Any]]:
    """The rows of one table by what they speak of; equal ones are numbered."""
    seen: Counter[tuple[object, ...]] = Counter()
    found = {}
    for _, _, row in rows_of(reader, run, [table]):
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


def _why(table: str, a: dict[str, Any] | None, b: dict[str, Any] | None) -> str:
    """Why two rows are not the same; empty when they are, ids aside."""
    if a is None or b is None:
        return f"{table.replace('_', ' ')} only in {'A' if b is None else 'B'}"
    changed = [column for column in a if column not in _IDS and a[column] != b[column]]
    return "; ".join(f"{column} is {a[column]!r} in A, {b[column]!r} in B" for column in changed)
