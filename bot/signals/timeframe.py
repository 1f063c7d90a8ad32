"""Which bar length a market deserves: the shortest whose range pays for a round trip and that is never thin.

Definition
    Of 1m, 5m, 15m, 1h and 1d the shortest with
        median range       at least 6 × (median spread + fees of a round trip), ticks,
        median prints      at least 200,
        empty tenths       at most 5 % of the tenths of its bars without a print,
    from the last 20 whole days before today; and never below the floor that is set for the product (crude oil and gold:
    15m, after the lesson, which calls them wide and thin: the measured spread says whether they are). A length of which
    no whole bar was seen is not refuted. The context is one of the next two lengths up.
    Day by day the answer changes only when three days in a row agree on another one.
Source
    Specification of signals §12. Every number is a starting value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

MINUTE_NS = 60_000_000_000
LENGTHS = (MINUTE_NS, 5 * MINUTE_NS, 15 * MINUTE_NS, 60 * MINUTE_NS, 1440 * MINUTE_NS)
NAMES = dict(zip(LENGTHS, ("1m", "5m", "15m", "1h", "1d"), strict=True))
RANGE_COSTS, PRINTS_MIN, EMPTY_MAX = 6, 200, 0.05
DAYS_MAX, DAYS_AGREED = 20, 3
_SETTING = {MINUTE_NS: 0, 5 * MINUTE_NS: 0, 15 * MINUTE_NS: 1, 60 * MINUTE_NS: 0}
"""Which of the two contexts a strategy is advised: 5m for 1m, 15m for 5m, 1d for 15m and 1h."""

Bound = Literal["measurement", "floor"]


@dataclass(frozen=True, slots=True)
class Length:
    """The whole bars of one length, of one day or of several."""

    bars: int
    range_ticks: float  # median
    prints: float  # median
    empty: float  # share of the tenths without a print


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What one trading day's hours showed."""

    date: int  # yyyymmdd
    whole: bool  # the tape covers the hours from end to end
    spread_ticks: float | None  # median by time; None without quotes
    depth: float | None  # median by time of the mean of both touches' sizes
    prints_per_hour: float
    lengths: Mapping[int, Length]  # by length in ns


@dataclass(frozen=True, slots=True)
class Choice:
    """What is proposed, and why."""

    timeframe_ns: int
    contexts: tuple[int, ...]
    """The next two lengths up, ns."""
    bound: Bound
    """What decided: the measurement, or the product's floor."""
    measured_ns: int | None
    """What the measurement alone would say; None where nothing was measured."""
    reasons: tuple[str, ...]
    """A line for each length up to the proposed one."""
    facts: DayFacts | None
    """What was measured, over all days that count."""
    days: int
    """How many those are."""

    @property
    def context_ns(self) -> int | None:
        """The context that a strategy is advised; None for a day."""
        return self.contexts[_SETTING[self.timeframe_ns]] if self.contexts else None


def choose(days: Sequence[DayFacts], *, fee_ticks: float, floor_ns: int = MINUTE_NS) -> Choice:
    """The bar length for the day after `days` (ascending), `fee_ticks` being the fees of a round trip.

    Only whole days count, and where there is none the broken ones.
    """
    counted = ([day for day in days if day.whole] or list(days))[-DAYS_MAX:]
    facts = pooled(counted) if counted else None
    reasons: list[str] = []
    measured = None if facts is None else _measured(facts, fee_ticks, reasons)
    chosen = next((length for length in LENGTHS if length >= max(measured or 0, floor_ns)), LENGTHS[-1])
    if facts is None:
        reasons.append("nothing was measured: the product's floor")
    elif measured is not None and chosen > measured:
        reasons.append(f"{NAMES[chosen]}: the product's floor, though {NAMES[measured]} would hold by measurement")
    at = LENGTHS.index(chosen)
    bound: Bound = "measurement" if chosen == measured else "floor"
    return Choice(chosen, LENGTHS[at + 1 : at + 3], bound, measured, tuple(reasons), facts, len(counted))


def settle(days: Sequence[DayFacts], *, fee_ticks: float, floor_ns: int = MINUTE_NS, current_ns: int = 0) -> int:
    """The length in force after `days`, ns: the first day's answer, or `current_ns`, until three days agree on another.

    Each day is judged from the days before it and itself, when it is over.
    """
    agreed, wanted = 0, current_ns
    for number in range(1, len(days) + 1):
        answer = choose(days[:number], fee_ticks=fee_ticks, floor_ns=floor_ns).timeframe_ns
        current_ns = current_ns or answer
        agreed = agreed + 1 if answer == wanted else 1
        wanted = answer
        if agreed >= DAYS_AGREED:
            current_ns = answer
    return current_ns or floor_ns


def pooled(days: Sequence[DayFacts]) -> DayFacts:
    """Several days as one: medians of their medians, empty tenths by the bars behind them."""
    lengths = {}
    for length in LENGTHS:
        seen = [day.lengths[length] for day in days if length in day.lengths]
        bars = sum(one.bars for one in seen)
        if bars:
            empty = sum(one.empty * one.bars for one in seen) / bars
            ranges, prints = median(one.range_ticks for one in seen), median(one.prints for one in seen)
            lengths[length] = Length(bars, ranges, prints, empty)
    spreads = [day.spread_ticks for day in days if day.spread_ticks is not None]
    depths = [day.depth for day in days if day.depth is not None]
    return DayFacts(
        date=days[-1].date,
        whole=all(day.whole for day in days),
        spread_ticks=median(spreads) if spreads else None,
        depth=median(depths) if depths else None,
        prints_per_hour=median(day.prints_per_hour for day in days),
        lengths=lengths,
    )


def _measured(facts: DayFacts, fee_ticks: float, reasons: list[str]) -> int:
    """The shortest length that holds, or that nothing refutes; why stands in `reasons`."""
    for length in LENGTHS[:-1]:
        seen, name = facts.lengths.get(length), NAMES[length]
        if seen is None:
            reasons.append(f"{name}: not one whole bar was seen; nothing shorter holds")
            return length
        faults = _faults(seen, facts.spread_ticks, fee_ticks)
        if not faults:
            cost = RANGE_COSTS * ((facts.spread_ticks or 0) + fee_ticks)
            reasons.append(
                f"{name}: range {seen.range_ticks:.1f} of at least {cost:.1f} ticks, {seen.prints:.0f} prints, "
                f"{seen.empty:.1%} of its tenths empty"
            )
            return length
        reasons.append(f"{name}: {'; '.join(faults)}")
    reasons.append(f"{NAMES[LENGTHS[-1]]}: nothing shorter holds")
    return LENGTHS[-1]


def _faults(seen: Length, spread: float | None, fee_ticks: float) -> list[str]:
    """What speaks against a length."""
    faults = []
    cost = RANGE_COSTS * ((spread or 0) + fee_ticks)
    if seen.range_ticks < cost:
        told = "spread unknown" if spread is None else f"spread {spread:.1f}"
        least = f"{RANGE_COSTS} × ({told} + fees {fee_ticks:.2f}) = {cost:.1f}"
        faults.append(f"range {seen.range_ticks:.1f} ticks, less than {least}")
    if seen.prints < PRINTS_MIN:
        faults.append(f"{seen.prints:.0f} prints, fewer than {PRINTS_MIN}")
    if seen.empty > EMPTY_MAX:
        faults.append(f"{seen.empty:.1%} of its tenths empty, more than {EMPTY_MAX:.0%}")
    return faults
