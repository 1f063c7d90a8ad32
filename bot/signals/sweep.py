"""Sweep and reclaim: the stops behind a level are run in a burst, and price is back at once.

Definition (long; the short side is its mirror, by `sign`)
    A level x of the map (`level_map.py`) with S(x) ≥ strength_min is breached at t0 by the first print below it that
    comes from at or above it. pen = x − lowest print since; attack = sold below x; burst = the largest r2 / r300 at a
    sale below x, with r2 and r300 the exponential rates of selling over 2 s and 300 s.
    back    a print ≥ x + off within `reclaim` of t0, then no print below x for `hold`; the first row after that decides
    sweep             pen_min ≤ pen ≤ pen_max, burst ≥ burst_min · max(1, time to be back / quick)^1.5, `shallow` times
                      that for a pen below 3 ticks, at least prints_min orders below x, and answer ≥ answer_min: the
                      rate of buying since the furthest print over the r300 of the burst
    sweep_weak        back with that pen, but wanting in something else: a candidate, never a signal
    break_no_reclaim  not back in time, deeper than pen_max, or trading stopped meanwhile: the counter-example
    A level that was run by pen_min in the last `rest` is not watched: who had stops there has none any more.
    One print alone breaches nothing unless the bid stands below x as well; nothing of a crossed row is believed.
    pen_min and pen_max are max(2, a fifth) and max(14, 1.6 ×) of the last regular hours' average minute once there was
    such a day, the product's before. Where several levels go at once each has its own machine, up to eight a side; of
    sweeps within near_ticks and `cooldown` only the first speaks.
Source
    Specification of signals §7. Osler 2003, 2005: stops cluster just beyond round numbers and their run feeds itself.
    The tape cannot show that anybody wanted those stops: this says sweep and reclaim, not manipulation.
Evidence
    EVIDENCE, in order. Prices are ticks, volumes units, times seconds, rates units per second. `level_kind` counts
    through level_map.KINDS; `reason` is 0 for a sweep, 1 late, 2 deep, 3 stopped, 4 a weak burst, 5 few orders or
    unsure sides, 6 unanswered.
"""

import math
from typing import ClassVar

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, SECOND_NS, Duration
from bot.domain.market import ABSENT, Days, Events, Ticks
from bot.kernel import Row, hot, part
from bot.signals import event, level_map, selling
from bot.signals.args import args_dtype, first
from bot.signals.breach import BREACHED, IDLE, MACHINE, MACHINES, PENDING, begin, bid_of, fall, pack, watched
from bot.signals.epochs import NEVER, day_of
from bot.signals.level_map import NOWHERE
from bot.signals.soundness import sound

EVIDENCE = (
    "level", "level_kind", "s", "pen", "extreme", "burst", "attack", "touches", "touch_age", "age", "reclaim_s", "r2",
    "r300", "spread", "prints", "pen_min", "pen_max", "confidence", "reason",
    "answer", "burst_needed",
)  # fmt: skip
LATE, DEEP, STOPPED, WEAK_BURST, FEW, UNANSWERED = range(1, 7)
SWEEP, WEAK, BROKEN = 0, 1, 2
"""Kinds, from the first on."""


