"""One round trip, or one signal that was refused: chart, figures, story, orders, and what was said of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.journal.explain import explain
from bot.journal.filters import Filters
from bot.journal.reading import Reader
from bot.journal.story import tell
from bot.journal.values import Grid
from bot.review.refused import refused
from bot.web.chart import chart
from bot.web.look_up import measures, whole
from bot.web.site import Site
from bot.web.view import View

ASKED = "/what-if"
"""Behind a refusal's address: its page with what it would have made."""
NEAR_NS = 15 * 60 * 1_000_000_000
NEAR_MAX = 12
"""Signals before and after, each."""


def page(request: Request) -> Response:
    """Whatever row of a story is named, its page is the round trip's, or the refusal's."""
    return _page(request, asked=False)


def page_asked(request: Request) -> Response:
    """A refusal's page with what it would have made: its tape is read for that, once."""
    return _page(request, asked=True)


def _page(request: Request, *, asked: bool) -> Response:
    site: Site = request.app.state.site
    with site.viewing() as (reader, view):
        facts = explain(reader, request.path_params["id"])
        own = path_of(facts)
        asked = asked and facts["kind"] == "blocked"
        if request.url.path != (f"{own}{ASKED}" if asked else own):
            return RedirectResponse(own, 302)
        before, after = _neighbours(facts, view)
        reached = site.reached(reader, facts)
        headline, _, story = tell({**facts, "thresholds": reached}).partition("\n")
        told: dict[str, Any] = {
            "facts": facts,
            "headline": headline,
            "story": story.strip("\n"),
            "chart": chart(facts, reader, view),
            "near": _near(facts, reader, view),
            "before": before,
            "after": after,
            "own": own,
            "risk_ticks": _risk(facts),
            "aria": _seen(facts),
            "asked": asked,
            "what_if": _what_if(facts, reader, site) if asked else {},
            "evidence": measures(facts["signal"]["evidence"], _grid(facts), reached) if facts["signal"] else {},
        }
    return site.page(request, "story.html", **told)


def _what_if(facts: Mapping[str, Any], reader: Reader, site: Site) -> dict[str, Any]:
    """Id of a decision → what it would have made; None where the tape cannot be asked. `why` says so."""
    if site.asking is None:
        return {"why": "nobody here asks tapes"}
    runs, wanted = reader.choose(facts["run"]["run"]), {one["id"] for one in facts["decisions"]}
    found = refused(reader, runs, Filters(), site.asking(reader))
    made = {one.id: one.shape() for one in found.refused if one.id in wanted}
    return {**made, "why": next(iter(found.untold.values()), "")}


def path_of(facts: Mapping[str, Any]) -> str:
    """The address of a story: of a bracket's, else of a signal's that nobody took."""
    return f"/{'round-trips' if facts['bracket'] else 'signals'}/{facts['id']}"


def _seen(facts: Mapping[str, Any]) -> str:
    """The chart in a sentence, for who cannot see it."""
    wanted, signal = next(iter(facts["decisions"]), None), facts["signal"]
    said = [f"Footprint chart of {facts['contract']}"]
    if signal:
        said.append(f"{signal['kind']} {signal['side'] or ''} at {signal['price']} on the {signal['timeframe']} bar")
    if wanted and wanted["entry"]:
        said.append(f"entry {wanted['entry']}, stop {wanted['stop']}, target {wanted['target']}")
    said += [f"{fill['role']} {fill['side']} at {fill['price']}" for fill in facts["fills"]]
    return "; ".join(said) + ". The tables below say the same."


def _neighbours(facts: Mapping[str, Any], view: View) -> tuple[str | None, str | None]:
    """The round trips before and after this one, in order of entry."""
    names = [trip.id for trip in view.trips]
    if facts["id"] not in names:
        return None, None
    at = names.index(facts["id"])
    return names[at - 1] if at else None, names[at + 1] if at + 1 < len(names) else None


def _risk(facts: Mapping[str, Any]) -> Decimal | None:
    """Ticks from the entry to the first stop, by which MAE and MFE are measured in R; None without any."""
    trip = facts["round_trip"]
    if trip is None:
        return None
    return abs(Decimal(trip["entry_price"]) - Decimal(facts["first_stop"])) / Decimal(facts["tick"]) or None


def _near(facts: Mapping[str, Any], reader: Reader, view: View) -> list[dict[str, Any]]:
    """Signals and refusals of the same market shortly before and after, in order of time."""
    seen, moment = view.seen, _moment(facts)
    found = seen.rows
    run, instrument = seen.runs.get(facts["run"]["run"], -1), seen.instruments.get(facts["instrument"], -1)
    near = np.flatnonzero((found["run"] == run) & (np.abs(found["ts"] - moment) <= NEAR_NS))
    near = near[found["instrument"][near] == instrument]
    middle = int(np.searchsorted(found["ts"][near], moment))
    return whole(near[max(0, middle - NEAR_MAX) : middle + NEAR_MAX], reader, view)


def _grid(facts: Mapping[str, Any]) -> Grid:
    return Grid(Decimal(facts["tick"]), Decimal(facts["tick_value"]), facts["currency"])


def _moment(facts: Mapping[str, Any]) -> int:
    told = facts["signal"] or facts["decisions"][0]
    return int(told["ts_ns"])
