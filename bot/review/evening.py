"""What a day came to in a few lines, for whoever is not at the screen: also when nothing was traded."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from bot.domain.command import DAY_END, KILL, STRATEGY
from bot.domain.order import IN_DANGER
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.review.report import report
from bot.review.words import moment, no_edge, signed

LINKS_SHOWN = 3


def evening(reader: Reader, runs: Sequence[RunInfo], end: rows.ModeChange, next_ns: int | None) -> list[str]:
    """The lines, the first a title. `end` is the last row of the last of `runs`, `next_ns` when the exchange opens."""
    facts = report(reader, runs, Filters())
    trips, groups = facts["round_trips"], facts["groups"]
    net = sum((Decimal(group["net"]) for group in groups), Decimal(0))
    r = [group["r_net"] for group in groups]
    gained = "" if None in r or not r else f", {signed(sum(r))} R"
    traded = f"{_counted(len(trips), 'round trip')}, {signed(net)}{gained}" if trips else "nothing was traded"
    first = min((run.started_ns for run in runs), default=end.wall_ns)
    refused = ", ".join(f"{rule} {count}" for rule, count in facts["blocked"].items())
    return [
        f"the day: {traded}",
        f"from       {moment(first)} to {moment(end.wall_ns)}",
        f"traded     {traded}",
        *(
            f"           {signed(group['net'])}  {group['group']}: {group['won']} won, {group['lost']} lost"
            for group in groups
        ),
        f"seen       {_counted(sum(facts['signals'].values()), 'signal')}, {facts['approved']} approved",
        f"refused    {refused or 'nothing'}",
        *_wrong(reader, runs, facts),
        f"opens next {moment(next_ns)}" if next_ns else "opens next not while this process lasts",
        *([no_edge(len(trips))] if trips and no_edge(len(trips)) else []),
    ]


def _wrong(reader: Reader, runs: Sequence[RunInfo], facts: dict[str, Any]) -> list[str]:
    """What was not right, a line each; one that says so where all was."""
    found = [
        f"link {one['state']} {moment(one['ts_ns'])}: {one['code']}" for one in facts["links"] if one["state"] != "up"
    ]
    more = len(found) - LINKS_SHOWN
    found = [*found[:LINKS_SHOWN], *([f"the link changed {more} times more"] if more > 0 else [])]
    bare = [row for row in reader.read(rows.BracketEvent, runs) if row.state in IN_DANGER]
    found += [f"{row.bracket_id} had no working stop at {moment(row.ts)} ({row.state})" for row in bare]
    for row in reader.read(rows.Control, runs):
        if row.key in (KILL, DAY_END, "recording") or row.key.startswith(f"{STRATEGY}."):
            found.append(f"{row.key} {msgspec.json.decode(row.value)} at {moment(row.ts)}: {row.why}")
    cut = [one["run"] for one in facts["runs"] if one["state"] == "cut-off"]
    found += [f"the run {run} was cut off" for run in cut]
    found += [f"odd ticks: {kind} {count}" for kind, count in facts["anomalies"].items()]
    return [f"not right  {words}" for words in found] or ["not right  nothing"]


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
