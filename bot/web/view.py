"""The whole journal at a glance, kept in memory and moved on by what is new: no page reads all of it.

Finished round trips are kept whole, signals and refusals in narrow columns (about 30 bytes each). A page filters, sorts
and counts here, and looks the few rows that it shows up by id in the same moment of the journal.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock

from bot.journal import rows
from bot.journal.narrow import touched_after
from bot.journal.place import Place
from bot.journal.reading import Reader, reading
from bot.journal.round_trips import round_trips, round_trips_of
from bot.review.trips import Trip, flat, regimed
from bot.web.seen import Seen


@dataclass
class View:
    """What of a journal is kept, up to `seq`."""

    of: tuple[Place, str]
    """The journal, and its first run: another one may come to lie in its place."""
    seq: int = 0
    seen: Seen = field(default_factory=Seen)
    trips: Sequence[Trip] = ()
    """Finished round trips in order of entry; a new sequence when any has changed."""

    def move_on(self, reader: Reader) -> None:
        """Take in what came since."""
        newest = reader.last_seq
        if newest == self.seq:
            return
        if self.seq:
            self._renew(reader, touched_after(reader, self.seq))
        else:
            self.trips = _in_order(flat(reader, reader.runs, round_trips(reader, reader.runs)))
        self.seen.move_on(reader, self.seq)
        self.seq = newest

    def _renew(self, reader: Reader, touched: set[str]) -> None:
        brackets = reader.among(rows.Bracket, "id", touched)
        if not brackets:
            return
        named = {one.run for one in brackets}
        fresh = flat(reader, [run for run in reader.runs if run.run in named], round_trips_of(reader, brackets))
        kept = [trip for trip in self.trips if trip.id not in touched]
        self.trips = _in_order(regimed([*kept, *fresh]))


def _in_order(found: Iterable[Trip]) -> list[Trip]:
    return sorted(found, key=lambda trip: (trip.entry_ns, trip.seq))


@dataclass
class Views:
    """The view of the journal that is shown now. A page may ask while another one is moving it on."""

    _view: View | None = None
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def looking(self, place: Place) -> Iterator[tuple[Reader, View]]:
        """A moment of the journal, and the view of just that moment or of a later one. Raises what `reading` does."""
        with ExitStack() as opened:
            with self._lock:
                reader = opened.enter_context(reading(place))
                view = self._of(reader)
            yield reader, view

    def _of(self, reader: Reader) -> View:
        of = (reader.place, reader.runs[0].run if reader.runs else "")
        view, self._view = self._view, None  # one that could not be moved on is made anew
        if view is None or view.of != of or view.seq > reader.last_seq:
            view = View(of)
        view.move_on(reader)
        self._view = view
        return view
