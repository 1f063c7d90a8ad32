"""What a maker's hedge left open, and what it was worth, from the rows that the desk wrote of it.

Definition (u = delta that is not hedged, in units of the inventory's instrument; rows at t₀ < t₁ < …, m the middle)
    seconds    Σ (tᵢ₊₁ − tᵢ) where uᵢ ≠ 0
    ticks      Σ uᵢ·(m(tᵢ₊₁) − m(tᵢ))     what the market did to what was open; gained above 0
    swing      standard deviation over the inventory's round trips of what holding brought, with what its hedge brought
               in the meantime (`swing`) and without (`swing_alone`): what a hedge is for

Counted is what was more than the threshold. A middle that nobody knows moves nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec

from bot.domain.command import hedge_key
from bot.domain.order import HEDGE
from bot.journal import rows
from bot.journal.reading import Reader, RunInfo
from bot.journal.round_trips import RoundTrip
from bot.journal.values import money_text, number

SECOND_NS = 1_000_000_000
Middle = Callable[[int], Fraction | None]


@dataclass(frozen=True, slots=True)
class Open:
    """From `ts` on (ns UTC) so much was not hedged."""

    ts: int
    units: Fraction


def opens(reader: Reader, run: RunInfo, strategy: str) -> list[Open]:
    """What a strategy's hedge left open, in order of time; empty where nothing is hedged."""
    key = hedge_key(strategy)
    told = (row for row in reader.read(rows.Control, [run]) if row.key == key)
    return [Open(row.ts, _units(msgspec.json.decode(row.value))) for row in told]


def hedging(trip: RoundTrip) -> bool:
    """Whether a round trip is a hedge's."""
    return any(order.reason == HEDGE for order in trip.orders.values())


def leg_risk(told: Sequence[Open], middle: Middle, tick_value: Decimal) -> dict[str, Any]:
    """How often, how long, how much and at what result something was open; nothing where no hedge was."""
    times = sum(bool(one.units) and not (told[at - 1].units if at else 0) for at, one in enumerate(told))
    nanoseconds, ticks = 0, Fraction(0)
    for one, after in pairwise(told):
        if one.units:
            nanoseconds += after.ts - one.ts
            before, then = middle(one.ts), middle(after.ts)
            ticks += one.units * (then - before) if before is not None and then is not None else 0
    return {
        "legs": times,
        "seconds": nanoseconds / SECOND_NS,
        "most": number(max((abs(one.units) for one in told), default=Fraction(0))),
        "open": number(told[-1].units if told else Fraction(0)),
        "money": money_text(_money(ticks, tick_value)),
    }


def swings(
    inventory: Sequence[RoundTrip], hedges: Sequence[RoundTrip], held: Callable[[RoundTrip], Decimal]
) -> Mapping[str, str]:
    """Both swings as money; `held` tells what holding brought in one round trip."""
    alone = [held(trip) for trip in inventory]
    both = list(alone)
    starts = [trip.entries[0].ts for trip in inventory]
    for trip in hedges:
        # It belongs to the inventory that had begun last.
        at = sum(start <= trip.entries[0].ts for start in starts) - 1
        if at >= 0:
            both[at] += held(trip)
    return {"swing_alone": _deviation(alone), "swing": _deviation(both)}


def _deviation(amounts: Sequence[Decimal]) -> str:
    if len(amounts) < 2:
        return "0.00"
    mean = sum(amounts, Decimal(0)) / len(amounts)
    return f"{math.sqrt(sum((one - mean) ** 2 for one in amounts) / (len(amounts) - 1)):.2f}"


def _money(ticks: Fraction, tick_value: Decimal) -> Decimal:
    return (tick_value * ticks.numerator / ticks.denominator).quantize(Decimal("0.01"))


def _units(value: object) -> Fraction:
    # A third is written as a float: nothing is measured finer than that.
    return Fraction(str(value)).limit_denominator(1_000_000)
