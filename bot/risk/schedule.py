"""The clock edges of a run: where blackouts begin, and when everybody must be flat. In time order, in advance.

What an edge does is only to cancel entries that already rest, or to leave a position before the close or the news.
Whether a new entry is allowed is never read from here: the gate computes it from time and calendar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.command import Command
from bot.domain.market import Days
from bot.ports import Edge
from bot.risk.blackout import Blackout, Window

NEW_YORK = ZoneInfo("America/New_York")
SECOND_NS = 1_000_000_000
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
    """The Schedule port: every edge in [from_ns, to_ns), oldest first; those of the calendar, and `more`."""

    def __init__(self, watched: Sequence[Watched], from_ns: int, to_ns: int, more: Iterable[Edge] = ()) -> None:
        edges = [edge for one in watched for edge in (*_blackouts(one, from_ns, to_ns), *_flattens(one))]
        edges += more
        self._edges = sorted(
            (edge for edge in edges if from_ns <= edge.ts < to_ns),
            key=lambda edge: (edge.ts, edge.what, edge.strategy, edge.kind),
            reverse=True,
        )

    def next_due(self) -> int | None:
        """When the next edge is due, ns UTC."""
        return self._edges[-1].ts if self._edges else None

    def take(self) -> Edge:
        """Hand out the next edge."""
        return self._edges.pop()

    def upcoming(self, what: str) -> Edge | None:
        """The next edge of a kind; it stays where it is."""
        return next((edge for edge in reversed(self._edges) if edge.what == what), None)


def session_ends(instrument: int, days: Days) -> list[Edge]:
    """Where an instrument's sessions end: a live run goes no further."""
    return [Edge(int(day["close"]), "session-end", instrument) for day in days]


def given_again(commands: Iterable[Command]) -> list[Edge]:
    """Commands of a recorded run, each at the moment at which it was done."""
    return [Edge(command.ts, "command", 0, command=command) for command in commands]


def _blackouts(one: Watched, from_ns: int, to_ns: int) -> list[Edge]:
    found = []
    for window in one.blackout.windows(from_ns, to_ns):
        # A window that was open when the run began is told at its beginning.
        first = max(window.from_ns, from_ns)
        facts = (window.kind, window.from_ns, window.to_ns, window.source)
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
        # A session too short for the margin has no time at which to be flat before its close.
        close = int(day["anchor_close"] if one.regular else day["close"])
        closing = max(int(day["open"]), close - one.flatten_before_close_ns)
        found.append(Edge(closing, "flatten", one.instrument, one.strategy))
        if one.flat_by is not None:
            at = _clock_ns(int(day["date"]), one.flat_by)
            if day["open"] <= at < day["close"]:
                found.append(Edge(at, "flatten", one.instrument, one.strategy))
    return found


def _clock_ns(yyyymmdd: int, clock: str) -> int:
    """A time of day in New York on a trading day, ns UTC."""
    at = datetime.combine(date(yyyymmdd // 10_000, yyyymmdd // 100 % 100, yyyymmdd % 100), time.fromisoformat(clock))
    return int(at.replace(tzinfo=NEW_YORK).timestamp()) * SECOND_NS
