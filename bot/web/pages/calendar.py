"""Calendar: a week's open hours and blackouts, what they stopped and what was held across them; what is known ahead."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from bot.config import instrument, load_instruments
from bot.errors import InputMissing, UsageError
from bot.journal.values import new_york
from bot.review.when import YEARS
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_check import reach
from bot.risk.listing import kinds_of, windows
from bot.sessions import days_of
from bot.web.asked import Query
from bot.web.site import Site
from bot.web.view import View
from bot.web.week import bounds, first_of, week

DAY_NS = 86_400_000_000_000
AHEAD = 30 * DAY_NS
USUAL = "ES"
"""The instrument whose hours and events are shown unless another one is asked for."""


def page(request: Request) -> Response:
    """One week, and the windows of the next thirty days."""
    site: Site = request.app.state.site
    query, now = Query.of(request, ("week", "instrument")), site.now_ns()
    known = load_instruments()
    product = query.one_of("instrument", known) or USUAL
    first = first_of(_day(query, now))
    events, needs = EventCalendar.load(None), {name: facts.events for name, facts in known.items()}
    mine = list(windows(events, needs, kinds_of(needs, instrument=product)))
    since, until = bounds(first)
    shown = [row for row in mine if row["from_ns"] < until and row["to_ns"] > since]
    sessions = days_of(instrument(product), since, until)
    hours = [(int(row["open"]), int(row["close"])) for row in sessions if row["open"] < until and row["close"] > since]
    return site.page(
        request,
        "calendar.html",
        query=query,
        product=product,
        products=list(known),
        first=first,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        days=week(first, hours, [(row["from_ns"], row["to_ns"], row["kind"]) for row in shown], now),
        windows=_met(site, product, shown),
        state=events.state,
        why=events.why,
        coming=[row for row in mine if row["to_ns"] > now and row["from_ns"] < now + AHEAD],
        coverage=[(kind, events.coverage.get(kind)) for kind in kinds_of(needs)],
        problems=reach(events, kinds_of(needs), now) if events.state == "given" else [],
    )


def _day(query: Query, now_ns: int) -> date:
    text = query.text("week")
    if not text:
        return new_york(now_ns).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"week: {text!r} is not a date", allowed="a date of it, as 2026-09-16") from None
    inner = YEARS[1:-1]  # a week reaches into the next year
    if day.year not in inner:
        raise UsageError(f"week: {text!r} is out of reach", allowed=f"the years {inner[0]} to {inner[-1]}")
    return day


def _met(site: Site, product: str, shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each window with the proposals that it stopped and the round trips that were open across it, in any run."""
    try:
        with site.viewing() as (_, view):
            return [{**row, **_in(view, product, row["from_ns"], row["to_ns"])} for row in shown]
    except InputMissing:  # nothing was traded yet
        return [{**row, "stopped": 0, "held": 0} for row in shown]


def _in(view: View, product: str, since: int, until: int) -> dict[str, int]:
    seen, judged = view.seen.rows, view.seen.judged
    refused = judged[judged["rule"] == view.seen.rules.get("blackout", -2)]
    of = seen[refused["at"][refused["at"] < len(seen)]]
    inside = (of["ts"] >= since) & (of["ts"] < until) & (of["instrument"] == view.seen.instruments.get(product, -2))
    held = sum(trip.instrument == product and trip.entry_ns < until and trip.exit_ns > since for trip in view.trips)
    return {"stopped": int(np.count_nonzero(inside)), "held": held}
