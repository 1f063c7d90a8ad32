"""What the account holds and has lost, folded from fills: positions, working entries, open risk, the day's result.

The day is the exchange's session of the instrument that was traded, never midnight. Money is Decimal and in the
instrument's currency; a commission counts as expected at its fill and is put right by the broker's report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.instrument import Instrument
from bot.domain.order import Bracket, CommissionReport, FillReport, Order, Role
from bot.risk.hours import Sessions

ZERO = Decimal(0)


@dataclass(slots=True)
class _Holding:
    """One bracket's share of a position: lots in order of purchase, and the part of the entry that still works."""

    instrument: int
    bracket: Bracket | None  # None: a late fill of a bracket that had ended, whose stop is not known here
    unfilled: int = 0
    lots: list[tuple[int, int]] = field(default_factory=list)  # (signed units, price in ticks)
    risk: Decimal = ZERO


@dataclass(slots=True)
class Day:
    """One trading day of the whole account."""

    net: Decimal = ZERO
    """Realised result after commissions."""
    worst: Decimal = ZERO
    """The lowest that `net` has been."""
    brackets: int = 0
    """Brackets sent."""


class Ledger:
    """Folds what happened to our orders. Each call costs a few microseconds."""

    def __init__(self, instruments: Sequence[Instrument], sessions: Sequence[Sessions]) -> None:
        self._instruments, self._sessions = instruments, sessions
        self._holdings: dict[str, _Holding] = {}
        self._expected: dict[str, tuple[Day, Decimal]] = {}
        self._days: dict[int, Day] = {}
        self.position = [0] * len(instruments)
        """Signed units by instrument."""
        self.working = [{1: 0, -1: 0} for _ in instruments]
        """Units of working entries by instrument and side."""
        self.open: set[str] = set()
        """Ids of brackets that have not ended."""
        self.risk = ZERO
        """Money lost if every open position and working entry ended at its stop, commissions included."""

    def day(self, instrument: int, ts: int) -> Day:
        """The account's day that `ts` belongs to by that instrument's sessions."""
        return self._days.setdefault(self._sessions[instrument].date(ts), Day())

    def opened(self, bracket: Bracket) -> None:
        """A bracket was sent: its entry works, its risk is taken."""
        entry = bracket.entry
        self.open.add(bracket.id)
        self._holdings[bracket.id] = holding = _Holding(entry.instrument, bracket, entry.quantity)
        self.working[entry.instrument][entry.side] += entry.quantity
        self.day(entry.instrument, bracket.approved.ts).brackets += 1
        self._weigh(holding)

    def ended(self, bracket: Bracket) -> None:
        """A bracket has ended: what was left of its entry no longer works."""
        self.open.discard(bracket.id)
        holding = self._holdings.get(bracket.id)
        if holding is None:
            return
        self.working[holding.instrument][bracket.entry.side] -= holding.unfilled
        holding.unfilled = 0
        self._weigh(holding)
        if not holding.lots:
            del self._holdings[bracket.id]

    def fill(self, fill: FillReport, order: Order) -> None:
        """An execution of one of our orders."""
        instrument, units = order.instrument, fill.side * fill.quantity
        holding = self._holdings.setdefault(order.bracket_id, _Holding(instrument, None))
        self.position[instrument] += units
        if order.role is Role.ENTRY and holding.unfilled:
            filled = min(fill.quantity, holding.unfilled)
            holding.unfilled -= filled
            self.working[instrument][fill.side] -= filled
        facts = self._instruments[instrument]
        day = self.day(instrument, fill.ts)
        expected = facts.commission * fill.quantity
        self._expected[fill.exec_id] = (day, expected)
        self._book(day, facts.money(_match(holding.lots, units, fill.price)) - expected)
        self._weigh(holding)
        if not holding.lots and order.bracket_id not in self.open:
            del self._holdings[order.bracket_id]

    def commission(self, report: CommissionReport) -> None:
        """What an execution really cost; one that nobody filled is not ours."""
        known = self._expected.pop(report.exec_id, None)
        if known is not None:
            day, expected = known
            self._book(day, expected - Decimal(report.amount))

    def _book(self, day: Day, amount: Decimal) -> None:
        day.net += amount
        day.worst = min(day.worst, day.net)

    def _weigh(self, holding: _Holding) -> None:
        """What this bracket can still cost."""
        facts, bracket = self._instruments[holding.instrument], holding.bracket
        ticks, sides = 0, 0
        for units, price in holding.lots:
            if bracket is not None and bracket.stop.stop_price is not None and units * bracket.entry.side > 0:
                ticks += max(0, units * (price - bracket.stop.stop_price))
            else:
                ticks += abs(units) * facts.max_stop_ticks
            sides += abs(units)
        if bracket is not None:
            ticks += holding.unfilled * bracket.approved.proposal.risk_ticks
            sides += 2 * holding.unfilled
        risk = facts.money(ticks) + facts.commission * sides
        self.risk += risk - holding.risk
        holding.risk = risk


def _match(lots: list[tuple[int, int]], units: int, price: int) -> int:
    """Fold a fill into lots, first in first out; ticks × units gained by what it closed."""
    gained = 0
    while units and lots and lots[0][0] * units < 0:
        held, paid = lots[0]
        closed = min(abs(held), abs(units))
        sign = 1 if held > 0 else -1
        gained += sign * closed * (price - paid)
        units += sign * closed
        if closed == abs(held):
            lots.pop(0)
        else:
            lots[0] = (held - sign * closed, paid)
    if units:
        lots.append((units, price))
    return gained
