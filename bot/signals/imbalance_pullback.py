"""The first shallow pull-back after a lop-sided window: who pressed is still there, and the price is a little better.

Definition (long; mirrored by side), at the close of a bar
    Pressure: an imbalance of the context's window (`imbalance.py`, of any of its kinds), of at least `grade_min` and,
    unless `absorbed` lets it, not one that price hardly followed (reading −1). It begins the wait, at its price.
    extreme   the highest price since, the pressure's own included
    low       `pulled_to`: the lowest price of the bars after the one that made the extreme, this one included
    depth     extreme − low; shallow from least = max(depth_min_ticks, depth_min_atr · ATR) up to
              most = max(depth_max_ticks, depth_max_atr · ATR)
    imbalance_pullback  the first bar, begun after the pressure was told, that closes above its open with depth ≥ least:
                        the pressure is back
    pullback_void       a candidate, never a signal: depth > most first (reason 1), not within `wait` (2), the opposite
                        pressure came (3), trading stopped (4)
    One pressure gives one of them at most; a new one of the same side begins the wait anew. The next liquidity zone
    (`zones.py`) is that of the profile that the confluence keeps, from the bar's close.
Source
    The lesson's "75 to 80 % at the ask over fifteen minutes" with its push, specification of signals §3.1. What a
    shallow pull-back is, is ours; its bounds are guesses, measured on synthetic tapes only.
Evidence
    EVIDENCE, in order. Prices and lengths are ticks, times seconds; the first five are the imbalance's, `window` is how
    long it was, `pressed` its price, `zone` is NaN when there is none.
"""

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, Duration
from bot.domain.market import ABSENT, Events, Ticks
from bot.kernel import Row, part
from bot.signals import atr, event, zones
from bot.signals.args import args_dtype, first
from bot.signals.footprint import HALT_IN, LOCKED

EVIDENCE = (
    "share", "z", "grade", "progress", "reading", "window", "pressed", "extreme", "pulled_to", "depth", "depth_min",
    "depth_max", "bars", "waited", "atr_ticks", "zone", "reason",
)  # fmt: skip
DEEP, LATE, TURNED, STOPPED = 1, 2, 3, 4
TAKEN = (0, 1, 2, 11, 12)
"""Where the first five stand in an imbalance's evidence."""


class Params(Base):
    """What pressure is, and what is a shallow pull-back from it."""

    grade_min: int = Field(75, ge=0, le=100)
    """The least grade of an imbalance: 75, 80 or 85 percent; 0 takes whatever its detector tells of."""
    absorbed: bool = False
    """Whether a window that price hardly followed is pressure, too."""
    wait: Duration = Field(15 * MINUTE_NS, gt=0)
    """How long the pull-back may take to come and to be over."""
    depth_min_ticks: int = Field(2, ge=1)
    depth_min_atr: float = Field(0.25, ge=0)
    """The larger of both is the least that is a pull-back; ATR is that of the bars."""
    depth_max_ticks: int = Field(4, ge=1)
    depth_max_atr: float = Field(1.5, ge=0)
    """The larger of both is the most that is a shallow one."""
    min_target_ticks: int = Field(4, ge=1)
    smooth_profile: bool = True

    @model_validator(mode="after")
    def _something_is_shallow(self) -> Self:
        if self.depth_max_ticks < self.depth_min_ticks or self.depth_max_atr < self.depth_min_atr:
            raise ValueError("depth_max_… must not be below depth_min_…, or nothing would be shallow")
        return self

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The same for every product: what matters is measured in its own bars."""
        return cls()


ARGS = args_dtype(Params)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # of a pull-back; one that came to nothing is the next
        ("timeframe", "i8"),
        ("imbalance", "i8"),  # source of the imbalances that it listens to
        ("confluence", "i8"),  # index of a confluence of its timeframe: they all have the same profile
        ("atr", atr.STATE),
        ("side", "i8"),  # of the pressure; 0 = nothing to wait for
        ("ts", "i8"),
        ("window", "i8"),
        ("price", "i8"),
        ("extreme", "i8"),  # signed by the side, like `low`
        ("low", "i8"),  # the extreme as long as there is no pull-back
        ("bars", "i8"),
        ("evidence", "f8", (5,)),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory; its ears are set by the engine."""
    return first(STATE, params, source, kind, timeframe)


