"""The absorber, and who runs into him: absorption, rejection, or both in one bar.

A shape goes PUSH → HOLD → LIFT → REST: orders push the touch some ticks, a hidden reserve takes what comes at the
level, orders of the other side lift it away again. A rejection has no reserve. Where bars are long (`slow`), so is
all of it.
"""

from typing import Any

from adapters.synthetic.agents.phase import enter
from adapters.synthetic.book import toward
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import ABSORPTION, ASK, BID, HOLD, LIFT, PUSH, REJECTION, REST, SECOND
from bot.kernel import part

# By grade 1, 2, 3 (index 0 is not used).
PUSH_SHARE = (0, 1_050, 1_300, 1_600)  # of a usual minute's range, per mille: how long the tail gets
HOLD_TIMES = (0, 7, 10, 15)  # absorbed volume, in volumes that a tick of progress costs
_HOLD_LEAST = 190
_PUSH_NS, _HOLD_LEAST_NS, _HOLD_NS, _LIFT_NS = 16 * SECOND, 9 * SECOND, 24 * SECOND, 16 * SECOND


@part
def begin_shape(s: Any, p: Any, nature: Any) -> None:
    """Push: sellers run into where the absorber will stand (long)."""
    k = BID if p.side > 0 else ASK
    ticks = max(3, nature.span * s.reach * PUSH_SHARE[p.grade] // 16_000)
    if p.kind == ABSORPTION:
        ticks = nature.span * (1 + p.grade)
    p.from_price = s.price[k]
    p.aim = s.price[k] + toward(k) * ticks
    if p.retest > 0:
        p.aim = s.level + p.side * p.retest
        ticks = max(2, p.side * (s.price[k] - p.aim))
    s.boost[1 - k], s.makers[k] = 250, 600
    s.extra[k] = orders_for(3 * ticks * s.cost // 16, 10 * nature.slow, nature)
    enter(s, p, PUSH)


@part
def _hold(s: Any, p: Any, nature: Any, k: int) -> None:
    p.price, p.first = s.price[k], s.ts
    s.floor, s.floor_price, s.level = k, s.price[k], s.price[k]
    p.goal = max(_HOLD_LEAST * nature.lot, nature.span * HOLD_TIMES[p.grade] * s.cost // 16)
    s.boost[1 - k], s.makers[k] = 500, 1_000
    s.extra[k] = orders_for(p.goal, 14 * nature.slow, nature)
    enter(s, p, HOLD)


@part
def _lift(s: Any, p: Any, nature: Any, k: int) -> None:
    ticks = max(4, abs(p.from_price - p.price) * 9 // 10)
    p.aim = p.price - toward(k) * ticks
    if p.kind == REJECTION:
        s.floor = -1  # nobody stands there: the tail is left behind
    s.boost[k], s.extra[k], s.boost[1 - k] = 200, 0, 1_300
    s.extra[1 - k] = orders_for(2 * ticks * s.cost // 16, 9 * nature.slow, nature)
    enter(s, p, LIFT)


@part
def shape(s: Any, p: Any, nature: Any) -> bool:
    """One step of it; true when price has been lifted away and nothing is staged any more."""
    k = BID if p.side > 0 else ASK
    since = (s.ts - p.phase_at) // nature.slow
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
        enter(s, p, REST)
        if p.kind == ABSORPTION:
            p.until = s.ts
        return True
    return False
