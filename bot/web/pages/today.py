"""Today: may the desk trade, what is held under which stop, what it came to, what was seen last."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.lists import outcomes_of
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import LONG_SHORT, grids
from bot.web.live import KINDS
from bot.web.site import Site
from bot.web.view import View

SEEN = 12
"""Signals that the page shows."""
TRIPS = 30
"""Round trips that it shows."""


def page(request: Request) -> Response:
    """The whole page; with `?part=now` only what changes, for a page that is open."""
    site: Site = request.app.state.site
    facts: dict[str, Any] = {
        "kinds": " ".join(KINDS),
        "run": None,
        "status": site.status(),
        "journal": "",
        "signals": [],
        "trips": [],
    }
    try:
        with site.viewing() as (reader, view):
            facts["journal"] = reader.place.shown
            if reader.runs:
                facts.update(_of_run(reader, view, reader.choose("last")[0]))
    except InputMissing as error:
        facts["journal"] = error.where
    part = request.query_params.get("part") == "now"
    return site.page(request, "today_now.html" if part else "today.html", **facts)


def _of_run(reader: Reader, view: View, run: RunInfo) -> dict[str, Any]:
    trips = [trip for trip in view.trips if trip.run == run.run]
    judged = reader.newest(rows.Decision, run, 4 * SEEN)
    return {
        "run": run,
        "run_state": reader.state(run.run),
        "trips": trips[::-1][:TRIPS],
        "traded": len(trips),
        "net_r": sum(trip.r_net or 0 for trip in trips),
        "signals": _signals(reader, run, judged),
        "blocked": _blocked(judged),
    }


def _signals(reader: Reader, run: RunInfo, judged: Sequence[rows.Decision]) -> list[dict[str, Any]]:
    """The newest signals, each with what became of it."""
    seen = reader.newest(rows.Signal, run, SEEN)
    grid = grids(reader.read(rows.Instrument, [run]))
    named = {row.id for row in seen}
    outcomes = outcomes_of(row for row in judged if row.signal_id in named)
    return [
        {
            "id": row.id,
            "ts_ns": row.ts,
            "instrument": row.instrument,
            "kind": row.kind,
            "side": LONG_SHORT[row.side],
            "price": grid[row.run, row.instrument].optional(row.price),
            "outcome": outcomes.get(row.id, "unused"),
        }
        for row in seen
    ]


def _blocked(judged: Sequence[rows.Decision]) -> list[dict[str, Any]]:
    """The newest refusals, each with its first reason and how many more there are."""
    found: list[dict[str, Any]] = []
    for row in judged:
        if row.verdict == "blocked" and len(found) < SEEN:
            reasons = msgspec.json.decode(row.reasons)
            found.append(
                {
                    "id": row.id,
                    "ts_ns": row.ts,
                    "instrument": row.instrument,
                    "strategy": row.strategy,
                    "rule": reasons[0]["rule"],
                    "message": reasons[0]["message"],
                    "more": len(reasons) - 1,
                }
            )
    return found
