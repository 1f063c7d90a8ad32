"""What the account holds and has lost, folded from fills: positions, working entries, open risk, the day's result.

The day is the exchange's session of the instrument that was traded, never midnight. Money is Decimal and in the
instrument's currency; a commission counts as expected at its fill and is put right by the broker's report. R of a
round trip is its money after commissions over what its units would have lost between their entry and the first stop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.instrument import Instrument
from bot.domain.order import Adjustment, Bracket, CommissionReport, FillReport, Order, Role, enters
from bot.risk.day import ZERO, Day
from bot.risk.hours import Sessions
from bot.risk.trips import WEEK_NS, Trip, Trips

KEPT_NS = 8 * 86_400_000_000_000
"""How long what has ended can still be corrected: a broker tells the executions of seven days."""
MINUTE_NS = 60_000_000_000
_DAYS_KEPT = 12
_R = Decimal("0.0001")  # a sum of whole steps is exact, in whatever order it was made


@dataclass(slots=True)
class _Holding:
    """One bracket's share of a position: lots in order of purchase, and the part of the entry that still works."""

    instrument: int
    bracket: Bracket | None  # None: a late fill of a bracket that had ended, whose stop is not known here
    unfilled: int = 0
    lots: list[tuple[int, int]] = field(default_factory=list)  # (signed units, price in ticks)
    risk: Decimal = ZERO
    risk_r: Decimal = ZERO
    adjusted: bool = False  # a part of it left at no price that is known


@dataclass(frozen=True, slots=True)
class Quoting:
    """What works of a maker's quotes in an instrument: units of each side, and ticks × units that may be lost by it."""

    bid: int = 0
    ask: int = 0
    risk_ticks: int = 0


