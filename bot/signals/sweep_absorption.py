"""A sweep with an absorption at its furthest print: the stops were run into somebody who took them all.

Definition (long; mirrored by side)
    A `sweep` and an absorption (by lift or early) of the same side, confirmed during the breach or up to `after` later
    than the sweep, whose level is within max(near_ticks, near_pen · pen) ticks of the sweep's extreme. It stands where
    the later of the two became known, at the level that was reclaimed. Each absorption is used once.
    sweep_absorption  both are there: what a strategy may enter on
    sweep_bare        a sweep that nobody was seen to absorb when it was taken back: a candidate, never a signal
    Closed bars give the ATR; the next liquidity zone (`zones.py`) is that of the profile that the confluence keeps.
Source
    Specification of signals §7 and §13: noise draws a sweep or two an hour, so none is traded alone.
Evidence
    EVIDENCE, in order. Prices and lengths are ticks, volumes units, times seconds; the first nine are the sweep's, the
    next six the absorption's (NaN of a bare one), `zone` is NaN when there is none.
"""

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, SECOND_NS, Duration
from bot.domain.market import ABSENT, Events, Ticks
from bot.kernel import Row, part
from bot.signals import absorption as absorbing
from bot.signals import atr, event, zones
from bot.signals.args import args_dtype, first
from bot.signals.footprint import HALT_IN, LOCKED

EVIDENCE = (
    "level", "level_kind", "s", "pen", "extreme", "burst", "attack", "reclaim_s", "answer",
    "absorbed", "z", "share", "rho", "volume", "early",
    "atr_ticks", "zone",
)  # fmt: skip
SWEPT = (0, 1, 2, 3, 4, 5, 6, 10, 19)
"""Where the first nine stand in a sweep's evidence."""
PEN, EXTREME, RECLAIM = 3, 4, 7
"""Where they stand in ours."""
TAKEN = 9
"""Where ours begins to tell of the absorption."""


class Params(Base):
    """How near the two have to be, and what a target has to keep clear of."""

    before: Duration = Field(5 * SECOND_NS, ge=0)
    """How long before the breach the absorption may have been confirmed."""
    after: Duration = Field(15 * SECOND_NS, ge=0)
    """How long after the sweep it may still be."""
    near_ticks: int = Field(2, ge=0)
    near_pen: float = Field(0.25, ge=0)
    """Of how far the sweep went beyond its level."""
    entry_offset_ticks: int = 1
    """The target is measured from this far beyond the level."""
    min_target_ticks: int = Field(4, ge=1)
    smooth_profile: bool = True

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The same for every product."""
        return cls()


ARGS = args_dtype(Params)
KEPT = 16
SEEN = np.dtype([("ts", "i8"), ("side", "i8"), ("level", "i8"), ("evidence", "f8", (6,))], align=True)
"""An absorption; side 0 = used or none."""
WAITING = np.dtype(
    [("ts", "i8"), ("open", "i8"), ("since", "i8"), ("strength", "f8"), ("evidence", "f8", (9,))], align=True
)
"""The newest sweep of a side, as long as it is open."""
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # of a whole one; a bare one is the next
        ("timeframe", "i8"),
        ("absorption", "i8"),  # source of the absorptions that it listens to, and the first of their two kinds
        ("absorption_kind", "i8"),
        ("sweep", "i8"),  # source of the sweeps, and their kind
        ("sweep_kind", "i8"),
        ("confluence", "i8"),  # index of a confluence of its timeframe: they all have the same profile
        ("atr", atr.STATE),
        ("count", "i8"),
        ("seen", SEEN, (KEPT,)),
        ("waiting", WAITING, (2,)),
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory; its ears are set by the engine."""
    return first(STATE, params, source, kind, timeframe)


@part
def near(x: Row, w: Row, level: int) -> bool:
    """Whether a level is at the extreme of a sweep."""
    return bool(abs(level - w.evidence[EXTREME]) <= max(float(x.args.near_ticks), x.args.near_pen * w.evidence[PEN]))


