"""G1, volatility spike: the market moves far more than it did over the last half hour. The slow, confirming guard.

Definition
    On mids sampled every second: on when the standard deviation of the changes of the last 30 s is at least 2.2 times
    that of the last 30 minutes, or the mid moved 4 average minute ranges within 60 s; off when the ratio has been under
    1.5 for 120 s. Silent for the first five minutes, and for five after a halt or a silence: what a market missed while
    it did not move is no spike. The usual variance counts as at least one tick in ten seconds, the range as two ticks.
Source
    Specification of signals §11; 2.2 because 3 missed planted fast markets there.
"""

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from bot.config import Params as Base
from bot.domain.instrument import Instrument
from bot.domain.market import Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, guard
from bot.signals.args import args_dtype, args_row

NUMBER = 1
LONG, SHORT, MINUTE = 1800, 30, 60


class Params(Base):
    """How much more, and how long it must be over."""

    ratio: float = 2.2
    move_atr: float = 4.0
    calm_ratio: float = 1.5
    calm_seconds: int = Field(120, ge=1)
    seconds_min: int = 300
    """Samples without which it does not speak."""
    variance_min: float = Field(0.4, gt=0)
    """Least usual variance of a second's change, half ticks squared."""
    range_min: float = 4.0
    """Least usual range of a minute, half ticks."""

    @model_validator(mode="after")
    def _calm_is_not_wild(self) -> Self:
        if self.calm_ratio > self.ratio:
            raise ValueError("calm_ratio must not be above ratio, or the guard would go off and on again at once")
        return self

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> "Params":
        """The same for every product."""
        return cls()


ARGS = args_dtype(Params)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("name", guard.NAME),
        ("on", "i8"),
        ("mid", "i8"),  # in force, half ticks
        ("known", "i8"),  # there is one
        ("count", "i8"),  # samples
        ("squares", "i8"),  # Σ change² over the long span
        ("recent", "i8"),  # … over the short one
        ("calm", "i8"),
        ("high", "i8"),  # of the running minute
        ("low", "i8"),
        ("atr", atr.STATE),
        ("mids", "i4", (LONG,)),
        ("changes", "i4", (LONG,)),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["name"] = (NUMBER, source, kind)
    return state


@part
def restart(g: Row) -> None:
    """Trading was away for a while: what is usual has to be learnt again."""
    g.count = g.squares = g.recent = 0
    g.atr.n, g.atr.value = 0, 0.0


@part
def push(g: Row) -> int:
    """Take one sample; return how far the mid moved within the last minute, half ticks."""
    k = g.count % LONG
    change = g.mid - g.mids[(g.count - 1) % LONG] if g.count > 0 else 0
    g.squares += change * change
    g.recent += change * change
    if g.count >= LONG:
        g.squares -= g.changes[k] * g.changes[k]
    if g.count >= SHORT:
        old = g.changes[(g.count - SHORT) % LONG]
        g.recent -= old * old
    g.changes[k], g.mids[k] = change, g.mid
    moved = abs(g.mid - g.mids[(g.count - MINUTE) % LONG]) if g.count >= MINUTE else 0
    if g.count % MINUTE == 0:
        if g.count > 0:
            atr.add(g.atr, g.high - g.low)
        g.high = g.low = g.mid
    g.high, g.low = max(g.high, g.mid), min(g.low, g.mid)
    g.count += 1
    return int(moved)


@part
def second(g: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A second ended at `at`; return how many events there are."""
    if not g.known:
        return found
    moved = push(g)
    ratio = np.sqrt(g.recent / SHORT / max(g.args.variance_min, g.squares / min(g.count, LONG)))
    far = g.atr.n > 0 and moved >= g.args.move_atr * max(g.args.range_min, g.atr.value)
    g.calm = 0 if far or ratio >= g.args.calm_ratio else g.calm + 1
    wild = g.count >= g.args.seconds_min and (far or ratio >= g.args.ratio)
    if (wild and not g.on) or (g.on and g.calm >= g.args.calm_seconds):
        g.on = 1 - g.on
        limit = g.args.ratio if g.on else g.args.calm_ratio
        guard.tell(out[found], g.name, g.on, ratio, limit, at, arrival, row)
        return found + 1
    return found
