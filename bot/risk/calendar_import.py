"""Readers of calendar files: our CSV, iCalendar (`.ics`) and the weekly news feed (`.json`).

Nothing is guessed. iCalendar's traps, each met: a zone named `US-Eastern` comes out of the parser *naive* (read as UTC
it would sit five hours too early), a fault in a value comes out as a string, a date without a time as a date. A
cancelled event lifts its block, a tentative one does not. An event of several days closes each of them.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import DataDamaged
from bot.risk.events import NEW_YORK, SECOND_NS, STATUSES, Event, kind_of, local_ns, status_of

COLUMNS = ("event", "date_local", "time_local", "tz", "ts_utc", "status", "source")
LARGEST = 8_000_000
"""Bytes of a calendar file: decades of everything that an issuer announces are a tenth of it."""
YEARS = range(1970, 2200)
"""Years that a moment can be counted in."""
LONGEST = timedelta(days=31)
"""Of one event: what goes on for longer is no release, and is written wrongly."""
# Zone names in the wild that are no IANA names.
_ZONES = {"us-eastern": "America/New_York", "eastern standard time": "America/New_York", "est5edt": "America/New_York"}


@dataclass(frozen=True, slots=True)
class Span:
    """Between these moments every date of a kind is known: an event that is not in the calendar does not come."""

    kind: str
    from_ns: int
    until_ns: int
    file: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says."""

    events: tuple[Event, ...]
    spans: tuple[Span, ...]


