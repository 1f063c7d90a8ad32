"""What two runs were made of: settings, strategies, calendar, contracts, memory. Differences that explain others."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.journal import canon, rows
from bot.journal.causes import FILL_MODEL, MISSED_TICK, ROLL, WARM
from bot.journal.first_rows import BOT, BROKER, CALENDAR
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import CONFIG, Difference, keyed

TAPE = "tape"
_COLUMNS = {"fill_model": FILL_MODEL, "calendar": CALENDAR, "warm": WARM}
"""Columns of `run` that are a kind of their own."""
_IN_COLUMNS = frozenset({"replay.fill_model", "calendar"})
"""Keys of bot.toml that have one of those as well."""
_SAID_ELSEWHERE = frozenset({"config", "tape"})
_ITS_OWN = frozenset({"account"})
"""What no two replays have in common."""
_ELSEWHERE = frozenset({"adapter", "adapters", "journal", "record", "replay", "desk", "strategies", "calendar"})
"""Keys of bot.toml that change where a run's parts come from and where its rows go, or that are compared by content."""


def made_differently(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> Iterator[Difference]:
    """What a run and its repetition ought to have had in common and did not."""
    (one,), (other,) = reader_a.where(rows.Run, "run", a.run), reader_b.where(rows.Run, "run", b.run)
    yield from _texts(json.loads(one.config), json.loads(other.config), _ELSEWHERE)
    if one.calendar.split()[-1:] != other.calendar.split()[-1:]:
        yield _unequal(CALENDAR, CALENDAR, one.calendar, other.calendar)
    if one.warm != other.warm:
        yield _unequal(WARM, WARM, one.warm, other.warm)
    if one.dry != other.dry:
        yield _unequal(CONFIG, "dry", bool(one.dry), bool(other.dry))
    if one.versions != other.versions:
        yield _unequal(CONFIG, "versions", json.loads(one.versions), json.loads(other.versions))
    yield from _contracts(keyed(reader_a, a, "instrument"), keyed(reader_b, b, "instrument"))


def run_differences(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> Iterator[Difference]:
    """The same of two replays, which may have had everything in common but their account."""
    (one,), (other,) = reader_a.where(rows.Run, "run", a.run), reader_b.where(rows.Run, "run", b.run)
    left, right = json.loads(one.config), json.loads(other.config)
    named = list(_texts(left, right, frozenset()))
    yield from (one for one in named if not one["a"].keys() & _IN_COLUMNS)
    texts = sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
    unnamed = [name for name in texts if name != CALENDAR]
    if unnamed and not named:
        told = {"texts": unnamed}
        yield {"kind": CONFIG, "a": told, "b": told, "why": f"{', '.join(unnamed)}: not the same"}
    for column in canon.columns("run"):
        before, after = getattr(one, column), getattr(other, column)
        if before == after or column in _SAID_ELSEWHERE | _ITS_OWN or (column == "config_hash" and texts):
            continue
        if column == "tapes":
            yield _tapes(json.loads(before), json.loads(after))
        else:
            yield _unequal(_COLUMNS.get(column, CONFIG), column, before, after)
    yield from _contracts(keyed(reader_a, a, "instrument"), keyed(reader_b, b, "instrument"))


def _tapes(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> Difference:
    """Other ticks of one market and time, or another market."""
    pairs = list(zip(a, b, strict=False))
    same = len(a) == len(b) and all(_overlap(one, other) for one, other in pairs)
    counts = [sum(tape.get("rows") or 0 for tape in side) for side in (a, b)]
    if same and counts[0] != counts[1]:
        return _unequal(MISSED_TICK, "tapes", a, b, f"ticks: {counts[0]:,} in A, {counts[1]:,} in B")
    names = [", ".join(str(tape.get("name")) for tape in side) for side in (a, b)]
    return _unequal(TAPE, "tapes", a, b, f"tape: {names[0]} in A, {names[1]} in B, and they are not the same ticks")


def _overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    if a.get("contract") != b.get("contract"):
        return False
    spans = [(tape.get("first_ns"), tape.get("last_ns")) for tape in (a, b)]
    known = [(first, last) for first, last in spans if first is not None and last is not None]
    return len(known) == len(spans) and max(first for first, _ in known) < min(last for _, last in known)


def _texts(a: Mapping[str, str], b: Mapping[str, str], left_out: frozenset[str]) -> Iterator[Difference]:
    yield from _settings(a.get(BOT, ""), b.get(BOT, ""), left_out)
    left, right = _strategies(a), _strategies(b)
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            yield _unequal(CONFIG, name, name in left, name in right, f"{name} only in {'A' if name in left else 'B'}")
        elif left[name] != right[name]:
            yield _unequal(CONFIG, name, left[name], right[name], f"{name}: not the same text")
    if BROKER in a and BROKER in b and a[BROKER] != b[BROKER]:
        yield _unequal(ROLL if _rolls(a) != _rolls(b) else CONFIG, BROKER, json.loads(a[BROKER]), json.loads(b[BROKER]))


def _rolls(texts: Mapping[str, str]) -> Any:
    return json.loads(texts[BROKER]).get("rolls")


def _strategies(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name not in (BOT, CALENDAR, BROKER)}


def _settings(a: str, b: str, left_out: frozenset[str]) -> Iterator[Difference]:
    """Keys of bot.toml whose values differ, but for those of some tables."""
    left, right = (dict(_flat(tomllib.loads(text))) for text in (a, b))
    for key in sorted(left.keys() | right.keys()):
        if key.partition(".")[0] not in left_out and left.get(key) != right.get(key):
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
            kind = ROLL if "contract" in changed else CONFIG
            yield {"kind": kind, "a": one, "b": other, "why": f"{product}: {why}"}


def _unequal(kind: str, what: str, a: object, b: object, why: str = "") -> Difference:
    return {"kind": kind, "a": {what: a}, "b": {what: b}, "why": why or f"{what} is {a!r} in A, {b!r} in B"}
