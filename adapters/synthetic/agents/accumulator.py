"""The accumulator: for hours sellers keep hitting, and price stays in a range because somebody buys all of it (long).

PUSH: price drifts to the lower edge. HOLD: a hidden reserve stands there. LIFT: price drifts to the upper edge; and so
on, bar after bar, while more is sold than bought and resting orders of the accumulator make up for it. REST: he is
done, price leaves the range upwards and stays out. The decoy is a range that is nobody's: nothing leans against price,
no edge is defended, and it ends as it began. Distribution is the mirror.
"""

from typing import Any

from adapters.synthetic.agents.phase import enter
from adapters.synthetic.agents.trend import keep_to_line
from adapters.synthetic.book import toward
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import ACCUMULATION, ASK, BID, HOLD, LIFT, PLAYED, PUSH, REST, SECOND
from bot.kernel import part

# By grade 1, 2, 3 (index 0 is not used).
SOLD_SHARE = (0, 600, 640, 680)  # of the market orders, per mille; some of it is lost in going up and down
_HOLD_TIMES = (0, 8, 12, 16)  # volume that the reserve takes each time, in volumes of a tick of progress
_WIDTH = 2_800  # of a usual minute's range, per mille
_LEG_NS, _HOLD_LEAST_NS, _HOLD_NS = 300 * SECOND, 40 * SECOND, 180 * SECOND
_BREAK_NS, _OUT_NS = 240 * SECOND, 16 * 60 * SECOND
LEAVES_NS = _BREAK_NS + _OUT_NS + 4 * 60 * SECOND
"""So long before a plant's end the range is left."""


@part
def begin_range(s: Any, p: Any, nature: Any) -> None:
    """Lay the range around price, a little more of it above than below."""
    k = BID if p.side > 0 else ASK
    width = max(8, s.reach * _WIDTH // 16_000)
    p.price = s.price[k] + toward(k) * (width * 2 // 5)
    p.aim = p.price - toward(k) * width
    if p.kind == ACCUMULATION:
        s.share[k], s.share[1 - k] = 2 * SOLD_SHARE[p.grade], 2_000 - 2 * SOLD_SHARE[p.grade]
        s.floor, s.floor_price = k, p.price
    _leg(s, p, PUSH, k)


@part
def _leg(s: Any, p: Any, phase: int, k: int) -> None:
    p.from_price = s.price[k]
    for side in range(2):
        s.boost[side], s.extra[side] = 1_000, 0
    enter(s, p, phase)


@part
def range_step(s: Any, p: Any, nature: Any) -> None:
    """One step of the range, or of the way out of it."""
    k = BID if p.side > 0 else ASK
    since = s.ts - p.phase_at
    inside = (p.price - s.price[k]) * toward(k)  # ticks above the defended edge
    over = (p.aim - s.price[k]) * toward(k)  # above 0: beyond the other one
    done = s.ts >= p.until - LEAVES_NS and p.kind == ACCUMULATION
    if p.phase == PUSH:
        keep_to_line(s, k, p.from_price, p.price, since, _LEG_NS, nature)
        if inside <= 0:
            _leg(s, p, HOLD, k)
            p.goal = _HOLD_TIMES[p.grade] * s.cost // 16
            s.extra[k] = orders_for(p.goal, 90, nature) if p.kind == ACCUMULATION else 0
    elif p.phase == HOLD:
        if (p.volume[k] >= p.goal and since >= _HOLD_LEAST_NS) or since >= _HOLD_NS or p.kind != ACCUMULATION:
            _leg(s, p, REST if done else LIFT, k)
    elif p.phase == LIFT:
        keep_to_line(s, 1 - k, s.price[1 - k] - s.price[k] + p.from_price, p.aim, since, _LEG_NS, nature)
        if done:
            _leg(s, p, REST, k)
        elif over >= 0:
            _leg(s, p, PUSH, k)
    else:
        _leave(s, p, k, over, nature)


@part
def _leave(s: Any, p: Any, k: int, over: int, nature: Any) -> None:
    """Up and out, and no way back in."""
    width = abs(p.aim - p.price)
    s.share[BID], s.share[ASK] = s.base[BID], s.base[ASK]
    s.floor = -1
    if p.last == 0 and over >= 1 + nature.wide:
        p.came, p.last = PLAYED, s.ts
    due = p.aim - toward(k) * (width // 2)
    whole = _BREAK_NS if p.last == 0 else 1_000
    keep_to_line(s, 1 - k, p.from_price, due, s.ts - p.phase_at, whole, nature)
    if p.last > 0 and s.ts - p.last >= _OUT_NS:
        p.until = s.ts
