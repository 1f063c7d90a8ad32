"""Statistics: what round trips come to, each figure with its interval, how results spread, how many are lacking."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.journal.reading import Reader
from bot.review.calibration import watched
from bot.review.estimates import Bootstrap, Estimate
from bot.review.export import equity, reliability
from bot.review.export.sections import SCORES
from bot.review.looks import said
from bot.review.stats import BY, Asked, Group, counted, groups
from bot.review.trips import LIVE, Trip, regimed
from bot.review.words import no_edge
from bot.web import drawings
from bot.web.asked import Query
from bot.web.pages.round_trips import FILTERS as OF_LIST
from bot.web.pages.round_trips import choices, chosen
from bot.web.site import Site
from bot.web.view import View

FILTERS = ("by", *(name for name in OF_LIST if name not in ("sort", "page")))
ESTIMATES = (
    *("win_rate", "expectancy_r", "expectancy_r_net", "expectancy_ticks", "profit_factor", "drawdown_r"),
    *("mae_ticks", "mfe_ticks", "slippage_ticks", "minutes"),
)
POOLS_MAX = 6
"""Markets and fill models that are drawn; more of them are only listed."""


def page(request: Request) -> Response:
    """The groups that are asked for, then each market by itself."""
    site: Site = request.app.state.site
    query = Query.of(request, FILTERS)
    by = query.one_of("by", BY) or "strategy"

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        trips = view.trips
        if not trips:
            return {}
        found, left_out = _reviewed(query, chosen(query, reader, trips, site.now_ns()))
        found = sorted(found, key=lambda trip: (trip.entry_ns, trip.seq))
        # Its thirds are of those that are looked at; nothing else depends on it.
        found = regimed(found) if by == "regime" else found
        listed = site.kept.stats(reader, trips, found, Asked((by,)))
        pools = groups(found, ())
        pooled = site.kept.stats(reader, trips, found, Asked(()))
        return {
            "query": query,
            "by": by,
            "bys": list(BY),
            "choices": choices(trips),
            "found": len(found),
            "left_out": left_out,
            "groups": [_figures(group) for group in listed],
            "pools": [
                _pool(group, told, f"pool{at}")
                for at, (group, told) in enumerate(zip(pools[:POOLS_MAX], pooled, strict=False))
            ],
            "more_pools": pools[POOLS_MAX:],
            "models": [
                _model(told, f"model{at}")
                for at, told in enumerate(site.kept.calibration(reader, trips, found, Bootstrap()))
            ],
            "little": no_edge(len(found)),
        }

    return site.listed(request, "stats.html", facts)


def _reviewed(query: Query, found: Sequence[Trip]) -> tuple[Sequence[Trip], Mapping[str, int]]:
    """Without a market or a run, the live paper runs alone where there are any; and what that leaves out."""
    live = [trip for trip in found if trip.market == LIVE]
    if query.text("market") or query.text("run") or not live:
        return found, {}
    return live, Counter(trip.market for trip in found if trip.market != LIVE)


def _figures(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group's object with its estimates as such."""
    return {**group, **{name: Estimate(**group[name]) for name in ESTIMATES}}


def _pool(group: Group, told: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One market's drawings, tables behind them, and what its figures say."""
    name, curve = group.name, equity.points(group, ())
    steps, spots = drawings.steps(group.trips), drawings.spots(group.trips)
    unknown = sum(trip.r_net is None for trip in group.trips)
    return {
        **_figures(told),
        "key": key,
        "name": name,
        "equity": equity.drawing(name, curve, f"{key}-equity"),
        "caption": equity.caption(group, curve, unknown),
        "steps": steps,
        "spread": drawings.spread(name, steps, f"{key}-spread") if steps else "",
        "spots": spots,
        "scatter": drawings.scatter(name, spots, f"{key}-spots") if spots else "",
        "looks": said(told["mean_r"]),
        "stops": _stops(group.trips),
        "costs": _costs(group.trips),
    }


def _model(told: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One model's reliability: its drawing, the table behind it, its scores and what may be said of it."""
    return {
        **told,
        **{name: Estimate(**told[name]) for name in SCORES},
        "key": key,
        "picture": reliability.drawing(told["group"], told["bins"], key) if told["bins"] else "",
        "heads": reliability.HEADS,
        "lines": reliability.lines(told["bins"]),
        "watched": watched(told["monitor"]),
    }


def _stops(trips: Sequence[Trip]) -> str:
    """How far winners went against first: what a nearer stop would have had to bear. A count, no estimate."""
    against = sorted(trip.mae_ticks for trip in trips if trip.net > 0 and trip.mae_ticks is not None)
    if not against:
        return ""
    most = against[-(len(against) // 10) - 1]
    fewer, winners = sum(one <= most for one in against), counted(len(against), "winner", "winners")
    return f"{fewer:,} of {winners} never went more than {counted(most, 'tick', 'ticks')} against first."


def _costs(trips: Sequence[Trip]) -> dict[str, Decimal | float]:
    return {
        "gross": sum((trip.gross for trip in trips), Decimal(0)),
        "commission": sum((trip.commission for trip in trips), Decimal(0)),
        "slippage": sum(trip.slippage_ticks * trip.quantity for trip in trips),
    }
