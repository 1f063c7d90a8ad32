"""The clock edges of a run: where blackouts begin, and when everybody must be flat. In time order, in advance.

What an edge does is only to cancel entries that already rest, or to leave a position before the close or the news.
Whether a new entry is allowed is never read from here: the gate computes it from time and calendar.
"""

from collections import deque
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.domain.command import Command
from bot.domain.market import Days
from bot.ports import Edge, Renewal
from bot.risk.blackout import Blackout, Window
from bot.risk.calendar import EventCalendar
from bot.risk.in_force import InForce

NEW_YORK = ZoneInfo("America/New_York")
SECOND_NS = 1_000_000_000
LOOK_NS = 60 * SECOND_NS
"""How often a live run looks whether the calendar's files have changed."""
AGAIN_NS = 5 * SECOND_NS
"""So long after a position was to leave, what has come since leaves too: an entry may fill before its cancellation."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One strategy's hours: its instrument's sessions, its blackouts, and a time of day to be flat by."""

    strategy: str
    instrument: int
    days: Days
    blackout: Blackout
    flatten_before_close_ns: int
    flat_by: str | None = None
    regular: bool = False
    """The position must not outlive the regular hours (a stock's evening is another market)."""
    on_blackout: Literal["hold", "flatten", "tighten"] = "hold"
    """What becomes of an open position when a blackout begins."""
    flatten_before_ns: int | None = None
    """How long before the event it leaves; None: when the window begins."""


class Agenda:
    """The Schedule port: every edge in [from_ns, to_ns), oldest first; those of the calendar, and `more`.

    With `looking` the files of the calendar `in_force` are looked at every minute. `blackouts` (strategy → windows, the
    gate's own) follow when they have changed, and so do the edges.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        from_ns: int,
        to_ns: int,
        more: Iterable[Edge] = (),
        *,
        blackouts: MutableMapping[str, Blackout] | None = None,
        in_force: InForce | None = None,
        looking: bool = False,
    ) -> None:
        self._watched, self._to_ns = watched, to_ns
        self._blackouts: MutableMapping[str, Blackout] = {} if blackouts is None else blackouts
        self._in_force = in_force
        self._look_ns: int | None = from_ns + LOOK_NS if looking and in_force is not None else None
        edges = [edge for edge in more if from_ns <= edge.ts < to_ns]
        for one in watched:
            edges += self._of(one, from_ns)
        self._plan(edges)
        self.changed: Callable[[], None] = lambda: None
        """Called when the edges are others than before."""

    @property
    def watched(self) -> Sequence[Watched]:
        """Whose hours it goes by."""
        return self._watched

    @property
    def moments(self) -> list[int]:
        """When the edges to come are due, ns UTC, without the looks at the calendar's files."""
        return [edge.ts for edge in self._edges]

    def next_due(self) -> int | None:
        """When the next edge is due, ns UTC."""
        known = self._edges[0].ts if self._edges else None
        return known if self._look_ns is None or (known is not None and known < self._look_ns) else self._look_ns

    def take(self) -> Edge:
        """Hand out the next edge."""
        due = self.next_due()
        if due is not None and due == self._look_ns:
            self._look_ns = due + LOOK_NS
            return Edge(due, "calendar", 0)
        return self._edges.popleft()

    def upcoming(self, what: str) -> Edge | None:
        """The next edge of a kind; it stays where it is."""
        return next((edge for edge in self._edges if edge.what == what), None)

    def renew(self, edge: Edge) -> Renewal | None:
        """Look whether the calendar has changed; edges of windows that are new come in, of those that are not go."""
        renewal = None if self._in_force is None else self._in_force.renew(edge.renewal)
        if self._in_force is not None and renewal is not None and renewal.text:
            self.follow(self._in_force.calendar, edge.ts)
        return renewal

    def follow(self, calendar: EventCalendar, now: int) -> None:
        """Go by another calendar from `now` on, ns UTC."""
        for one in self._watched:
            self._follow(one, calendar, now)
        self.changed()

    def revise(self, watched: Sequence[Watched], now: int) -> None:
        """Watch others from `now` on (ns UTC). Whoever is the same object as before keeps the edges that it has."""
        before, after = {id(one) for one in self._watched}, {id(one) for one in watched}
        gone = {one.strategy for one in self._watched if id(one) not in after}
        edges = [edge for edge in self._edges if edge.strategy not in gone]
        for one in watched:
            if id(one) not in before:
                edges += self._of(one, now)
        self._watched = watched
        self._plan(edges)
        self.changed()

    def _of(self, one: Watched, from_ns: int) -> list[Edge]:
        """What the clock brings to one strategy from some moment on."""
        edges = [*_of_windows(one, one.blackout.windows(from_ns, self._to_ns), from_ns), *_flattens(one)]
        return [edge for edge in edges if from_ns <= edge.ts < self._to_ns]

    def _follow(self, one: Watched, calendar: EventCalendar, now: int) -> None:
        before = self._blackouts[one.strategy]
        after = self._blackouts[one.strategy] = before.following(calendar)
        old, new = ({_moments(window): window for window in of.windows(now, self._to_ns)} for of in (before, after))
        # A window that is on already has been told of, and what is left of its edges stays.
        kept = [
            edge
            for edge in self._edges
            if edge.strategy != one.strategy or not edge.kind or (edge.kind, edge.from_ns, edge.to_ns) in new
        ]
        added = _of_windows(one, [window for moments, window in new.items() if moments not in old], now)
        self._plan([*kept, *added])

    def _plan(self, edges: Iterable[Edge]) -> None:
        # Stable: commands of one moment stay in the order in which they were given.
        self._edges = deque(sorted(edges, key=lambda edge: (edge.ts, edge.what, edge.strategy, edge.kind)))