@part
def remember(x: Row, heard: Row) -> int:
    """Keep an absorption; return where."""
    i = x.count % KEPT
    x.count += 1
    s, v = x.seen[i], heard.evidence
    s.ts, s.side, s.level = heard.ts, heard.side, heard.price
    s.evidence[0], s.evidence[1], s.evidence[2] = heard.price, v[absorbing.Z_AT], v[absorbing.SHARE_AT]
    s.evidence[3], s.evidence[4] = v[absorbing.RHO_AT], v[absorbing.VOLUME_AT]
    s.evidence[5] = 1.0 if heard.kind > x.absorption_kind else 0.0
    return int(i)


@part
def wait_for(x: Row, heard: Row) -> int:
    """A sweep: keep it, and return the index of the newest absorption at its extreme; −1 when there is none."""
    w, v = x.waiting[(1 - heard.side) // 2], heard.evidence
    w.ts, w.open, w.strength = heard.ts, 1, heard.strength
    for k in range(TAKEN):
        w.evidence[k] = v[SWEPT[k]]
    w.since = heard.ts - int(w.evidence[RECLAIM] * 1e9) - x.args.before
    for k in range(min(x.count, KEPT)):
        i = (x.count - 1 - k) % KEPT
        s = x.seen[i]
        if s.side == heard.side and s.ts >= w.since and near(x, w, s.level):
            return int(i)
    return -1


@part
def tell(x: Row, heard: Row, i: int, confluences: Ticks, out: Events, found: int) -> int:
    """Write the EVENT of the side's sweep with absorption `i`, or bare; return how many there are now."""
    side = heard.side
    w, e, profile = x.waiting[(1 - side) // 2], out[found], confluences[x.confluence].profile
    level = int(w.evidence[0])
    event.when(e, heard.ts, heard.known, heard.row, heard.before)
    event.head(e, x.source, x.kind + (1 if i < 0 else 0), x.timeframe, side, level, w.strength)
    for k in range(TAKEN):
        e.evidence[k] = w.evidence[k]
    for k in range(6):
        e.evidence[TAKEN + k] = x.seen[i].evidence[k] if i >= 0 else np.nan
    start = level + side * x.args.entry_offset_ticks
    zone = zones.next_zone(profile, side, start, x.args.min_target_ticks, x.args.smooth_profile > 0)
    e.evidence[15], e.evidence[16] = x.atr.value, np.nan if zone == ABSENT else zone
    if i >= 0:
        x.seen[i].side = w.open = 0
    return found + 1


@part
def hear(x: Row, heard: Row, confluences: Ticks, out: Events, found: int) -> int:
    """An event of the walk over rows; return how many events there are now."""
    if heard.source == x.sweep and heard.kind == x.sweep_kind:
        return tell(x, heard, wait_for(x, heard), confluences, out, found)
    if heard.source == x.absorption and x.absorption_kind <= heard.kind <= x.absorption_kind + 1:
        i, w = remember(x, heard), x.waiting[(1 - heard.side) // 2]
        if w.open and heard.ts - w.ts <= x.args.after and near(x, w, heard.price):
            return tell(x, heard, i, confluences, out, found)
    return found


@part
def close(x: Row, bar: Row) -> None:
    """A bar of the timeframe closed: it has a range, and a halt in it undoes what came before."""
    if bar.flags & (HALT_IN | LOCKED):
        for k in range(KEPT):
            x.seen[k].side = 0
        x.waiting[0].open = x.waiting[1].open = 0
    if bar.open != ABSENT:
        atr.add(x.atr, bar.high - bar.low)


class SweepAbsorption:
    """Sweep and absorption together. Reads events and closed bars."""

    kind = "sweep_absorption"
    kinds = ("sweep_absorption", "sweep_bare")
    EVIDENCE = EVIDENCE
    Params = Params
