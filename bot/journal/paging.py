"""The lists a part at a time, in order of `seq`: for whoever follows a journal, or wants a little of a large one.

    found = part("fills", reader, runs, filters, after=0, most=100)
    found.shapes     objects of the command-line contract
    found.after      where the next part begins: no row comes twice, and none that comes later is left out
    found.more       whether there is a next part already

A round trip stands where its last execution does, everything else where its own row does.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeVar

from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.lists import (
    Shapes,
    Wanted,
    blocked_shape,
    fill_shape,
    order_shape,
    outcomes_of,
    run_shape,
    signal_shape,
    states_of,
    trip_shape,
)
from bot.journal.reading import Condition, Reader, RunInfo, both, table_of
from bot.journal.remarks import remarked_few
from bot.journal.round_trips import RoundTrip, round_trips_of

T = TypeVar("T")
Placed = TypeVar("Placed", rows.Signal, rows.Decision, rows.Order, rows.Fill)
MOST = 1_000
"""Objects of the largest part."""
_OF_BRACKET = "bracket_id IN (SELECT id FROM bracket WHERE strategy = ?)"
_OF_DECISION = "id IN (SELECT signal_id FROM decision WHERE strategy = ?)"
_STANDS = "quantity <> 0 AND exec_id NOT IN (SELECT corrects FROM fill WHERE corrects IS NOT NULL)"
_LEFT = """
SELECT fill.bracket_id, MAX(fill.seq) FROM fill JOIN bracket ON bracket.id = fill.bracket_id
WHERE {where} GROUP BY fill.bracket_id HAVING {having} ORDER BY MAX(fill.seq) LIMIT ?
"""


class Part(NamedTuple):
    """Some objects of a list."""

    shapes: Shapes
    after: int
    more: bool


class _Asked(NamedTuple):
    """What every list is made from."""

    reader: Reader
    runs: Sequence[RunInfo]
    filters: Filters
    wanted: Wanted

    def conditions(self, table: str, ts: str) -> list[Condition]:
        """What can be told of a row by its columns alone; `ts` is the one of its time."""
        found, filters = self.reader.written_by(table, self.runs), self.filters
        if filters.instrument:
            found.append(("(instrument = ? OR contract = ?)", [filters.instrument] * 2))
        first, last = self.span
        if first is not None:
            found.append((f"{ts} >= ?", [first]))
        if last is not None:
            found.append((f"{ts} < ?", [last]))
        return found

    @property
    def span(self) -> tuple[int | None, int | None]:
        """Outside of it nothing is wanted: [from, until)."""
        since, until, day = self.filters.since_ns, self.filters.until_ns, self.wanted.sessions.widest()
        if day is None:
            return since, until
        return max(day[0], since or 0), day[1] if until is None else min(day[1], until)

    def strategy(self, words: str) -> list[Condition]:
        """The condition in `words`, when a strategy is asked for."""
        return [(words, [self.filters.strategy])] if self.filters.strategy else []


def part(name: str, reader: Reader, runs: Sequence[RunInfo], filters: Filters, *, after: int, most: int) -> Part:
    """At most `most` objects of the list called `name` (one of PARTS) that stand after `after`."""
    runs = filters.runs(runs)
    # Of two bounds below the database may take the one that says less.
    after = max(after, min((run.seq for run in runs), default=0) - 1)
    shapes, at, more = PARTS[name](_Asked(reader, runs, filters, Wanted.of(reader, runs, filters)), after, most)
    # What was passed over is over: what comes later stands after everything that is there now.
    return Part(remarked_few(reader, shapes), at if more else max(at, reader.last_seq), more)


def _runs(asked: _Asked, after: int, most: int) -> Part:
    found = [run for run in asked.filters.started(asked.runs, asked.reader) if run.seq > after]
    shown = found[:most]
    shapes = [run_shape(run, asked.reader) for run in shown]
    return Part(shapes, shown[-1].seq if shown else after, len(found) > most)


def _signals(asked: _Asked, after: int, most: int) -> Part:
    found, at, more = _rows(asked, rows.Signal, "ts", asked.strategy(_OF_DECISION), after, most)
    outcomes = _outcomes(asked, found)
    hashed = asked.reader.config_hash
    shapes = [signal_shape(row, asked.wanted.grid(row), outcomes, hashed(row.run, row.seq)) for row in found]
    return Part(shapes, at, more)


def _outcomes(asked: _Asked, found: Sequence[rows.Signal]) -> dict[str, str]:
    """Of decisions: a signal is judged in the run that saw it, after it was seen."""
    if not found:
        return {}
    named = {row.run for row in found}
    judged = asked.reader.written_by("decision", [run for run in asked.runs if run.run in named])
    judged += asked.strategy("strategy = ?")
    return outcomes_of(asked.reader.some(rows.Decision, judged, found[0].seq))


def _blocked(asked: _Asked, after: int, most: int) -> Part:
    conditions = [*asked.strategy("strategy = ?"), ("verdict = 'blocked'", ())]
    found, at, more = _rows(asked, rows.Decision, "ts", conditions, after, most)
    return Part([blocked_shape(row, asked.reader.config_hash(row.run, row.seq)) for row in found], at, more)


def _orders(asked: _Asked, after: int, most: int) -> Part:
    found, at, more = _rows(asked, rows.Order, "created_ns", asked.strategy(_OF_BRACKET), after, most)
    names = [row.client_order_id for row in found]
    states = states_of(asked.reader.among(rows.OrderEvent, "client_order_id", names))
    return Part([order_shape(row, asked.wanted.grid(row), states) for row in found], at, more)


def _fills(asked: _Asked, after: int, most: int) -> Part:
    found, at, more = _rows(asked, rows.Fill, "ts", [*asked.strategy(_OF_BRACKET), (_STANDS, ())], after, most)
    told = asked.reader.among(rows.Commission, "exec_id", [row.exec_id for row in found])
    paid = {row.exec_id: Decimal(row.amount) for row in told}
    return Part([fill_shape(row, asked.wanted.grid(row), paid) for row in found], at, more)


def _round_trips(asked: _Asked, after: int, most: int) -> Part:
    found, at, more = _first(
        lambda seq, count: _left(asked, seq, count),
        lambda trip: trip is not None and asked.wanted.has(trip.bracket, trip.entries[0].ts),
        after,
        most,
    )
    return Part([trip_shape(trip, asked.reader) for trip in found if trip is not None], at, more)


def _left(asked: _Asked, after: int, count: int) -> list[tuple[int, RoundTrip | None]]:
    """The first brackets whose last execution came after `after`, with that; None for one that is not flat."""
    bracket = [*asked.reader.written_by("bracket", asked.runs), *asked.strategy("bracket.strategy = ?")]
    if asked.filters.instrument:
        bracket.append(("(bracket.instrument = ? OR bracket.contract = ?)", [asked.filters.instrument] * 2))
    first, last = asked.span
    executed: list[Condition] = [("MAX(fill.seq) > ?", [after])]
    if first is not None:
        executed.append(("MAX(fill.ts) >= ?", [first]))
    if last is not None:
        executed.append(("MIN(fill.ts) < ?", [last]))
    (where, of_bracket), (having, of_fills) = both(*bracket), both(*executed)
    named = list(
        asked.reader.query(_LEFT.format(where=where, having=having), [*of_bracket, *of_fills, count]),
    )
    brackets = asked.reader.among(rows.Bracket, "id", [name for name, _ in named])
    trips = {trip.bracket.id: trip for trip in round_trips_of(asked.reader, brackets)}
    return [(seq, trips.get(name)) for name, seq in named]


def _rows(
    asked: _Asked, kind: type[Placed], ts: str, conditions: Sequence[Condition], after: int, most: int
) -> tuple[list[Placed], int, bool]:
    """The first rows of one table; `ts` is the column of their time."""
    all_of_them = [*asked.conditions(table_of(kind), ts), *conditions]
    return _first(
        lambda seq, count: [(row.seq, row) for row in asked.reader.some(kind, all_of_them, seq, count)],
        lambda row: asked.wanted.has(row, getattr(row, ts)),
        after,
        most,
    )


def _first(
    look: Callable[[int, int], Sequence[tuple[int, T]]], wanted: Callable[[T], bool], after: int, most: int
) -> tuple[list[T], int, bool]:
    """The first rows after `after` that are wanted, at most `most`; the last that was passed; whether there are more.

    `look(after, count)` gives the next rows, each behind its place.
    """
    found: list[T] = []
    while True:
        came = look(after, most + 1)
        for seq, row in came:
            if len(found) == most:
                return found, after, True
            after = seq
            if wanted(row):
                found.append(row)
        if len(came) <= most:
            return found, after, False


PARTS: dict[str, Callable[[_Asked, int, int], Part]] = {
    "runs": _runs,
    "round-trips": _round_trips,
    "fills": _fills,
    "orders": _orders,
    "signals": _signals,
    "blocked": _blocked,
}
