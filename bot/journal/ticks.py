"""Whether two runs were shown the same ticks, by what the journal kept of them: how many, and bars around signals."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.journal import rows
from bot.journal.causes import EVERYTHING, MISSED_TICK, Cause
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import Difference
from bot.journal.values import clock

RECORDING = "recording"

Bar = tuple[int, int, str]
"""start (ns UTC), length in ns, product."""


def missed(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> tuple[Cause, Difference] | None:
    """The ticks that one of two runs did not see; None where both saw as many, or one never said how many it saw.

    The journal keeps few bars: the first in which it shows may well come after the first signal that it changed.
    """
    left, right = _walked(reader_a, a), _walked(reader_b, b)
    if left is None or right is None or left == right:
        return None
    few, more, name = min(left, right), max(left, right), "A" if left < right else "B"
    lost = f"{more - few:,} tick{'s' * (more - few != 1)} that {name} did not see"
    kind = RECORDING if _stopped_recording(reader_a, a) or _stopped_recording(reader_b, b) else MISSED_TICK
    where = _first(_bars(reader_a, a), _bars(reader_b, b))
    told: dict[str, dict[str, Any]] = {"a": {"rows": left}, "b": {"rows": right}}
    shown = ""
    if where is not None:
        (ts, length, product), one, other = where
        shown = f"; it shows first in the {length // 10**9} s bar of {product} at {clock(ts)}: "
        shown += f"{_prints(one)} in A, {_prints(other)} in B"
        told["a"]["bar"], told["b"]["bar"] = one, other
    why = f"{left:,} ticks in A, {right:,} in B{shown}"
    return Cause(0, kind, f"the {lost}", EVERYTHING), {"kind": kind, **told, "why": why}


def _walked(reader: Reader, run: RunInfo) -> int | None:
    """How many rows of its market a run walked; None of one that was cut off."""
    end = reader.end(run.run)
    told = json.loads(end.summary) if end is not None and end.summary else {}
    found = told.get("rows")
    return found if isinstance(found, int) else None


def _stopped_recording(reader: Reader, run: RunInfo) -> bool:
    return any(row.key == RECORDING for row in reader.read(rows.Control, [run]))


def _bars(reader: Reader, run: RunInfo) -> dict[Bar, Mapping[str, Any]]:
    """The bars around signals, whichever signal they were kept for."""
    product = {row.id: row.instrument for row in reader.read(rows.Signal, [run])}
    found = {}
    for row in reader.read(rows.Footprint, [run]):
        bar = json.loads(row.bar)
        found[bar["start"], bar["timeframe"], product.get(row.signal_id, "")] = bar
    return found


def _first(a: Mapping[Bar, Any], b: Mapping[Bar, Any]) -> tuple[Bar, Mapping[str, Any], Mapping[str, Any]] | None:
    differing: Iterator[Bar] = (bar for bar in sorted(a.keys() & b.keys()) if a[bar] != b[bar])
    bar = next(differing, None)
    return None if bar is None else (bar, a[bar], b[bar])


def _prints(bar: Mapping[str, Any]) -> str:
    volume = bar["buy"] + bar["sell"] + bar["unknown"]
    return f"{bar['prints']} prints of {volume}"
