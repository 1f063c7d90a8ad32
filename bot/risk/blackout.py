"""When no entry is allowed: windows around events, as a pure function of time and calendar.

A window is half-open, `[from, to)`. Inside a kind's coverage only its events close entries. Outside it nobody knows,
and the kind closes the hours in which it can come: consumer prices are never published at noon. Without any calendar
every hour is closed. Nothing here waits or wakes: whoever asks gets the same answer, live and in a replay.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.config import duration_text
from bot.config.strategy_file import BlackoutSettings
from bot.errors import ConfigError
from bot.risk.calendar import EventCalendar, day
from bot.risk.events import MINUTE_NS, NEW_YORK, SECOND_NS, Event, local_ns, members

FOREVER_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time without entries. `event_ns` is None where no single moment is its cause."""

    kind: str
    event_ns: int | None
    from_ns: int
    to_ns: int
    source: str
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class _Rule:
    before_ns: int
    after_ns: int
    # Where a kind can come while its dates are not known: week days (0 = Monday), clock time from, to.
    hours: tuple[tuple[tuple[int, ...], tuple[int, int], tuple[int, int]], ...]
    words: str


_WEEK = (0, 1, 2, 3, 4)
_BLS = ((_WEEK, (8, 25), (8, 45)),)
_FED = (((1, 2), (13, 30), (15, 30)),)
_EIA = (((2,), (10, 25), (10, 45)), ((3,), (10, 30), (12, 15)))
_WHOLE_DAY = ((8, 0), (16, 30))
_OTHER = _Rule(5 * MINUTE_NS, 15 * MINUTE_NS, ((_WEEK, *_WHOLE_DAY),), "")
RULES = {
    # Statement −30 min to press conference +60 min; the conference follows the statement by 30 minutes.
    "fomc_statement": _Rule(30 * MINUTE_NS, 90 * MINUTE_NS, _FED, "FOMC statement"),
    "fomc_press_conference": _Rule(30 * MINUTE_NS, 60 * MINUTE_NS, _FED, "FOMC press conference"),
    "fomc_minutes": _Rule(5 * MINUTE_NS, 15 * MINUTE_NS, _FED, "FOMC minutes"),
    "cpi": _Rule(5 * MINUTE_NS, 15 * MINUTE_NS, _BLS, "consumer prices (CPI)"),
    "nfp": _Rule(5 * MINUTE_NS, 15 * MINUTE_NS, _BLS, "employment situation (NFP)"),
    "ppi": _Rule(5 * MINUTE_NS, 15 * MINUTE_NS, _BLS, "producer prices (PPI)"),
    "eia": _Rule(5 * MINUTE_NS, 15 * MINUTE_NS, _EIA, "EIA petroleum status"),
}
_CONFERENCE_NS = 30 * MINUTE_NS  # from statement to press conference


