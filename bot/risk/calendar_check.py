"""What is wrong with a calendar, said before it hurts: dates that run out, and days on which an event never falls."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.risk.calendar import EventCalendar, day
from bot.risk.events import KINDS, NEW_YORK, SECOND_NS, Event, local_ns, members

DAY_NS = 86_400 * SECOND_NS
WARN_NS = 30 * DAY_NS
"""How long before a kind's dates run out it is said (rulings 4)."""
_IMPORT = "paperpit calendar import FILE (.ics, .json or .csv)"
_MEETINGS = 8  # scheduled FOMC meetings a year


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. An `error` closes entries today, a `warning` will, or is a date to look at."""

    kind: str
    severity: str
    message: str
    do: str = ""


def check(calendar: EventCalendar, kinds: Sequence[str], now_ns: int) -> list[Problem]:
    """Every problem of a calendar for these kinds at this moment; empty when there is none."""
    if calendar.state == "absent":
        return [Problem("calendar", "error", f"{calendar.why}: every hour is closed", _IMPORT)]
    if calendar.state == "none":
        return [Problem("calendar", "warning", "no calendar is wanted: entries are open through the news")]
    return [*reach(calendar, kinds, now_ns), *_shapes(calendar)]


def reach(calendar: EventCalendar, kinds: Sequence[str], now_ns: int) -> list[Problem]:
    """Kinds whose dates are not known now, or will not be in 30 days: for `doctor`, `status` and the metric."""
    found = (_reach(calendar, kind, now_ns) for kind in members(tuple(kinds)))
    return [problem for problem in found if problem is not None]


def _reach(calendar: EventCalendar, kind: str, now_ns: int) -> Problem | None:
    known = calendar.coverage.get(kind)
    if known is None:
        return Problem(kind, "error", f"{kind} is not in the calendar: the hours it can come in are closed", _IMPORT)
    if now_ns < known.from_ns:
        return Problem(kind, "error", f"{kind} is known only from {day(known.from_ns)} on ({known.source})", _IMPORT)
    if not known.holds(now_ns):
        until = max((last for first, last in known.spans if last <= now_ns), default=known.until_ns)
        message = f"{kind} is known until {day(until)} ({known.source}): its hours are closed"
        return Problem(kind, "error", message, _IMPORT)
    until = next(last for first, last in known.spans if first <= now_ns < last)
    left = (until - now_ns) // DAY_NS
    if until - now_ns < WARN_NS:
        message = f"{kind} is known until {day(until)} ({known.source}), {left} days: then its hours are closed"
        return Problem(kind, "warning", message, _IMPORT)
    return None


def _shapes(calendar: EventCalendar) -> Iterator[Problem]:
    statements = {event.date for event in calendar.events if event.kind == "fomc_statement"}
    for event in calendar.events:
        yield from _shape(event)
        if event.kind == "fomc_press_conference" and event.date not in statements:
            yield Problem(event.kind, "warning", f"{event.date}: a press conference without a statement ({event.file})")
    meetings = Counter(date.year for date in statements)
    for year, count in sorted(meetings.items()):
        edges = (local_ns(date(year, 1, 1), 0, 0), local_ns(date(year + 1, 1, 1), 0, 0) - 1)
        if count != _MEETINGS and all(calendar.known("fomc_statement", edge) for edge in edges):
            message = f"{year} has {count} FOMC statements, {_MEETINGS} meetings are scheduled a year"
            yield Problem("fomc_statement", "warning", message)


def _shape(event: Event) -> Iterator[Problem]:
    if event.kind not in KINDS:
        return
    if event.date.weekday() > 4:
        yield Problem(event.kind, "error", f"{event.kind} on {event.date}, a weekend ({event.file})")
    if event.ts is None:
        message = f"{event.kind} on {event.date} has no hour: 08:00–16:30 is closed ({event.file})"
        yield Problem(event.kind, "warning", message)
        return
    clock = f"{datetime.fromtimestamp(event.ts // SECOND_NS, NEW_YORK):%H:%M}"
    usual = {"cpi": "08:30", "nfp": "08:30", "ppi": "08:30", "fomc_statement": "14:00", "fomc_minutes": "14:00"}
    if clock != usual.get(event.kind, clock):
        message = f"{event.kind} on {event.date} at {clock} New York, usual is {usual[event.kind]} ({event.file})"
        yield Problem(event.kind, "warning", message)
