"""Everything the journal knows about one row's story: signal, decisions, bracket, orders, fills, what came of it.

Any id of the story finds it: the bracket's (which is the round trip's), the decision's, the signal's, an order's, a
fill's. `story.tell` puts the same facts into words. `quotes` is empty but for a market maker's story.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.errors import InputMissing
from bot.journal import rows
from bot.journal.lists import order_terms, outcomes_of, seen_facts, states_of
from bot.journal.reading import Condition, Reader, RunInfo
from bot.journal.remarks import remarks
from bot.journal.retention import let_go_on
from bot.journal.round_trips import round_trip
from bot.journal.values import BUY_SELL, LONG_SHORT, Grid, grids

Facts = dict[str, Any]
_decode = msgspec.json.decode


def explain(reader: Reader, row_id: str) -> Facts:
    """The facts of the story that `row_id` belongs to. Raises InputMissing.

    `kind` is `round-trip` (in and out), `bracket` (sent, not or not yet closed by fills), `blocked`, `would-place` or
    `signal` (nobody wanted it).
    """
    bracket, decisions, signal = _found(reader, row_id)
    anchor = bracket or (decisions[0] if decisions else signal)
    assert anchor is not None
    run = next(run for run in reader.runs if run.run == anchor.run)
    grid = grids(reader.read(rows.Instrument, [run]))[run.run, anchor.instrument]
    trip = round_trip(reader, bracket) if bracket else None
    return {
        "id": anchor.id,
        "kind": _kind(bracket, decisions, finished=trip is not None),
        "run": run_facts(reader, run),
        "instrument": anchor.instrument,
        "contract": anchor.contract,
        "tick": str(grid.tick),
        "tick_value": str(grid.tick_value),
        "currency": grid.currency,
        "signal": signal_facts(signal, grid, decisions) if signal else None,
        "decisions": [decision_facts(row, grid) for row in decisions],
        "quotes": [decision_facts(row, grid) for row in _quotes(reader, run, bracket, decisions)],
        "bracket": _bracket(bracket, grid) if bracket else None,
        "states": _states(reader, bracket),
        "orders": _orders(reader, bracket, grid),
        "fills": _fills(reader, bracket, grid),
        "round_trip": trip.shape() if trip else None,
        "first_stop": grid.price(trip.first_stop) if trip else None,
        **_remarks(reader, [row.id for row in (bracket, *decisions, signal) if row is not None]),
        "footprints": (
            bars := [_decode(row.bar) for row in _of(reader, rows.Footprint, "signal_id", signal and signal.id)]
        ),
        "footprints_gone_ns": None
        if bars or not signal or not decisions
        else let_go_on(reader, "footprint", signal.seq),
    }


def _found(reader: Reader, row_id: str) -> tuple[rows.Bracket | None, list[rows.Decision], rows.Signal | None]:
    """The bracket, decisions and signal of a story; those that are part of it."""
    order = _one(reader, rows.Order, "client_order_id", row_id)
    fill = _one(reader, rows.Fill, "id", row_id)
    named = order or fill
    bracket = _one(reader, rows.Bracket, "id", named.bracket_id if named else row_id)
    decision = _one(reader, rows.Decision, "id", bracket.decision_id if bracket else row_id)
    signal = _one(reader, rows.Signal, "id", decision.signal_id if decision else row_id)
    if decision is None and signal is None:
        raise InputMissing(
            f"there is no signal, decision, bracket, order or fill {row_id}",
            where=reader.place.shown,
            do="paperpit journal round-trips, or paperpit journal blocked, lists the ids",
        )
    decisions = [decision] if decision else _of(reader, rows.Decision, "signal_id", signal and signal.id)
    if bracket is None:
        of_bracket = (_one(reader, rows.Bracket, "decision_id", row.id) for row in decisions)
        bracket = next((found for found in of_bracket if found), None)
    if bracket is not None:
        decisions = [row for row in decisions if row.id == bracket.decision_id]
    return bracket, decisions, signal


def _quotes(
    reader: Reader, run: RunInfo, bracket: rows.Bracket | None, decisions: Sequence[rows.Decision]
) -> list[rows.Decision]:
    """All that was said to the sides of a maker's quotes while a bracket of theirs lived; without one, these sides."""
    mine = [row for row in decisions if "quote" in _decode(row.facts)]
    if bracket is None or not mine:
        return mine
    until = max((row.ts for row in _of(reader, rows.BracketEvent, "bracket_id", bracket.id)), default=mine[-1].ts)
    of_maker: list[Condition] = [
        ('"decision".strategy = ?', [bracket.strategy]),
        ('"decision".instrument = ?', [bracket.instrument]),
        ('"decision".ts <= ?', [until]),
    ]
    return reader.some(rows.Decision, [*reader.written_by("decision", [run]), *of_maker], mine[0].seq - 1)


