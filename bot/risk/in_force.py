"""The calendar that a run goes by: read anew when its files change, and never made looser while the session lasts.

An event that is moved or taken out during the day closes entries on both its dates until the next session, which reads
the files alone. Files that cannot be read change nothing: what was known stays in force, and that is said.
"""

from pathlib import Path

from bot.errors import DataDamaged, InputMissing
from bot.ports import Renewal
from bot.risk.calendar import EventCalendar, files_of
from bot.risk.events import Event

_NAMED = 3  # events that a sentence names

Stamp = tuple[tuple[str, int, int], ...] | str
"""What is seen of files from outside: path, time of change, size; or why they are not there."""


class InForce:
    """The calendar in force, and the files that it came from; `source` as `EventCalendar.load` takes it."""

    def __init__(self, calendar: EventCalendar, source: str | None = None) -> None:
        self.calendar = calendar
        self._source = source
        self._stamp = _stamp(source)

    def renew(self, recorded: Renewal | None = None) -> Renewal | None:
        """Look whether the files have changed; None when nothing else is known than before.

        `recorded` is what came of that look in the run that is repeated: no file is looked at then.
        """
        if recorded is not None:
            if recorded.text:
                self.calendar = EventCalendar.parse(recorded.text, self.calendar.source)
            return recorded
        stamp = _stamp(self._source)
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            newer = EventCalendar.load(self._source)
        except (DataDamaged, InputMissing) as error:
            place = f"{error.where}: " if error.where else ""
            return self._stays(f"{place}{error.what}")
        return self._stays(newer.why) if newer.state == "absent" else self._take(newer)

    def follow(self, newer: EventCalendar, source: str | None) -> Renewal | None:
        """Take up what a person had read anew, from `source` on; None when nothing else is known than before."""
        self._source, self._stamp = source, _stamp(source)
        return self._take(newer)

    def _stays(self, why: str) -> Renewal:
        after = "every hour stays closed" if self.calendar.state == "absent" else "what was known before stays in force"
        return Renewal(f"the calendar cannot be read anew ({why}): {after}")

    def _take(self, newer: EventCalendar) -> Renewal | None:
        before, both = self.calendar, self.calendar.joined(newer)
        if both == before:
            return None
        self.calendar = both
        old, new = _by_moment(before), _by_moment(newer)
        more = [event for moment, event in new.items() if moment not in old]
        gone = [event for moment, event in old.items() if moment not in new]
        told = [f"{len(more)} events are new ({_named(more)})"] if more else []
        if gone:
            told.append(f"{len(gone)} are there no more and hold until the next session ({_named(gone)})")
        return Renewal(f"the calendar has changed: {'; '.join(told) or 'its dates reach to another day'}", both.text)


def _by_moment(calendar: EventCalendar) -> dict[object, Event]:
    return {(event.kind, event.date, event.ts): event for event in calendar.events}


def _named(events: list[Event]) -> str:
    names = ", ".join(f"{event.kind} {event.date}" for event in events[:_NAMED])
    return f"{names}, …" if len(events) > _NAMED else names


def _stamp(source: str | None) -> Stamp:
    if source == "none":
        return source
    try:
        return tuple(_seen(path) for path in files_of(source))
    except (InputMissing, OSError) as error:
        return str(error)


def _seen(path: Path) -> tuple[str, int, int]:
    state = path.stat()
    return str(path), state.st_mtime_ns, state.st_size