def session_ends(instrument: int, days: Days) -> list[Edge]:
    """Where an instrument's sessions end: a live run goes no further."""
    return [Edge(int(day["close"]), "session-end", instrument) for day in days]


def session_flattens(instrument: int, days: Days, before_close_ns: int) -> list[Edge]:
    """When everything in an instrument leaves before each of its closes, whoever holds it."""
    return [Edge(_closing(day, int(day["close"]), before_close_ns), "flatten", instrument) for day in days]


def given_again(commands: Iterable[Command], renewals: Iterable[tuple[int, Renewal]] = ()) -> list[Edge]:
    """Commands of a recorded run, and what its looks at the calendar brought, each at the moment at which it was."""
    told = [Edge(command.ts, "command", 0, command=command) for command in commands]
    return told + [Edge(ts, "calendar", 0, renewal=renewal) for ts, renewal in renewals]


def _moments(window: Window) -> tuple[str, int, int]:
    return window.kind, window.from_ns, window.to_ns


def _of_windows(one: Watched, windows: Iterable[Window], from_ns: int) -> list[Edge]:
    found = []
    for window in windows:
        # A window that was open when the run began is told at its beginning.
        first = max(window.from_ns, from_ns)
        facts = (*_moments(window), window.source)
        found.append(Edge(first, "blackout-start", one.instrument, one.strategy, *facts))
        if one.on_blackout != "hold":
            at = max(first, _leaving(one, window))
            found += (
                Edge(ts, one.on_blackout, one.instrument, one.strategy, *facts)
                for ts in (at, at + AGAIN_NS)
                if ts < window.to_ns
            )
    return found


def _leaving(one: Watched, window: Window) -> int:
    if one.flatten_before_ns is None or window.event_ns is None:
        return window.from_ns
    return window.event_ns - one.flatten_before_ns


def _flattens(one: Watched) -> list[Edge]:
    found = []
    for day in one.days:
        close = int(day["anchor_close"] if one.regular else day["close"])
        closing = _closing(day, close, one.flatten_before_close_ns)
        found.append(Edge(closing, "flatten", one.instrument, one.strategy))
        if one.flat_by is not None:
            at = _clock_ns(int(day["date"]), one.flat_by)
            if day["open"] <= at < day["close"]:
                found.append(Edge(at, "flatten", one.instrument, one.strategy))
    return found


def _closing(day: Any, close: int, before_ns: int) -> int:
    # A session too short for the margin has no time at which to be flat before its close.
    return max(int(day["open"]), close - before_ns)


def _clock_ns(yyyymmdd: int, clock: str) -> int:
    """A time of day in New York on a trading day, ns UTC."""
    at = datetime.combine(date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100), time.fromisoformat(clock))
    return int(at.replace(tzinfo=NEW_YORK).timestamp()) * SECOND_NS
