"""What the account holds and has lost, folded from fills: positions, working entries, open risk, the day's result.

The day is the exchange's session of the instrument that was traded, never midnight. Money is Decimal and in the
instrument's currency; a commission counts as expected at its fill and is put right by the broker's report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.instrument import Instrument
from bot.domain.order import Adjustment, Bracket, CommissionReport, FillReport, Order, Role
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


@dataclass(slots=True)
class _Booked:
    """One execution as it was counted, so that a correction can take it back."""

    fill: FillReport
    order: Order
    day: Day
    gained: Decimal
    cost: Decimal  # expected, or the broker's own word
    entry: int = 0  # units of the working entry that it took


class Ledger:
    """Folds what happened to our orders. Each call costs a few microseconds."""

    def __init__(self, instruments: Sequence[Instrument], sessions: Sequence[Sessions]) -> None:
        self._instruments, self._sessions = instruments, sessions
        self._holdings: dict[str, _Holding] = {}
        self._booked: dict[str, _Booked] = {}
        self._of_bracket: dict[str, list[_Booked]] = {}
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
        """An execution of one of our orders; one that corrects another takes its place."""
        if fill.corrects in self._booked:
            self._correct(fill, order)
            return
        instrument, units = order.instrument, fill.side * fill.quantity
        holding = self._holdings.setdefault(order.bracket_id, _Holding(instrument, None))
        self.position[instrument] += units
        entry = min(fill.quantity, holding.unfilled) if order.role is Role.ENTRY else 0
        holding.unfilled -= entry
        self.working[instrument][fill.side] -= entry
        facts = self._instruments[instrument]
        day = self.day(instrument, fill.ts)
        gained, cost = facts.money(_match(holding.lots, units, fill.price)), facts.commission * fill.quantity
        booked = _Booked(fill, order, day, gained, cost, entry)
        self._booked[fill.exec_id] = booked
        self._of_bracket.setdefault(order.bracket_id, []).append(booked)
        self._book(day, gained - cost)
        self._weigh(holding)
        if not holding.lots and order.bracket_id not in self.open:
            del self._holdings[order.bracket_id]

    def _correct(self, fill: FillReport, order: Order) -> None:
        """Take every execution of the bracket back and count them again, with the correction in the old one's place.

        What profit a lot makes depends on all that came before it.
        """
        known = self._of_bracket.pop(order.bracket_id)
        holding = self._holdings.setdefault(order.bracket_id, _Holding(order.instrument, None))
        for booked in known:
            del self._booked[booked.fill.exec_id]
            self.position[order.instrument] -= booked.fill.side * booked.fill.quantity
            holding.unfilled += booked.entry
            self.working[order.instrument][booked.fill.side] += booked.entry
            booked.day.net -= booked.gained - booked.cost
        holding.lots.clear()
        for booked in known:
            right = fill if booked.fill.exec_id == fill.corrects else booked.fill
            self._holdings.setdefault(order.bracket_id, holding)
            self.fill(right, booked.order)
            if right.quantity == booked.fill.quantity:
                self._pay(right.exec_id, booked.cost)

    def adjusted(self, adjustment: Adjustment) -> None:
        """A position changed without a fill of ours: at no price that is known, so nothing is gained or lost by it."""
        self.position[adjustment.instrument] += adjustment.quantity
        holding = self._holdings.get(adjustment.bracket_id)
        if holding is None:
            return
        units = adjustment.quantity
        while units and holding.lots and holding.lots[0][0] * units < 0:
            price = holding.lots[0][1]
            closed = min(abs(units), abs(holding.lots[0][0])) * (1 if units > 0 else -1)
            _match(holding.lots, closed, price)
            units -= closed
        self._weigh(holding)

    def commission(self, report: CommissionReport) -> None:
        """What an execution really cost; the newest word holds. One that nobody filled is not ours."""
        self._pay(report.exec_id, Decimal(report.amount))

    def _pay(self, exec_id: str, cost: Decimal) -> None:
        booked = self._booked.get(exec_id)
        if booked is not None:
            booked.cost, before = cost, booked.cost
            self._book(booked.day, before - cost)

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
