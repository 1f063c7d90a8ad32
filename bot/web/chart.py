"""What a story's chart shows, as plain numbers for the script that draws it: footprint bars and what happened on them.

The journal keeps the bars around each signal that a strategy was asked about, taken or refused. A story's own bars, and
those of every other such signal between its first bar and its end, are put on one axis of time; where none was kept
there is a gap. Prices are ticks, times whole seconds UTC, at the start of the bar that they lie in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from bot.journal import rows
from bot.journal.reading import Reader
from bot.web.seen import OUTCOMES, Rows
from bot.web.view import View

Facts = Mapping[str, Any]
SECOND_NS = 1_000_000_000
AROUND = 2
"""Bars after the story's end."""
WIDEST = 600
"""Bars of the longest axis: what was held for longer is shown up to there."""
SIGNALS_MAX = 300
_decode = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Axis:
    """Bars of one length, counted from the story's first."""

    start: int  # ns UTC
    step: int  # ns
    end: int  # ns UTC, the start of the last bar

    def bar(self, ts: int) -> int:
        """The start of the bar that a moment lies in, in seconds; never after the last one's."""
        at = self.start + (ts - self.start) // self.step * self.step
        return min(at, self.end) // SECOND_NS


def chart(facts: Facts, reader: Reader, view: View) -> dict[str, Any] | None:
    """The object that `footprint.js` draws; None where no footprint was kept."""
    own = facts["footprints"]
    if not own:
        return None
    start, step, signal = own[0]["start"], own[0]["timeframe"], facts["signal"]
    ends = [signal["known_ns"], *(fill["ts_ns"] for fill in facts["fills"])]
    last = start + ((max(ends) - start) // step + AROUND) * step
    axis = Axis(start, step, min(last, start + (WIDEST - 1) * step))
    around = _around(facts, axis, view)
    bars = {bar["start"]: bar for bar in [*_kept(reader, around, axis), *own]}
    return {
        "tick": facts["tick"],
        "step": step // SECOND_NS,
        "until": axis.end // SECOND_NS,
        "bars": [_bar(bars[at]) for at in sorted(bars) if bars[at]["open"] is not None],
        "signal": {
            "time": axis.bar(signal["ts_ns"] - 1),
            "price": _ticks(facts, signal["price"]),
            "side": signal["side"],
            "name": signal["kind"],
        },
        "bracket": _bracket(facts, axis),
        "reached": _reached(facts),
        "stops": [
            {"time": axis.bar(move["ts_ns"]), "price": _ticks(facts, move["stop_price"]), "why": move["reason"]}
            for order in facts["orders"]
            for move in order["amendments"]
            if move["word"] == "named" and move["stop_price"]
        ],
        "fills": [
            {
                "time": axis.bar(fill["ts_ns"]),
                "price": _ticks(facts, fill["price"]),
                "side": fill["side"],
                "role": fill["role"],
            }
            for fill in facts["fills"]
        ],
        "blackouts": _blackouts(facts, reader, axis),
        "others": _others(around, view, axis, facts),
    }


def _bracket(facts: Facts, axis: Axis) -> dict[str, Any] | None:
    """The bracket as sent, or as it was wanted."""
    if not facts["decisions"] or facts["decisions"][0]["entry"] is None:
        return None
    wanted = facts["decisions"][0]
    begins = facts["bracket"]["created_ns"] if facts["bracket"] else wanted["ts_ns"]
    exits = [fill["ts_ns"] for fill in facts["fills"] if fill["role"] != "entry"]
    return {
        "from": axis.bar(begins),
        "to": axis.bar(max(exits)) if exits else axis.end // SECOND_NS,
        "sent": facts["bracket"] is not None,
        "side": wanted["side"],
        **{name: _ticks(facts, wanted[name]) for name in ("entry", "stop", "target")},
    }


def _reached(facts: Facts) -> dict[str, int] | None:
    """How far the price went against the position and for it; None where that is not known."""
    trip = facts["round_trip"]
    if trip is None or trip["mae_ticks"] is None:
        return None
    entry, side = round(Decimal(trip["entry_price"]) / Decimal(facts["tick"])), 1 if trip["side"] == "long" else -1
    return {"against": entry - side * trip["mae_ticks"], "for": entry + side * trip["mfe_ticks"]}


def _around(facts: Facts, axis: Axis, view: View) -> Rows:
    """SEEN rows of the same market and bar length between the story's first bar and its end, its own left out."""
    seen, signal = view.seen, facts["signal"]
    run, instrument = seen.runs.get(facts["run"]["run"], -1), seen.instruments.get(facts["instrument"], -1)
    rows_ = seen.rows
    # Rows are in order of `seq`, and a run's in order of time: a look at all of them takes a millisecond.
    near = np.flatnonzero((rows_["run"] == run) & (rows_["ts"] > axis.start) & (rows_["ts"] <= axis.end + axis.step))
    mine = rows_[near]
    mine = mine[(mine["instrument"] == instrument) & ~mine["alone"]]
    found: Rows = mine[mine["timeframe"] == seen.timeframes.get(signal["timeframe"], -1)]
    return found[:SIGNALS_MAX]


def _kept(reader: Reader, around: Rows, axis: Axis) -> Iterable[dict[str, Any]]:
    judged = around["seq"][around["outcome"] > 0].tolist()  # of the others no footprint was kept
    names = [signal.id for signal in reader.among(rows.Signal, "seq", judged)]
    for row in reader.among(rows.Footprint, "signal_id", names):
        bar = _decode(row.bar)
        if axis.start <= bar["start"] <= axis.end:
            yield bar


def _others(around: Rows, view: View, axis: Axis, facts: Facts) -> list[dict[str, Any]]:
    kinds = view.seen.kinds.known
    return [
        {
            "time": axis.bar(int(row["ts"]) - 1),
            "side": int(row["side"]),
            "name": kinds[row["kind"]],
            "outcome": OUTCOMES[row["outcome"]],
        }
        for row in around
        if int(row["ts"]) != facts["signal"]["ts_ns"]
    ]


def _blackouts(facts: Facts, reader: Reader, axis: Axis) -> list[dict[str, Any]]:
    run = [run for run in reader.runs if run.run == facts["run"]["run"]]
    return [
        {"from": axis.bar(max(row.from_ns, axis.start)), "to": axis.bar(row.to_ns - 1), "name": row.kind}
        for row in reader.read(rows.CalendarEvent, run)
        if row.from_ns <= axis.end and row.to_ns > axis.start
    ]


def _bar(bar: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "time": bar["start"] // SECOND_NS,
        **{name: bar[name] for name in ("open", "high", "low", "close", "poc", "delta")},
        "volume": bar["buy"] + bar["sell"] + bar["unknown"],
        "rows": [cell[:3] for cell in bar["cells"]],
    }


def _ticks(facts: Facts, price: str | None) -> int | None:
    return None if price is None else int(Decimal(price) / Decimal(facts["tick"]))
