"""Which column of a table means what: known exports, usual names, and what the person said with `--map`.

    ts_event price size      needed; ts_event may be two columns, `--map ts_event=Date+Time`
    side                     B S N, BUY SELL NONE, ASK BID (printed at the ask: bought), 1 -1 0
    bid ask bid_size ask_size, kind (T print, Q quote; without it every row is a print)

A column is named by its header, or by its number from 1.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.market import BUY, SELL, SIDE_DERIVED, SIDE_NONE, SIDE_TRUE, UNKNOWN
from bot.errors import UsageError
from bot.tape.importers.source import bars

NEEDED = ("ts_event", "price", "size")
TARGETS = (*NEEDED, "side", "bid", "ask", "bid_size", "ask_size", "kind")

_USUAL = {
    "ts_event": ("ts_event", "timestamp", "datetime", "date_time", "date time", "ts", "time"),
    "price": ("price", "last", "last price", "trade price", "precio"),
    "size": ("size", "volume", "qty", "quantity", "vol", "last size", "trade size"),
    "side": ("side", "aggressor", "aggressor_side", "lado"),
    "bid": ("bid", "bid_price", "bidprice", "bid price"),
    "ask": ("ask", "ask_price", "askprice", "ask price", "offer"),
    "bid_size": ("bid_size", "bidsize", "bid size", "bid_sz"),
    "ask_size": ("ask_size", "asksize", "ask size", "ask_sz"),
    "kind": ("kind",),
}
# A stated aggressor is the feed's word. "At the ask" is what a recorder concluded from its own quote: derived.
_SIDES = {
    **dict.fromkeys(("B", "BUY", "BUYER", "BOUGHT", "1", "+1"), (BUY, SIDE_TRUE)),
    **dict.fromkeys(("S", "SELL", "SELLER", "SOLD", "-1"), (SELL, SIDE_TRUE)),
    **dict.fromkeys(("N", "NONE", "0"), (UNKNOWN, SIDE_TRUE)),
    "ASK": (BUY, SIDE_DERIVED),
    "BID": (SELL, SIDE_DERIVED),
}
_SIERRA_SIDES = {"2": (BUY, SIDE_TRUE), "1": (SELL, SIDE_TRUE), "0": (UNKNOWN, SIDE_NONE)}
_SIERRA_COLUMNS = {
    "price": "Price",
    "size": "Volume",
    "side": "TradeType",
    "bid": "BidPrice",
    "ask": "AskPrice",
    "bid_size": "BidSize",
    "ask_size": "AskSize",
}
_SIERRA_SEQUENCE = "Sequence"
_NINJA_TIME = re.compile(r"^\d{8} \d{6}( \d{7})?$")
_NINJA = {5: ("ts_event", "price", "bid", "ask", "size"), 3: ("ts_event", "price", "size")}
_NINJA_BARS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one table."""

    times: tuple[str, ...]
    """Columns that make the time, joined by a space."""
    columns: Mapping[str, str]
    """Tape column → source column, without the time."""
    sides: Mapping[str, tuple[int, int]] = field(default_factory=lambda: _SIDES)
    """Word → side and how it was found."""
    sequence: str | None = None
    """The column that holds the true order, where it is not the file's."""
    sierra: bool = False


def planned(path: Path, names: Sequence[str], sample: Sequence[Sequence[str]], maps: Mapping[str, str]) -> Plan:
    """The plan for a table with these columns. Raises UsageError, listing the columns, when one is not found."""
    lower = {name.lower() for name in names}
    if {"open", "high", "low"} <= lower and "price" not in lower:
        raise bars(path)
    named = {target: _resolved(path, target, source, names) for target, source in maps.items()}
    if not maps and {"Date", "Time", *_SIERRA_COLUMNS.values()} <= set(names):
        sequence = _SIERRA_SEQUENCE if _SIERRA_SEQUENCE in names else None
        return Plan(("Date", "Time"), _SIERRA_COLUMNS, _SIERRA_SIDES, sequence, sierra=True)
    if not maps and names[0] == "1" and sample and _NINJA_TIME.match(sample[0][0]):
        if len(names) == _NINJA_BARS:
            raise bars(path)
        named = {target: (str(i),) for i, target in enumerate(_NINJA.get(len(names), ()), 1)}
    for target, usual in _USUAL.items():
        found = [name for name in names if name.lower() in usual]
        if target not in named and found:
            named[target] = (min(found, key=lambda name: usual.index(name.lower())),)
    missing = [target for target in NEEDED if target not in named]
    if missing:
        raise _unfound(path, missing, names, sample)
    return Plan(named["ts_event"], {target: found[0] for target, found in named.items() if target != "ts_event"})


def _resolved(path: Path, target: str, source: str, names: Sequence[str]) -> tuple[str, ...]:
    if target not in TARGETS:
        near = difflib.get_close_matches(target, TARGETS, 1)
        raise UsageError(
            f"a tape has no column {target}",
            where="--map",
            allowed=", ".join(TARGETS),
            do=f"did you mean {near[0]}?" if near else f"--map price={source}",
        )
    parts = source.split("+") if target == "ts_event" else [source]
    found = []
    for part in parts:
        number = int(part) if part.isdigit() else 0
        match = [name for name in names if name.lower() == part.lower()]
        if not match and 1 <= number <= len(names):
            match = [names[number - 1]]
        if not match:
            raise UsageError(f"has no column {part}", where=str(path), allowed=", ".join(names))
        found.append(match[0])
    return tuple(found)


def _unfound(path: Path, missing: Sequence[str], names: Sequence[str], sample: Sequence[Sequence[str]]) -> UsageError:
    row = sample[0] if sample else ()
    shown = [f"{name} ({cell})" if cell else name for name, cell in zip(names, row, strict=False)] or list(names)
    example = " ".join(f"--map {target}={names[min(i, len(names) - 1)]}" for i, target in enumerate(missing))
    return UsageError(
        f"cannot tell which column is {', '.join(missing)}",
        where=str(path),
        allowed="; ".join(shown),
        do=f"name them, for example {example}",
    )
