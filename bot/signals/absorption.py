"""Absorption: effort without result. Far more is sold into one price than a price usually takes, and it does not give.

Definition (long; the short side is its mirror, by `sign`)
    Per level L: V = decayed volume sold at L, W = decayed volume bought at the facing touch, Vraw undecayed, t1 the
    first hit, dmax the largest bid shown at L since. A sale below L breaks it: ln(1 + V) goes into the baseline of both
    sides, for one broken level is one tick of progress. z = (ln(1 + V) − max(mu, q)) / sd, q the quick mean of what the
    side's last levels took; share = V / (V + W); rho = Vraw / max(1, dmax).
    Confirmed when weight ≥ z_min, V ≥ volume_min, V ≥ W, rho ≥ rho_min / 2, age ≥ age_min, no print below L, and
    lift   a print at ≥ L + lift_ticks            → absorption
    early  selling dried up for quiet while the bid held → absorption_early (hit rate of the last 5 s ≤ half the
           episode's, or the last ten hits smaller than half its mean)
    weight = z + 0.8·min(ln(rho / rho_min), .7) + .5·min(ln(odds / odds_min), 1.05), odds = share / (1 − share): at
    their marks refill and one-sidedness change nothing, beyond them they make up for some z, short of them they cost.
    A level dies untouched for 4·tau, at a halt, on a one-sided book, at a new day. Cooldown holds within reach.
Source
    Specification of signals §4: practitioner lore with guessed thresholds. There z, share and rho each have to reach
    their mark. Weighing them together (weights of a logistic regression on planted tapes of two unlike markets,
    rounded) sees more at as many false alarms, and so does the quick mean: in a one-sided run every level costs more.
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
from bot.domain.market import ABSENT, PRINT, Events, Ticks
from bot.kernel import Row, hot, part
from bot.signals import baseline, event
from bot.signals.args import args_dtype, first
from bot.signals.attack import RECENT, RIPE_MAX, SIDE, drop, empty, show, slot
from bot.signals.growth import GROWTH_MAX, growth
from bot.signals.level import HITS, LEVELS, NOWHERE, begin, forget, lately
from bot.signals.soundness import sound

EVIDENCE = (
    "level", "volume", "facing", "raw", "z", "mu", "sd", "samples", "rho", "shown_max", "share", "refills", "hidden",
    "replenished", "age", "hits", "rate_5s", "rate", "lift", "spread", "confidence",
)  # fmt: skip
LEVEL_AT, Z_AT, RHO_AT, SHARE_AT, VOLUME_AT, AGE_AT = 0, 4, 8, 10, 1, 14
"""Where the confluence finds its numbers."""


class Params(Base):
    """Thresholds, guessed per product; `defaults` knows them."""

    z_min: float = 2.4
    share_min: float = Field(0.58, gt=0, lt=1)
    rho_min: float = Field(4.0, gt=0)
    rho_weight: float = Field(0.8, ge=0)
    share_weight: float = Field(0.5, ge=0)
    """How much z a refill of e times its mark is worth, and odds of one-sidedness of e times theirs."""
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
    season_warmup: int = Field(200, ge=0)
    """Those that the half hour's own baseline needs before it speaks instead of the day's."""
    baseline_mu: float = 0.0
    baseline_sd: float = 0.0
    """Above 0: this baseline instead of the measured one."""

    BY_PRODUCT: ClassVar[dict[str, tuple[float, float, int, float]]] = {
        # z_min, share_min, lift_ticks, volume_min
        "ES": (2.4, 0.58, 2, 150), "MES": (2.4, 0.58, 2, 150),
        "NQ": (3.4, 0.60, 4, 20), "MNQ": (3.4, 0.60, 4, 20),
        "CL": (2.6, 0.60, 3, 60), "GC": (2.6, 0.60, 3, 50),
        "SPY": (2.3, 0.58, 2, 4000), "AAPL": (2.8, 0.58, 2, 2000), "TSLA": (2.8, 0.60, 4, 1200),
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
            tau=(120 if slow else 45) * SECOND_NS,
            age_min=(10 if slow else 5) * SECOND_NS,
        )


ARGS = args_dtype(Params)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # of a lift; an early one is the next
        ("timeframe", "i8"),
        ("life", "i8"),  # a level dies this long after its last hit
        ("rate", "f8"),  # 1 / tau
        ("clock", "i8"),
        ("growth", "f8"),  # exp(clock / tau), up to a factor
        ("base", baseline.STATE),
        ("sides", SIDE, (2,)),
    ],
    align=True,
)
CARRIED = (("base", "buckets"),)
"""What it has learnt by time of day, which holds in another contract too: fields of STATE."""
SHAPING = ("tau",)
"""Parameters that are part of its memory: with another one it begins anew."""
COOL_TICKS = 4
QUICK = 0.125
"""Weight of the newest broken level in the quick mean."""
RHO_MOST, SHARE_MOST = 0.7, 1.05
"""Logs of how far beyond its mark refill, and the odds of one-sidedness, count at most."""
ROW_EVENTS = 2 * (RIPE_MAX + 1)
"""More than one row can give."""


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory."""
    state = first(STATE, params, source, kind, timeframe)
    state["life"], state["rate"], state["growth"] = 4 * params.tau, 1 / params.tau, 1.0
    sides = state["sides"]
    for name in ("top", "near", "struck", "fallen", "quiet_level", "fired_level"):
        sides[name] = NOWHERE
    sides["levels"]["price"] = NOWHERE
    return state


