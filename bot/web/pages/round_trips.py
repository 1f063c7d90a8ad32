"""Round trips: those that the filters let through, in the order asked for, a page at a time, with what they come to."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.journal.reading import Reader
from bot.journal.round_trips import REASONS
from bot.review.estimates import Bootstrap, Sample
from bot.review.stats import Group, groups
from bot.review.trips import Trip
from bot.web.asked import TIMES, Query, inside, within
from bot.web.site import Site
from bot.web.view import View

SHOWN = 100
"""Round trips of one page."""
RESULTS: Mapping[str, Callable[[Trip], bool]] = {
    "won": lambda trip: trip.net > 0,
    "lost": lambda trip: trip.net < 0,
    "even": lambda trip: trip.net == 0,
}
WORDS: Mapping[str, Callable[[Trip], Iterable[str]]] = {
    "instrument": lambda trip: (trip.instrument, trip.contract),
    "strategy": lambda trip: (trip.strategy,),
    "kind": lambda trip: (trip.kind,),
    "market": lambda trip: (trip.market,),
    "tag": lambda trip: trip.tags,
}
"""Filters that take a word → the words that a round trip answers to."""
ORDERS: Mapping[str, Callable[[Trip], Any]] = {
    "opened": lambda trip: trip.entry_ns,
    "ticks": lambda trip: trip.ticks,
    "r": lambda trip: _number(trip.r_net),
    "net": lambda trip: trip.net,
    "against": lambda trip: _number(trip.mae_ticks),
    "for": lambda trip: _number(trip.mfe_ticks),
    "held": lambda trip: trip.minutes,
}
"""Names of the columns by which the list is ordered, the largest first; `.up` behind one turns it round."""
UP = ".up"
FILTERS = ("run", *TIMES, "instrument", "strategy", "kind", "side", "result", "exit", "tag", "market", "sort", "page")


def page(request: Request) -> Response:
    """The list, and what the whole selection comes to."""
    site: Site = request.app.state.site
    query = Query.of(request, FILTERS)

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        if not view.trips:
            return {}
        found, at = chosen(query, reader, view.trips, site.now_ns()), query.page()
        return {
            "query": query,
            "found": len(found),
            "shown": found[(at - 1) * SHOWN : at * SHOWN],
            "pages_of": range(1, max(1, -(-len(found) // SHOWN)) + 1),
            "at": at,
            "totals": totals(found),
            "choices": choices(view.trips),
            "orders": ORDERS,
            "up": UP,
        }

    return site.listed(request, "round_trips.html", facts)


def chosen(query: Query, reader: Reader, trips: Sequence[Trip], now_ns: int) -> list[Trip]:
    """Those that the filters let through, in the order asked for. Raises UsageError, InputMissing for a run."""
    if query.text("run"):
        asked = {run.run for run in reader.choose(query.text("run"))}
        trips = [trip for trip in trips if trip.run in asked]
    for name, words in WORDS.items():
        if value := query.text(name):
            trips = [trip for trip in trips if value in words(trip)]
    if side := query.one_of("side", ("long", "short")):
        trips = [trip for trip in trips if trip.side == side]
    if reason := query.one_of("exit", REASONS):
        trips = [trip for trip in trips if trip.exit_reason == reason]
    if result := query.one_of("result", RESULTS):
        trips = [trip for trip in trips if RESULTS[result](trip)]
    if any(query.text(name) for name in TIMES):
        spans = within(query, reader, now_ns)
        trips = [trip for trip in trips if inside(trip.entry_ns, spans(trip.instrument))]
    order = query.one_of("sort", [name + way for name in ORDERS for way in ("", UP)]) or "opened"
    return sorted(trips, key=ORDERS[order.removesuffix(UP)], reverse=not order.endswith(UP))


def totals(found: Iterable[Trip]) -> list[dict[str, Any]]:
    """What a selection comes to; round trips of unlike markets and fill models are groups of their own."""
    return [_total(group) for group in groups(found, ())]


def _total(group: Group) -> dict[str, Any]:
    mine = group.trips
    sample = Sample([trip.session for trip in mine], Bootstrap())
    known = [trip.r_net for trip in mine if trip.r_net is not None]
    return {
        "name": group.name,
        "n": len(mine),
        "sessions": sample.sessions,
        "won": sum(trip.net > 0 for trip in mine),
        "net": sum((trip.net for trip in mine), Decimal(0)),
        "r_net": math.fsum(known),
        "win_rate": sample.mean([float(trip.net > 0) for trip in mine]),
        "expectancy": sample.mean([trip.r_net for trip in mine]),
    }


def choices(trips: Iterable[Trip]) -> dict[str, list[str]]:
    """What there is to choose from, filter by filter."""
    words = {name: sorted({word for trip in trips for word in of(trip)}) for name, of in WORDS.items()}
    return {**words, "side": ["long", "short"], "result": list(RESULTS), "exit": list(REASONS)}


def _number(value: float | None) -> float:
    return -math.inf if value is None else value
