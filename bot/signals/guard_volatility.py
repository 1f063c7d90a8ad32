"""G1, volatility spike: the market moves far more than it did over the last half hour. The slow, confirming guard.

Definition
    On mids sampled every second: on when the standard deviation of the changes of the last 30 s is at least 2.2 times
    that of the last 30 minutes, or the mid moved 4 average minute ranges within 60 s, and either is beyond what this
    market does by itself: exp(mean + 3 sd) of its logarithm over the last hour, or + 1.5 sd while the spread is blown
    out (G5), the other sign of a fast market. Off when the ratio has been under 1.5 (or two thirds of what it takes to
    go on) for 120 s. Silent for the first five minutes, and for five after a halt or a silence: what a market missed
    while it did not move is no spike. The usual variance counts as at least one tick in ten seconds, the range as two
    ticks.
Source
    Specification of signals §11; 2.2 because 3 missed planted fast markets there. That it must be beyond the market's
    own noise is ours: on one whose activity comes in bursts 2.2 is reached a third of the time.
"""

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, guard

NUMBER = 1
SPARES = frozenset({"imbalance", "imbalance_watch", "imbalance_15m"})
"""Signals that are a fast market's own: they say that everybody is on one side."""
LONG, SHORT, MINUTE = 1800, 30, 60
MIDS = 2048
"""Mids that are remembered, more than half an hour of them."""


class Params(guard.GuardParams):
    """How much more, and how long it must be over."""

    ratio: float = 2.2
    move_atr: float = 4.0
    noise: float = Field(3.0, ge=0)
    """Standard deviations above what the logarithms of ratio and move usually are …"""
    noise_wide: float = Field(1.5, ge=0)
    """… and while the spread is blown out."""
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


_HOUR_S, _LEAST, _CALM_SHARE = 3600, 0.1, 2 / 3
USUAL = np.dtype([("n", "i8"), ("mean", "f8"), ("var", "f8")], align=True)
"""What the logarithm of a number usually is."""
STATE = guard.state(
    Params,
    ("ratio", USUAL),
    ("move", USUAL),
    ("mid", "i8"),  # in force, half ticks
    ("known", "i8"),  # there is one
    ("count", "i8"),  # samples
    ("squares", "i8"),  # Σ change² over the long span
    ("recent", "i8"),  # … over the short one
    ("calm", "i8"),
    ("high", "i8"),  # of the running minute
    ("low", "i8"),
    ("atr", atr.STATE),
    ("mids", "i4", (MIDS,)),
    ("changes", "i4", (LONG,)),
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind)


@part
def restart(g: Row) -> None:
    """Trading was away for a while: what is usual has to be learnt again."""
    g.count = g.squares = g.recent = 0
    g.atr.n, g.atr.value = 0, 0.0


@part
def push(g: Row) -> int:
    """Take one sample; return how far the mid moved within the last minute, half ticks."""
    k = g.count % LONG
    change = g.mid - g.mids[(g.count - 1) % MIDS] if g.count > 0 else 0
    g.squares += change * change
    g.recent += change * change
    if g.count >= LONG:
        g.squares -= g.changes[k] * g.changes[k]
    if g.count >= SHORT:
        old = g.changes[(g.count - SHORT) % LONG]
        g.recent -= old * old
    g.changes[k], g.mids[g.count % MIDS] = change, g.mid
    moved = abs(g.mid - g.mids[(g.count - MINUTE) % MIDS]) if g.count >= MINUTE else 0
    if g.count % MINUTE == 0:
        if g.count > 0:
            atr.add(g.atr, g.high - g.low)
        g.high = g.low = g.mid
    g.high, g.low = max(g.high, g.mid), min(g.low, g.mid)
    g.count += 1
    return int(moved)


@part
def learn(u: Row, value: float) -> None:
    """One more value of a number."""
    u.n += 1
    a, d = 1.0 / min(u.n, _HOUR_S), np.log(max(_LEAST, value)) - u.mean
    u.mean += a * d
    u.var += a * (d * d - u.var)


@part
def beyond(u: Row, least: float, deviations: float) -> float:
    """The value that is both large and unusual."""
    return float(max(least, np.exp(u.mean + deviations * np.sqrt(u.var))))


@part
def second(g: Row, wide: int, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A second ended at `at`; `wide` = the spread is blown out. Return how many events there are."""
    if not g.known:
        return found
    args = g.args
    moved = push(g)
    ratio = np.sqrt(g.recent / SHORT / max(args.variance_min, g.squares / min(g.count, LONG)))
    move = moved / max(args.range_min, g.atr.value)
    deviations = args.noise_wide if wide else args.noise
    limit = beyond(g.ratio, args.ratio, deviations)
    far = g.atr.n > 0 and move >= beyond(g.move, args.move_atr, deviations)
    calm = max(args.calm_ratio, limit * _CALM_SHARE)
    g.calm = 0 if far or ratio >= calm else g.calm + 1
    wild = g.count >= args.seconds_min and (far or ratio >= limit)
    if not g.on and g.count > MINUTE:
        learn(g.ratio, ratio)
        learn(g.move, move)
    if (wild and not g.on) or (g.on and g.calm >= args.calm_seconds):
        return guard.switch(g, ratio, calm if g.on else limit, at, arrival, row, out, found)
    return found