@part
def die(a: Row) -> None:
    """Every level dies without a sample."""
    a.growth = 1.0
    for k in range(2):
        empty(a.sides[k])


@part
def new_day(a: Row, opened: int) -> None:
    """The day's own baseline begins anew."""
    baseline.new_day(a.base, opened)
    for k in range(2):
        a.sides[k].quick = 0.0
        a.sides[k].need_until = 0


@hot
def tick_on(a: Row, ts: int) -> None:
    """Let the growth factor come to `ts`."""
    a.growth *= growth(ts - a.clock, a.rate)
    a.clock = ts
    if a.growth > GROWTH_MAX:
        for k in range(2):
            for j in range(LEVELS):
                level = a.sides[k].levels[j]
                level.volume, level.facing = level.volume / a.growth, level.facing / a.growth
        a.growth = 1.0


@part
def renew(a: Row, s: Row, ts: int) -> None:
    """Find the baseline that holds at `ts`, and with it the volume that is worth a look."""
    args = a.args
    s.mu, s.sd, s.samples, s.need_until = baseline.look(
        a.base, ts, args.warmup, args.season_warmup, args.baseline_mu, args.baseline_sd
    )
    if args.baseline_sd <= 0.0:
        s.mu = max(s.mu, s.quick)
    least = args.z_min - args.rho_weight * RHO_MOST - args.share_weight * SHARE_MOST
    s.need = max(args.volume_min, math.expm1(s.mu + least * s.sd)) if s.sd > 0.0 else np.inf


@part
def fall(a: Row, s: Row, price: int, ts: int, sold: bool) -> None:
    """A print at `price`: every live level above it is gone, and has taught the baseline if it was sold through."""
    for p in range(max(price + 1, s.top - LEVELS + 1), s.top + 1):
        level = s.levels[p & (LEVELS - 1)]
        if level.price != p:
            continue
        if level.live and sold and ts - level.hit_ts <= a.life:
            x = math.log1p(level.volume / a.growth)
            baseline.learn(a.base, ts, x)
            s.quick += QUICK * (x - s.quick)
            a.sides[0].need_until = a.sides[1].need_until = 0
        if level.ripe:
            drop(s, p)
        forget(level, p)
    s.top = price


@part
def strike(a: Row, s: Row, price: int, tick: Row, sure: float, near: int, near_size: int) -> None:
    """A sale into the level at `price`."""
    ts, size = tick.ts, int(tick.size)
    level = slot(s, price)
    if level.live and ts - level.hit_ts > a.life:
        if level.ripe:
            drop(s, price)
        forget(level, price)
    if not level.live:
        begin(level, ts)
    level.volume += size * a.growth
    level.raw += size
    level.sure += size * sure
    level.hits += 1
    level.hit_ts = ts
    hit = s.hits[s.count & (HITS - 1)]
    hit.ts, hit.price, hit.size = ts, price, size
    s.count += 1
    s.top = max(s.top, price)
    if not level.ripe and level.volume >= a.args.volume_min * a.growth:
        if ts >= s.need_until:
            renew(a, s, ts)
        if level.volume >= s.need * a.growth and s.ripe < RIPE_MAX:
            level.ripe = 1
            s.ripes[s.ripe] = price
            s.lowest = price if s.ripe == 0 else min(s.lowest, price)
            s.ripe += 1
    if near == price:
        level.shown_max = max(level.shown_max, near_size)
        if s.struck != price:
            s.struck, s.struck_from, s.struck_left = price, near_size, near_size
        s.struck_left -= size
        s.struck_ts = ts


