"""What is held against an inventory in another instrument, and what of the inventory is not hedged.

Definition (own, held = signed units of inventory and hedge, ρ = units of the hedge that move as one of the inventory)
    exact      −own · ρ                           what would leave nothing open, in units of the hedge
    open       held − exact                       delta that is not hedged, in units of the hedge; ÷ ρ in the others
    wanted     held, while |open| ≤ threshold     whoever trades back and forth across half a contract pays for nothing;
               else the whole number next to exact, the smaller one of two that are as near
    flat       own = 0 → wanted = 0, whatever the threshold says

A threshold is at least half a unit, or no whole number would ever be near enough.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from bot.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Hedge:
    """How a strategy's inventory is hedged. Instruments by index of the run, distances in ticks, times in ns."""

    strategy: str
    instrument: int
    """Where the inventory is."""
    by: int
    """What is held against it."""
    ratio: Fraction
    """Units of `by` for one unit of `instrument`."""
    threshold: Fraction
    """Units of `by` that may be open without anything being done."""
    stop_ticks: int
    reach_ticks: int
    """How far beyond the other side's touch an order of the hedge may pay."""
    patience_ns: int
    """How long too much may be open before nothing is quoted that would make it more."""

    def open(self, own: int, held: int) -> Fraction:
        """What is not hedged, in units of `by`."""
        return own * self.ratio + held

    def wanted(self, own: int, held: int) -> int:
        """Signed units of `by` to be held."""
        if own == 0:
            return 0
        if not self.too_much(own, held):
            return held
        exact = -own * self.ratio
        near = math.ceil(abs(exact) - Fraction(1, 2))
        return near if exact > 0 else -near

    def too_much(self, own: int, held: int) -> bool:
        """Whether more is open than may be; a hedge of nothing always is."""
        return held != 0 if own == 0 else abs(self.open(own, held)) > self.threshold


@dataclass(frozen=True, slots=True)
class LegRisk:
    """One leg is there and the other is not: what of an inventory is open, and since when."""

    units: Fraction
    """Delta that is not hedged, in units of the inventory's instrument; signed."""
    since_ns: int
    patience_ns: int
    why: str = ""
    """What keeps the other leg from being done; empty: it is on its way."""

    def lasts(self, now: int) -> bool:
        """Whether it has lasted for longer than it may."""
        return now - self.since_ns > self.patience_ns


def ratio_of(one: Instrument, by: Instrument) -> Fraction | None:
    """Units of `by` that move as one unit of `one`, by their multipliers; None unless one is the other's micro.

    Multipliers compare only what is quoted in the same points: a share of SPY and a future on its index are not.
    """
    if by.product != f"M{one.product}" and one.product != f"M{by.product}":
        return None
    return (Fraction(one.tick_value) / Fraction(one.tick)) / (Fraction(by.tick_value) / Fraction(by.tick))