@dataclass(slots=True)
class Booked:
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
        self._booked: dict[str, Booked] = {}
        self._of_bracket: dict[str, list[Booked]] = {}
        self._days: dict[int, Day] = {}
        self._newest = 0  # trading day
        self._forgotten_ns = 0  # what was last filled before this is not remembered
        self._told: dict[str, Decimal] = {}  # execution → what it cost in the broker's words, also before it was heard
        self._replaced: dict[str, str] = {}  # execution → the one that corrects it, with the same quantity
        self._sent: list[int] = []  # when the newest brackets were sent, ns UTC
        self.position = [0] * len(instruments)
        """Signed units by instrument."""
        self.working = [{1: 0, -1: 0} for _ in instruments]
        """Units of working entries by instrument and side."""
        self.open: set[str] = set()
        """Ids of brackets that have not ended."""
        self.risk = ZERO
        """Money lost if every open position and working entry ended at its stop, commissions included."""
        self.risk_r = ZERO
        """The same in R, each bracket's in its own."""
        self.price = [0] * len(instruments)
        """The newest price of ours by instrument, ticks."""
        self._quotes: dict[tuple[str, int], Quoting] = {}
        self.trips = Trips()
        """Round trips of the last days."""
        self.stopped: dict[int, int] = {}
        """Instrument → when a stop there last filled at a loss, ns UTC."""

    def day(self, instrument: int, ts: int) -> Day:
        """The account's day that `ts` belongs to by that instrument's sessions."""
        date = self._sessions[instrument].date(ts)
        found = self._days.get(date)
        if found is None:
            found = self._days[date] = Day()
        return found

    def state(self, now: int, today: int, cooldown_ns: int) -> dict[str, object]:
        """What can still change a verdict at `now`, in the trading day `today` or later, as plain values."""
        return {
            "positions": list(self.position),
            "working": [dict(sides) for sides in self.working],
            "open": sorted(self.open),
            "holdings": {
                name: (one.instrument, one.unfilled, list(one.lots), one.adjusted, one.risk, one.risk_r)
                for name, one in sorted(self._holdings.items())
            },
            "risk": (self.risk, self.risk_r),
            "days": {date: day for date, day in self._days.items() if date >= today and day != Day()},
            "sent": self._sent_lately(now),
            "stopped": {at: ts for at, ts in sorted(self.stopped.items()) if 0 <= now - ts < cooldown_ns},
            "trips": [
                (name, trip.ts, trip.net, trip.r, trip.forgiven, trip.forgiven_all)
                for name, trip in self.trips.since(now - WEEK_NS)
            ],
        }

    def margin(self) -> Decimal:
        """Initial margin of every position and working entry, at the newest price of ours in each instrument."""
        total = ZERO
        for at, facts in enumerate(self._instruments):
            units = abs(self.position[at]) + self.working[at][1] + self.working[at][-1]
            if units:
                total += facts.margin(self.price[at], units)
        return total

    def held(self, strategy: str, instrument: int) -> int:
        """Signed units of an instrument that the brackets of a strategy hold."""
        wishes = ((one, one.bracket.approved.proposal) for one in self._holdings.values() if one.bracket is not None)
        own = (one for one, wish in wishes if (wish.strategy, wish.instrument) == (strategy, instrument))
        return sum(units for one in own for units, _ in one.lots)

    def most(self, instrument: int) -> int:
        """Units that could be held of an instrument, whichever way is more."""
        held, working = self.position[instrument], self.working[instrument]
        return max(held + working[1], working[-1] - held)

    def gross(self) -> Decimal:
        """Worth of the most that could be held of every instrument, long and short added, at our newest prices."""
        return sum((one.worth(self.price[at], self.most(at)) for at, one in enumerate(self._instruments)), ZERO)

    def carried(self, way: int, weights: Mapping[str, Decimal] | None = None) -> Decimal:
        """Worth of what is held and could still be filled `way` (+1 long, −1 short), less what is held the other way.

        Each product counts by its weight (absent: not at all; below 0: it moves the other way); None: each as it is.
        """
        total = ZERO
        for at, facts in enumerate(self._instruments):
            weight = Decimal(1) if weights is None else weights.get(facts.product, ZERO)
            toward = way if weight >= 0 else -way
            units = toward * self.position[at] + self.working[at][toward]
            if weight and units:
                total += abs(weight) * facts.worth(self.price[at], 1) * units
        return total

    def sent_within(self, now: int) -> int:
        """How many brackets were sent in the minute up to `now`."""
        return len(self._sent_lately(now))

    def _sent_lately(self, now: int) -> list[int]:
        # A tape that is played again is earlier than the last.
        return [ts for ts in self._sent if 0 <= now - ts < MINUTE_NS]

    def opened(self, bracket: Bracket) -> None:
        """A bracket was sent: its entry works, its risk is taken."""
        entry, ts = bracket.entry, bracket.approved.ts
        day = self.day(entry.instrument, ts)
        self._forget(self._sessions[entry.instrument].date(ts), ts)
        self.open.add(bracket.id)
        # What works of quotes is counted apart: one side of them is replaced by another, again and again.
        works = 0 if bracket.approved.proposal.quote else entry.quantity
        self._holdings[bracket.id] = holding = _Holding(entry.instrument, bracket, works)
        self.price[entry.instrument] = bracket.approved.proposal.entry
        self.working[entry.instrument][entry.side] += works
        if not bracket.approved.proposal.quote:
            day.brackets += 1
            day.sent[bracket.approved.proposal.strategy] += 1
            self._sent = [*self._sent_lately(ts), ts]
        self._weigh(holding)

    def quoting(self, strategy: str, instrument: int, bid: int, ask: int, risk_ticks: int) -> Quoting:
        """What works of a maker's quotes from here on; what did before."""
        money = self._instruments[instrument].money(risk_ticks)
        before = self._quotes.pop((strategy, instrument), Quoting())
        if bid or ask:
            self._quotes[strategy, instrument] = Quoting(bid, ask, risk_ticks)
        self.working[instrument][1] += bid - before.bid
        self.working[instrument][-1] += ask - before.ask
        self.risk += money - self._instruments[instrument].money(before.risk_ticks)
        return before

    def ended(self, bracket: Bracket) -> Trip | None:
        """A bracket has ended: what was left of its entry no longer works. The round trip, if it made one."""
        self.open.discard(bracket.id)
        holding = self._holdings.get(bracket.id)
        if holding is None:
            return None
        self.working[holding.instrument][bracket.entry.side] -= holding.unfilled
        holding.unfilled = 0
        self._weigh(holding)
        booked = self._of_bracket.get(bracket.id)
        if holding.lots:
            return None
        del self._holdings[bracket.id]
        if holding.adjusted or not booked or not any(one.fill.quantity for one in booked):
            return None
        last = booked[-1]
        trip = Trip(bracket, last.fill.ts, last.day, *self._result(bracket, booked), last.order)
        self.trips.ended(trip)
        return trip

    def woke(self, bracket: Bracket) -> None:
        """A bracket that had ended lives again: something of it filled late, or works after all."""
        self.trips.woke(bracket.id)
        self.open.add(bracket.id)
        entry = bracket.entry
        holding = self._holdings.setdefault(bracket.id, _Holding(entry.instrument, bracket))
        holding.bracket = bracket
        filled = sum(one.fill.quantity for one in self._of_bracket.get(bracket.id, ()) if one.order.role is Role.ENTRY)
        rest = 0 if bracket.approved.proposal.quote else max(0, entry.quantity - filled) - holding.unfilled
        holding.unfilled += rest
        self.working[entry.instrument][entry.side] += rest
        self._weigh(holding)

    def fill(self, fill: FillReport, order: Order) -> None:
        """An execution of one of our orders; one that corrects another takes its place."""
        if fill.corrects in self._booked:
            self._correct(fill, order)
        elif fill.corrects and order.bracket_id not in self._of_bracket and order.created_ns < self._forgotten_ns:
            return  # of an execution that was forgotten long ago: counted again, it would be a second one
        else:
            booked = self._count(fill, order)
            booked.day.book(booked.gained - booked.cost)
        self._retell(order.bracket_id)

    def _count(self, fill: FillReport, order: Order) -> Booked:
        """Take an execution in; what it brought is still to be booked."""
        instrument, units = order.instrument, fill.side * fill.quantity
        holding = self._holdings.setdefault(order.bracket_id, _Holding(instrument, None))
        self.position[instrument] += units
        entry = min(fill.quantity, holding.unfilled) if order.role is Role.ENTRY else 0
        holding.unfilled -= entry
        self.working[instrument][fill.side] -= entry
        facts = self._instruments[instrument]
        gained = facts.money(_match(holding.lots, units, fill.price))
        cost = self._told.get(fill.exec_id, facts.commission * fill.quantity)
        booked = Booked(fill, order, self.day(instrument, fill.ts), gained, cost, entry)
        self._booked[fill.exec_id] = booked
        self._of_bracket.setdefault(order.bracket_id, []).append(booked)
        self.price[instrument] = fill.price
        if order.role is Role.STOP and gained < ZERO:
            self.stopped[instrument] = max(fill.ts, self.stopped.get(instrument, 0))
        self._weigh(holding)
        if not holding.lots and order.bracket_id not in self.open:
            del self._holdings[order.bracket_id]
        return booked

    def _correct(self, fill: FillReport, order: Order) -> None:
        """Take every execution of the bracket back and count them again, with the correction in the old one's place.

        What profit a lot makes depends on all that came before it. Of a day only the difference is booked: what it had
        been in between was never so.
        """
        known = self._of_bracket.pop(order.bracket_id)
        holding = self._holdings.setdefault(order.bracket_id, _Holding(order.instrument, None))
        brought: dict[int, Decimal] = {}
        for booked in known:
            del self._booked[booked.fill.exec_id]
            self.position[order.instrument] -= booked.fill.side * booked.fill.quantity
            holding.unfilled += booked.entry
            self.working[order.instrument][booked.fill.side] += booked.entry
            brought[id(booked.day)] = brought.get(id(booked.day), ZERO) - (booked.gained - booked.cost)
        holding.lots.clear()
        self._forget_stop(order.instrument)
        for booked in known:
            right = fill if booked.fill.exec_id == fill.corrects else booked.fill
            self._holdings.setdefault(order.bracket_id, holding)
            again = self._count(right, booked.order)
            if right.quantity == booked.fill.quantity and right.exec_id not in self._told:
                again.cost = booked.cost
                if right is fill:
                    self._replaced[fill.corrects] = fill.exec_id
            brought[id(again.day)] = brought.get(id(again.day), ZERO) + again.gained - again.cost
        for day in self._days.values():
            if amount := brought.get(id(day), ZERO):
                day.book(amount)

    def adjusted(self, adjustment: Adjustment) -> None:
        """A position changed without a fill of ours: at no price that is known, so nothing is gained or lost by it."""
        self.position[adjustment.instrument] += adjustment.quantity
        holding = self._holdings.get(adjustment.bracket_id)
        if holding is None:
            return
        holding.adjusted = True
        units = adjustment.quantity
        while units and holding.lots and holding.lots[0][0] * units < 0:
            price = holding.lots[0][1]
            closed = min(abs(units), abs(holding.lots[0][0])) * (1 if units > 0 else -1)
            _match(holding.lots, closed, price)
            units -= closed
        self._weigh(holding)

    def commission(self, report: CommissionReport) -> Booked | None:
        """What an execution really cost; the newest word holds. One that is not known (yet) counts when it comes: None.

        It may be told before its execution, and after another has taken that one's place, which costs the same then.
        """
        name, cost = report.exec_id, Decimal(report.amount)
        self._told[name] = cost
        while (newer := self._replaced.get(name)) is not None and newer not in self._told:
            name = newer
        booked = self._booked.get(name)
        if booked is not None:
            booked.cost, before = cost, booked.cost
            booked.day.book(before - booked.cost)
            self._retell(booked.order.bracket_id)
        return booked

    def _retell(self, bracket_id: str) -> None:
        """What a round trip that has ended already has brought, anew."""
        trip = self.trips.get(bracket_id)
        if trip is not None:
            self.trips.changed(trip, *self._result(trip.bracket, self._of_bracket[bracket_id]))

    def _result(self, bracket: Bracket, booked: Sequence[Booked]) -> tuple[Decimal, Decimal]:
        """(net, R) of what was executed of a bracket."""
        facts, stop = self._instruments[bracket.entry.instrument], bracket.stop.stop_price
        assert stop is not None, "a bracket has a stop"
        net = sum((one.gained - one.cost for one in booked), ZERO)
        entries = [one.fill for one in booked if enters(one.order.role, one.order.side, bracket.entry.side)]
        ticks = bracket.entry.side * sum(fill.quantity * (fill.price - stop) for fill in entries)
        if ticks <= 0:  # filled beyond its own stop: what it was meant to risk is all that there is to measure by
            ticks = bracket.approved.proposal.risk_ticks * sum(fill.quantity for fill in entries)
        return net, (net / facts.money(ticks)).quantize(_R) if ticks > 0 else ZERO

    def _forget_stop(self, instrument: int) -> None:
        """When a stop last filled at a loss, without what has just been taken back."""
        self.stopped.pop(instrument, None)
        for one in self._booked.values():
            if one.order.instrument == instrument and one.order.role is Role.STOP and one.gained < ZERO:
                self.stopped[instrument] = max(one.fill.ts, self.stopped.get(instrument, 0))

    def _forget(self, date: int, ts: int) -> None:
        """On the first bracket of a new day: let go of what nothing can change or ask for any more."""
        if date <= self._newest:
            return
        self._newest, self._forgotten_ns = date, ts - KEPT_NS
        for bracket_id in [name for name, booked in self._of_bracket.items() if booked[-1].fill.ts < ts - KEPT_NS]:
            if bracket_id not in self._holdings:
                for one in self._of_bracket.pop(bracket_id):
                    self._booked.pop(one.fill.exec_id, None)
        self.trips.forget(ts - KEPT_NS)
        for old in sorted(self._days)[:-_DAYS_KEPT]:
            del self._days[old]

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
        risk_r = self._in_r(holding, risk) if risk else ZERO
        self.risk += risk - holding.risk
        self.risk_r += risk_r - holding.risk_r
        holding.risk, holding.risk_r = risk, risk_r

    def _in_r(self, holding: _Holding, risk: Decimal) -> Decimal:
        """Open risk in R of the units that carry it; one whose stop is not known here counts as one R."""
        units = sum(abs(units) for units, _ in holding.lots) + holding.unfilled
        ticks = units * holding.bracket.approved.proposal.risk_ticks if holding.bracket is not None else 0
        if ticks <= 0:
            return Decimal(1)
        return (risk / self._instruments[holding.instrument].money(ticks)).quantize(_R)


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
