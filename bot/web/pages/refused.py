"""What the rules cost or saved in one run: its refusals by rule, with what they would have made."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.errors import UsageError
from bot.journal.filters import Filters
from bot.journal.reading import Reader
from bot.review.estimates import Bootstrap
from bot.review.refused import refused
from bot.review.worth import COUNTED, RULE, Group, figures, groups
from bot.web.asked import Query
from bot.web.site import Site
from bot.web.view import View

FILTERS = ("run", "counted")


def page(request: Request) -> Response:
    """The newest run's, unless another is named; its tape is read for that, once."""
    site: Site = request.app.state.site
    query = Query.of(request, FILTERS)
    counted = query.one_of("counted", COUNTED) or "alone"

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        if not reader.runs or site.asking is None:
            return {}
        wanted = query.text("run") or "last"
        if wanted == "all":
            raise UsageError(
                "run: this page reads the tape of one run", do="paperpit journal stats --blocked --run all"
            )
        (run,) = reader.choose(wanted)
        found = refused(reader, [run], Filters(), site.asking(reader))
        whole, *parts = groups(found.refused, (RULE,)) or (None,)
        shown = [one for one in parts if one is not None and one.counted == counted]
        return {
            "run": run,
            "query": query,
            "counted": counted,
            "ways": COUNTED,
            "why": found.untold.get(run.run, ""),
            "whole": _figures(whole, 1) if whole else None,
            "rules": [_figures(one, len(shown)) for one in shown],
        }

    return site.listed(request, "refused.html", facts)


def _figures(group: Group, looks: int) -> dict[str, Any]:
    return {**figures(group, Bootstrap(), looks), "rule": group.by.get(RULE, "")}
