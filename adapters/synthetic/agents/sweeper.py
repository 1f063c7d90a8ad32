"""The sweeper: runs the stops beyond a level, takes the other side of them, and lets price come back.

PUSH: sellers lean on the level until the touch stands on it. HOLD: a burst breaks it, the stops behind it fire, and the
sweeper's reserve meets what is left of them. LIFT: who bought from them lifts price back over the level. REST: for some
seconds nobody sells there. A real break (the decoy) has no reserve: selling goes on, and whoever fades it is wrong.
"""

from typing import Any

from adapters.synthetic.agents.phase import enter
from adapters.synthetic.agents.stops import lay_stops, lift_stops
from adapters.synthetic.book import toward
from adapters.synthetic.chance import Rng
from adapters.synthetic.levels import level_beyond
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import ASK, BID, BROKEN, HOLD, LIFT, PLAYED, PUSH, REST, SECOND, SWEEP
from bot.kernel import part

# By grade 1, 2, 3 (index 0 is not used).
PENETRATION = (0, 400, 650, 950)  # of a usual minute's range, per mille: how far beyond the level
STOPPED = (0, 300, 450, 600)  # of the volume of a usual minute, per mille: how much is stopped out
_BACK_S = (0, 24, 15, 9)  # how long coming back may take
_LEAN_NS, _HARDER_NS = 150 * SECOND, 20 * SECOND
_BURST_NS, _RECLAIM_NS, _REST_NS = 9 * SECOND, 70 * SECOND, 8 * SECOND
_MET_NS = 3 * SECOND
_RUN_REACH = 1_500
"""How far a real break goes on, of a usual minute's range, per mille."""


@part
def attacked(p: Any) -> int:
    """The side of the book that is run: a long sweep takes the stops under the bid, a short break goes on below it."""
    falls = (p.side > 0) == (p.kind == SWEEP)
    return BID if falls else ASK


@part
def begin_sweep(s: Any, p: Any, rng: Rng, nature: Any) -> None:
    """Choose the level and lean on it."""
    k = attacked(p)
    p.price = p.aim = level_beyond(s, k, rng, nature)
    p.from_price, p.first = s.price[k], 0
    p.goal = max(3, s.reach * PENETRATION[p.grade] // 16_000)
    enter(s, p, PUSH)
    _lean(s, p, k, 1, nature)


@part
def _lean(s: Any, p: Any, k: int, times: int, nature: Any) -> None:
    ticks = toward(k) * (p.aim - s.price[k])
    s.boost[1 - k], s.makers[k] = 600, max(300, 800 - 100 * times)
    rate = orders_for(2 * ticks * s.cost // 16, max(20, min(60, 5 * ticks)), nature)
    s.extra[k] = times * max(rate, orders_for(s.usual // 2, 60, nature))


@part
def _burst(s: Any, p: Any, k: int, nature: Any) -> None:
    s.boost[1 - k], s.makers[k] = 300, 500
    s.extra[k] = orders_for((p.goal + 2) * s.cost // 16, 3, nature)
    lay_stops(s, k, p.price, p.goal, max(p.goal * s.cost // 32, s.usual // 2 * STOPPED[p.grade] // 1_000), nature)
    enter(s, p, HOLD)


@part
def _give_back(s: Any, p: Any, k: int, nature: Any) -> None:
    lift_stops(s)
    s.floor = -1
    s.boost[k], s.extra[k], s.boost[1 - k] = 200, 0, 1_300
    s.makers[k], s.makers[1 - k] = 1_600, 800
    s.extra[1 - k] = orders_for(2 * (p.goal + 2) * s.cost // 16, _BACK_S[p.grade], nature)
    enter(s, p, LIFT)


@part
def _go_on(s: Any, p: Any, k: int) -> None:
    lift_stops(s)
    s.makers[k], s.extra[k] = 900, 0
    p.aim = p.price + toward(k) * (p.goal + s.reach * _RUN_REACH // 16_000)
    enter(s, p, LIFT)


@part
def _keep_away(s: Any, p: Any, k: int, nature: Any) -> None:
    """The break goes on: sellers press until price is far enough, and harder when it comes near the level again."""
    short = (p.aim - s.price[k]) * toward(k)
    gone = (s.price[k] - p.price) * toward(k)
    near = max(p.goal, s.reach // 32)
    s.boost[1 - k] = 300 if gone <= near else 700
    wanted = 5 if gone <= near // 2 else 3 if gone <= near else 1 if short > 0 else 0
    s.extra[k] = orders_for(wanted * max(s.cost // 16, s.usual // 40), 3, nature)


@part
def sweep(s: Any, p: Any, nature: Any) -> None:
    """One step of a sweep or of a real break."""
    k = attacked(p)
    since = s.ts - p.phase_at
    gone = (s.price[k] - p.price) * toward(k)
    if p.phase == PUSH:
        if gone >= 0:
            _burst(s, p, k, nature)
        elif since >= _LEAN_NS:
            p.until = s.ts  # price went elsewhere: nothing has happened
        elif since >= _HARDER_NS:
            _lean(s, p, k, 1 + since // _HARDER_NS, nature)
    elif p.phase == HOLD:
        _run(s, p, k, gone, since, nature)
    elif p.phase == LIFT:
        _after(s, p, k, gone, since, nature)
    elif p.phase == REST and since >= _REST_NS:
        p.until = s.ts


@part
def _run(s: Any, p: Any, k: int, gone: int, since: int, nature: Any) -> None:
    if gone > 0 and p.first == 0:
        p.first = s.ts
    far = gone >= p.goal or (since >= _BURST_NS and gone >= 2)
    if far and p.kind != SWEEP:
        p.came = BROKEN
        _go_on(s, p, k)
    elif s.floor >= 0 and (s.fired <= 0 or s.ts - p.phase_at >= _MET_NS):
        _give_back(s, p, k, nature)
    elif far and s.floor < 0:
        s.floor, s.floor_price, s.extra[k] = k, s.price[k], 0
        p.phase_at = s.ts
    elif since >= 3 * _BURST_NS:
        p.until = s.ts


@part
def _after(s: Any, p: Any, k: int, gone: int, since: int, nature: Any) -> None:
    if p.kind != SWEEP and gone <= 0 and s.ts - p.first < _RECLAIM_NS:
        p.came, p.last, p.until = PLAYED, s.ts, s.ts  # it was taken back after all
    elif p.kind != SWEEP:
        _keep_away(s, p, k, nature)
    elif gone <= -nature.wide:
        p.came, p.last = PLAYED, s.ts
        s.boost[k], s.boost[1 - k], s.extra[1 - k] = 150, 1_000, s.extra[1 - k] // 3
        enter(s, p, REST)
    elif s.ts - p.first >= _RECLAIM_NS:
        p.came, p.last, p.until = BROKEN, s.ts, s.ts
    elif since >= 2 * _BACK_S[p.grade] * SECOND:
        s.extra[1 - k] = 2 * orders_for(2 * (p.goal + 2) * s.cost // 16, _BACK_S[p.grade], nature)
