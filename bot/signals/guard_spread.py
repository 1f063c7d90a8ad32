"""G5, spread blow-out: makers have stepped back. The quickest sign of a fast market.

Definition
    On when the spread has been at least max(3 × its median of 30 minutes, a floor in ticks) for 500 ms; off when it has
    been under 1.5 × the median for 30 s, but for flashes shorter than 500 ms. The median is that of samples taken every
    five seconds.
Source
    Specification of signals §11; measured there: on 1–2 s after the onset of a planted fast market.
"""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from bot.config.params import SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 5
SAMPLE_SECONDS = 5
SAMPLES = 360
WIDEST = 63
"""Wider spreads count as this one in the median."""


class Params(guard.GuardParams):
    """How wide is too wide, and for how long."""

    times: float = 3.0
    floor_ticks: int = Field(3, ge=1)
    held: Duration = SECOND_NS // 2
    calm_times: float = 1.5
    release: Duration = 30 * SECOND_NS

    @model_validator(mode="after")
    def _calm_is_not_wide(self) -> Self:
        if self.calm_times >= min(self.times, self.floor_ticks):
            raise ValueError("calm_times has to be below times and floor_ticks, or one spread would be wide and calm")
        return self

    FLOORS: ClassVar[dict[str, int]] = {"CL": 4, "AAPL": 4, "GC": 5, "NQ": 8, "MNQ": 8, "TSLA": 8}

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> "Params":
        """The floor suits the product; 3 ticks where it is unknown."""
        return cls(floor_ticks=cls.FLOORS.get(product, 3))


STATE = guard.state(
    Params,
    ("spread", "i8"),  # in force, ticks; 0 before the first whole book
    ("median", "i8"),  # 0 before the first sample
    ("due", "i8"),  # when it will switch if the spread stays as it is
    ("wide_at", "i8"),  # while on: since when the spread is not calm, NEVER if it is
    ("calm_from", "i8"),  # and since when it is but for flashes
    ("count", "i8"),
    ("counts", "i8", (WIDEST + 1,)),
    ("samples", "u1", (SAMPLES,)),
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, due=NEVER)


@part
def threshold(g: Row) -> float:
    """The spread that is too wide."""
    return float(max(float(g.args.floor_ticks), g.args.times * g.median))


@part
def weigh(g: Row, ts: int) -> None:
    """The spread or its median changed: is a switch due now, still, or no more?"""
    if not g.on:
        if g.spread < threshold(g):
            g.due = NEVER
        elif g.due == NEVER:
            g.due = ts + g.args.held
        return
    calm = g.spread < g.args.calm_times * max(1, g.median)
    if calm and g.wide_at != NEVER:
        # A flash of width is no width here either: the calm before it counts on.
        if ts - g.wide_at >= g.args.held:
            g.calm_from = ts
        g.due, g.wide_at = g.calm_from + g.args.release, NEVER
    elif not calm and g.wide_at == NEVER:
        g.wide_at = ts
        if g.due > ts + g.args.held:
            g.due = NEVER


@part
def turn(g: Row, spread: int, ts: int) -> None:
    """The spread in force."""
    if spread != g.spread:
        g.spread = spread
        weigh(g, ts)


@part
def sample(g: Row, ts: int) -> None:
    """Five seconds have passed: the spread in force is one more of its usual ones."""
    if g.spread <= 0:
        return
    k = g.count % SAMPLES
    if g.count >= SAMPLES:
        g.counts[g.samples[k]] -= 1
    g.samples[k] = min(g.spread, WIDEST)
    g.counts[g.samples[k]] += 1
    g.count += 1
    half, below, s = (min(g.count, SAMPLES) + 1) // 2, 0, 0
    while below + g.counts[s] < half:
        below += g.counts[s]
        s += 1
    if s != g.median:
        g.median = s
        weigh(g, ts)


@part
def switch(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """It is due: go on or off; return how many events there are."""
    limit = g.args.calm_times * g.median if g.on else threshold(g)
    at = g.due
    found = guard.switch(g, g.spread, limit, at, arrival, row, out, found)
    g.due = NEVER
    # Long enough ago for the calm to begin when the spread says so.
    g.wide_at = at - g.args.held
    weigh(g, at)
    return found