def _remarks(reader: Reader, ids: Sequence[str]) -> Facts:
    """What people have written about a story, whichever of its rows they named."""
    found = [one.shape() for one in remarks(reader, ids).values()]
    notes = sorted((note for one in found for note in one["notes"]), key=lambda note: int(note["ts_ns"]))
    return {"tags": sorted({tag for one in found for tag in one["tags"]}), "notes": notes}


def _one(reader: Reader, kind: type[Any], key: str, value: str | None) -> Any:
    found = _of(reader, kind, key, value)
    return found[0] if found else None


def _of(reader: Reader, kind: type[Any], key: str, value: str | None) -> list[Any]:
    return reader.where(kind, key, value) if value else []


def _kind(bracket: rows.Bracket | None, decisions: Sequence[rows.Decision], *, finished: bool) -> str:
    if bracket is not None:
        return "round-trip" if finished else "bracket"
    return decisions[0].verdict if decisions else "signal"


def run_facts(reader: Reader, run: RunInfo) -> Facts:
    """A run, as every story names it."""
    return {
        "run": run.run,
        "adapter": run.adapter,
        "account": run.account,
        "tape": run.tape,
        "fill_model": run.fill_model,
        "state": reader.state(run.run),
    }


def signal_facts(row: rows.Signal | rows.Candidate, grid: Grid, decisions: Sequence[rows.Decision]) -> Facts:
    """What was seen, and what became of it by these decisions."""
    return {
        "id": row.id,
        "ts_ns": row.ts,
        "known_ns": row.known,
        **seen_facts(row, grid, outcomes_of(decisions)),
    }


def decision_facts(row: rows.Decision, grid: Grid) -> Facts:
    """What was wanted, and what the gate said to it."""
    return {
        "id": row.id,
        "ts_ns": row.ts,
        "verdict": row.verdict,
        "strategy": row.strategy,
        "side": LONG_SHORT[row.side],
        "quantity": row.quantity,
        "entry": grid.optional(row.entry),
        "stop": grid.optional(row.stop),
        "target": grid.optional(row.target),
        "risk_ticks": _distance(row.entry, row.stop),
        "reward_ticks": _distance(row.entry, row.target),
        "why": row.why,
        "facts": _decode(row.facts),
        "room": _decode(row.room),
        "reasons": _decode(row.reasons),
    }


def order_facts(row: rows.Order, grid: Grid) -> Facts:
    """An order as it was intended."""
    return {
        "id": row.client_order_id,
        **order_terms(row, grid),
        "created_ns": row.created_ns,
        "reason": row.reason,
    }


def fill_facts(row: rows.Fill, grid: Grid) -> Facts:
    """What one execution traded."""
    return {
        "id": row.id,
        "ts_ns": row.ts,
        "role": row.role,
        "side": BUY_SELL[row.side],
        "quantity": row.quantity,
        "price": grid.price(row.price),
    }


def _distance(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else abs(one - other)


def _bracket(row: rows.Bracket, grid: Grid) -> Facts:
    return {
        "id": row.id,
        "strategy": row.strategy,
        "side": LONG_SHORT[row.side],
        "quantity": row.quantity,
        "entry": grid.price(row.entry),
        "stop": grid.price(row.stop),
        "target": grid.price(row.target),
        "created_ns": row.created_ns,
    }


def _states(reader: Reader, bracket: rows.Bracket | None) -> list[Facts]:
    found = _of(reader, rows.BracketEvent, "bracket_id", bracket and bracket.id)
    return [{"ts_ns": row.ts, "state": row.state, "why": row.why} for row in found]


def _orders(reader: Reader, bracket: rows.Bracket | None, grid: Grid) -> list[Facts]:
    made = []
    for row in _of(reader, rows.Order, "bracket_id", bracket and bracket.id):
        events = reader.where(rows.OrderEvent, "client_order_id", row.client_order_id)
        made.append(
            {
                **order_facts(row, grid),
                "state": states_of(events).get(row.client_order_id, "intended"),
                "amendments": [
                    {
                        "ts_ns": row.ts,
                        "word": row.word,
                        "stop_price": grid.optional(row.stop_price),
                        "quantity": row.quantity,
                        "reason": row.reason,
                    }
                    for row in reader.where(rows.Amendment, "client_order_id", row.client_order_id)
                ],
                "events": [
                    {"ts_ns": event.ts, "state": event.state, "source": event.source, "message": event.message}
                    for event in events
                ],
            }
        )
    return made


def _fills(reader: Reader, bracket: rows.Bracket | None, grid: Grid) -> list[Facts]:
    return [
        {
            **fill_facts(row, grid),
            "order_id": row.client_order_id,
            "model": row.model,
            "source": row.source,
            "corrects": row.corrects,
        }
        for row in _of(reader, rows.Fill, "bracket_id", bracket and bracket.id)
    ]
