"""Sees everything that happens on a simulated day, from outside of the desk, and lets every invariant look at it.

    sent(…)              the desk hands something to the broker
    heard(report)        a report is handed to the desk
    writing(group)       rows are handed to the database     wrote(group)    they are durable
    acknowledged(…)      a person is told that a command is done
    said(text)           words leave the process
    step()               something has happened; after the desk's turn, after a report, after a commit
    compared()           memory and journal must agree: after a recovery, and after each turn with new executions
    crashed()            the process is gone with all that it remembered
    rest()               faults have ceased and everything has settled

What is found is kept in `violations`; whoever runs the day looks and stops.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.order import Bracket, FillReport, LinkReport, Order, Report
from tests.sim.checkers import INVARIANTS, Invariant
from tests.sim.durable import Durable
from tests.sim.mind import Mind
from tests.sim.seen import SECOND, Acknowledged, Day, Flags, Seen, Sent, Truth, What

Rows = Sequence[Any]
ANSWERED_NS = 5 * SECOND
"""A position that an answer tells may be so old when the desk writes what it follows from it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold."""

    number: str
    promise: str
    message: str
    step: int
    now: int

    def __str__(self) -> str:
        return f"{self.number} {self.promise}: {self.message}"


class Eye:
    """`now`: the virtual clock, ns; `truth`: brings the exchange's books up to date; `mind`: the desk's memory."""

    def __init__(
        self,
        day: Day,
        now: Callable[[], int],
        truth: Callable[[], Truth],
        mind: Callable[[], Mind | None],
        invariants: Iterable[Invariant] = INVARIANTS,
    ) -> None:
        self.violations: list[Violation] = []
        self.flags = Flags()
        self.durable = Durable()
        self.steps = 0
        self._day, self._now, self._truth, self._mind = day, now, truth, mind
        self._sent: list[Sent] = []
        self._delivered: dict[str, FillReport] = {}
        self._acknowledged: list[Acknowledged] = []
        self._since: dict[Hashable, int] = {}
        self._looked = -1  # changes of the truth when it was looked at last
        self._compared = 0  # executions that were durable when memory was compared last
        every = tuple(invariants)
        self._on_send = [(one, one.on_send) for one in every if one.on_send]
        self._on_writing = [(one, one.on_writing) for one in every if one.on_writing]
        self._on_row = [(one, one.on_row) for one in every if one.on_row]
        self._on_step = [(one, one.on_step) for one in every if one.on_step]
        self._on_compared = [(one, one.compared) for one in every if one.compared]
        self._at_rest = [(one, one.at_rest) for one in every if one.at_rest]
        self._on_word = [(one, one.on_word) for one in every if one.on_word]

    def sent(
        self,
        what: What,
        *,
        orders: tuple[Order, ...] = (),
        bracket: Bracket | None = None,
        name: str = "",
        stop_price: int | None = None,
        quantity: int | None = None,
        refused: bool = False,
    ) -> None:
        """The desk handed something to the broker; `refused`: it was told that nobody hears it."""
        sent = Sent(what, self._now(), self.steps, orders, bracket, name, stop_price, quantity, refused)
        self._sent.append(sent)
        seen = self._seen()
        for one, check in self._on_send:
            self._found(one, check(seen, sent))

    def heard(self, report: Report) -> None:
        """A report was handed to the running desk."""
        if isinstance(report, FillReport) and not self.durable.has(report.exec_id):
            # What a correction has replaced already is nothing to be written.
            if all(row.corrects != report.exec_id for row in self.durable.fills.values()):
                self._delivered[report.exec_id] = report
        elif isinstance(report, LinkReport) and report.state != self.flags.heard_link:
            self.flags.heard_link, self.flags.heard_link_ns = report.state, self._now()

    def writing(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Rows are handed to the database."""
        seen = self._seen()
        for table, rows in group:
            for row in rows:
                for one, check in self._on_writing:
                    self._found(one, check(seen, table, row))

    def wrote(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Rows are durable."""
        every = sorted(((table, row) for table, rows in group for row in rows), key=lambda pair: pair[1][0])
        seen = self._seen()
        for table, row in every:
            self.durable.take(table, row)
            if table in ("fill", "mode_change"):
                for exec_id in [one for one in self._delivered if self.durable.has(one)]:
                    del self._delivered[exec_id]
            if table == "adjustment" and (bracket_id := str(json.loads(row.facts).get("bracket", ""))):
                at = self._day.index(row.instrument)
                seen.truth.adjusted(at, bracket_id, row.quantity, row.ts - ANSWERED_NS)
            for one, check in self._on_row:
                self._found(one, check(seen, table, row))

    def acknowledged(self, command: Acknowledged) -> None:
        """A person was told that a command is done."""
        self._acknowledged.append(command)

    def said(self, text: str) -> None:
        """Words leave the process."""
        for one, check in self._on_word:
            self._found(one, check(self._seen(), text))

    def crashed(self) -> None:
        """The process is gone."""
        self._delivered.clear()
        self.flags.up = False

    def step(self) -> None:
        """Something has happened."""
        self.steps += 1
        truth = self._truth()
        waiting = bool(self._since) or (bool(self._day.blackouts) and bool(truth.orders))
        if waiting or truth.changes != self._looked:
            self._looked = truth.changes
            seen = self._seen()
            for one, check in self._on_step:
                self._found(one, check(seen))
        if len(self.durable.fills) != self._compared and self.flags.up and self.flags.writable:
            self.compared()

    def compared(self) -> None:
        """Memory and journal must agree here."""
        self._compared = len(self.durable.fills)
        seen = self._seen(self._mind())
        for one, check in self._on_compared:
            self._found(one, check(seen))

    def rest(self) -> None:
        """Everything has settled."""
        self.compared()
        seen = self._seen(self._mind())
        for one, check in self._at_rest:
            self._found(one, check(seen))

    def _seen(self, mind: Mind | None = None) -> Seen:
        return Seen(
            self.steps,
            self._now(),
            self._truth(),
            self.durable,
            self.flags,
            self._day,
            self._sent,
            self._delivered,
            self._acknowledged,
            self._lasting,
            mind,
        )

    def _lasting(self, name: Hashable, holds: bool) -> int:
        """How long a condition has held; at its first moment a nanosecond, so that it is something."""
        if not holds:
            self._since.pop(name, None)
            return 0
        return self._now() - self._since.setdefault(name, self._now()) + 1

    def _found(self, one: Invariant, messages: Iterable[str]) -> None:
        for message in messages:
            self.violations.append(Violation(one.number, one.promise, message, self.steps, self._now()))
