"""A day's review as facts: what was traded and what it came to, what was refused and why, what went wrong.

Nothing here is a claim about an edge: sums and counts of what happened, each strategy and fill model for itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from bot.journal import lists, rows
from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo

MADE = ("replay", "synthetic")
"""Adapters whose market is not live: their runs are reviewed when they are asked for."""


def live(runs: Sequence[RunInfo]) -> tuple[list[RunInfo], dict[str, int]]:
    """The live paper runs among `runs`, and how many of each other adapter were left out."""
    chosen = [run for run in runs if run.adapter not in MADE]
    return chosen, dict(Counter(run.adapter for run in runs if run.adapter in MADE))


def report(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> dict[str, Any]:
    """The review of some runs; money is decimal text, `r` a number or null."""
    runs = filters.runs(runs)
    trips = lists.list_round_trips(reader, runs, filters)
    models = {run.run: run.fill_model or "broker" for run in runs}
    signals = lists.list_signals(reader, runs, filters)
    blocked = lists.list_blocked(reader, runs, filters)
    wanted = lists.Wanted.of(reader, runs, filters)
    decisions = [row for row in reader.read(rows.Decision, runs) if wanted.has(row, row.ts)]
    mine = [row for row in decisions if filters.strategy in ("", row.strategy)]
    return {
        "runs": [_run(run, reader) for run in runs],
        "signals": dict(Counter(row["kind"] for row in signals)),
        "approved": sum(row.verdict == "approved" for row in mine),
        "would_place": sum(row.verdict == "would-place" for row in mine),
        "blocked": dict(Counter(reason["rule"] for row in blocked for reason in row["reasons"]).most_common()),
        "groups": _groups(trips, models),
        "round_trips": trips,
        "links": [
            {"run": row.run, "ts_ns": row.ts, "state": row.state, "code": row.code}
            for row in reader.read(rows.LinkEvent, runs)
            if filters.in_time(row.ts)
        ],
        "anomalies": _anomalies(reader.read(rows.Anomaly, runs)),
        "commands": [
            {"run": row.run, "ts_ns": row.ts, "verb": row.verb, "reason": row.reason, "result": row.result}
            for row in reader.read(rows.Command, runs)
            if filters.in_time(row.ts)
        ],
    }


def _run(run: RunInfo, reader: Reader) -> dict[str, Any]:
    end = reader.end(run.run)
    return {
        "run": run.run,
        "adapter": run.adapter,
        "fill_model": run.fill_model,
        "started_ns": run.started_ns,
        "ended_ns": end.wall_ns if end else None,
        "state": reader.state(run.run),
    }


def _groups(trips: Iterable[dict[str, Any]], models: dict[str, str]) -> list[dict[str, Any]]:
    """Sums of round trips, each strategy and fill model for itself: a drill's are nobody else's."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for trip in trips:
        found.setdefault((trip["strategy"], models.get(trip["run"], "")), []).append(trip)
    return [
        {
            "group": strategy,
            "fill_model": model,
            "round_trips": len(mine),
            "won": sum(Decimal(trip["net"]) > 0 for trip in mine),
            "lost": sum(Decimal(trip["net"]) < 0 for trip in mine),
            "net": str(sum((Decimal(trip["net"]) for trip in mine), Decimal(0))),
            "r_net": _summed_r([trip["r_net"] for trip in mine]),
        }
        for (strategy, model), mine in sorted(found.items())
    ]


def _summed_r(r_of_each: Sequence[Any]) -> Any:
    """The sum of every R; None when one of them is not known."""
    return None if None in r_of_each else round(sum(r_of_each), 4)


def _anomalies(found: Iterable[rows.Anomaly]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for row in found:
        counted[row.kind] += row.rows
    return dict(counted)
