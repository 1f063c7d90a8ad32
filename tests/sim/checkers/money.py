"""What executions are worth, counted anew from the rows: the checkers' own arithmetic, not the gate's."""

from collections.abc import Iterator
from decimal import Decimal

from bot.domain.instrument import Instrument
from bot.journal import rows
from tests.sim.seen import Seen

ZERO = Decimal(0)


def day_net(seen: Seen, day: int) -> Decimal:
    """What a trading day has brought so far, after commissions: expected ones until the broker names its own."""
    total = ZERO
    for bracket_id in seen.durable.of_bracket:
        total += sum((money for when, money in _results(seen, bracket_id) if when == day), ZERO)
    return total


def open_risk(seen: Seen) -> Decimal:
    """What would be lost if everything held and every working entry ended at its stop, commissions included."""
    total = ZERO
    for row in seen.durable.live:
        facts = seen.day.instruments[seen.day.index(row.instrument)]
        lots = _lots(seen, row.id)
        held = sum(abs(units) for units, _ in lots)
        entered = sum(fill.quantity for fill in seen.durable.of_bracket.get(row.id, ()) if fill.role == "entry")
        waiting = max(0, row.quantity - entered)
        ticks = sum(max(0, units * (price - row.stop)) for units, price in lots)
        ticks += waiting * row.side * (row.entry - row.stop)
        total += facts.money(ticks) + facts.commission * (held + 2 * waiting)
    return total


def _results(seen: Seen, bracket_id: str) -> Iterator[tuple[int, Decimal]]:
    """(trading day, money) of each execution that stands."""
    lots: list[tuple[int, int]] = []
    for fill in seen.durable.of_bracket[bracket_id]:
        at = seen.day.index(fill.instrument)
        facts = seen.day.instruments[at]
        gained = facts.money(_match(lots, fill.side * fill.quantity, fill.price))
        yield seen.day.trading_day(at, fill.ts), gained - _cost(seen, fill, facts)


def _lots(seen: Seen, bracket_id: str) -> list[tuple[int, int]]:
    lots: list[tuple[int, int]] = []
    for fill in seen.durable.of_bracket.get(bracket_id, ()):
        _match(lots, fill.side * fill.quantity, fill.price)
    return lots


def _cost(seen: Seen, fill: rows.Fill, facts: Instrument) -> Decimal:
    told = seen.durable.commissions.get(fill.exec_id)
    if told is not None:
        return Decimal(told)
    before = seen.durable.fills.get(fill.corrects or "")
    if before is not None and before.quantity == fill.quantity:
        return _cost(seen, before, facts)
    return facts.commission * fill.quantity


def _match(lots: list[tuple[int, int]], units: int, price: int) -> int:
    """First in, first out; ticks × units that were gained."""
    gained = 0
    while units and lots and (lots[0][0] > 0) != (units > 0):
        held, paid = lots[0]
        closed = min(abs(held), abs(units))
        way = 1 if held > 0 else -1
        gained += way * closed * (price - paid)
        units += way * closed
        if closed == abs(held):
            lots.pop(0)
        else:
            lots[0] = (held - way * closed, paid)
    if units:
        lots.append((units, price))
    return gained
