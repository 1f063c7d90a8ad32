"""What is staged, in the market's own terms: extra orders, an absorber's reserve, a side that stops quoting.

A shape (absorption, rejection, both) goes PUSH → HOLD → LIFT → REST: orders push the touch some ticks, a hidden reserve
takes what comes at the level, orders of the other side lift it away again. Nothing writes a price; orders do.
"""

from typing import Any

from adapters.synthetic.agents.stops import lift_stops
from adapters.synthetic.agents.sweeper import begin_sweep, sweep
from adapters.synthetic.book import give_way, quote, toward
from adapters.synthetic.chance import Rng
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import (
    ABSORPTION,
    ASK,
    BID,
    BREAK,
    CONFLUENCE,
    DONE,
    DRIFT,
    HOLD,
    IMBALANCE,
    LIFT,
    LOCK,
    NEWS,
    ONE_SIDED,
    PUSH,
    REJECTION,
    REST,
    SECOND,
    STUFFING,
    SWEEP,
    WAITING,
    States,
)
from bot.domain.market import Ticks
from bot.kernel import part

# By grade 1, 2, 3 (index 0 is not used).
PUSH_SHARE = (0, 1_050, 1_300, 1_600)  # of a usual minute's range, per mille: how long the tail gets
HOLD_TIMES = (0, 7, 10, 15)  # absorbed volume, in volumes that a tick of progress costs
SHARE = (0, 805, 830, 860)  # of the volume on the dominant side, per mille
_HOLD_LEAST = 190
_IMBALANCE_MOOD = 2_300  # a one-sided bar is a busy one
_PUSH_NS, _HOLD_LEAST_NS, _HOLD_NS, _LIFT_NS = 16 * SECOND, 9 * SECOND, 24 * SECOND, 16 * SECOND


@part
def calm(s: Any, nature: Any) -> None:
    """Nothing is staged."""
    for k in range(2):
        s.boost[k], s.makers[k], s.extra[k] = 1_000, 1_000, 0
    s.floor, s.absent, s.flicker, s.wide = -1, -1, 0, nature.wide
    lift_stops(s)


@part
def _enter(s: Any, p: Any, phase: int) -> None:
    p.phase, p.phase_at = phase, s.ts
    p.volume[BID] = p.volume[ASK] = 0