class Blackout:
    """The windows of some kinds (`fomc` stands for its three) for one strategy, which may only widen them.

    Raises ConfigError for a window narrower than the calendar's.
    """

    def __init__(self, calendar: EventCalendar, kinds: Sequence[str], wider: BlackoutSettings | None = None) -> None:
        self.calendar = calendar
        self._asked = tuple(kinds), wider
        self.kinds = members(tuple(kinds)) if calendar.state == "given" else ()
        settings = wider or BlackoutSettings()
        self._margins = {kind: _margins(kind, settings) for kind in self.kinds}
        found = (self._window(event) for event in calendar.events if event.kind in self._margins)
        self._windows = sorted(found, key=lambda window: (window.from_ns, window.kind))
        self._starts = [window.from_ns for window in self._windows]
        self._longest = max((window.to_ns - window.from_ns for window in self._windows), default=0)
        self._sure = _common(calendar, self.kinds)
        self._day = lru_cache(maxsize=4)(self._unknown_hours)
        self._absent = Window(
            "calendar", None, -FOREVER_NS, FOREVER_NS, calendar.source, "absent", f"no entries: {calendar.why}"
        )

    def following(self, calendar: EventCalendar) -> "Blackout":
        """The same kinds and margins by another calendar."""
        return Blackout(calendar, *self._asked)

    def at(self, ts: int) -> tuple[Window, ...]:
        """Every window that holds `ts` (ns UTC); none means that entries are allowed. O(log n) in events."""
        if self.calendar.state != "given":
            return (self._absent,) if self.calendar.state == "absent" else ()
        stop = bisect_right(self._starts, ts)
        found = []
        while stop and self._starts[stop - 1] >= ts - self._longest:
            stop -= 1
            if ts < self._windows[stop].to_ns:
                found.append(self._windows[stop])
        if not self._sure[0] <= ts < self._sure[1]:
            hours = self._day(datetime.fromtimestamp(ts // SECOND_NS, NEW_YORK).date())
            inside = (window for window in hours if window.from_ns <= ts < window.to_ns)
            found += (window for window in inside if not self.calendar.known(window.kind, ts))
        return tuple(found)

    def windows(self, from_ns: int, to_ns: int) -> tuple[Window, ...]:
        """Every window that meets [from, to), by its start."""
        if self.calendar.state == "absent":
            return (self._absent,)
        found = [window for window in self._windows if window.from_ns < to_ns and window.to_ns > from_ns]
        for at in _dates(from_ns, to_ns):
            found += (
                window
                for window in self._day(at)
                if window.from_ns < to_ns and window.to_ns > from_ns
                if not self.calendar.known(window.kind, window.from_ns)
            )
        return tuple(sorted(found, key=lambda window: (window.from_ns, window.kind)))

    def edges(self, from_ns: int, to_ns: int) -> tuple[int, ...]:
        """Ascending moments in [from, to) at which some window begins or ends."""
        found = {edge for window in self.windows(from_ns, to_ns) for edge in (window.from_ns, window.to_ns)}
        return tuple(sorted(edge for edge in found if from_ns <= edge < to_ns))

    def window(self, event: Event) -> Window:
        """The window of one event of the calendar, with its kind's default margins unless the strategy widened them."""
        return self._window(event)

    def _window(self, event: Event) -> Window:
        before, after = self._margins.get(event.kind) or _margins(event.kind, BlackoutSettings())
        words = RULES[event.kind].words if event.kind in RULES else event.kind
        if event.ts is None:
            first, last = (local_ns(event.date, *clock) for clock in _WHOLE_DAY)
            why = f"{words} on {event.date}, hour unknown: no entries {_span(first, last)}"
            return Window(event.kind, None, first, last, event.place, event.status, why)
        first, last = event.ts - before, event.ts + after
        if event.kind == "eia" and _clock(event.ts) != "10:30":
            # In a holiday week the report comes on Thursday at 11:00 or 12:00: no single hour is sure.
            first, last = min(first, local_ns(event.date, 10, 30)), max(last, local_ns(event.date, 12, 15))
        guess = ", date estimated" if event.status == "estimate" else ""
        why = f"{words} {event.date} {_clock(event.ts)} New York{guess}: no entries {_span(first, last)}"
        return Window(event.kind, event.ts, first, last, event.place, event.status, why)

    def _unknown_hours(self, at: date) -> tuple[Window, ...]:
        """The hours in which each kind could come on a date, whether or not it is known then."""
        return tuple(window for kind in self.kinds for window in self._hours(kind, at))

    def _hours(self, kind: str, at: date) -> Iterator[Window]:
        for week_days, opens, closes in RULES.get(kind, _OTHER).hours:
            if at.weekday() not in week_days:
                continue
            first, last = local_ns(at, *opens), local_ns(at, *closes)
            known = self.calendar.coverage.get(kind)
            reach = f"known {day(known.from_ns)} to {day(known.until_ns)}" if known else "not in the calendar"
            source = known.source if known else self.calendar.source
            why = (
                f"dates of {kind} are {reach} ({source}), so its hours are closed: no entries {_span(first, last)};"
                " paperpit calendar import FILE adds dates"
            )
            yield Window(kind, None, first, last, source, "unknown", why)


def _common(calendar: EventCalendar, kinds: tuple[str, ...]) -> tuple[int, int]:
    """A stretch in which every kind is known: the quick answer for nearly every question."""
    known = [calendar.coverage.get(kind) for kind in kinds]
    if not all(coverage is not None and len(coverage.spans) == 1 for coverage in known):
        return (0, 0)
    first = max((coverage.from_ns for coverage in known if coverage), default=-FOREVER_NS)
    return first, min((coverage.until_ns for coverage in known if coverage), default=FOREVER_NS)


def _margins(kind: str, wider: BlackoutSettings) -> tuple[int, int]:
    """(before, after) in ns: the kind's own, or the strategy's where they are wider."""
    rule = RULES.get(kind, _OTHER)
    before = _wider(kind, "before", rule.before_ns, wider.before.get(kind))
    after = _wider(kind, "after", rule.after_ns, wider.after.get(kind))
    if kind in ("fomc_statement", "fomc_press_conference"):
        # `fomc` is the decision: before the statement, after the conference that follows it.
        conference = RULES["fomc_press_conference"].after_ns
        before = max(before, _wider("fomc", "before", rule.before_ns, wider.before.get("fomc")))
        last = _wider("fomc", "after", conference, wider.after.get("fomc"))
        after = max(after, last + (_CONFERENCE_NS if kind == "fomc_statement" else 0))
    return before, after


def _wider(kind: str, key: str, least: int, given: int | None) -> int:
    if given is not None and given < least:
        raise ConfigError(
            f"[blackout] {key}.{kind} = {duration_text(given)} is narrower than the calendar's {duration_text(least)}",
            allowed=f'"{duration_text(least)}" or more',
        )
    return max(least, given or 0)


def _dates(from_ns: int, to_ns: int) -> Iterator[date]:
    at = datetime.fromtimestamp(from_ns // SECOND_NS, NEW_YORK).date()
    last = datetime.fromtimestamp(to_ns // SECOND_NS, NEW_YORK).date()
    while at <= last:
        yield at
        at += timedelta(days=1)


def _clock(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK):%H:%M}"


def _span(first: int, last: int) -> str:
    return f"{_clock(first)}–{_clock(last)}"
