"""What happened, as the journal has it: rows in order of `seq`, in the shapes of `paperpit journal LIST --json`.

Nothing is queued here: the journal is the outbox, and a number in a file says how far it has been told.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from bot.journal import rows
from bot.journal.lists import blocked_shape, fill_shape, order_terms, signal_shape, trip_shape
from bot.journal.reading import Reader
from bot.journal.round_trips import round_trips_of
from bot.journal.tail import New, after
from bot.journal.values import GridOf, grids

MOST = 256
"""Rows that are held at a time."""
READ: tuple[type[rows.Row], ...] = (
    *(rows.Signal, rows.Decision, rows.Order, rows.OrderEvent, rows.Fill, rows.Commission, rows.Excursion),
    *(rows.LinkEvent, rows.CalendarEvent, rows.Note),
)
SIGNAL, BLOCKED, ORDER, FILL, ROUND_TRIP = "signal", "blocked", "order", "fill", "round_trip"
LINK, BLACKOUT, NOTE = "link", "blackout", "note"
KINDS = (SIGNAL, BLOCKED, ORDER, FILL, ROUND_TRIP, LINK, BLACKOUT, NOTE)

R = TypeVar("R", bound=rows.Row)


class Event(NamedTuple):
    """One thing that happened. Two of different kinds may stand at one `seq`."""

    seq: int
    kind: str
    facts: dict[str, Any]


class Page(NamedTuple):
    """Some of the journal: everything after some `seq` up to `until`."""

    events: Sequence[Event]
    until: int
    whole: bool
    """Whether there was more than a page holds."""


def page(reader: Reader, seq: int, most: int = MOST) -> Page:
    """What came after `seq`: at most `most` rows are read."""
    came = after(reader, seq, READ, most)
    told = sorted(_Told(reader, came).events(), key=lambda event: event.seq)
    return Page(told, came[-1].seq if came else seq, len(came) == most)


class _Told:
    """Rows of a page with what has to be looked up for them."""

    def __init__(self, reader: Reader, came: Sequence[New]) -> None:
        self._reader, self._came = reader, came
        named = {row.client_order_id for row in self._all(rows.OrderEvent)}
        self._orders = {row.client_order_id: row for row in reader.among(rows.Order, "client_order_id", named)}
        runs = {one.row.run for one in came} | {row.run for row in self._orders.values()}
        self._grids: GridOf = grids(reader.among(rows.Instrument, "run", runs))
        paid = reader.among(rows.Commission, "exec_id", [row.exec_id for row in self._all(rows.Fill)])
        self._paid = {row.exec_id: Decimal(row.amount) for row in paid}

    def events(self) -> Iterator[Event]:
        """Kind by kind."""
        hashed = self._reader.config_hash
        for row in self._all(rows.Signal):
            shape = signal_shape(row, self._grids[row.run, row.instrument], {}, hashed(row.run, row.seq))
            # What becomes of it is not known yet, or only by chance.
            yield Event(row.seq, SIGNAL, {key: value for key, value in shape.items() if key != "outcome"})
        for decision in self._all(rows.Decision):
            if decision.verdict == "blocked":
                yield Event(decision.seq, BLOCKED, blocked_shape(decision, hashed(decision.run, decision.seq)))
        for order in self._all(rows.Order):
            yield self._order(order.seq, order.run, order, "intended", order.created_ns, "desk", order.reason)
        for word in self._all(rows.OrderEvent):
            known = self._orders[word.client_order_id]
            yield self._order(word.seq, word.run, known, word.state, word.ts, word.source, word.message)
        for fill in self._all(rows.Fill):
            shape = fill_shape(fill, self._grids[fill.run, fill.instrument], self._paid)
            yield Event(fill.seq, FILL, {**shape, "source": fill.source, "corrects": fill.corrects})
        yield from self._round_trips()
        for link in self._all(rows.LinkEvent):
            yield Event(link.seq, LINK, {"run": link.run, "ts_ns": link.ts, "state": link.state, "code": link.code})
        for window in self._all(rows.CalendarEvent):
            span = {"kind": window.kind, "from_ns": window.from_ns, "to_ns": window.to_ns, "source": window.source}
            yield Event(window.seq, BLACKOUT, {"run": window.run, "ts_ns": window.ts, **span})
        for note in self._all(rows.Note):
            said = {"subject": note.subject, "text": note.text, "who": note.who}
            yield Event(note.seq, NOTE, {"run": note.run, "ts_ns": note.ts, **said})

    def _round_trips(self) -> Iterator[Event]:
        """Of brackets that are flat: at their last execution, and again where more is told of one on another page."""
        paid = {row.exec_id: row.seq for row in self._all(rows.Commission)}
        costs = ((paid[row.exec_id], row.bracket_id) for row in self._reader.among(rows.Fill, "exec_id", paid))
        fills = ((row.seq, row.bracket_id) for row in self._all(rows.Fill))
        seen = ((row.seq, row.bracket_id) for row in self._all(rows.Excursion))
        came = sorted((*fills, *costs, *seen), key=itemgetter(0))
        touched = {bracket: seq for seq, bracket in came if bracket is not None}
        for trip in round_trips_of(self._reader, self._reader.among(rows.Bracket, "id", touched)):
            yield Event(touched[trip.bracket.id], ROUND_TRIP, trip_shape(trip, self._reader))

    def _order(self, seq: int, run: str, order: rows.Order, state: str, ts: int, source: str, message: str) -> Event:
        grid = self._grids[order.run, order.instrument]
        return Event(
            seq,
            ORDER,
            {
                "run": run,
                "ts_ns": ts,
                "client_order_id": order.client_order_id,
                "bracket_id": order.bracket_id,
                "instrument": order.instrument,
                "contract": order.contract,
                **order_terms(order, grid),
                "state": state,
                "source": source,
                "message": message,
            },
        )

    def _all(self, kind: type[R]) -> list[R]:
        return [one.row for one in self._came if type(one.row) is kind]
