"""The event calendar: what is scheduled, from which file, and between which dates each kind is known.

It is the union of its files. A date that two files tell is one event; a moved date closes entries on both, until a row
with status `cancelled` lifts the old one. Coverage is per kind: only inside it does "no event" mean that none comes.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bot import resources
from bot.errors import InputMissing
from bot.risk.calendar_import import COLUMNS, Reading, Span, read, read_csv
from bot.risk.events import KINDS, NEW_YORK, SECOND_NS, Event, members

SUFFIXES = (".csv", ".ics", ".json")
IMPORTED = "imported.csv"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Between which moments (ns UTC) a kind's dates are known. `spans` leaves out holes between `from` and `until`."""

    from_ns: int
    until_ns: int
    source: str
    spans: tuple[tuple[int, int], ...]

    def holds(self, ts: int) -> bool:
        """Whether the kind is known at `ts`."""
        return any(first <= ts < last for first, last in self.spans)


@dataclass(frozen=True, slots=True)
class EventCalendar:
    """Events in time order and coverage by kind.

    `state` is "given"; "none" when the user wants no calendar; "absent" when one is wanted and cannot be had, which
    closes every hour and says `why`.
    """

    events: tuple[Event, ...] = ()
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    source: str = ""
    state: Literal["given", "none", "absent"] = "given"
    why: str = ""

    @classmethod
    def load(cls, source: str | None) -> "EventCalendar":
        """The calendar of a file or folder; None = shipped and imported ones together; "none" = none is wanted.

        A file that does not exist is looked up by its name in the user's, then in the shipped calendar folder. Raises
        InputMissing (66) and DataDamaged (65).
        """
        if source == "none":
            return cls(source="none", state="none")
        return cls.of([read(path) for path in files_of(source)], source or "config/calendar")

    @classmethod
    def of(cls, readings: Sequence[Reading], source: str) -> "EventCalendar":
        """The union of what some files say; "absent" when there is no file."""
        if not readings:
            return cls.absent(f"there is no calendar file in {source}", source)
        events = _union(event for reading in readings for event in reading.events)
        return cls(events, _coverage(span for reading in readings for span in reading.spans), source)

    @classmethod
    def absent(cls, why: str, source: str = "") -> "EventCalendar":
        """A calendar that is wanted and cannot be had. A daemon starts with it and places nothing."""
        return cls(source=source, state="absent", why=why)

    @classmethod
    def parse(cls, text: str, source: str) -> "EventCalendar":
        """What `text` wrote: the calendar that a run recorded."""
        if text == "none":
            return cls.load("none")
        return cls.of([read_csv(text, Path(source))], source) if text else cls.absent("the run had no calendar", source)

    @property
    def text(self) -> str:
        """The whole calendar as our CSV, for the record of a run; "none" and "" for the two that have no events."""
        if self.state != "given":
            return "none" if self.state == "none" else ""
        spans = [Span(kind, *span, known.source) for kind, known in self.coverage.items() for span in known.spans]
        return write(self.events, spans)

    def joined(self, newer: "EventCalendar") -> "EventCalendar":
        """What `newer` knows, and every event of this one besides."""
        if self.state != "given" or newer.state != "given":
            return newer
        both = {_key(event): event for event in (*self.events, *newer.events)}
        return replace(newer, events=tuple(sorted(both.values(), key=_order)))

    def known(self, kind: str, ts: int) -> bool:
        """Whether the dates of `kind` are known at `ts` (ns UTC), so that no event means none comes."""
        return kind in self.coverage and self.coverage[kind].holds(ts)


def must_refuse_replay(calendar: EventCalendar, kinds: Sequence[str], first_ns: int) -> str | None:
    """Why a tape that starts at `first_ns` needs another calendar, or None when it may be replayed with this one.

    Only a kind whose coverage begins after the tape's start refuses; what lies after its end closes the kind's hours.
    """
    if calendar.state == "absent":
        return f"{calendar.why}; name one with --calendar FILE, or --calendar none to trade without"
    for kind in members(tuple(kinds)) if calendar.state == "given" else ():
        known = calendar.coverage.get(kind)
        if known is not None and first_ns < known.from_ns:
            return (
                f"the tape starts on {day(first_ns)}, before the calendar's first date of {kind} ({day(known.from_ns)},"
                f" {known.source}); name one that covers it with --calendar FILE, or --calendar none"
            )
    return None


