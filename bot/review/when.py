"""Which moment of which run a person means by "10:14".

names_a_moment("10:14")            a time, and not the id of a row
found(reader, runs, asked)         the moment's span in ns UTC, the run that was there, and those around it
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec

from bot.errors import InputMissing, UsageError
from bot.journal import rows
from bot.journal.filters import SECOND_NS, parse_time, session
from bot.journal.reading import Reader, RunInfo, both, table_of
from bot.journal.values import NEW_YORK, new_york

MINUTE = 60
YEARS = range(1990, 2101)
"""Of the exchanges' calendars."""
ALLOWED = "10:14, 10:14:30 (New York), 2026-09-16T10:14, or 2026-09-16T14:14Z"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?.*")
REPLAY = "replay"
_BY_THE_TAPE = frozenset({REPLAY, "synthetic"})
"""Adapters whose market is not that of the wall's clock."""
_WORDS: tuple[tuple[type[rows.Row], str], ...] = (
    (rows.Heartbeat, "ts"),
    (rows.ModeChange, "ts"),
    (rows.Signal, "known"),
    (rows.Decision, "known"),
    (rows.Fill, "ts"),
)
"""What a run says as its market's time passes, and where its time stands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A moment as a person says it; `day` is an exchange session as in `Filters`, `now_ns` the wall's time."""

    text: str
    day: str = ""
    instrument: str = ""  # product or contract
    now_ns: int = 0


class Span(NamedTuple):
    """A run and the time that it spent in its market, ns UTC."""

    run: RunInfo
    first: int
    last: int


class Found(NamedTuple):
    """The moment: [from, to) in ns UTC, the run that was there, the last one before and the first one after it."""

    from_ns: int
    to_ns: int
    here: Span | None
    before: Span | None
    after: Span | None


def names_a_moment(text: str) -> bool:
    """Whether a text is meant as a time: no id has a colon."""
    return ":" in text


def found(reader: Reader, runs: Sequence[RunInfo], asked: Asked) -> Found:
    """The moment that is meant; without a day it is one of the day on which the newest run spoke last.

    Raises UsageError for a text that is no time, InputMissing for a journal without runs or of other instruments.
    """
    if not runs:
        raise InputMissing("this journal holds no run yet", where=reader.place.shown, do="paperpit replay")
    spans = _spans(reader, runs)
    from_ns, length = _moment(reader, spans, asked)
    to_ns = from_ns + length * SECOND_NS
    here = [one for one in spans if one.first < to_ns and one.last >= from_ns]
    earlier, later = [one for one in spans if one.last < from_ns], [one for one in spans if one.first >= to_ns]
    return Found(
        from_ns,
        to_ns,
        max(here, key=_heard, default=None),
        max(earlier, key=lambda one: one.last, default=None),
        min(later, key=lambda one: one.first, default=None),
    )


def _started(one: Span) -> tuple[int, int]:
    return one.run.started_ns, one.run.seq


def _heard(one: Span) -> tuple[bool, int, int]:
    """What happened comes before what a replay made of it."""
    return (one.run.adapter != REPLAY, *_started(one))


def _moment(reader: Reader, spans: Sequence[Span], asked: Asked) -> tuple[int, int]:
    """From when (ns UTC), and for how many seconds."""
    clock, dated = _CLOCK.fullmatch(asked.text), _DATED.fullmatch(asked.text)
    for text in (asked.text if dated else "", asked.day):
        if text[:4].isdigit() and int(text[:4]) not in YEARS:
            raise UsageError(f"{text!r} is out of reach", allowed=f"the years {YEARS[0]} to {YEARS[-1]}")
    if dated:
        return parse_time(asked.text, "TIME"), 1 if dated[1] else MINUTE
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (24, 0, 0)
    if clock is None or hour > 23 or minute > 59 or second > 59:
        raise UsageError(f"{asked.text!r} is not a time of day", allowed=ALLOWED)
    newest = max(spans, key=_started)
    of_day = timedelta(hours=hour, minutes=minute, seconds=second)
    if asked.day:
        at = _in_session(_instrument(reader, newest.run, asked.instrument), asked, of_day)
    else:
        day = new_york(newest.last).date()
        at = _local(day, of_day)
        at = at if at <= max(newest.last, asked.now_ns) else _local(day - timedelta(days=1), of_day)
    return at, 1 if clock[3] else MINUTE


def _in_session(it: rows.Instrument, asked: Asked, of_day: timedelta) -> int:
    """The moment of a session at which the clock shows that; on the session's date where it never does."""
    opens, closes = session(it, asked.day, asked.now_ns)
    if closes == 0:  # a date without a session
        return _local(date.fromisoformat(asked.day), of_day)
    day = new_york(closes).date()
    inside = (at for at in (_local(day, of_day), _local(day - timedelta(days=1), of_day)) if opens <= at < closes)
    return next(inside, _local(day, of_day))


def _instrument(reader: Reader, run: RunInfo, wanted: str) -> rows.Instrument:
    known = reader.read(rows.Instrument, [run])
    chosen = [one for one in known if wanted in ("", one.product, one.contract)]
    if not chosen:
        raise InputMissing(
            f"run {run.run} had no instrument {wanted!r}", allowed=", ".join(one.product for one in known)
        )
    return chosen[0]


def _local(day: date, of_day: timedelta) -> int:
    at = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK) + of_day  # wall-clock arithmetic: the zone stays
    return int(at.astimezone(UTC).timestamp()) * SECOND_NS


def _spans(reader: Reader, runs: Sequence[RunInfo]) -> list[Span]:
    tapes = {run: _ends(text) for run, text in reader.query("SELECT run, tapes FROM run")}
    return [_span(reader, run, *tapes[run.run]) for run in runs]


def _ends(tapes: str) -> tuple[int | None, int | None]:
    told = msgspec.json.decode(tapes)
    first = [tape["first_ns"] for tape in told if tape.get("first_ns") is not None]
    last = [tape.get("last_ns") for tape in told]
    return min(first, default=None), None if None in last else max(last, default=None)


def _span(reader: Reader, run: RunInfo, first: int | None, last: int | None) -> Span:
    if run.adapter not in _BY_THE_TAPE:
        end = reader.end(run.run)
        ended = end.wall_ns if end is not None else None
        return Span(run, run.started_ns, ended or _word(reader, run, "MAX") or run.started_ns)
    begun = first if first is not None else _word(reader, run, "MIN")
    ended = last if last is not None else _word(reader, run, "MAX")
    return Span(run, begun or run.started_ns, ended or begun or run.started_ns)


def _word(reader: Reader, run: RunInfo, which: str) -> int | None:
    """The first or last thing that a run said as its market's time passed."""
    told = []
    for kind, column in _WORDS:
        table = table_of(kind)
        where, values = both(*reader.written_by(table, [run]))
        told += [at for (at,) in reader.query(f'SELECT {which}("{column}") FROM "{table}" WHERE {where}', values) if at]
    return (min if which == "MIN" else max)(told, default=None)
