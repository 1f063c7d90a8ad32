"""What no desk of ours writes: an order that nobody approved, a word that its state forbids, an id that is missing."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bot.domain.order import BracketState, OrderState, Role
from bot.journal import rows
from bot.journal.reading import Reader, RunInfo

Problem = dict[str, Any]

STATES = frozenset(state.value for state in OrderState)
BRACKET_STATES = frozenset(state.value for state in BracketState)
NAMED: tuple[tuple[Any, str], ...] = (
    *((rows.Signal, "id"), (rows.Candidate, "id"), (rows.Decision, "id"), (rows.Bracket, "id")),
    *((rows.Order, "client_order_id"), (rows.Fill, "id"), (rows.Adjustment, "id")),
)
"""Rows that take a number of their run's one counter."""

NEVER = {
    OrderState.FILLED: frozenset({OrderState.INTENDED, OrderState.SENT}),
    OrderState.WORKING: frozenset({OrderState.INTENDED}),
    OrderState.PARTIAL: frozenset({OrderState.INTENDED, OrderState.SENT}),
    OrderState.REJECTED: frozenset({OrderState.INTENDED, OrderState.SENT}),
    OrderState.CANCELLED: frozenset({OrderState.INTENDED, OrderState.SENT}),
}
"""State → what is never said of an order afterwards. A broker may take back much, but not that it has answered.

Its words may come late: an order of which it has said `filled`, while the executions are still to come, may once more
be said to work.
"""

UNPAID_NS = 600_000_000_000
"""An execution whose commission is not known after ten minutes is worth a question."""


def gate(reader: Reader) -> Iterator[Problem]:
    """Each bracket has one approved decision of its own and one entry, each refusal a reason (I12)."""
    verdicts = {row.id: row for row in reader.read(rows.Decision, reader.runs)}
    used: set[str] = set()
    for bracket in reader.read(rows.Bracket, reader.runs):
        decision = verdicts.get(bracket.decision_id)
        if decision is None or decision.verdict != "approved":
            said = "no decision" if decision is None else f"a decision that says {decision.verdict}"
            yield _found("gate", f"bracket {bracket.id} stands on {said}", bracket.seq)
        if bracket.decision_id in used:
            yield _found("gate", f"bracket {bracket.id} stands on a decision that has one already", bracket.seq)
        used.add(bracket.decision_id)
    for row in verdicts.values():
        if row.verdict == "blocked" and row.reasons == "[]":
            yield _found("gate", f"decision {row.id} refuses without a reason", row.seq)
    entries: dict[str | None, int] = defaultdict(int)
    for order in reader.read(rows.Order, reader.runs):
        if order.role == Role.ENTRY:
            entries[order.bracket_id] += 1
            if order.bracket_id is None or entries[order.bracket_id] > 1:
                yield _found("gate", f"order {order.client_order_id} is an entry that nobody approved", order.seq)


def words(reader: Reader) -> Iterator[Problem]:
    """Each word on an order and each state of a bracket may follow the one before; fills belong to what was sent."""
    known: dict[str, OrderState] = {}
    for row in reader.read(rows.OrderEvent, reader.runs):
        if row.state not in STATES:
            yield _found("legality", f"order {row.client_order_id} has no state {row.state!r}", row.seq)
            continue
        state = OrderState(row.state)
        before = known.get(row.client_order_id)
        if before is not None and state in NEVER.get(before, ()):
            yield _found("legality", f"order {row.client_order_id} was {before} and is {state}", row.seq)
        known[row.client_order_id] = state
    newest: dict[str, str] = {}
    for event in reader.read(rows.BracketEvent, reader.runs):
        if event.state not in BRACKET_STATES:
            yield _found("legality", f"bracket {event.bracket_id} has no state {event.state!r}", event.seq)
        elif event.bracket_id not in newest and event.state == BracketState.CLOSED:
            yield _found("legality", f"bracket {event.bracket_id} was closed before it was sent", event.seq)
        newest[event.bracket_id] = event.state
    sides = {row.client_order_id: row for row in reader.read(rows.Order, reader.runs)}
    for fill in reader.read(rows.Fill, reader.runs):
        order = sides.get(fill.client_order_id)
        if order is not None and (order.side, order.bracket_id) != (fill.side, fill.bracket_id):
            yield _found("legality", f"fill {fill.id} is not of its order's side and bracket", fill.seq)


def ids(reader: Reader) -> Iterator[Problem]:
    """A run's one counter has no gap: each number is the id of one row."""
    taken: dict[str, set[int]] = {run.run: set() for run in reader.runs}
    for kind, column in NAMED:
        for row in reader.read(kind, reader.runs):
            name = getattr(row, column)
            run, _, number = name.rpartition("-")
            if run != row.run or not number.isdigit():
                yield _found("id", f"{name} is no id of run {row.run}", row.seq)
            elif int(number) in taken[run]:
                yield _found("id", f"{name} names two rows", row.seq)
            else:
                taken[run].add(int(number))
    for run, numbers in taken.items():
        missing = sorted(set(range(1, max(numbers, default=0) + 1)) - numbers)
        if missing:
            yield {
                "kind": "id",
                "message": f"rows of run {run} are gone: {', '.join(map(str, missing[:9]))}",
                "run": run,
            }


def unpaid(reader: Reader, runs: list[RunInfo]) -> list[str]:
    """Executions whose commission is not known after ten minutes: a broker may say it late, or never (F49)."""
    paid = {row.exec_id for row in reader.read(rows.Commission, runs)}
    fills = reader.read(rows.Fill, runs)
    beats = [row.ts for row in reader.read(rows.Heartbeat, runs)]
    newest = max([*beats, *(fill.ts for fill in fills)], default=0)
    return [
        f"the commission of execution {fill.exec_id} is not known"
        for fill in fills
        if fill.exec_id not in paid and fill.quantity and newest - fill.ts > UNPAID_NS
    ]


def _found(kind: str, message: str, seq: int) -> Problem:
    return {"kind": kind, "message": message, "seq": seq}