def files_of(source: str | None) -> list[Path]:
    """The files that a calendar is read from (`EventCalendar.load`), in order. Raises InputMissing."""
    if source is None:
        return [*_files(resources.shipped("config/calendar")), *_files(user_folder())]
    path = find(source)
    return _files(path) if path.is_dir() else [path]


def user_folder() -> Path:
    """Where imported calendars are kept; it may not exist."""
    return resources.user_config_folder() / "calendar"


def find(name: str) -> Path:
    """The calendar file or folder `name`: as given, else by file name in the user's, then the shipped folder."""
    given = Path(name).expanduser()
    folders = (user_folder(), resources.shipped("config/calendar"))
    here = [given, *(path for folder in folders for path in sorted(folder.rglob(given.name)))]
    found = next((path for path in here if path.exists()), None)
    if found is None:
        raise InputMissing(
            f"there is no calendar {name!r}",
            allowed='a .csv, .ics or .json file, a folder of them, or "none"',
            do="paperpit calendar import FILE reads one from a feed",
        )
    return found


def add(path: Path) -> tuple[EventCalendar, Path]:
    """Import one file: the union of what was imported before and this, the new row winning where both tell one event.

    Returns what the file said and where it went. Raises DataDamaged.
    """
    new = read(path)
    target = user_folder() / IMPORTED
    old = read(target) if target.exists() else Reading((), ())
    retold = {_key(event) for event in new.events}
    events = (*(event for event in old.events if _key(event) not in retold), *new.events)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_text(write(sorted(events, key=_order), [*old.spans, *new.spans]))
    part.replace(target)
    return EventCalendar.of([new], path.name), target


def write(events: Iterable[Event], spans: Iterable[Span]) -> str:
    """Events and coverage as CSV text that `read_csv` reads back, with the file that each row came from."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow((*COLUMNS, "file"))
    for event in events:
        clock, utc = ("all-day", "") if event.ts is None else (_local(event.ts), _utc(event.ts))
        rows.writerow((event.kind, event.date, clock, NEW_YORK.key, utc, event.status, event.source, event.file))
    for kind, known in _coverage(spans).items():
        for edge in (edge for span in known.spans for edge in span):
            rows.writerow((kind, day(edge), _local(edge), NEW_YORK.key, _utc(edge), "coverage", "", known.source))
    return out.getvalue()


def day(ns: int) -> str:
    """The New York date of a stamp."""
    return f"{datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK):%Y-%m-%d}"


def _local(ns: int) -> str:
    """New York time; empty for a moment within a minute, which only UTC is written to the second for."""
    at = datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK)
    return "" if at.second else f"{at:%H:%M}"


def _utc(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _files(folder: Path) -> list[Path]:
    # Sub-folders hold calendars for old tapes: a far year would make a hole in the coverage of today's.
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES) if folder.is_dir() else []


def _key(event: Event) -> tuple[str, object]:
    return event.kind, event.date if event.ts is None else event.ts


def _order(event: Event) -> tuple[str, int, str]:
    return event.date.isoformat(), event.ts or 0, event.kind


def _union(events: Iterable[Event]) -> tuple[Event, ...]:
    told = list(events)
    lifted = {_key(event) for event in told if event.status == "cancelled"}
    kept: dict[tuple[str, object], Event] = {}
    for event in told:
        if event.status == "cancelled" or _key(event) in lifted or (event.kind, event.date) in lifted:
            continue
        first = kept.get(_key(event))
        # Of two that tell the same moment the surer one speaks; an estimate never hides an announcement.
        if first is None or (first.status == "estimate" and event.status != "estimate"):
            kept[_key(event)] = event
    return tuple(sorted(kept.values(), key=_order))


def _coverage(spans: Iterable[Span]) -> dict[str, Coverage]:
    by_kind: dict[str, list[Span]] = {}
    for span in spans:
        by_kind.setdefault(span.kind, []).append(span)
    return {kind: _joined(by_kind[kind]) for kind in sorted(by_kind, key=_rank)}


def _rank(kind: str) -> tuple[int, str]:
    return (KINDS.index(kind) if kind in KINDS else len(KINDS), kind)


def _joined(spans: list[Span]) -> Coverage:
    joined: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: span.from_ns):
        if joined and span.from_ns <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span.until_ns))
        else:
            joined.append((span.from_ns, span.until_ns))
    files = ", ".join(dict.fromkeys(span.file for span in spans))
    return Coverage(joined[0][0], joined[-1][1], files, tuple(joined))
