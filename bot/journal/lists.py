"""The lists of the command-line contract, each a function from a reader, runs and filters to plain objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from bot.domain.order import OrderState
from bot.journal import rows
from bot.journal.filters import Filters, Sessions
from bot.journal.reading import Reader, RevisionInfo, RunInfo
from bot.journal.remarks import remarked
from bot.journal.round_trips import RoundTrip, commissions, round_trips
from bot.journal.standing import standing
from bot.journal.values import BUY_SELL, LONG_SHORT, Grid, grids, money_text

Shape = dict[str, Any]
Shapes = list[Shape]
_decode = msgspec.json.decode


class Placed(Protocol):
    """A row that speaks of an instrument."""

    @property
    def run(self) -> str: ...
    @property
    def instrument(self) -> str: ...
    @property
    def contract(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters on rows, with what they need to know of the runs' instruments."""

    filters: Filters
    sessions: Sessions
    grids: dict[tuple[str, str], Grid]

    @classmethod
    def of(cls, reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> "Wanted":
        """For rows of `runs`."""
        instruments = reader.read(rows.Instrument, runs)
        return cls(filters, Sessions(instruments, filters), grids(instruments))

    def has(self, row: Placed, ts: int) -> bool:
        """Whether a row of that time is wanted."""
        return (
            self.filters.in_time(ts)
            and self.filters.instrument in ("", row.instrument, row.contract)
            and self.sessions.holds(row.run, row.instrument, ts)
        )

    def grid(self, row: Placed) -> Grid:
        """The price grid of a row's instrument."""
        return self.grids[row.run, row.instrument]


def list_runs(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """Every start of the desk."""
    return list(remarked(reader, (run_shape(run, reader) for run in filters.started(runs, reader))))


def run_shape(run: RunInfo, reader: Reader) -> Shape:
    """The object of one run."""
    end = reader.end(run.run)
    return {
        "run": run.run,
        "started_ns": run.started_ns,
        "ended_ns": end.wall_ns if end else None,
        "state": reader.state(run.run),
        "adapter": run.adapter,
        "tape": run.tape,
        "config_hash": run.config_hash,
        "strategies": _decode(run.strategies),
        "warm": run.warm or None,
        "revisions": [_revision_shape(one) for one in reader.revisions.get(run.run, ())],
    }


def _revision_shape(row: RevisionInfo) -> Shape:
    """Settings that a run went on with: they hold for every row of it from `seq` on."""
    return {
        "seq": row.seq,
        "ts_ns": row.ts,
        "config_hash": row.config_hash,
        "strategies": _decode(row.strategies),
        "why": row.why,
        "who": row.who,
    }


def list_signals(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """What the detectors saw, and what became of it; with a strategy, what that strategy judged."""
    return list(each_signal(reader, runs, filters))


def each_signal(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Iterator[Shape]:
    """The same, one by one: a year of signals is too much to hold."""
    runs = filters.runs(runs)
    outcomes = outcomes_of(d for d in reader.each(rows.Decision, runs) if filters.strategy in ("", d.strategy))
    seen = reader.each(rows.Signal, runs)
    return _seen(reader, Wanted.of(reader, runs, filters), seen, outcomes)


def list_candidates(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """What fell short of a signal, in the shape of one; no strategy was ever asked about it."""
    runs = filters.runs(runs)
    seen = reader.each(rows.Candidate, runs)
    return list(_seen(reader, Wanted.of(reader, runs, filters), seen, {}))


def _seen(
    reader: Reader, wanted: Wanted, seen: Iterable[rows.Signal | rows.Candidate], outcomes: Mapping[str, str]
) -> Iterator[Shape]:
    shapes = (
        signal_shape(row, wanted.grid(row), outcomes, reader.config_hash(row.run, row.seq))
        for row in seen
        if wanted.has(row, row.ts) and (not wanted.filters.strategy or row.id in outcomes)
    )
    return remarked(reader, shapes)


def signal_shape(row: rows.Signal | rows.Candidate, grid: Grid, outcomes: Mapping[str, str], config_hash: str) -> Shape:
    """The object of one signal."""
    return {
        "id": row.id,
        "run": row.run,
        "ts_ns": row.ts,
        "known_ns": row.known,
        "instrument": row.instrument,
        "contract": row.contract,
        **seen_facts(row, grid, outcomes),
        "config_hash": config_hash,
    }


def seen_facts(row: rows.Signal | rows.Candidate, grid: Grid, outcomes: Mapping[str, str]) -> Shape:
    """What was seen, and what became of it, wherever it is told."""
    return {
        "timeframe": row.timeframe,
        "kind": row.kind,
        "side": LONG_SHORT[row.side],
        "price": grid.optional(row.price),
        "strength": row.strength,
        "evidence": _decode(row.evidence),
        "outcome": outcomes.get(row.id, "unused"),
    }


def outcomes_of(decisions: Iterable[rows.Decision]) -> dict[str, str]:
    """Signal id → `approved` or `blocked`; approved wins where several strategies were asked."""
    found: dict[str, str] = {}
    for row in decisions:
        if row.signal_id is not None:
            approved = row.verdict != "blocked" or found.get(row.signal_id) == "approved"
            found[row.signal_id] = "approved" if approved else "blocked"
    return found


def list_blocked(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """What was refused, with every reason."""
    return list(each_blocked(reader, runs, filters))


def each_blocked(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Iterator[Shape]:
    """The same, one by one."""
    runs = filters.runs(runs)
    wanted = Wanted.of(reader, runs, filters)
    shapes = (
        blocked_shape(row, reader.config_hash(row.run, row.seq))
        for row in reader.each(rows.Decision, runs)
        if row.verdict == "blocked" and wanted.has(row, row.ts) and filters.strategy in ("", row.strategy)
    )
    return remarked(reader, shapes)


def blocked_shape(row: rows.Decision, config_hash: str) -> Shape:
    """The object of one refusal."""
    return {
        "id": row.id,
        "run": row.run,
        "ts_ns": row.ts,
        "instrument": row.instrument,
        "strategy": row.strategy,
        "side": LONG_SHORT[row.side],
        "signal_id": row.signal_id,
        "reasons": _decode(row.reasons),
        "config_hash": config_hash,
    }


def list_orders(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """Every order that was intended, with what is known of it now."""
    runs = filters.runs(runs)
    wanted, strategy = Wanted.of(reader, runs, filters), _strategies(reader, filters)
    states = states_of(reader.children(rows.OrderEvent, "client_order_id", rows.Order, "client_order_id", runs))
    shapes = [
        order_shape(row, wanted.grid(row), states)
        for row in reader.read(rows.Order, runs)
        if wanted.has(row, row.created_ns) and filters.strategy in ("", strategy.get(row.bracket_id))
    ]
    return list(remarked(reader, shapes))


def order_shape(row: rows.Order, grid: Grid, states: Mapping[str, str]) -> Shape:
    """The object of one order."""
    return {
        "id": row.client_order_id,
        "client_order_id": row.client_order_id,
        "bracket_id": row.bracket_id,
        **order_terms(row, grid),
        "state": states.get(row.client_order_id, OrderState.INTENDED.value),
        "created_ns": row.created_ns,
    }


def order_terms(row: rows.Order, grid: Grid) -> Shape:
    """What an order was to do, wherever it is told."""
    return {
        "role": row.role,
        "side": BUY_SELL[row.side],
        "type": row.type,
        "quantity": row.quantity,
        "price": grid.optional(row.price),
        "stop_price": grid.optional(row.stop_price),
    }


def states_of(events: Iterable[rows.OrderEvent]) -> dict[str, str]:
    """Client order id → the newest word on it."""
    return {event.client_order_id: event.state for event in events}


def list_fills(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """Every execution that stands, with what it cost where the broker has said so."""
    runs = filters.runs(runs)
    wanted, strategy = Wanted.of(reader, runs, filters), _strategies(reader, filters)
    paid = commissions(reader, runs)
    shapes = [
        fill_shape(row, wanted.grid(row), paid)
        for row in standing(reader.read(rows.Fill, runs))
        if wanted.has(row, row.ts) and filters.strategy in ("", strategy.get(row.bracket_id))
    ]
    return list(remarked(reader, shapes))


def fill_shape(row: rows.Fill, grid: Grid, paid: Mapping[str, Decimal]) -> Shape:
    """The object of one execution."""
    return {
        "id": row.id,
        "run": row.run,
        "ts_ns": row.ts,
        "instrument": row.instrument,
        "contract": row.contract,
        "order_id": row.client_order_id,
        "client_order_id": row.client_order_id,
        "exec_id": row.exec_id,
        "role": row.role,
        "side": BUY_SELL[row.side],
        "quantity": row.quantity,
        "price": grid.price(row.price),
        "commission": money_text(paid[row.exec_id]) if row.exec_id in paid else None,
    }


def list_round_trips(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> Shapes:
    """Every bracket that went in and came out; times are those of its entry."""
    runs = filters.runs(runs)
    wanted = Wanted.of(reader, runs, filters)
    shapes = [
        trip_shape(trip, reader)
        for trip in round_trips(reader, runs)
        if wanted.has(trip.bracket, trip.entries[0].ts) and filters.strategy in ("", trip.bracket.strategy)
    ]
    return list(remarked(reader, shapes))


def trip_shape(trip: RoundTrip, reader: Reader) -> Shape:
    """The object of one round trip, with the settings under which its bracket was sent."""
    return {**trip.shape(), "config_hash": reader.config_hash(trip.bracket.run, trip.bracket.seq)}


def _strategies(reader: Reader, filters: Filters) -> dict[str | None, str]:
    """Bracket id → strategy, only when it is asked for: a bracket may be of an earlier run."""
    return {row.id: row.strategy for row in reader.read(rows.Bracket, reader.runs)} if filters.strategy else {}
