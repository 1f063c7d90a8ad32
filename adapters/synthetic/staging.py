"""What is staged: one plant after the other is begun, carried on and ended, each by the agent whose idea it is.

Plants act through orders only: extra market orders, an absorber's reserve, makers who show more, a side that stops
quoting. Nothing writes a price but a halt, after which the book stands anew.
"""

from typing import Any

from adapters.synthetic.agents.absorber import begin_shape, shape
from adapters.synthetic.agents.accumulator import begin_range, range_step
from adapters.synthetic.agents.band import begin_absence
from adapters.synthetic.agents.crowd import begin_crowd, steer
from adapters.synthetic.agents.exchange import begin_halt, end_halt, print_block
from adapters.synthetic.agents.feed import begin_disorder, disorder
from adapters.synthetic.agents.news import begin_news
from adapters.synthetic.agents.phase import enter
from adapters.synthetic.agents.stops import lift_stops
from adapters.synthetic.agents.stuffer import begin_stuffing
from adapters.synthetic.agents.sweeper import begin_sweep, sweep
from adapters.synthetic.agents.trend import begin_drift, begin_run, run
from adapters.synthetic.chance import Rng
from adapters.synthetic.state import (
    ACCUMULATION,
    ASK,
    BID,
    BLOCK,
    BREAK,
    CONFLUENCE,
    DISORDER,
    DONE,
    DRIFT,
    HALTED,
    HOLD,
    IMBALANCE,
    LOCK,
    NEWS,
    ONE_SIDED,
    RANGE,
    RUN,
    STUFFING,
    SWEEP,
    WAITING,
    States,
)
from bot.domain.market import Ticks
from bot.kernel import part


@part
def calm(s: Any, nature: Any) -> None:
    """Nothing is staged."""
    for k in range(2):
        s.boost[k], s.makers[k], s.extra[k], s.share[k] = 1_000, 1_000, 0, s.base[k]
    s.floor, s.absent, s.flicker, s.wide = -1, -1, 0, nature.wide
    s.disorder = s.crossed = s.stepped = 0
    lift_stops(s)


@part
def _begin(s: Any, p: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    p.first, p.price = s.ts, s.price[BID if p.side > 0 else ASK]
    enter(s, p, HOLD)
    if p.kind <= CONFLUENCE:
        begin_shape(s, p, nature)
    elif p.kind == SWEEP or p.kind == BREAK:
        begin_sweep(s, p, rng, nature)
    elif p.kind == ACCUMULATION or p.kind == RANGE:
        begin_range(s, p, nature)
    elif p.kind == IMBALANCE:
        begin_crowd(s, p)
    elif p.kind == DRIFT:
        begin_drift(s, p, nature)
    elif p.kind == RUN:
        begin_run(s, p)
    else:
        _disturb(s, p, rng, nature, out)


@part
def _disturb(s: Any, p: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    if p.kind == STUFFING:
        begin_stuffing(s)
    elif p.kind == ONE_SIDED or p.kind == LOCK:
        begin_absence(s, p, nature, out)
    elif p.kind == NEWS:
        begin_news(s, p, rng, nature, out)
    elif p.kind == HALTED:
        begin_halt(s, p, out)
    elif p.kind == BLOCK:
        print_block(s, p, nature, out)
    elif p.kind == DISORDER:
        begin_disorder(s, p)


@part
def _carry_on(s: Any, p: Any, nature: Any, out: Ticks) -> None:
    if p.kind <= CONFLUENCE:
        if shape(s, p, nature):
            calm(s, nature)
            s.boost[BID if p.side > 0 else ASK] = 700  # whoever sold has sold
    elif p.kind == SWEEP or p.kind == BREAK:
        sweep(s, p, nature)
    elif p.kind == ACCUMULATION or p.kind == RANGE:
        range_step(s, p, nature)
    elif p.kind == IMBALANCE:
        steer(s, p)
    elif p.kind == RUN:
        run(s, p, nature)
    elif p.kind == DISORDER:
        disorder(s, p, nature, out)


@part
def stage(s: Any, plants: States, rng: Rng, nature: Any, out: Ticks) -> None:
    """Begin, carry on or end what is staged now. Plants come one after the other, by start."""
    if s.plant >= plants.shape[0]:
        return
    p = plants[s.plant]
    if p.phase == WAITING:
        if s.ts < p.start:
            return
        s.busy = 1
        _begin(s, p, rng, nature, out)
    else:
        _carry_on(s, p, nature, out)
    if s.ts >= p.until:
        if p.last == 0:
            p.last = s.ts
        p.phase = DONE
        if p.kind == HALTED:
            end_halt(s, rng, nature, out)
        calm(s, nature)
        s.busy = 0
        s.plant += 1


@part
def count(s: Any, plants: States, k: int, volume: int) -> None:
    """A market order of this volume hit side k: while an absorber stands, only what came at its level counts."""
    if s.plant < plants.shape[0] and (s.floor < 0 or (s.floor == k and s.price[k] == s.floor_price)):
        plants[s.plant].volume[k] += volume
