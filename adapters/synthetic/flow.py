"""One step of the market: everybody's orders have a rate, one of them comes, and it is carried out."""

from typing import Any

import numpy as np
import numpy.typing as npt

from adapters.synthetic.agents.maker import drawn_by, load, react, reaction, shown, stays
from adapters.synthetic.agents.momentum import chase
from adapters.synthetic.agents.noise import excite, noise
from adapters.synthetic.agents.stops import firing
from adapters.synthetic.book import close_spread, flicker, join, leave, quote, reload, take
from adapters.synthetic.chance import Rng, below, waiting
from adapters.synthetic.levels import turn_minute
from adapters.synthetic.state import ASK, BID, SECOND
from bot.domain.market import Ticks
from bot.kernel import part

_MOOD_NS, _MOOD_LOW, _MOOD_HIGH = 10 * SECOND, 250, 4_000
_LEAN_MAX, _LEAN_NS = 220, 45 * SECOND
_RELOADING = 120_000
TAKE, JOIN, LEAVE, CLOSE, RELOAD, FLICKER, REACT = range(7)


@part
def drift(s: Any, rng: Rng) -> None:
    """What changes slowly: how busy people are, which side they prefer, the range of a minute."""
    if s.ts >= s.mood_at:
        s.mood_at = s.ts + _MOOD_NS
        s.mood += (1_000 - s.mood) // 24 + s.mood * (below(rng, 641) - 320) // 1_000
        s.mood = min(max(s.mood, _MOOD_LOW), _MOOD_HIGH)
    if s.ts >= s.lean_until:
        s.lean_until = s.ts + waiting(rng, _LEAN_NS // 16) * 16
        s.lean = below(rng, 2 * _LEAN_MAX + 1) - _LEAN_MAX
    if s.ts >= s.minute:
        if s.closed == 0 and s.halted == 0:
            turn_minute(s)
        s.minute += 60 * SECOND


@part
def rates(s: Any, nature: Any, pace: int, into: npt.NDArray[np.int64]) -> int:
    """How often each kind of order comes now, mHz, into `into[2 * kind + side]`; returns the sum."""
    if s.halted > 0 or pace == 0:
        into[:] = 0
        return 0
    depth = nature.depth * nature.lot
    pace = pace * s.mood // 1_000
    loaded = load(s)
    for k in range(2):
        wants = (
            (noise(s, k, nature, pace) + s.heat[k] + s.flash[k])
            * chase(s, k)
            // 1_000
            * drawn_by(s, k, loaded)
            // 1_000
        )
        into[2 * TAKE + k] = wants * s.boost[k] // 1_000 + s.extra[k]
        if k == s.stop_side:
            into[2 * TAKE + k] += firing(s, nature)
        book = nature.book * pace // 1_000
        joins = book * s.makers[k] // 1_000 * shown(s, k, loaded, nature) // 1_000
        into[2 * JOIN + k] = joins * 2 * depth // (depth + s.size[k])
        # Who buys more than half the time would drive price: resting orders make up for it.
        more = into[2 * TAKE + k] * (s.share[k] - 1_000) // s.share[k] * s.met // 100
        into[2 * JOIN + k] = max(0, into[2 * JOIN + k] + more)
        into[2 * LEAVE + k] = book * min(s.size[k], 4 * depth) // depth
        if s.absent >= 0:
            into[2 * JOIN + k] = into[2 * LEAVE + k] = 0
            if s.absent == k:
                into[2 * TAKE + k] = 0
        into[2 * CLOSE + k] = into[2 * RELOAD + k] = into[2 * FLICKER + k] = into[2 * REACT + k] = 0
    if s.price[ASK] - s.price[BID] > s.wide and s.absent < 0:
        into[2 * CLOSE] = nature.closing * (600 + 2 * pace // 5) // 1_000
    if s.floor >= 0 and s.price[s.floor] == s.floor_price and s.size[s.floor] < depth:
        into[2 * RELOAD] = _RELOADING
    into[2 * FLICKER] = s.flicker
    into[2 * REACT] = reaction(s, loaded, nature)
    return int(into.sum())


@part
def act(s: Any, choice: int, rng: Rng, nature: Any, out: Ticks) -> int:
    """Do what was drawn; returns the volume of a market order, else 0."""
    kind, k = choice // 2, choice % 2
    if kind == TAKE:
        excite(s, nature, k)
        return take(s, k, rng, nature, out)
    if kind == JOIN:
        join(s, k, rng, nature, out)
    elif kind == LEAVE:
        leave(s, k, stays(s, k, rng, nature), rng, nature, out)
    elif kind == CLOSE:
        close_spread(s, rng, nature, out)
    elif kind == RELOAD:
        reload(s, nature, out)
    elif kind == FLICKER:
        flicker(s, rng, nature, out)
    elif kind == REACT:
        react(s, load(s), rng, nature, out)
    else:
        quote(s, out)
    return 0


@part
def pick(rng: Rng, weights: npt.NDArray[np.int64], total: int) -> int:
    """An index with chance weights[i] / total."""
    at = below(rng, total)
    for i in range(weights.shape[0]):
        at -= weights[i]
        if at < 0:
            return i
    return len(weights) - 1
