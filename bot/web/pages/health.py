"""Health: the desk's link, lag and mode; the journal and who writes it; how near each rule is to its limit."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.reading import Reader, RunInfo
from bot.web.site import Site

SHOWN = 20
"""Changes of the link and of the mode that the page shows."""


def page(request: Request) -> Response:
    """What works and what does not."""
    site: Site = request.app.state.site
    return site.page(request, "health.html", **facts(site))


def facts(site: Site) -> dict[str, Any]:
    """What is known now; of a journal only that it is not there, while it is not."""
    found: dict[str, Any] = {"status": site.status(), "journal": "", "runs": 0, "run": None}
    try:
        with site.looking() as reader:
            found.update(_of_journal(reader))
    except InputMissing as error:
        found["journal"] = error.where
    return found


def _of_journal(reader: Reader) -> dict[str, Any]:
    facts: dict[str, Any] = {"journal": reader.place.shown, "runs": len(reader.runs), "run": None}
    if not reader.runs:
        return facts
    run = reader.choose("last")[0]
    path = reader.place.path
    return {
        **facts,
        "run": run,
        "run_state": reader.state(run.run),
        "size": path.stat().st_size if path is not None else None,
        "modes": [(row, msgspec.json.decode(row.causes)) for row in reader.newest(rows.ModeChange, run, SHOWN)],
        "links": reader.newest(rows.LinkEvent, run, SHOWN),
        "room": _room(reader, run),
        "anomalies": reader.newest(rows.Anomaly, run, SHOWN),
    }


def _room(reader: Reader, run: RunInfo) -> dict[str, Any]:
    """What the gate found at the newest approval: each rule's measure beside its limit; nothing without one."""
    approved = (row for row in reader.newest(rows.Decision, run, 200) if row.verdict != "blocked")
    newest = next(approved, None)
    return {} if newest is None else msgspec.json.decode(newest.room, type=dict[str, Any])