@part
def _begin_shape(s: Any, p: Any, nature: Any) -> None:
    k = BID if p.side > 0 else ASK
    ticks = max(3, s.reach * PUSH_SHARE[p.grade] // 16_000)
    if p.kind == ABSORPTION:
        ticks = 1 + p.grade
    p.from_price = s.price[k]
    p.aim = s.price[k] + toward(k) * ticks
    if p.retest > 0:
        p.aim = s.level + p.side * p.retest
        ticks = max(2, p.side * (s.price[k] - p.aim))
    s.boost[1 - k], s.makers[k] = 250, 600
    s.extra[k] = orders_for(3 * ticks * s.cost // 16, 10, nature.lot)
    _enter(s, p, PUSH)


@part
def _hold(s: Any, p: Any, nature: Any, k: int) -> None:
    p.price, p.first = s.price[k], s.ts
    s.floor, s.floor_price, s.level = k, s.price[k], s.price[k]
    p.goal = max(_HOLD_LEAST * nature.lot, HOLD_TIMES[p.grade] * s.cost // 16)
    s.boost[1 - k], s.makers[k] = 500, 1_000
    s.extra[k] = orders_for(p.goal, 14, nature.lot)
    _enter(s, p, HOLD)


@part
def _lift(s: Any, p: Any, nature: Any, k: int) -> None:
    ticks = max(4, abs(p.from_price - p.price) * 9 // 10)
    p.aim = p.price - toward(k) * ticks
    if p.kind == REJECTION:
        s.floor = -1  # nobody stands there: the tail is left behind
    s.boost[k], s.extra[k], s.boost[1 - k] = 200, 0, 1_300
    s.extra[1 - k] = orders_for(2 * ticks * s.cost // 16, 9, nature.lot)
    _enter(s, p, LIFT)


@part
def _shape(s: Any, p: Any, nature: Any) -> None:
    k = BID if p.side > 0 else ASK
    since = s.ts - p.phase_at
    beyond = (s.price[k] - p.aim) * toward(k)
    settled = s.price[ASK] - s.price[BID] <= s.wide
    if p.phase == PUSH and settled and (beyond >= 0 or since >= _PUSH_NS):
        _hold(s, p, nature, k)
        if p.kind == REJECTION:
            _lift(s, p, nature, k)
    elif p.phase == HOLD and ((p.volume[k] >= p.goal and since >= _HOLD_LEAST_NS) or since >= _HOLD_NS):
        _lift(s, p, nature, k)
    elif p.phase == LIFT and (beyond <= 0 or since >= _LIFT_NS):
        p.last = s.ts
        calm(s, nature)
        s.boost[k] = 700  # whoever sold has sold
        _enter(s, p, REST)
        if p.kind == ABSORPTION:
            p.until = s.ts


@part
def _steer(s: Any, p: Any) -> None:
    k = ASK if p.side > 0 else BID
    total = p.volume[BID] + p.volume[ASK]
    short = 1_000 * p.volume[k] < SHARE[p.grade] * total
    s.mood = max(s.mood, _IMBALANCE_MOOD)
    s.boost[k] = 1_450 if short else 1_150
    s.boost[1 - k] = 150 if short else 1_000


@part
def _begin(s: Any, p: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    k = BID if p.side > 0 else ASK
    p.first, p.price = s.ts, s.price[k]
    if p.kind <= CONFLUENCE:
        _begin_shape(s, p, nature)
        return
    if p.kind == SWEEP or p.kind == BREAK:
        begin_sweep(s, p, rng, nature)
        return
    _enter(s, p, HOLD)
    if p.kind == STUFFING:
        s.flicker = 800_000
        s.boost[BID] = s.boost[ASK] = 30
    elif p.kind == ONE_SIDED or p.kind == LOCK:
        s.absent = 1 - k
        if p.kind == LOCK:
            s.size[k] *= 20
            s.boost[k] = 100  # who would sell at a limit waits
            s.extra[k] = orders_for(3 * s.cost // 16, 10, nature.lot)
        quote(s, out)
    elif p.kind == NEWS:
        s.wide = nature.wide + 2 + p.grade
        give_way(s, k, rng, nature)
        give_way(s, 1 - k, rng, nature)
        give_way(s, 1 - k, rng, nature)
        s.extra[1 - k] = orders_for(6 * p.grade * s.cost // 16, 10, nature.lot)
        quote(s, out)
    elif p.kind == IMBALANCE:
        s.makers[1 - k] = 1_400  # k is the side that is not hit: whoever meets the flow shows more
    elif p.kind == DRIFT:
        s.boost[k] = 600
        s.extra[1 - k] = orders_for(2 * p.grade * s.cost // 16, 10, nature.lot)


@part
def stage(s: Any, plants: States, rng: Rng, nature: Any, out: Ticks) -> None:
    """Begin, carry on or end what is staged now. Plants come one after the other, by start."""
    if s.plant >= plants.shape[0]:
        return
    p = plants[s.plant]
    if p.phase == WAITING:
        if s.ts < p.start:
            return
        _begin(s, p, rng, nature, out)
    elif p.kind <= CONFLUENCE:
        _shape(s, p, nature)
    elif p.kind == IMBALANCE:
        _steer(s, p)
    elif p.kind == SWEEP or p.kind == BREAK:
        sweep(s, p, nature)
    if s.ts >= p.until:
        if p.last == 0:
            p.last = s.ts
        p.phase = DONE
        calm(s, nature)
        s.plant += 1


@part
def count(s: Any, plants: States, k: int, volume: int) -> None:
    """A market order of this volume hit side k: while an absorber stands, only what came at its level counts."""
    if s.plant < plants.shape[0] and (s.floor < 0 or (s.floor == k and s.price[k] == s.floor_price)):
        plants[s.plant].volume[k] += volume