def read(path: Path) -> Reading:
    """Read a `.csv`, `.ics` or `.json` calendar. Raises DataDamaged, naming the line, for whatever is not clear."""
    readers = {".csv": _read_csv, ".ics": _read_ics, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataDamaged(f"{path.name} is no calendar file", where=str(path), allowed=".csv, .ics or .json")
    try:
        if path.stat().st_size > LARGEST:
            raise DataDamaged("the calendar is too large", where=str(path), allowed=f"at most {LARGEST // 10**6} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise DataDamaged(f"the calendar cannot be read ({fault})", where=str(path)) from fault
    if not text.strip():
        raise DataDamaged("the calendar is empty", where=str(path), do="download it again")
    return reader(text, path)


def read_csv(text: str, path: Path) -> Reading:
    """Read our CSV: `event,date_local,time_local,tz,ts_utc,status[,source][,file]`. Raises DataDamaged."""
    return _read_csv(text, path)


def spans_of(events: tuple[Event, ...], file: str) -> tuple[Span, ...]:
    """Coverage that a list of events implies: per kind from the first to the last date that is not an estimate.

    Whole trading days: from the evening session of the day before the first date to the end of the last one.
    """
    days: dict[str, list[date]] = {}
    for event in events:
        if event.status not in ("estimate", "cancelled"):
            days.setdefault(event.kind, []).append(event.date)
    eve, morrow = timedelta(days=-1), timedelta(days=1)
    return tuple(
        Span(kind, local_ns(min(found) + eve, 18, 0), local_ns(max(found) + morrow, 0, 0), file)
        for kind, found in days.items()
    )


def _read_csv(text: str, path: Path) -> Reading:
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="")
    try:
        return _csv_rows(rows, path)
    except csv.Error as fault:
        raise DataDamaged(f"a row cannot be read ({fault})", where=f"{path}:{rows.line_num}") from fault


def _csv_rows(rows: "csv.DictReader[str]", path: Path) -> Reading:
    missing = [name for name in COLUMNS[:-1] if name not in (rows.fieldnames or ())]
    if missing:
        raise DataDamaged(f"columns are missing: {', '.join(missing)}", where=str(path), allowed=",".join(COLUMNS))
    events: list[Event] = []
    edges: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        where = f"{path}:{rows.line_num}"
        kind = kind_of(row["event"] or "")
        if not kind:
            raise DataDamaged("a row without an event", where=where)
        ts, day = _moment(row, where)
        file = _one_line(row.get("file") or "") or path.name
        if (row["status"] or "").strip().lower() == "coverage":
            edges.setdefault(kind, []).append((_edge(ts, where), file))
            continue
        status = status_of(row["status"] or "")
        if status is None:
            allowed = f"{', '.join(STATUSES)} or coverage"
            raise DataDamaged(f"{row['status']!r} is no status", where=where, allowed=allowed)
        events.append(Event(kind, ts, day, status, file, _one_line(row.get("source") or "")))
    implied = (span for span in spans_of(tuple(events), path.name) if span.kind not in edges)
    stated = (span for kind, found in edges.items() for span in _pairs(kind, found, path))
    return Reading(tuple(events), (*implied, *stated))


def _edge(ts: int | None, where: str) -> int:
    if ts is None:
        raise DataDamaged("a coverage row needs a time", where=where, allowed="time_local = 00:00")
    return ts


def _pairs(kind: str, edges: list[tuple[int, str]], path: Path) -> Iterator[Span]:
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    if len(edges) % 2 or any(first >= last for (first, _), (last, _) in pairs):
        raise DataDamaged(
            f"coverage rows of {kind} are not pairs of from and until", where=str(path), allowed="two rows: from, until"
        )
    for (first, file), (last, _) in pairs:
        yield Span(kind, first, last, file)


def _moment(row: dict[str, str], where: str) -> tuple[int | None, date]:
    """(ns UTC or None for a whole day, New York date) of a CSV row; the two ways of telling time must agree."""
    local, zone = (row["time_local"] or "").strip(), (row["tz"] or "").strip()
    try:
        stated = datetime.fromisoformat(row["ts_utc"]) if row["ts_utc"] else None
        day = date.fromisoformat(row["date_local"]) if row["date_local"] else None
        clock = datetime.strptime(local, "%H:%M").time() if local and local != "all-day" else None  # noqa: DTZ007
    except ValueError as fault:
        raise DataDamaged(f"a date or time cannot be read ({fault})", where=where) from fault
    for told in (stated, day):
        if told is not None:
            _in_reach(told, where)
    if stated is not None and stated.tzinfo is None:
        raise DataDamaged("ts_utc has no zone", where=where, allowed="2026-12-10T13:30:00Z")
    readings: list[int] | None = None
    if day is not None and clock is not None:
        if not zone:
            raise DataDamaged("a local time without a zone", where=where, allowed="tz = America/New_York")
        readings = _readings(datetime.combine(day, clock, _zone(zone, where)))
    ts = None if readings is None or stated is not None else _only(readings, f"{local} in {zone}", where)
    if stated is not None:
        ts = int(stated.timestamp()) * SECOND_NS
        if readings is not None and ts not in readings:
            do = "look at daylight saving"
            raise DataDamaged("ts_utc and local time are not the same moment", where=where, do=do)
    if ts is not None:
        return ts, datetime.fromtimestamp(ts // SECOND_NS, NEW_YORK).date()
    if day is None:
        raise DataDamaged("a row without a date", where=where)
    return None, day


def _readings(at: datetime) -> list[int]:
    """The moments (ns UTC) that a local time may mean: two where clocks go back, none where they go forward."""
    found = []
    for fold in (0, 1):
        moment = at.replace(fold=fold)
        back = moment.astimezone(UTC).astimezone(at.tzinfo)
        if back.replace(tzinfo=None, fold=0) == at.replace(tzinfo=None, fold=0):
            found.append(int(moment.timestamp()) * SECOND_NS)
    return sorted(set(found))


def _only(readings: list[int], told: str, where: str) -> int:
    if len(readings) != 1:
        words = "comes twice that day" if readings else "does not come that day"
        raise DataDamaged(f"{told} {words}: clocks change", where=where, allowed="the moment in UTC")
    return readings[0]


def _in_reach(day: date, where: str) -> date:
    if day.year not in YEARS:
        raise DataDamaged(f"{day} cannot be meant", where=where, allowed=f"{YEARS[0]} to {YEARS[-1]}")
    return day


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _read_ics(text: str, path: Path) -> Reading:
    import icalendar

    try:
        calendar = icalendar.Calendar.from_ical(text)
    except ValueError as fault:
        raise DataDamaged(f"no iCalendar file ({fault})", where=str(path), do="download it again") from fault
    begins = (line for line, row in enumerate(text.splitlines(), 1) if row.strip().upper() == "BEGIN:VEVENT")
    items = zip(calendar.walk("VEVENT"), begins, strict=False)
    events = tuple(event for item, line in items for event in _ics_events(item, f"{path}:{line}", path.name))
    if not events:
        raise DataDamaged("the calendar holds no event", where=str(path), do="download it again")
    return Reading(events, spans_of(events, path.name))


def _ics_events(item: Any, line: str, file: str) -> Iterator[Event]:
    """The event of a VEVENT that begins at `line`; where it takes several whole days, one for each of them."""
    name = _one_line(str(item.get("SUMMARY", "")))
    where = f"{line}: VEVENT {name!r}"
    # A broken value is text in one release of the parser and raises in the next: ask for faults first.
    value = None if item.errors else getattr(item.get("DTSTART"), "dt", None)
    if not kind_of(name) or not isinstance(value, date):
        reasons = "; ".join(f"{key}: {fault}" for key, fault in item.errors) or "SUMMARY or DTSTART is missing"
        raise DataDamaged(f"an event cannot be read ({reasons})", where=where)
    if item.get("RRULE") or item.get("RDATE"):
        raise DataDamaged(
            "a repeating event", where=where, allowed="one VEVENT for each date that the issuer announced"
        )
    first, last = _ics_moment(item, "DTSTART", where), _ics_moment(item, "DTEND", where)
    if last is not None and first is not None and (isinstance(first, datetime) != isinstance(last, datetime)):
        raise DataDamaged("begins with an hour and ends without one, or the other way round", where=where)
    if first is None or (last is not None and last < first):
        raise DataDamaged("an event ends before it begins", where=where, allowed="DTEND at or after DTSTART")
    if last is not None and last - first > LONGEST:
        raise DataDamaged(f"an event of {last - first}", where=where, allowed=f"at most {LONGEST.days} days")
    words = {"CANCELLED": "cancelled", "TENTATIVE": "tentative", "CONFIRMED": "scheduled", "": "scheduled"}
    status = words.get(str(item.get("STATUS", "")).upper(), "scheduled")
    if isinstance(first, datetime):
        ts = int(first.timestamp()) * SECOND_NS
        yield Event(kind_of(name), ts, first.astimezone(NEW_YORK).date(), status, file, name)
        return
    # The end of whole days is the first day after them.
    for day in range(max((last - first).days, 1) if last is not None else 1):
        yield Event(kind_of(name), None, first + timedelta(days=day), status, file, name)


def _ics_moment(item: Any, key: str, where: str) -> date | None:
    """A moment with its zone, or a date; None where there is no such key."""
    stated = item.get(key)
    value = getattr(stated, "dt", None)
    if not isinstance(value, date):
        return None
    _in_reach(value, where)
    if isinstance(value, datetime) and value.tzinfo is None:
        named = stated.params.get("TZID")
        if not named:
            raise DataDamaged("a time without a zone", where=where, allowed="DTSTART with TZID or Z")
        value = value.replace(tzinfo=_zone(str(named), where))
    if isinstance(value, datetime):
        _only(_readings(value), f"{value:%H:%M}", where)
    return value


def _read_json(text: str, path: Path) -> Reading:
    try:
        items = json.loads(text)
    except json.JSONDecodeError as fault:
        raise DataDamaged(f"no JSON ({fault})", where=str(path), do="download it again") from fault
    if not isinstance(items, list):
        raise DataDamaged("no weekly calendar", where=str(path), allowed="a list of {title, country, date, impact}")
    found = (_json_event(item, index, path) for index, item in enumerate(items))
    events = tuple(event for event in found if event is not None)
    if not events:
        raise DataDamaged("the calendar holds no event of the United States", where=str(path))
    return Reading(events, spans_of(events, path.name))


def _json_event(item: Any, index: int, path: Path) -> Event | None:
    where = f"{path}: item {index}"
    if not isinstance(item, dict) or not isinstance(item.get("title"), str) or not isinstance(item.get("date"), str):
        raise DataDamaged("an event without title or date", where=where)
    if item.get("country") != "USD" or item.get("impact") == "Holiday":
        return None
    if not kind_of(item["title"]):
        raise DataDamaged("an event whose title says nothing", where=where)
    try:
        at = datetime.fromisoformat(item["date"])
    except ValueError as fault:
        raise DataDamaged(f"a date cannot be read ({fault})", where=where) from fault
    if at.tzinfo is None:
        raise DataDamaged("a date without an offset", where=where, allowed="2026-12-10T08:30:00-05:00")
    _in_reach(at, where)
    ts, name = int(at.timestamp()) * SECOND_NS, _one_line(item["title"])
    return Event(kind_of(name), ts, at.astimezone(NEW_YORK).date(), "scheduled", path.name, name)


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(_ZONES.get(name.lower(), name))
    except (KeyError, ValueError, OSError) as unknown:  # a zone is looked up as a file: `America` is a folder
        raise DataDamaged(f"{name!r} is no time zone", where=where, allowed="America/New_York") from unknown
