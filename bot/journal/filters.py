"""Which rows a list is asked for: by run, account, strategy, instrument, time, exchange session."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import msgspec

from bot.errors import UsageError
from bot.journal import rows
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import NEW_YORK

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
REACH_NS = 1 << 63
"""No time of a journal is further from 1970."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is wanted; empty texts and None want everything. `day` is a session: `today`, `yesterday` or a date."""

    adapter: str = ""
    account: str = ""
    strategy: str = ""
    instrument: str = ""  # product or contract
    since_ns: int | None = None
    until_ns: int | None = None
    day: str = ""
    now_ns: int = 0  # what `today` means

    def runs(self, runs: Iterable[RunInfo]) -> list[RunInfo]:
        """Those of `runs` that the adapter and account asked for."""
        return [run for run in runs if self.adapter in ("", run.adapter) and self.account in ("", run.account)]

    def started(self, runs: Iterable[RunInfo], reader: Reader) -> list[RunInfo]:
        """Those of `runs` that started in the time, traded the instrument and ran the strategy asked for."""
        chosen = [run for run in self.runs(runs) if self.in_time(run.started_ns)]
        if self.strategy:
            chosen = [run for run in chosen if self.strategy in _strategies(run, reader)]
        if not self.instrument and not self.day:
            return chosen
        sessions = Sessions(reader.read(rows.Instrument, chosen), self)
        return [run for run in chosen if sessions.of_run(run)]

    def in_time(self, ts: int) -> bool:
        """Whether `ts` lies in [since, until)."""
        return (self.since_ns is None or ts >= self.since_ns) and (self.until_ns is None or ts < self.until_ns)


def _strategies(run: RunInfo, reader: Reader) -> set[str]:
    """Every strategy that a run ever had."""
    told = (run.strategies, *(one.strategies for one in reader.revisions.get(run.run, ())))
    return {name for text in told for name in msgspec.json.decode(text, type=list[str])}


@dataclass(slots=True)
class Sessions:
    """The exchange session that `--day` means, instrument by instrument: each has its own calendar."""

    instruments: Sequence[rows.Instrument]
    filters: Filters
    _spans: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _known: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)
    """By hours: a year's runs all have the same."""

    def holds(self, run: str, product: str, ts: int) -> bool:
        """Whether `ts` lies in the session asked for; always when none is."""
        if not self.filters.day:
            return True
        opens, closes = self._span(run, product)
        return opens <= ts < closes

    def of_run(self, run: RunInfo) -> bool:
        """Whether the run had the instrument asked for and started in the session asked for."""
        own = [it for it in self.instruments if it.run == run.run]
        wanted = [it for it in own if self.filters.instrument in ("", it.product, it.contract)]
        return any(self.holds(run.run, it.product, run.started_ns) for it in wanted)

    def widest(self) -> tuple[int, int] | None:
        """From the first opening to the last close, of whatever instrument; None when no session is asked for."""
        if not self.filters.day:
            return None
        spans = [self._span(it.run, it.product) for it in self.instruments]
        return min((opens for opens, _ in spans), default=0), max((closes for _, closes in spans), default=0)

    def _span(self, run: str, product: str) -> tuple[int, int]:
        key = (run, product)
        if key not in self._spans:
            it = next(it for it in self.instruments if (it.run, it.product) == key)
            hours = (it.calendar, it.zone, it.regular_open, it.regular_close)
            if hours not in self._known:
                self._known[hours] = session(it, self.filters.day, self.filters.now_ns)
            self._spans[key] = self._known[hours]
        return self._spans[key]


def session(it: rows.Instrument, day: str, now_ns: int) -> tuple[int, int]:
    """Open and close (ns UTC) of the instrument's session called `today`, `yesterday` or by its date.

    `today` is the session that opened last; where there is no session on a date, the span is empty.
    """
    # The calendar library is only wanted here.
    from bot.sessions import day_at, days_of

    relative = day in ("today", "yesterday")
    middle = now_ns if relative else parse_time(day, "--day")
    found = days_of(it, middle - 10 * DAY_NS, middle + 2 * DAY_NS)
    if relative:
        chosen = found[day_at(found, now_ns) - (day == "yesterday")]
    else:
        matching = found[found["date"] == int(day.replace("-", ""))]
        if not len(matching):
            return 0, 0
        chosen = matching[0]
    return int(chosen["open"]), int(chosen["close"])


def parse_day(text: str) -> str:
    """`today`, `yesterday` or a date, as it was given. Raises UsageError."""
    if text in ("", "today", "yesterday"):
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--day: {text!r} is not a day", allowed="today, yesterday, or 2026-09-16") from None


def parse_time(text: str, flag: str) -> int:
    """A date, a date and time (New York unless it has a zone), or nanoseconds, as ns UTC. Raises UsageError."""
    try:
        at = int(text) if re.fullmatch(r"\d{15,19}", text) else _ns(datetime.fromisoformat(text))
    except ValueError:
        raise UsageError(
            f"{flag}: {text!r} is not a time",
            allowed="2026-09-16, 2026-09-16T09:30 (New York), 2026-09-16T13:30Z, or nanoseconds UTC",
        ) from None
    except OverflowError:
        at = REACH_NS
    if not -REACH_NS < at < REACH_NS:
        raise UsageError(f"{flag}: {text!r} is out of reach", allowed="a time that fits into 64 bits of nanoseconds")
    return at


def _ns(at: datetime) -> int:
    if at.tzinfo is None:
        at = at.replace(tzinfo=NEW_YORK)
    elapsed = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * SECOND_NS + elapsed.microseconds * 1000