@part
def tell(p: Row, reason: int, price: int, confluences: Ticks, e: Row) -> None:
    """Write what became of the pressure, and wait no more. The EVENT's times are set already."""
    sign, args = p.side, p.args
    event.head(e, p.source, p.kind + (1 if reason else 0), p.timeframe, sign, price, p.evidence[0])
    v = e.evidence
    for k in range(5):
        v[k] = p.evidence[k]
    v[5], v[6], v[7], v[8], v[9] = p.window / 1e9, p.price, sign * p.extreme, sign * p.low, p.extreme - p.low
    v[10], v[11] = least(p), most(p)
    v[12], v[13], v[14] = p.bars, (e.ts - p.ts) / 1e9, p.atr.value
    profile = confluences[p.confluence].profile
    zone = zones.next_zone(profile, sign, price, args.min_target_ticks, args.smooth_profile > 0)
    v[15], v[16] = np.nan if zone == ABSENT else zone, reason
    p.side = 0


@part
def least(p: Row) -> float:
    """Less is no pull-back."""
    return float(max(float(p.args.depth_min_ticks), p.args.depth_min_atr * p.atr.value))


@part
def most(p: Row) -> float:
    """More is not a shallow one."""
    return float(max(float(p.args.depth_max_ticks), p.args.depth_max_atr * p.atr.value))


@part
def hear(p: Row, heard: Row, confluences: Ticks, out: Events, found: int) -> int:
    """An imbalance: it begins the wait, or ends the other side's; return how many events there are now."""
    if heard.source != p.imbalance:
        return found
    if p.side == -heard.side:
        event.when(out[found], heard.ts, heard.known, heard.row, heard.before)
        tell(p, TURNED, heard.price, confluences, out[found])
        found += 1
    v = heard.evidence
    if v[2] >= p.args.grade_min and (p.args.absorbed or v[12] >= 0.0):
        p.side, p.ts, p.window, p.price, p.bars = heard.side, heard.ts, heard.timeframe, heard.price, 0
        p.extreme = p.low = heard.side * heard.price
        for k in range(5):
            p.evidence[k] = v[TAKEN[k]]
    return found


@part
def pulled(p: Row, bar: Row) -> int:
    """Take a bar in: −1 when the wait goes on, 0 when the pull-back is over, else why there will be none."""
    if bar.flags & (HALT_IN | LOCKED):
        return STOPPED
    if bar.end > p.ts + p.args.wait:
        return LATE
    if bar.open == ABSENT:
        return -1
    p.bars += 1
    high, low = (bar.high, bar.low) if p.side > 0 else (-bar.low, -bar.high)
    p.low = min(p.low, low)
    if p.extreme - p.low > most(p):
        return DEEP
    if p.extreme - p.low >= least(p) and p.side * (bar.close - bar.open) > 0:
        return 0
    if high > p.extreme:
        p.extreme = p.low = high
    return -1


@part
def close(p: Row, bar: Row, confluences: Ticks, out: Events, found: int) -> int:
    """A bar of the timeframe closed; return how many events there are now."""
    if p.side != 0 and bar.start >= p.ts:
        reason = pulled(p, bar)
        if reason >= 0:
            event.when(out[found], bar.end, bar.known, bar.row, bar.before)
            tell(p, reason, bar.close if bar.open != ABSENT else p.price, confluences, out[found])
            found += 1
    if bar.open != ABSENT:
        atr.add(p.atr, bar.high - bar.low)
    return found


class ImbalancePullback:
    """The pull-back after an imbalance. Reads events and closed bars."""

    kind = "imbalance_pullback"
    kinds = ("imbalance_pullback", "pullback_void")
    EVIDENCE = EVIDENCE
    Params = Params
