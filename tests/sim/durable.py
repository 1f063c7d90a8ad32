"""The journal as a checker knows it: folded row by row as groups became durable, by nobody of the desk's."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from bot.domain.command import KILL, paused
from bot.domain.order import OVER, BracketState
from bot.journal import rows


@dataclass(slots=True)
class Durable:
    """All that would be there after a crash."""

    seq: int = 0
    """Newest row."""
    decisions: dict[str, rows.Decision] = field(default_factory=dict)
    brackets: dict[str, rows.Bracket] = field(default_factory=dict)
    of_decision: dict[str, list[str]] = field(default_factory=dict)
    """Decision → its brackets: at most one."""
    orders: dict[str, rows.Order] = field(default_factory=dict)
    fills: dict[str, rows.Fill] = field(default_factory=dict)
    """Execution id → row."""
    of_bracket: dict[str, list[rows.Fill]] = field(default_factory=dict)
    """Bracket → its executions that stand, in order."""
    named: dict[str, str] = field(default_factory=dict)
    """Execution id → its order, where a row says that the journal does not know that order."""
    adjustments: list[rows.Adjustment] = field(default_factory=list)
    states: dict[str, BracketState] = field(default_factory=dict)
    """Bracket → newest state."""
    words: dict[str, str] = field(default_factory=dict)
    """Order → newest word on it."""
    commissions: dict[str, str] = field(default_factory=dict)
    controls: dict[str, rows.Control] = field(default_factory=dict)
    """Key → newest row."""
    commands: dict[str, int] = field(default_factory=dict)
    """Nonce → how often it was written as done."""
    positions: dict[str, int] = field(default_factory=dict)
    """Product → Σ executions that stand + Σ adjustments."""
    chained: list[tuple[str, Any]] = field(default_factory=list)
    """Rows of the hash chain as they were written, in order."""

    def take(self, table: str, row: Any) -> None:
        """Fold one row in."""
        self.seq = max(self.seq, row.seq)
        fold = _FOLDS.get(table)
        if fold is not None:
            fold(self, row)

    @property
    def live(self) -> list[rows.Bracket]:
        """Brackets that have not ended."""
        return [row for name, row in self.brackets.items() if self.state(name) not in OVER]

    def state(self, bracket_id: str) -> BracketState:
        """The newest state of a bracket; without a word it is intended."""
        return self.states.get(bracket_id, BracketState.INTENDED)

    def has(self, exec_id: str) -> bool:
        """Whether an execution is written, or else told of: its order's rows died with the process that sent it.

        A protective order leaves also while the journal cannot be written (I03); killed before it can, a desk has
        nothing that such an execution could be booked to, and takes the position from the broker's answer.
        """
        return exec_id in self.fills or (exec_id in self.named and self.named[exec_id] not in self.orders)

    def taken(self, bracket_id: str) -> int:
        """Signed units by which adjustments changed a bracket's share."""
        return sum(row.quantity for row in self.adjustments if json.loads(row.facts).get("bracket") == bracket_id)

    def closed(self, key: str) -> bool:
        """Whether a person has closed something and not opened it since."""
        row = self.controls.get(key)
        return row is not None and bool(json.loads(row.value))

    @property
    def killed(self) -> bool:
        """The kill switch."""
        return self.closed(KILL)

    @property
    def pauses(self) -> set[tuple[str, str]]:
        """(strategy, product) of every pause in force."""
        return {scope for key in self.controls if (scope := paused(key)) is not None and self.closed(key)}


def _decision(book: Durable, row: rows.Decision) -> None:
    book.decisions[row.id] = row
    book.chained.append(("decision", row))


def _bracket(book: Durable, row: rows.Bracket) -> None:
    book.brackets[row.id] = row
    book.of_decision.setdefault(row.decision_id, []).append(row.id)


def _event(book: Durable, row: rows.BracketEvent) -> None:
    book.states[row.bracket_id] = BracketState(row.state)


def _order(book: Durable, row: rows.Order) -> None:
    book.orders[row.client_order_id] = row


def _word(book: Durable, row: rows.OrderEvent) -> None:
    book.words[row.client_order_id] = row.state
    book.chained.append(("order_event", row))


def _fill(book: Durable, row: rows.Fill) -> None:
    before = book.fills.get(row.corrects or "")
    book.fills[row.exec_id] = row
    units = row.side * row.quantity - (before.side * before.quantity if before is not None else 0)
    book.positions[row.instrument] = book.positions.get(row.instrument, 0) + units
    standing = book.of_bracket.setdefault(row.bracket_id or "", [])
    places = [at for at, one in enumerate(standing) if one.exec_id == row.corrects]
    if places:
        standing[places[0]] = row
    else:
        standing.append(row)
    book.chained.append(("fill", row))


def _mode_change(book: Durable, row: rows.ModeChange) -> None:
    if row.mode == "difference":
        for cause in json.loads(row.causes):
            if found := _ORPHAN.fullmatch(cause):
                book.named[found[1]] = found[2]


_ORPHAN = re.compile(r"execution (\S+) \(.*\) is of order (\S+), which the journal does not know")


def _adjustment(book: Durable, row: rows.Adjustment) -> None:
    book.adjustments.append(row)
    book.positions[row.instrument] = book.positions.get(row.instrument, 0) + row.quantity
    book.chained.append(("adjustment", row))


def _commission(book: Durable, row: rows.Commission) -> None:
    book.commissions[row.exec_id] = row.amount


def _control(book: Durable, row: rows.Control) -> None:
    book.controls[row.key] = row
    book.chained.append(("control", row))


def _command(book: Durable, row: rows.Command) -> None:
    if not row.result.startswith("refused"):
        book.commands[row.nonce] = book.commands.get(row.nonce, 0) + 1


_FOLDS: dict[str, Any] = {
    "decision": _decision,
    "bracket": _bracket,
    "bracket_event": _event,
    "order": _order,
    "order_event": _word,
    "fill": _fill,
    "mode_change": _mode_change,
    "adjustment": _adjustment,
    "commission": _commission,
    "control": _control,
    "command": _command,
}
