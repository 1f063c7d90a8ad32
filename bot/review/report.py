"""A day's review as facts: what was traded and what it came to, what was refused and why, what went wrong.

Nothing here is a claim about an edge: what happened, in the groups of `paperpit journal stats`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.journal import lists, rows
from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.review.stats import Asked, stats

BLACKOUT = "blackout"
"""The rule that closes entries around news."""


def report(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> dict[str, Any]:
    """The review of some runs; money is decimal text, `r` a number or null."""
    runs = filters.runs(runs)
    blocked = lists.list_blocked(reader, runs, filters)
    wanted = lists.Wanted.of(reader, runs, filters)
    decisions = [row for row in reader.read(rows.Decision, runs) if wanted.has(row, row.ts)]
    mine = [row for row in decisions if filters.strategy in ("", row.strategy)]
    judged = lists.outcomes_of(mine)
    seen = (row for row in reader.each(rows.Signal, runs) if wanted.has(row, row.ts))
    return {
        "runs": [_run(run, reader) for run in runs],
        "signals": dict(Counter(row.kind for row in seen if not filters.strategy or row.id in judged)),
        "approved": sum(row.verdict == "approved" for row in mine),
        "would_place": sum(row.verdict == "would-place" for row in mine),
        "blocked": dict(Counter(reason["rule"] for row in blocked for reason in row["reasons"]).most_common()),
        "refusals": refusals(blocked),
        "groups": stats(reader, runs, filters, Asked()),
        "round_trips": lists.list_round_trips(reader, runs, filters),
        "calendar": _windows(reader.read(rows.CalendarEvent, runs), blocked, filters),
        "notes": _notes(reader, runs),
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


def refusals(blocked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One object a rule, the most frequent first: how often it refused, when, and its words the last time."""
    found: dict[str, dict[str, Any]] = {}
    for row in blocked:
        for reason in row["reasons"]:
            rule = reason["rule"]
            mine = found.setdefault(rule, {"rule": rule, "refused": 0, "first_ns": row["ts_ns"]})
            mine |= {"refused": mine["refused"] + 1, "last_ns": row["ts_ns"], "message": reason["message"]}
    return sorted(found.values(), key=lambda one: -one["refused"])


def _windows(
    events: Iterable[rows.CalendarEvent], blocked: Sequence[Mapping[str, Any]], filters: Filters
) -> list[dict[str, Any]]:
    """Blackouts that came into force, each once, with how many proposals they stopped."""
    known = {(row.from_ns, row.to_ns, row.kind): row for row in events if filters.in_time(row.ts)}
    stopped = [row["ts_ns"] for row in blocked if any(reason["rule"] == BLACKOUT for reason in row["reasons"])]
    return [
        {
            "kind": kind,
            "from_ns": from_ns,
            "to_ns": to_ns,
            "source": row.source,
            "stopped": sum(from_ns <= ts < to_ns for ts in stopped),
        }
        for (from_ns, to_ns, kind), row in sorted(known.items())
    ]


def _notes(reader: Reader, runs: Sequence[RunInfo]) -> list[dict[str, Any]]:
    """What people wrote about runs or their rows, whenever they did."""
    named = {run.run for run in runs}
    return [
        {"subject": row.subject, "ts_ns": row.ts, "who": row.who, "text": row.text}
        for row in reader.read(rows.Note, reader.runs)
        if row.run in named
    ]


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
