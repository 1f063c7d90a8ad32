"""G11, trend day: takers instead of makers. Who fades a move that goes one way and does not come back loses.

Definition
    On mids a minute apart: ER = |move of 30 minutes| / Σ |moves of its minutes|. On when ER ≥ .6 and the move has been
    at least 6 average minute ranges for five minutes on end; off when ER < .4. `direction` says which way it runs: only
    entries against it are vetoed. Weighed once a minute; after a halt nothing changes before 30 minutes have been seen.
Source
    Specification of signals §11; the efficiency ratio is Kaufman's (1995). The thresholds are guesses. The five minutes
    are ours: any walk reaches the ratio now and then, and half an hour of guard is dear.
"""

from typing import Self

from pydantic import Field, model_validator

from bot.config.params import MINUTE_NS, SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.guard_volatility import MIDS

NUMBER = 11
STEPS = 30
"""Moves of a window; each is a thirtieth of it."""


class Params(guard.GuardParams):
    """How straight and how far, and when it is over."""

    window: Duration = Field(30 * MINUTE_NS, ge=STEPS * SECOND_NS, le=(MIDS - STEPS) * SECOND_NS)
    efficiency: float = Field(0.6, gt=0, le=1)
    move_atr: float = Field(6.0, ge=0)
    """Average minute ranges."""
    held: int = Field(5, ge=1)
    """Thirtieths of the window for which it has to stand."""
    calm_efficiency: float = 0.4

    @model_validator(mode="after")
    def _calm_is_no_trend(self) -> Self:
        if self.calm_efficiency > self.efficiency:
            raise ValueError("calm_efficiency must not be above efficiency, or the guard would go off and on again")
        return self


STATE = guard.state(Params, ("step", "i8"), ("direction", "i8"), ("stood", "i8"))


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, step=params.window // SECOND_NS // STEPS)


@part
def second(g: Row, v: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A second ended at `at`; `v` is the volatility guard, which samples the mids. Return how many events there are."""
    if v.count % g.step != 0 or v.count <= STEPS * g.step or v.atr.n == 0:
        return found
    way, newest = 0, v.mids[(v.count - 1) % MIDS]
    mid = newest
    for k in range(1, STEPS + 1):
        before = v.mids[(v.count - 1 - k * g.step) % MIDS]
        way += abs(mid - before)
        mid = before
    move = newest - mid
    efficiency = abs(move) / max(1, way)
    far = abs(move) >= g.args.move_atr * max(v.args.range_min, v.atr.value)
    if g.on and efficiency < g.args.calm_efficiency:
        g.direction = 0
        return guard.switch(g, efficiency, g.args.calm_efficiency, at, arrival, row, out, found)
    g.stood = g.stood + 1 if far and efficiency >= g.args.efficiency else 0
    if not g.on and g.stood >= g.args.held:
        g.direction = 1 if move > 0 else -1
        found = guard.switch(g, efficiency, g.args.efficiency, at, arrival, row, out, found)
        out[found - 1].evidence[4] = g.direction
    return found
