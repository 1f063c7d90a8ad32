"""Calendar: the blackouts that are on and to come, those just past, and until when each kind of event is known."""

from starlette.requests import Request
from starlette.responses import Response

from bot.config import load_instruments
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_check import reach
from bot.risk.listing import kinds_of, windows
from bot.web.site import Site

DAY_NS = 86_400_000_000_000
AHEAD, BEHIND = 30 * DAY_NS, 7 * DAY_NS


def page(request: Request) -> Response:
    """Windows of the next thirty days, and of the last seven."""
    site: Site = request.app.state.site
    now = site.now_ns()
    events = EventCalendar.load(None)
    needs = {product: facts.events for product, facts in load_instruments().items()}
    known = [row for row in windows(events, needs) if row["to_ns"] > now - BEHIND and row["from_ns"] < now + AHEAD]
    return site.page(
        request,
        "calendar.html",
        state=events.state,
        why=events.why,
        coming=[row for row in known if row["to_ns"] > now],
        past=[row for row in reversed(known) if row["to_ns"] <= now],
        coverage=[(kind, events.coverage.get(kind)) for kind in kinds_of(needs)],
        problems=reach(events, kinds_of(needs), now) if events.state == "given" else [],
    )
