"""A day's review as facts: what was traded and what it came to, what was refused and why, what went wrong.

Nothing here is a claim about an edge: what happened, in the groups of `paperpit journal stats`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bot.journal import lists, rows
from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.review.stats import Asked, stats


def report(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> dict[str, Any]:
    """The review of some runs; money is decimal text, `r` a number or null."""
    runs = filters.runs(runs)
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
        "groups": stats(reader, runs, filters, Asked()),
        "round_trips": lists.list_round_trips(reader, runs, filters),
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


def _anomalies(found: Iterable[rows.Anomaly]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for row in found:
        counted[row.kind] += row.rows
    return dict(counted)