@part
def holds(a: Row, s: Row, level: Row, ts: int) -> bool:
    """Whether a level has everything but its end at `ts`. One that has decayed too far is ripe no longer."""
    args = a.args
    if ts - level.hit_ts > a.life or level.volume < s.need * a.growth:
        level.ripe = 0
        drop(s, level.price)
        return False
    return bool(
        ts - level.first_ts >= args.age_min
        and level.sure >= args.confidence_min * level.raw
        and 2 * level.raw >= args.rho_min * max(1, level.shown_max)
        and level.volume >= level.facing
        and weight(a, s, level) >= args.z_min
    )


@part
def weight(a: Row, s: Row, level: Row) -> float:
    """z, and what refill and one-sidedness beyond their marks, or short of them, add to it or take away."""
    args = a.args
    z = (math.log1p(level.volume / a.growth) - s.mu) / s.sd
    refill = math.log(level.raw / (args.rho_min * max(1, level.shown_max)))
    odds = args.share_min / (1.0 - args.share_min) * level.facing
    sided = math.log(level.volume / odds) if odds > 0.0 else SHARE_MOST
    return float(z + args.rho_weight * min(refill, RHO_MOST) + args.share_weight * min(sided, SHARE_MOST))


@part
def report(a: Row, k: int, level: Row, kind: int, tick: Row, row: int, out: Events, found: int) -> int:
    """Write the EVENT of a level that held, unless one was given nearby a moment ago; return how many there are now."""
    s, sign, ts, early = a.sides[k], 1 - 2 * k, tick.ts, kind - a.kind
    for j in range(RECENT):
        if abs(s.fired_level[early, j] - level.price) <= COOL_TICKS and ts - s.fired_ts[early, j] < a.args.cooldown:
            return found
    j = s.fired % RECENT
    s.fired += 1
    s.fired_ts[early, j], s.fired_level[early, j] = ts, level.price
    volume, facing = level.volume / a.growth, level.facing / a.growth
    z = (math.log1p(volume) - s.mu) / s.sd
    price = sign * level.price
    e = out[found]
    event.now(e, ts, row)
    event.head(e, a.source, kind, a.timeframe, sign, price, z)
    v = e.evidence
    age = (ts - level.first_ts) / 1e9
    v[0], v[1], v[2], v[3] = price, volume, facing, level.raw
    v[4], v[5], v[6], v[7] = z, s.mu, s.sd, s.samples
    v[8], v[9], v[10] = level.raw / max(1, level.shown_max), level.shown_max, volume / (volume + facing)
    v[11], v[12], v[13], v[14], v[15] = level.refills, level.hidden, level.replenished, age, level.hits
    v[16], v[17] = lately(level, s.hits, s.count, ts)[0], level.raw / age
    v[18] = tick.price if tick.kind == PRINT else np.nan
    v[19] = tick.ask - tick.bid if tick.bid != ABSENT and tick.ask != ABSENT else np.nan
    v[20] = level.sure / level.raw
    return found + 1


@part
def lifted(a: Row, k: int, price: int, near: int, tick: Row, row: int, out: Events, found: int) -> int:
    """Report the levels within reach of the touch that a print at `price` lifts away from."""
    s = a.sides[k]
    for j in range(s.ripe - 1, -1, -1):
        p = s.ripes[j]
        if near - a.args.reach_ticks <= p <= price - a.args.lift_ticks:
            level = s.levels[p & (LEVELS - 1)]
            if holds(a, s, level, tick.ts):
                found = report(a, k, level, a.kind, tick, row, out, found)
    return found


@part
def dried(a: Row, k: int, near: int, tick: Row, row: int, out: Events, found: int) -> int:
    """Report the level nearest the touch whose selling has dried up, once it has done so for long enough."""
    s = a.sides[k]
    quiet = NOWHERE
    for j in range(s.ripe - 1, -1, -1):
        p = s.ripes[j]
        if max(quiet, near - a.args.reach_ticks) <= p <= near:
            level = s.levels[p & (LEVELS - 1)]
            if holds(a, s, level, tick.ts) and lately(level, s.hits, s.count, tick.ts)[1]:
                quiet = p
    if quiet != s.quiet_level:
        s.quiet_level, s.quiet_since = quiet, tick.ts
    if quiet != NOWHERE and tick.ts - s.quiet_since >= a.args.quiet:
        return report(a, k, s.levels[quiet & (LEVELS - 1)], a.kind + 1, tick, row, out, found)
    return found