class Params(Base):
    """Thresholds, guessed per product; `defaults` knows them."""

    pen_min: int = Field(2, ge=1)
    pen_max: int = Field(14, ge=1)
    pen_by_range: bool = True
    """Let both follow the last day's average minute once there is one."""
    reclaim: Duration = 75 * SECOND_NS
    hold: Duration = SECOND_NS
    off_ticks: int = Field(0, ge=0)
    burst_min: float = 3.8
    quick: Duration = Field(15 * SECOND_NS, ge=SECOND_NS)
    """Back within this, burst_min is enough; later it takes a larger burst."""
    shallow: float = 2.5
    """So many times the burst is needed when it hardly went beyond the level."""
    rest: Duration = Field(15 * SECOND_NS, ge=0, lt=64 * SECOND_NS)
    """Nothing rests behind a level that was run by pen_min within this time."""
    prints_min: int = 6
    answer_min: float = 1.0
    strength_min: float = 0.3
    near_ticks: int = Field(4, ge=0)
    cooldown: Duration = 60 * SECOND_NS
    warmup: Duration = 60 * SECOND_NS
    """Nothing is said before so long an acquaintance with the rate of selling."""
    confidence_min: float = 0.8
    step: Duration = Field(MINUTE_NS, ge=SECOND_NS)
    """How often the map is drawn anew, and what it calls a minute."""
    window: Duration = Field(30 * MINUTE_NS, ge=SECOND_NS)
    """How far back the extremes of the half hour go; at most 64 steps."""

    BY_PRODUCT: ClassVar[dict[str, tuple[int, int, float, int, int, float]]] = {
        # pen_min, pen_max, burst_min, quick (s), prints_min, answer_min
        "ES": (2, 14, 3.8, 15, 6, 1.0), "MES": (2, 14, 3.8, 15, 6, 1.0),
        "NQ": (8, 65, 3.2, 20, 6, 0.6), "MNQ": (8, 65, 3.2, 20, 6, 0.6),
        "CL": (2, 19, 5.0, 15, 6, 1.0), "GC": (2, 20, 6.0, 15, 6, 1.0),
        "SPY": (2, 17, 3.8, 15, 6, 1.0), "AAPL": (3, 24, 4.5, 15, 6, 1.0), "TSLA": (6, 51, 4.2, 20, 1, 0.0),
    }  # fmt: skip
    SLOW: ClassVar[frozenset[str]] = frozenset({"CL", "GC"})
    """On bars of a quarter of an hour these have longer to come back, and have to hold for longer."""

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """The starting values of a product (ES's where it is unknown)."""
        pen_min, pen_max, burst, quick, prints, answer_min = cls.BY_PRODUCT.get(product, cls.BY_PRODUCT["ES"])
        slow = product in cls.SLOW and timeframe_ns >= 15 * MINUTE_NS
        return cls(
            pen_min=pen_min,
            pen_max=pen_max,
            burst_min=burst,
            quick=quick * SECOND_NS,
            prints_min=prints,
            answer_min=answer_min,
            reclaim=(900 if slow else 75) * SECOND_NS,
            hold=(5 if slow else 1) * SECOND_NS,
        )


RECENT = 8
SHALLOW = 3
"""Ticks: less is as far beyond a level as any print may lie."""
MINUTES_MIN = 60
"""Fewer regular minutes say nothing about a day's average one."""
ROW_EVENTS = 2 * MACHINES
"""More than one row can give."""

ARGS = args_dtype(Params)
SIDE = np.dtype(
    [
        ("busy", "i8"),  # machines at work
        ("due", "i8"),  # when one of them has waited long enough; 0 as long as one is not proven
        ("selling", selling.STATE),
        ("machines", MACHINE, (MACHINES,)),
        ("fired", "i8", (3,)),
        ("fired_ts", "i8", (3, RECENT)),
        ("fired_level", "i8", (3, RECENT)),
    ],
    align=True,
)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # of a sweep; the weak one and the break follow
        ("timeframe", "i8"),
        ("pen_min", "i8"),
        ("pen_max", "i8"),
        ("due", "i8"),  # of both sides the earlier
        ("cut", "i8"),  # trading stopped or went on: the next row takes it up
        ("map", level_map.STATE),
        ("sides", SIDE, (2,)),
    ],
    align=True,
)
SHAPING = ("pen_min", "pen_max", "pen_by_range", "step", "window")
"""Parameters that are part of its memory: with another one it begins anew."""


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory; the round grid of its map is not set."""
    state = first(STATE, params, source, kind, timeframe)
    state["pen_min"], state["pen_max"] = params.pen_min, params.pen_max
    state["due"] = state["sides"]["due"] = NEVER
    state["sides"]["fired_level"] = NOWHERE
    level_map.prepare(state["map"], timeframe, params.step, params.window)
    return state


@part
def interrupt(a: Row) -> None:
    """Trading stopped or went on, or the book broke: what was under way has failed. The next row says so."""
    a.cut = 1


@part
def take_up(a: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A row after an interruption: breaches have failed, rates begin anew; return how many events there are now."""
    a.cut = 0
    level_map.lose(a.map)
    for k in range(2):
        s = a.sides[k]
        for j in range(s.busy):
            if s.machines[j].state != IDLE:
                found = fail(a, k, s.machines[j], STOPPED, tick, row, out, found)
        selling.forget(s.selling)
        wait(a, s)
    return found


@part
def new_day(a: Row, days: Days, ts: int) -> None:
    """A session, or its regular hours, have begun."""
    m, day = a.map, days[day_of(days, ts)]
    if day.open > m.opened:
        m.opened = day.open
        if a.args.pen_by_range and m.counted >= MINUTES_MIN:
            usual = m.spans / m.counted
            a.pen_min, a.pen_max = max(2, round(0.2 * usual)), max(14, round(1.6 * usual))
        level_map.new_session(m, ts)
    if ts >= day.anchor > m.anchor:
        level_map.regular_hours(m, day, ts)


