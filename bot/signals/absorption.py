"""Absorption: effort without result. Far more is sold into one price than a price usually takes, and it does not give.

Definition (long; the short side is its mirror, by `sign`)
    Per level L: V = decayed volume sold at L, W = decayed volume bought at the facing touch, Vraw undecayed, t1 the first
    hit, dmax the largest bid shown at L since. A sale below L breaks it: ln(1 + V) goes into the baseline, for one
    broken level is one tick of progress. z = (ln(1 + V) − mu) / sd; share = V / (V + W); rho = Vraw / max(1, dmax).
    Confirmed when z ≥ z_min, V ≥ volume_min, share ≥ share_min, rho ≥ rho_min, age ≥ age_min, no print below L, and
    lift   a print at ≥ L + lift_ticks            → absorption
    early  selling dried up for quiet while the bid held → absorption_early (hit rate of the last 5 s ≤ half the
           episode's, or the last ten hits smaller than half its mean)
    A level dies untouched for 4·tau and at every edge (`edges.py`). A second signal waits for cooldown within reach.
Source
    Specification of signals §4: practitioner lore with guessed thresholds, ES row measured on a synthetic tape only.
    The hidden volume is weak evidence from best quotes (Christensen & Woodmansey 2013 need order-level data).
Evidence
    EVIDENCE, in order. Prices are ticks, volumes units, times seconds.
"""

import math
from typing import ClassVar

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, SECOND_NS, Duration
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, STATUS, Days, Events, Ticks
from bot.kernel import kernel
from bot.signals import baseline, event
from bot.signals.args import args_dtype, args_row
from bot.signals.decay import decay
from bot.signals.edges import FROZEN, HALTED, RESET, RESUMED, THAWED, day_open, first
from bot.signals.level import LEVEL, LEVELS, NOWHERE, RATE_TAU_NS, at, begin, drying_up, face, forget, hit

EVIDENCE = (
    "level", "volume", "facing", "raw", "z", "mu", "sd", "samples", "rho", "shown_max", "share", "refills", "hidden",
    "replenished", "age", "hits", "rate_5s", "rate", "lift", "spread", "confidence",
)  # fmt: skip
LEVEL_AT, Z_AT, RHO_AT, SHARE_AT, VOLUME_AT, AGE_AT = 0, 4, 8, 10, 1, 14
"""Where the confluence finds its numbers."""


