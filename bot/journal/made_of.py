"""What two runs were made of: settings, strategies, calendar, contracts, memory. Differences that explain others."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from bot.journal import rows
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import CONFIG, Difference, keyed

BOT, CALENDAR, BROKER = "bot.toml", "calendar", "broker"
"""Names of texts in `run.config`; the daemon writes them."""
_ELSEWHERE = frozenset({"adapter", "adapters", "journal", "record", "replay", "desk", "strategies", "calendar"})
"""Keys of bot.toml that change where a run's parts come from and where its rows go, or that are compared by content."""


def made_differently(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> Iterator[Difference]:
    """What a run and its repetition ought to have had in common and did not."""
    (one,), (other,) = reader_a.where(rows.Run, "run", a.run), reader_b.where(rows.Run, "run", b.run)
    yield from _texts(json.loads(one.config), json.loads(other.config))
    if one.calendar.split()[-1:] != other.calendar.split()[-1:]:
        yield _unequal("calendar", "calendar", one.calendar, other.calendar)
    if one.warm != other.warm:
        yield _unequal("warm", "warm", one.warm, other.warm)
    if one.dry != other.dry:
        yield _unequal(CONFIG, "dry", bool(one.dry), bool(other.dry))
    if one.versions != other.versions:
        yield _unequal(CONFIG, "versions", json.loads(one.versions), json.loads(other.versions))
    yield from _contracts(keyed(reader_a, a, "instrument"), keyed(reader_b, b, "instrument"))


def _texts(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[Difference]:
    yield from _settings(a.get(BOT, ""), b.get(BOT, ""))
    left, right = _strategies(a), _strategies(b)
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            yield _unequal(CONFIG, name, name in left, name in right, f"{name} only in {'A' if name in left else 'B'}")
        elif left[name] != right[name]:
            yield _unequal(CONFIG, name, left[name], right[name], f"{name}: not the same text")
    if BROKER in a and BROKER in b and a[BROKER] != b[BROKER]:
        yield _unequal(
            "roll" if _rolls(a) != _rolls(b) else CONFIG, BROKER, json.loads(a[BROKER]), json.loads(b[BROKER])
        )


def _rolls(texts: Mapping[str, str]) -> Any:
    return json.loads(texts[BROKER]).get("rolls")


def _strategies(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name not in (BOT, CALENDAR, BROKER)}


def _settings(a: str, b: str) -> Iterator[Difference]:
    """Keys of bot.toml whose values differ, where they can change a decision."""
    left, right = (dict(_flat(tomllib.loads(text))) for text in (a, b))
    for key in sorted(left.keys() | right.keys()):
        if key.partition(".")[0] not in _ELSEWHERE and left.get(key) != right.get(key):
            yield _unequal(CONFIG, key, left.get(key), right.get(key))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _contracts(a: Mapping[Any, dict[str, Any]], b: Mapping[Any, dict[str, Any]]) -> Iterator[Difference]:
    """Instruments by product: another contract is a roll, another fact is a setting."""
    left, right = ({row["product"]: row for row in side.values()} for side in (a, b))
    for product in left.keys() | right.keys():
        one, other = left.get(product), right.get(product)
        if one is None or other is None:
            yield {"kind": CONFIG, "a": one, "b": other, "why": f"{product} only in {'A' if other is None else 'B'}"}
            continue
        changed = [name for name in one if name != "position" and one[name] != other[name]]
        if changed:
            why = "; ".join(f"{name} is {one[name]!r} in A, {other[name]!r} in B" for name in changed)
            kind = "roll" if "contract" in changed else CONFIG
            yield {"kind": kind, "a": one, "b": other, "why": f"{product}: {why}"}


def _unequal(kind: str, what: str, a: object, b: object, why: str = "") -> Difference:
    return {"kind": kind, "a": {what: a}, "b": {what: b}, "why": why or f"{what} is {a!r} in A, {b!r} in B"}