@hot
def on_print(a: Row, tick: Row, sure: float, row: int, out: Events, found: int) -> int:
    """A print: it breaks levels, hits one, and faces one of the other side. Returns how many events there are."""
    # Where bid and ask stand in the eyes of either side; a side that is not there is as far off as can be.
    bid = tick.bid
    ask = 0 - tick.ask if tick.ask != ABSENT else NOWHERE
    for k in range(2):
        price = (1 - 2 * k) * tick.price
        if price < a.sides[k].top:
            fall(a, a.sides[k], price, tick.ts, (1 - 2 * k) * tick.side < 0)
    if tick.side != 0:
        # The side that was hit (0 long, 1 short) by arithmetic: a branch here would be a toss of a coin.
        hit = (tick.side + 1) >> 1
        sign = 1 - 2 * hit
        near, shown = bid + hit * (ask - bid), tick.bid_size + hit * (tick.ask_size - tick.bid_size)
        strike(a, a.sides[hit], sign * tick.price, tick, sure, near, shown)
        # The other side's level is its touch if the print was at the opposite one, else a tick behind the print.
        mine, theirs = ask + hit * (bid - ask), bid + hit * (ask - bid)
        price = -sign * tick.price
        whole = mine != NOWHERE and theirs != NOWHERE and price == -theirs
        slot(a.sides[1 - hit], mine if whole else price - 1).facing += tick.size * a.growth
    for k in range(2):
        near, price = (bid, tick.price) if k == 0 else (ask, 0 - tick.price)
        # Most prints lift away from nothing: one comparison says so.
        if a.sides[k].ripe > 0 and price >= a.sides[k].lowest + a.args.lift_ticks and sound(tick):
            found = lifted(a, k, price, near if near != NOWHERE else price - 1, tick, row, out, found)
    return found


@part
def attacked(a: Row, tick: Row, order: int) -> bool:
    """Whether an order is one of many into a level that was worth a look before it and took twice as much."""
    s = a.sides[(tick.side + 1) >> 1]
    level = s.levels[-tick.side * tick.price & (LEVELS - 1)]
    lives = level.price == -tick.side * tick.price and level.live and tick.ts - level.hit_ts <= a.life
    aged = tick.ts - level.first_ts >= a.args.age_min and level.raw >= 2 * order
    return bool(tick.side != 0 and lives and aged and s.need > 0.0 and level.volume >= s.need * a.growth)


@part
def pass_by(a: Row, tick: Row) -> None:
    """A print that is no effort (a block): it breaks the levels beyond it and teaches nothing."""
    tick_on(a, tick.ts)
    for k in range(2):
        price = (1 - 2 * k) * tick.price
        if price < a.sides[k].top:
            fall(a, a.sides[k], price, tick.ts, False)


@hot
def on_quote(a: Row, tick: Row) -> None:
    """A quote, seen from both sides."""
    s = a.sides[0]
    if (tick.bid != s.near) | (tick.bid_size != s.near_size) | (s.struck != NOWHERE):
        show(s, tick.ts, tick.bid, tick.bid_size)
    s = a.sides[1]
    if (0 - tick.ask != s.near) | (tick.ask_size != s.near_size) | (s.struck != NOWHERE):
        show(s, tick.ts, 0 - tick.ask, tick.ask_size)


@part
def on_look(a: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A second has passed: look for levels that dried up. Returns how many events there are."""
    tick_on(a, tick.ts)
    if tick.bid != ABSENT and a.sides[0].ripe > 0:
        found = dried(a, 0, tick.bid, tick, row, out, found)
    if tick.ask != ABSENT and a.sides[1].ripe > 0:
        found = dried(a, 1, 0 - tick.ask, tick, row, out, found)
    return found


class Absorption:
    """Absorption by lift and, with less evidence, by drying up. Reads ticks."""

    kind = "absorption"
    kinds = ("absorption", "absorption_early")
    EVIDENCE = EVIDENCE
    Params = Params
