"""Why was there no trade at 10:14? One look at a moment: what was seen, wanted, refused and done, and what was shut."""

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from bot.journal.reading import Reader
from bot.review.moment import moment
from bot.review.moment_words import tell
from bot.review.when import Asked
from bot.web.asked import Query, day_of
from bot.web.look_up import whole
from bot.web.site import Site
from bot.web.view import View

FILTERS = ("at", "day", "instrument", "run")
NEAR_NS = 10 * 60 * 1_000_000_000
NEAR_MAX = 40
"""Signals that are listed around the moment."""


def page(request: Request) -> Response:
    """The form; with a time, its answer and the signals around it."""
    site: Site = request.app.state.site
    query = Query.of(request, FILTERS)

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        if not reader.runs:
            return {}
        told: dict[str, Any] = {"query": query, "answer": [], "instruments": sorted(view.seen.instruments)}
        if not query.text("at"):
            return told
        asked = Asked(query.text("at"), day_of(query), query.text("instrument"), site.now_ns())
        found = moment(reader, reader.choose(query.text("run") or "all"), asked)
        headline, _, rest = tell(found).partition("\n")
        return {
            **told,
            "headline": headline,
            "answer": found["answer"],
            "story": rest.partition("\n\n")[2],
            "near": _near(found, reader, view),
        }

    return site.listed(request, "moment.html", facts)


def _near(found: dict[str, Any], reader: Reader, view: View) -> list[dict[str, Any]]:
    """Signals of the run that was there, some minutes around, in order of time."""
    if found["run"] is None:
        return []
    rows = view.seen.rows
    mine = (rows["run"] == view.seen.runs.get(found["run"]["run"], -1)) & (rows["ts"] >= found["from_ns"] - NEAR_NS)
    near = np.flatnonzero(mine & (rows["ts"] < found["to_ns"] + NEAR_NS))
    middle = int(np.searchsorted(rows["ts"][near], found["from_ns"]))
    return whole(near[max(0, middle - NEAR_MAX // 2) : middle + NEAR_MAX // 2], reader, view)
