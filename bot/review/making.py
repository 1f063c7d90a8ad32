"""What a market maker lives on: its result as spread, adverse selection and inventory, which add up to it exactly.

Definition (side s = +1 bought, −1 sold; q units at p; m the middle of the quote before the fill, m′ that `after` it)
    spread     Σ s·q·(m − p)     what the fill was better than the middle; a stop or an exit at market pays it instead:
                                 `crossed` is that part
    adverse    Σ s·q·(m′ − m)    where the price went next: whoever traded with the maker knew something, or did not
    inventory  −Σ s·q·m′         what holding brought from then on; of a flat position it has no other price
    total      −Σ s·q·p          = spread + adverse + inventory

A middle that is not known (halted, beyond the tape's end) is replaced by the one before it, and that one by the fill's
own price: its part is nothing then and goes into what holding brought.

Source
    Effective spread = realised spread + price impact: Huang & Stoll 1996, "Dealer versus auction markets"; the rest is
    the position's. Ticks × units; round trips of brackets that were made by quotes and are flat again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bot.domain.order import HEDGE, Role
from bot.journal import rows
from bot.journal.filters import Filters, Sessions
from bot.journal.reading import Reader, RunInfo
from bot.journal.round_trips import RoundTrip, round_trips
from bot.journal.values import money_text, number
from bot.review.legs import Open, hedging, leg_risk, opens, swings

SECOND_NS = 1_000_000_000
Middles = Mapping[tuple[str, int], float | None]
"""(product, ns UTC) → middle of the quote in ticks, None where nobody knows."""
Ask = Callable[[RunInfo, Mapping[str, Sequence[int]]], Middles]
"""Asks the tapes of a run for the middles of products at these moments."""


@dataclass(frozen=True, slots=True)
class Traded:
    """One fill of a maker, and the middles before and after it, ticks."""

    side: int
    quantity: int
    price: int
    quoted: bool
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True)
class Split:
    """Ticks × units."""

    total: Fraction = Fraction(0)
    spread: Fraction = Fraction(0)
    crossed: Fraction = Fraction(0)
    adverse: Fraction = Fraction(0)
    inventory: Fraction = Fraction(0)


def split(fills: Iterable[Traded]) -> Split:
    """The result of fills that add up to nothing, in parts that add up to it."""
    total, spread, crossed, adverse, inventory = (Fraction(0) for _ in range(5))
    for fill in fills:
        units, price = fill.side * fill.quantity, Fraction(fill.price)
        before = price if fill.before is None else fill.before
        after = before if fill.after is None else fill.after
        total -= units * price
        spread += units * (before - price)
        crossed += 0 if fill.quoted else units * (before - price)
        adverse += units * (after - before)
        inventory -= units * after
    return Split(total, spread, crossed, adverse, inventory)


def making(reader: Reader, runs: Sequence[RunInfo], filters: Filters, after_ns: int, ask: Ask) -> list[dict[str, Any]]:
    """One object a run and maker (the shape MAKER of `bot.journal.figure_shapes`), oldest run first."""
    found, sessions = list[dict[str, Any]](), Sessions(reader.read(rows.Instrument, runs), filters)
    for run in runs:
        trips = [trip for trip in round_trips(reader, [run]) if trip.quoted and _wanted(trip, filters, sessions)]
        wanted: dict[str, list[int]] = {}
        for trip in trips:
            for fill in (*trip.entries, *trip.exits):
                wanted.setdefault(trip.bracket.instrument, []).extend((fill.ts - 1, fill.ts + after_ns))
        groups: dict[tuple[str, str], list[RoundTrip]] = {}
        for trip in trips:
            groups.setdefault((trip.bracket.strategy, trip.bracket.instrument), []).append(trip)
        left = {key: opens(reader, run, key[0]) for key, own in groups.items() if not any(map(hedging, own))}
        for (_, product), told in left.items():
            wanted[product] += (one.ts for one in told)
        middles = ask(run, wanted) if wanted else {}
        for key, own in groups.items():
            one = _told(run, key, own, after_ns, middles)
            if left.get(key):
                hedges = [trip for trip in trips if trip.bracket.strategy == key[0] and hedging(trip)]
                one["hedged"] = _hedged(own, hedges, left[key], after_ns, middles)
            found.append(one)
    return found


def _wanted(trip: RoundTrip, filters: Filters, sessions: Sessions) -> bool:
    bracket, ts = trip.bracket, trip.entries[0].ts
    return (
        filters.strategy in ("", bracket.strategy)
        and filters.instrument in ("", bracket.instrument, bracket.contract)
        and filters.in_time(ts)
        and sessions.holds(bracket.run, bracket.instrument, ts)
    )


def _told(
    run: RunInfo, key: tuple[str, str], trips: Sequence[RoundTrip], after_ns: int, middles: Middles
) -> dict[str, Any]:
    strategy, product = key
    fills = [fill for trip in trips for fill in _traded(trip, after_ns, middles)]
    parts = split(fills)
    gross, paid = sum((trip.gross for trip in trips), Decimal(0)), sum((trip.commission for trip in trips), Decimal(0))
    return {
        "run": run.run,
        "strategy": strategy,
        "instrument": product,
        "hedge": any(map(hedging, trips)),
        "hedged": None,
        "fill_model": run.fill_model,
        "round_trips": len(trips),
        "fills": len(fills),
        "quoted": sum(fill.quoted for fill in fills),
        "after_s": after_ns / SECOND_NS,
        "unpriced": sum(fill.before is None or fill.after is None for fill in fills),
        "total_ticks": number(parts.total),
        "spread_ticks": number(parts.spread),
        "crossed_ticks": number(parts.crossed),
        "adverse_ticks": number(parts.adverse),
        "inventory_ticks": number(parts.inventory),
        "gross": money_text(gross),
        "commission": money_text(paid),
        "net": money_text(gross - paid),
    }


def _middle(middles: Middles, product: str, ts: int) -> Fraction | None:
    value = middles.get((product, ts))
    return None if value is None else Fraction(value)


def _traded(trip: RoundTrip, after_ns: int, middles: Middles) -> list[Traded]:
    """The fills of one round trip. A hedge's quote crosses: it pays the spread as a stop does."""
    product = trip.bracket.instrument
    return [
        Traded(
            fill.side,
            fill.quantity,
            fill.price,
            fill.role == Role.QUOTE and trip.orders[fill.client_order_id].reason != HEDGE,
            _middle(middles, product, fill.ts - 1),
            _middle(middles, product, fill.ts + after_ns),
        )
        for fill in (*trip.entries, *trip.exits)
    ]


def _hedged(
    trips: Sequence[RoundTrip], hedges: Sequence[RoundTrip], left: Sequence[Open], after_ns: int, middles: Middles
) -> dict[str, Any]:
    """What a hedge left open of an inventory, and what it took off the ups and downs of holding it."""
    product, grid = trips[0].bracket.instrument, trips[0].grid

    def held(trip: RoundTrip) -> Decimal:
        ticks = split(_traded(trip, after_ns, middles)).inventory
        return trip.grid.tick_value * ticks.numerator / ticks.denominator

    risk = leg_risk(left, lambda ts: _middle(middles, product, ts), grid.tick_value)
    return {**risk, **swings(trips, hedges, held)}
