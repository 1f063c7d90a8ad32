"""What the rules cost or saved: refusals by rule, with what they would have made, of one run or of those chosen."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.journal.reading import Reader
from bot.review.estimates import Bootstrap
from bot.review.worth import COUNTED, RULE, Group, figures, groups
from bot.web.asked import OF_ROWS, Query
from bot.web.refusals import refusals
from bot.web.site import Site
from bot.web.view import View

FILTERS = ("run", "counted", *OF_ROWS)


def page(request: Request) -> Response:
    """The newest run's, unless others are chosen; their tapes are read for that, once."""
    site: Site = request.app.state.site
    query = Query.of(request, FILTERS)
    counted = query.one_of("counted", COUNTED) or "alone"

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        if not reader.runs or site.asking is None:
            return {}
        runs, found = refusals(query, reader, site.asking(reader), site.now_ns())
        pools = [list(some) for _, some in groupby(groups(found.refused, (RULE,)), _market)]
        return {
            "run": runs[0] if len(runs) == 1 else None,
            "runs": runs,
            "query": query,
            "counted": counted,
            "ways": COUNTED,
            "untold": found.untold,
            "pools": [_pool(pool, counted) for pool in pools],
        }

    return site.listed(request, "refused.html", facts)


def _market(one: Group) -> tuple[str, bool, str]:
    return one.market, one.drill, one.fill_model


def _pool(pool: Sequence[Group], counted: str) -> dict[str, Any]:
    """Refusals of one market, which are never put together with another's."""
    whole, *parts = pool
    shown = [one for one in parts if one.counted == counted]
    return {
        "name": whole.name,
        "whole": figures(whole, Bootstrap(), 1),
        "rules": [{**figures(one, Bootstrap(), len(shown)), "rule": one.by[RULE]} for one in shown],
    }