@part
def second(a: Row, at: int) -> None:
    """A whole second has passed."""
    selling.second(a.sides[0].selling)
    selling.second(a.sides[1].selling)
    level_map.second(a.map, at)


@part
def wait(a: Row, s: Row) -> None:
    """Work out from when on a quote has to be looked at: when a machine is due, or at once where one is in doubt."""
    pack(s)
    s.due = NEVER
    for j in range(s.busy):
        m = s.machines[j]
        due = m.t0 + a.args.reclaim + 1 if m.state == BREACHED else m.back + a.args.hold
        s.due = min(s.due, due if m.proven else 0)
    a.due = min(a.sides[0].due, a.sides[1].due)


@part
def said(a: Row, k: int, kind: int, level: int, ts: int) -> bool:
    """Whether this was said of the level, a sweep also of one nearby, a moment ago; if not, it is now."""
    s, near = a.sides[k], a.args.near_ticks if kind == SWEEP else 0
    for j in range(RECENT):
        if abs(s.fired_level[kind, j] - level) <= near and ts - s.fired_ts[kind, j] < a.args.cooldown:
            return True
    j = s.fired[kind] % RECENT
    s.fired[kind] += 1
    s.fired_ts[kind, j], s.fired_level[kind, j] = ts, level
    return False


@part
def report(a: Row, k: int, m: Row, kind: int, reason: int, tick: Row, row: int, out: Events, found: int) -> int:
    """Write the EVENT of a machine that came to its end; return how many there are now."""
    if not sound(tick) or said(a, k, kind, m.level, tick.ts):
        return found
    sign, e = 1 - 2 * k, out[found]
    event.now(e, tick.ts, row)
    event.head(e, a.source, a.kind + kind, a.timeframe, sign, sign * m.level, m.burst)
    v = e.evidence
    v[0], v[1], v[2], v[3], v[4], v[5] = sign * m.level, m.kind, m.strength, m.level - m.low, sign * m.low, m.burst
    v[6], v[7] = m.attack, m.touches
    v[8] = (m.t0 - m.last_touch) / 1e9 if m.touches > 0 else np.nan
    v[9] = (m.t0 - m.born) / 1e9 if m.born > 0 else np.nan
    v[10] = (m.back - m.t0) / 1e9 if m.state == PENDING else np.nan
    v[11], v[12] = m.r2, m.r300
    v[13] = tick.ask - tick.bid if tick.bid != ABSENT and tick.ask != ABSENT else np.nan
    v[14], v[15], v[16] = m.prints, a.pen_min, a.pen_max
    v[17] = m.sure / m.attack if m.attack > 0 else 0.0
    v[18], v[19], v[20] = reason, answer(m, tick.ts), needed(a.args, m) if m.state == PENDING else np.nan
    return found + 1


@part
def fail(a: Row, k: int, m: Row, reason: int, tick: Row, row: int, out: Events, found: int) -> int:
    """The level is broken, unless one print was all there was."""
    if m.proven and a.sides[k].selling.seconds * SECOND_NS >= a.args.warmup:
        found = report(a, k, m, BROKEN, reason, tick, row, out, found)
    m.state = IDLE
    return found


