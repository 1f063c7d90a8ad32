"""What programs may ask for: the lists of the journal a part at a time, one round trip, figures, calendar, desk."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.config import load_instruments
from bot.errors import InputMissing
from bot.journal.explain import explain
from bot.journal.lists import Wanted
from bot.journal.paging import MOST, PARTS, part
from bot.journal.reading import Reader, RunInfo
from bot.review.estimates import Bootstrap
from bot.review.live import live
from bot.review.stats import BY, Asked
from bot.review.trips import Trip, regimed
from bot.review.worth import BY as OF_REFUSED
from bot.review.worth import RULE, worth
from bot.risk.calendar import EventCalendar
from bot.risk.listing import kinds_of, windows
from bot.web.api.answers import ROOT, answer
from bot.web.api.asked import fraction, whole, words_of
from bot.web.asked import LONG, Query, filters_of, moment
from bot.web.asked import OF_ROWS as FILTERS
from bot.web.pages import health
from bot.web.refusals import refusals
from bot.web.site import Site
from bot.web.view import View

FEW = 100
"""Objects of a part, unless it is told otherwise."""
AFTER = "paperpit-after"
"""Header: the `after` with which the list goes on, now or when more has come."""
UNTOLD = "paperpit-untold"
"""Header: the run whose tape could not be asked, and why; in UTF-8 with percent signs."""
DRAWN = ("level", "draws", "seed")
"""How intervals are drawn."""
REFUSED_BY = (RULE, *OF_REFUSED)
LEFT_OUT = "paperpit-left-out"
"""Header: adapters whose runs the figures leave out, each with how many there are."""


def _list(name: str) -> Callable[[Request], Response]:
    def listed(request: Request) -> Response:
        site: Site = request.app.state.site
        query = Query.of(request, ("run", *FILTERS, "after", "limit"))
        after, most = whole(query, "after", 0, 0), whole(query, "limit", FEW, 1, MOST)
        with site.looking() as reader:
            runs = _runs(reader, query, "all" if name == "runs" else "last")
            found = part(name, reader, runs, filters_of(query, site.now_ns()), after=after, most=most)
        headers = {AFTER: str(found.after)}
        if found.more:
            headers["link"] = f'<{query.link(after=found.after)}>; rel="next"'
        return answer(request, found.shapes, headers)

    return listed


def _runs(reader: Reader, query: Query, otherwise: str) -> list[RunInfo]:
    """The runs that are asked for; of an empty journal's last run there is nothing, which is no fault."""
    wanted = query.text("run")
    return reader.choose(wanted or otherwise) if wanted or reader.runs else []


def round_trip(request: Request) -> Response:
    """The story of one round trip, as `paperpit journal explain ID --json` has it."""
    site: Site = request.app.state.site
    Query.of(request, ())
    named = request.path_params["id"]
    story = None
    if named.isprintable() and len(named) <= LONG:
        with site.looking() as reader:
            story = explain(reader, named)
    if story is None or story["kind"] != "round-trip" or story["id"] != named:
        raise InputMissing(f"{named} is no round trip", do=f"GET {ROOT}/round-trips lists their ids")
    return answer(request, story)


def figures(request: Request) -> Response:
    """`paperpit journal stats --json`."""
    site: Site = request.app.state.site
    query = Query.of(request, ("run", *FILTERS, "by", *DRAWN))
    asked = asked_of(query)
    with _reviewed(site, query) as (reader, view, found, headers):
        groups = site.kept.stats(reader, view.trips, regimed(found) if "regime" in asked.by else found, asked)
    return answer(request, groups, headers)


def chances(request: Request) -> Response:
    """`paperpit journal stats --calibration --json`."""
    site: Site = request.app.state.site
    query = Query.of(request, ("run", *FILTERS, *DRAWN))
    bootstrap = _bootstrap(query)
    with _reviewed(site, query) as (reader, view, found, headers):
        groups = site.kept.calibration(reader, view.trips, found, bootstrap)
    return answer(request, groups, headers)


