"""Runs: every start of the desk, and what two of them did differently."""

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.errors import UsageError
from bot.journal.diff import differences
from bot.journal.reading import Reader
from bot.review.differing import causes, following
from bot.web.asked import Query
from bot.web.site import Site
from bot.web.view import View

SHOWN = 100
"""Runs, and causes of differences, of one page."""
NAMED = ("last", "all")
"""Names that stand for other runs."""


def page(request: Request) -> Response:
    """The newest runs; two that are chosen lead to their comparison."""
    site: Site = request.app.state.site
    query = Query.of(request, ("a", "b"))
    a, b = query.text("a"), query.text("b")
    if a and b:
        return RedirectResponse(f"/runs/{quote(a, safe='')}/diff/{quote(b, safe='')}", 303)
    if a or b:
        raise UsageError("two runs are held against each other, and one is chosen", do="choose the other in /runs")

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        if not reader.runs:
            return {}
        newest = sorted(reader.runs, key=lambda run: (run.started_ns, run.seq), reverse=True)
        shown = [
            {
                "run": run,
                "state": reader.state(run.run),
                "ended_ns": end.wall_ns if (end := reader.end(run.run)) else None,
                "strategies": ", ".join(msgspec.json.decode(run.strategies, type=list[str])),
            }
            for run in newest[:SHOWN]
        ]
        return {"runs": shown, "found": len(newest)}

    return site.listed(request, "runs.html", facts)


def difference(request: Request) -> Response:
    """What run `a` and run `b` did differently, causes alone."""
    site: Site = request.app.state.site
    names = [request.path_params[side] for side in ("a", "b")]
    if any(name in NAMED for name in names):
        raise UsageError("a comparison is of two runs by their ids", do="choose them in /runs")

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        if not reader.runs:
            return {}
        (a,), (b,) = (reader.choose(name) for name in names)
        found = differences(reader, a, reader, b)
        first = causes(found)
        return {
            "a": a,
            "b": b,
            "found": len(found),
            "causes": first[:SHOWN],
            "more": max(0, len(first) - SHOWN),
            "following": list(following(found)),
        }

    return site.listed(request, "diff.html", facts)