@part
def conclude(a: Row, k: int, m: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """It came back and held."""
    if m.proven and m.level - m.low >= a.pen_min and a.sides[k].selling.seconds * SECOND_NS >= a.args.warmup:
        reason = wanting(a.args, m, tick.ts)
        found = report(a, k, m, SWEEP if reason == 0 else WEAK, reason, tick, row, out, found)
    m.state = IDLE
    return found


@part
def needed(args: Row, m: Row) -> float:
    """The burst that makes a breach a sweep: larger for one that was slow to come back or hardly went beyond."""
    times = max(1.0, (m.back - m.t0) / args.quick)
    return float(args.burst_min * times * math.sqrt(times) * (args.shallow if m.level - m.low < SHALLOW else 1.0))


@part
def answer(m: Row, ts: int) -> float:
    """Rate of buying since the furthest print over the usual rate of selling."""
    return m.bought / max(1.0, (ts - m.low_ts) / 1e9) / m.r300 if m.r300 > 0.0 else 0.0


@part
def wanting(args: Row, m: Row, ts: int) -> int:
    """Why what came back is no sweep; 0: it is one."""
    if m.burst < needed(args, m):
        return WEAK_BURST
    if m.prints < args.prints_min or m.sure < args.confidence_min * m.attack:
        return FEW
    return UNANSWERED if answer(m, ts) < args.answer_min else 0


@part
def breach(a: Row, k: int, price: int, ts: int) -> None:
    """A print at the signed `price` went through the level below, and perhaps through more."""
    s, x = a.sides[k], a.map.sides[k].below
    fresh = level_map.lowest_since(a.map, k, a.args.rest // SECOND_NS) + a.pen_min
    for _ in range(MACHINES):
        if x <= price:
            return
        if x < fresh and s.busy < MACHINES and not watched(s, x):
            worth = level_map.strength(a.map, k, x, ts)
            if worth >= a.args.strength_min:
                begin(s.machines[s.busy], a.map, k, x, worth, ts)
                s.busy += 1
        x = level_map.highest(a.map, k, x - 1)


@part
def look(a: Row, k: int, price: int, tick: Row, sure: float, row: int, out: Events, found: int) -> int:
    """A print on side k that a level or a machine has to hear of; return how many events there are now."""
    s, around, ts = a.sides[k], a.map.sides[k], tick.ts
    before = s.busy
    if before == 0:
        s.selling.fast_ts = 0
    if price < around.below:
        breach(a, k, price, ts)
    if s.busy > 0:
        sold, bought = (1 - 2 * k) * tick.side < 0, tick.size if (1 - 2 * k) * tick.side > 0 else 0
        r2, r300 = selling.rates(s.selling, ts, tick.size) if sold else (0.0, 1.0)
        near, sane, moved = bid_of(tick, k), sound(tick), s.busy > before
        for j in range(s.busy):
            m = s.machines[j]
            stood = m.state + 4 * m.proven
            if m.state == BREACHED and ts - m.t0 > a.args.reclaim:
                found = fail(a, k, m, LATE, tick, row, out, found)
            else:
                m.bought += bought
                if price < m.level:
                    fall(m, price, near, tick, sold, sure, r2, r300)
                    if m.level - m.low > a.pen_max:
                        found = fail(a, k, m, DEEP, tick, row, out, found)
                elif m.state == BREACHED and price >= m.level + a.args.off_ticks:
                    m.state, m.back = PENDING, ts
                if m.state == PENDING and ts - m.back >= a.args.hold and sane:
                    found = conclude(a, k, m, tick, row, out, found)
            moved |= stood != m.state + 4 * m.proven
        if moved:
            wait(a, s)
    if price < around.below or price >= around.above:
        level_map.look_around(a.map, k, price)
    return found


@hot
def on_print(a: Row, tick: Row, sure: float, row: int, out: Events, found: int) -> int:
    """A print: what was sold is remembered, levels may break or be taken back. Returns how many events there are."""
    if tick.side != 0:
        selling.sold(a.sides[(tick.side + 1) >> 1].selling, tick.ts, tick.size)
    a.map.last = tick.price
    for k in range(2):
        price, around = (1 - 2 * k) * tick.price, a.map.sides[k]
        if (price < around.below) | (price >= around.above) | (a.sides[k].busy > 0):
            found = look(a, k, price, tick, sure, row, out, found)
        if price < around.low:
            around.low = price
    return found


@hot
def on_quote(a: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A quote: it may prove a breach, and time has passed. Returns how many events there are."""
    if tick.ts >= a.due:
        for k in range(2):
            if tick.ts >= a.sides[k].due:
                found = quoted(a, k, tick, row, out, found)
    return found


@part
def quoted(a: Row, k: int, tick: Row, row: int, out: Events, found: int) -> int:
    """A quote that side k has waited for."""
    if not sound(tick):
        return found
    s, near = a.sides[k], bid_of(tick, k)
    for j in range(s.busy):
        m = s.machines[j]
        if m.state == BREACHED and near < m.level:
            m.proven = 1
        if m.state == BREACHED and tick.ts - m.t0 > a.args.reclaim:
            found = fail(a, k, m, LATE, tick, row, out, found)
        elif m.state == PENDING and tick.ts - m.back >= a.args.hold:
            found = conclude(a, k, m, tick, row, out, found)
    wait(a, s)
    return found


class Sweep:
    """Sweep and reclaim, with its weak kin and its counter-example. Reads ticks."""

    kind = "sweep"
    kinds = ("sweep", "sweep_weak", "break_no_reclaim")
    EVIDENCE = EVIDENCE
    Params = Params