@contextmanager
def _reviewed(site: Site, query: Query) -> Iterator[tuple[Reader, View, list[Trip], Mapping[str, str] | None]]:
    """The round trips that are asked for; without a run or an adapter the live ones, and a header of those left out."""
    filters = filters_of(query, site.now_ns())
    with site.viewing() as (reader, view):
        runs, left_out = filters.runs(_runs(reader, query, "all")), dict[str, int]()
        if not query.text("run") and not filters.adapter:
            runs, left_out = live(runs)
        names, wanted = {run.run for run in runs}, Wanted.of(reader, runs, filters)
        found = [
            trip
            for trip in view.trips
            if trip.run in names and wanted.has(trip, trip.entry_ns) and filters.strategy in ("", trip.strategy)
        ]
        said = ", ".join(f"{adapter} {count}" for adapter, count in left_out.items())
        yield reader, view, found, {LEFT_OUT: said} if said else None


def asked_of(query: Query) -> Asked:
    """What figures are wanted by, and how their intervals are drawn. Raises UsageError."""
    return Asked(words_of(query, "by", BY) or ("strategy",), _bootstrap(query))


def _bootstrap(query: Query) -> Bootstrap:
    level = fraction(query, "level", 0.95, 0.5, 0.999)
    return Bootstrap(level, whole(query, "draws", 2_000, 100, 20_000), whole(query, "seed", 1, 0, 2**31))


def rules(request: Request) -> Response:
    """`paperpit journal stats --blocked --json` of the newest run or of those chosen, whose tapes are read for it."""
    site: Site = request.app.state.site
    query = Query.of(request, ("run", *FILTERS, "by", *DRAWN))
    bootstrap, by = _bootstrap(query), words_of(query, "by", REFUSED_BY) or (RULE,)
    with site.looking() as reader:
        if site.asking is None:
            raise InputMissing("no tape can be asked here", do="paperpit serve")
        _, found = refusals(query, reader, site.asking(reader), site.now_ns())
        groups = worth(found.refused, by, bootstrap)
    said = ", ".join(f"{run}: {why}" for run, why in found.untold.items())
    return answer(request, groups, {UNTOLD: quote(said, safe=" :,./")} if said else None)


def calendar(request: Request) -> Response:
    """`paperpit calendar list --json`."""
    query = Query.of(request, ("kind", "instrument", "since", "until"))
    first, last = moment(query, "since"), moment(query, "until")
    needs = {product: facts.events for product, facts in load_instruments().items()}
    kind, instrument = query.text("kind") or None, query.text("instrument") or None
    kinds = kinds_of(needs, kind, instrument) if kind or instrument else None
    found = [
        row
        for row in windows(EventCalendar.load(None), needs, kinds)
        if (first is None or row["to_ns"] > first) and (last is None or row["from_ns"] < last)
    ]
    return answer(request, found)


def status(request: Request) -> Response:
    """`paperpit status --json` of the desk that writes the journal."""
    site: Site = request.app.state.site
    Query.of(request, ())
    told = site.status()
    if told is None:
        raise InputMissing("no desk writes this journal now", do="paperpit run")
    return answer(request, told)


def healthy(request: Request) -> Response:
    """What the Health page shows."""
    site: Site = request.app.state.site
    Query.of(request, ())
    found = health.facts(site)
    return answer(
        request,
        {
            "status": found["status"],
            "journal": found["journal"],
            "size": found.get("size"),
            "runs": found["runs"],
            "run": found["run"] and found["run"].run,
            "state": found.get("run_state"),
            "modes": [{"ts_ns": row.ts, "mode": row.mode, "causes": why} for row, why in found.get("modes", ())],
            "links": [{"ts_ns": row.ts, "state": row.state, "code": row.code} for row in found.get("links", ())],
            "room": found.get("room", {}),
            "anomalies": [
                {"first_ns": row.first_ns, "kind": row.kind, "rows": row.rows} for row in found.get("anomalies", ())
            ],
        },
    )


ROUTES = [
    *(Route(f"{ROOT}/{name}", _list(name)) for name in PARTS),
    Route(f"{ROOT}/round-trips/{{id}}", round_trip),
    Route(f"{ROOT}/stats", figures),
    Route(f"{ROOT}/calibration", chances),
    Route(f"{ROOT}/refused", rules),
    Route(f"{ROOT}/calendar", calendar),
    Route(f"{ROOT}/status", status),
    Route(f"{ROOT}/health", healthy),
]