class Params(Base):
    """Thresholds, guessed per product; `defaults` knows them."""

    z_min: float = 2.0
    share_min: float = Field(0.58, ge=0, le=1)
    rho_min: float = 4.0
    age_min: Duration = 5 * SECOND_NS
    lift_ticks: int = Field(2, ge=1)
    tau: Duration = 45 * SECOND_NS
    volume_min: float = 150.0
    reach_ticks: int = 4
    cooldown: Duration = 90 * SECOND_NS
    quiet: Duration = 3 * SECOND_NS
    confidence_min: float = 0.8
    warmup: int = Field(30, ge=0)
    """Broken levels that a baseline needs before it says anything."""
    baseline_mu: float = 0.0
    baseline_sd: float = 0.0
    """Above 0: this baseline instead of the measured one."""

    BY_PRODUCT: ClassVar[dict[str, tuple[float, float, int, float]]] = {
        # z_min, share_min, lift_ticks, volume_min
        "ES": (2.0, 0.58, 2, 150), "MES": (2.0, 0.58, 2, 150),
        "NQ": (2.2, 0.60, 6, 20), "MNQ": (2.2, 0.60, 6, 20),
        "CL": (2.2, 0.60, 3, 60), "GC": (2.2, 0.60, 3, 50),
        "SPY": (2.0, 0.58, 2, 4000), "AAPL": (2.0, 0.58, 2, 2000), "TSLA": (2.2, 0.60, 4, 1200),
    }  # fmt: skip

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The starting values of a product (ES's where it is unknown); slower bars remember and wait longer."""
        z_min, share_min, lift, volume = cls.BY_PRODUCT.get(product, cls.BY_PRODUCT["ES"])
        slow = timeframe_ns >= 15 * MINUTE_NS
        return cls(
            z_min=z_min,
            share_min=share_min,
            lift_ticks=lift,
            volume_min=volume,
            reach_ticks=max(4, lift + 2),
            tau=(480 if slow else 45) * SECOND_NS,
            age_min=(30 if slow else 5) * SECOND_NS,
        )


ARGS = args_dtype(Params)
RECENT = 8
SIDE = np.dtype(
    [
        ("top", "i8"),  # no live level lies above this; signed like every price here
        ("ripe", "i8"),  # levels with enough volume to be looked at
        ("near", "i8"),  # the touch last seen
        ("near_size", "i8"),
        ("struck", "i8"),  # level whose next quote says what was hidden there
        ("struck_ts", "i8"),
        ("struck_from", "i8"),
        ("struck_left", "i8"),
        ("fallen", "i8"),  # level that shows half of what it did, and since when
        ("fallen_ts", "i8"),
        ("quiet_level", "i8"),
        ("quiet_since", "i8"),
        ("fired", "i8"),
        ("fired_ts", "i8", (2, RECENT)),  # [lift, early]
        ("fired_level", "i8", (2, RECENT)),
        ("base", baseline.STATE),
        ("levels", LEVEL, (LEVELS,)),
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # of a lift; an early one is the next
        ("timeframe", "i8"),
        ("reached", "i8"),
        ("stopped", "i8"),  # halted or frozen: bits 1 and 2
        ("next_look", "i8"),
        ("sides", SIDE, (2,)),
    ],
    align=True,
)
RESHOW_NS, REFILL_NS = 50_000_000, 500_000_000
COOL_TICKS = 4
ROW_EVENTS = 8
"""More than one row can give."""
LOOK_NS = SECOND_NS // 4
"""How often drying up is looked for, in event time."""


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["source"], state["kind"], state["timeframe"] = source, kind, timeframe
    for name in ("top", "near", "struck", "fallen", "quiet_level"):
        state["sides"][name] = NOWHERE
    state["sides"]["levels"]["price"] = NOWHERE
    state["sides"]["fired_level"] = NOWHERE
    return state


@kernel
def halt(a: np.void, what: int, opened: int) -> None:
    """Take an edge: every level dies without a sample, and while halted or frozen nothing is read."""
    if what == HALTED or what == RESUMED:
        a.stopped = a.stopped & 2 | (1 if what == HALTED else 0)
    if what == FROZEN or what == THAWED:
        a.stopped = a.stopped & 1 | (2 if what == FROZEN else 0)
    for k in range(2):
        s = a.sides[k]
        for j in range(LEVELS):
            forget(s.levels[j], NOWHERE)
        s.top, s.ripe, s.struck, s.fallen, s.quiet_level = NOWHERE, 0, NOWHERE, NOWHERE, NOWHERE
        if what == RESET:
            baseline.new_day(s.base, opened)


@kernel
def fall(a: np.void, s: np.void, price: int, ts: int, sold: bool) -> None:
    """A print at `price`: every live level above it is gone, and has taught the baseline if it was sold through."""
    for p in range(max(price + 1, s.top - LEVELS + 1), s.top + 1):
        level = s.levels[p & (LEVELS - 1)]
        if level.price != p:
            continue
        if level.live and sold and ts - level.hit_ts <= 4 * a.args.tau:
            baseline.learn(s.base, ts, math.log1p(level.volume * decay(ts - level.hit_ts, a.args.tau)))
        s.ripe -= level.ripe
        forget(level, p)
    s.top = price


@kernel
def strike(a: np.void, s: np.void, price: int, tick: np.void, sure: float, near: int, near_size: int) -> None:
    """A sale into the level at `price`."""
    level = at(s.levels, price)
    if level.live and tick.ts - level.hit_ts > 4 * a.args.tau:
        s.ripe -= level.ripe
        forget(level, price)
    if not level.live:
        begin(level, tick.ts)
    hit(level, tick.ts, tick.size, sure, a.args.tau)
    s.top = max(s.top, price)
    if level.volume >= a.args.volume_min and not level.ripe:
        level.ripe = 1
        s.ripe += 1
    if near != price:
        return
    level.shown_max = max(level.shown_max, near_size)
    if s.struck != price:
        s.struck, s.struck_from, s.struck_left = price, near_size, near_size
    s.struck_left -= tick.size
    s.struck_ts = tick.ts


@kernel
def show(s: np.void, ts: int, near: int, near_size: int) -> None:
    """A new quote: how large the level shows itself, and whether it came back after a hit."""
    if near == s.near and near_size == s.near_size and s.struck == NOWHERE:
        return
    s.near, s.near_size = near, near_size
    level = s.levels[near & (LEVELS - 1)]
    if level.price == near and level.live:
        level.shown_max = max(level.shown_max, near_size)
        if s.struck == near:
            more = max(0, near_size - s.struck_left)
            if ts - s.struck_ts <= RESHOW_NS:
                level.hidden += more
            else:
                level.replenished += more
            if 2 * near_size <= s.struck_from:
                s.fallen, s.fallen_ts = near, ts
        if s.fallen == near and 10 * near_size >= 8 * level.shown_max:
            if ts - s.fallen_ts <= REFILL_NS:
                level.refills += 1
            s.fallen = NOWHERE
    s.struck = NOWHERE


@kernel
def measure(a: np.void, s: np.void, level: np.void, ts: int) -> tuple[bool, float, float, float, float, float, int]:
    """(everything but the end holds, V, W, z, mu, sd, samples) of a level at `ts`."""
    args = a.args
    none = (False, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    idle = ts - level.hit_ts
    if not level.ripe or idle > 4 * args.tau or ts - level.first_ts < args.age_min:
        return none
    if level.raw < args.rho_min * max(1, level.shown_max) or level.sure < args.confidence_min * level.raw:
        return none
    volume = level.volume * decay(idle, args.tau)
    if volume < args.volume_min:
        return none
    facing = level.facing * decay(ts - level.facing_ts, args.tau)
    mu, sd, samples = baseline.look(s.base, ts, args.warmup, args.baseline_mu, args.baseline_sd)
    if sd <= 0.0 or volume < args.share_min * (volume + facing):
        return none
    z = (math.log1p(volume) - mu) / sd
    return z >= args.z_min, volume, facing, z, mu, sd, samples


@kernel
def cooling(a: np.void, s: np.void, early: int, price: int, ts: int) -> bool:
    """Whether a signal of this sort was given near `price` a moment ago."""
    for k in range(RECENT):
        if abs(s.fired_level[early, k] - price) <= COOL_TICKS and ts - s.fired_ts[early, k] < a.args.cooldown:
            return True
    return False


@kernel
def report(
    a: np.void, s: np.void, sign: int, level: np.void, early: int, tick: np.void, row: int, out: Events, found: int
) -> int:
    """Write the EVENT of a level that held, unless one was written a moment ago; return how many there are now."""
    holds, volume, facing, z, mu, sd, samples = measure(a, s, level, tick.ts)
    if not holds or cooling(a, s, early, level.price, tick.ts):
        return found
    k = s.fired % RECENT
    s.fired += 1
    s.fired_ts[early, k], s.fired_level[early, k] = tick.ts, level.price
    e = out[found]
    event.when(e, tick.ts, tick.ts, row, 0)
    event.head(e, a, a.kind + early, sign, sign * level.price, z)
    v = e.evidence
    age = (tick.ts - level.first_ts) / 1e9
    v[0], v[1], v[2], v[3] = e.price, volume, facing, level.raw
    v[4], v[5], v[6], v[7] = z, mu, sd, samples
    v[8], v[9], v[10] = level.raw / max(1, level.shown_max), level.shown_max, volume / (volume + facing)
    v[11], v[12], v[13] = level.refills, level.hidden, level.replenished
    v[14], v[15] = age, level.hits
    v[16] = level.rate * decay(tick.ts - level.hit_ts, RATE_TAU_NS) / (RATE_TAU_NS / 1e9)
    v[17] = level.raw / age
    v[18] = tick.price if tick.kind == PRINT else ABSENT
    v[19] = tick.ask - tick.bid if tick.bid != ABSENT and tick.ask != ABSENT else 0.0
    v[20] = level.sure / level.raw
    return found + 1


@kernel
def lifted(
    a: np.void, s: np.void, sign: int, price: int, near: int, tick: np.void, row: int, out: Events, found: int
) -> int:
    """Look at the levels that a print at `price` lifts away from."""
    for p in range(price - a.args.lift_ticks, near - a.args.reach_ticks - 1, -1):
        level = s.levels[p & (LEVELS - 1)]
        if level.price == p and level.ripe:
            found = report(a, s, sign, level, 0, tick, row, out, found)
    return found


@kernel
def dried(a: np.void, s: np.void, sign: int, near: int, tick: np.void, row: int, out: Events, found: int) -> int:
    """Look at the levels at the touch: one that has gone quiet for long enough under a bid that holds is early."""
    for p in range(near, near - a.args.reach_ticks - 1, -1):
        level = s.levels[p & (LEVELS - 1)]
        if level.price == p and level.ripe and measure(a, s, level, tick.ts)[0] and drying_up(level, tick.ts):
            if s.quiet_level != p:
                s.quiet_level, s.quiet_since = p, tick.ts
            elif tick.ts - s.quiet_since >= a.args.quiet:
                return report(a, s, sign, level, 1, tick, row, out, found)
            return found
    s.quiet_level = NOWHERE
    return found


@kernel
def read(a: np.void, sign: int, tick: np.void, sure: float, look: bool, row: int, out: Events, found: int) -> int:
    """One row seen from one side."""
    s = a.sides[0 if sign > 0 else 1]
    near, far, near_size = tick.bid, tick.ask, tick.bid_size
    if sign < 0:
        near, far, near_size = tick.ask, tick.bid, tick.ask_size
    near = sign * near if near != ABSENT else NOWHERE
    if tick.kind == PRINT:
        price = sign * tick.price
        if price < s.top:
            fall(a, s, price, tick.ts, sign * tick.side < 0)
        if sign * tick.side < 0:
            strike(a, s, price, tick, sure, near, near_size)
        elif sign * tick.side > 0:
            faced = near if near != NOWHERE and far != ABSENT and price == sign * far else price - 1
            face(at(s.levels, faced), tick.ts, tick.size, a.args.tau)
        if s.ripe > 0:
            found = lifted(a, s, sign, price, near if near != NOWHERE else price - 1, tick, row, out, found)
    elif near != NOWHERE:
        show(s, tick.ts, near, near_size)
    if look and s.ripe > 0 and near != NOWHERE:
        found = dried(a, s, sign, near, tick, row, out, found)
    return found


@kernel
def scan(
    ticks: Ticks,
    sure: Ticks,
    start: int,
    stop: int,
    days: Days,
    edges: np.void,
    a: np.void,
    out: Events,
    found: int,
) -> tuple[int, int]:
    """Read rows `[start, stop)`, write events behind the `found` in `out`; return (events, row reached)."""
    k = first(edges, start)
    flip = edges.edge[k].row if k < edges.count else stop
    for i in range(start, stop):
        tick = ticks[i]
        while i == flip:
            halt(a, edges.edge[k].what, day_open(days, tick.ts))
            k += 1
            flip = edges.edge[k].row if k < edges.count else stop
        if a.stopped or tick.kind == STATUS or tick.flags & (OFF_GRID | QUARANTINED):
            continue
        if found + ROW_EVENTS > out.shape[0]:
            return found, i
        look = tick.ts >= a.next_look
        if look:
            a.next_look = tick.ts + LOOK_NS
        certain = sure[i] if sure.shape[0] else 1.0
        found = read(a, 1, tick, certain, look, i, out, found)
        found = read(a, -1, tick, certain, look, i, out, found)
    return found, stop


class Absorption:
    """Absorption by lift and, with less evidence, by drying up. Reads ticks."""

    kind = "absorption"
    kinds = ("absorption", "absorption_early")
    EVIDENCE = EVIDENCE
    Params = Params
