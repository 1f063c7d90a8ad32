"""What is staged: metaorders that push, reserves that stand, makers who stay away. Nothing here writes a price.

A shape goes APPROACH → HOLD → LIFT. One plant is played at a time; one whose circumstances do not come is dropped and
has no label.
"""

from typing import Any

from bot.domain.market import HALT, RESUME, STATUS, TS_REGRESSED
from bot.kernel import part
from tests.second_market.book import give_way, printed, quote
from tests.second_market.levels import level_ahead
from tests.second_market.state import (
    ABSORPTION,
    APPROACH,
    ASK,
    BID,
    BLOCK,
    BREAK,
    CONFLUENCE,
    DISORDER,
    DONE,
    DROPPED,
    HALTED,
    HOLD,
    IMBALANCE,
    LIFT,
    LOCK,
    NEWS,
    ONE_SIDED,
    REJECTION,
    STUFFING,
    SWEEP,
    TREND,
    WAITING,
    Rows,
    toward,
)

SECOND = 1_000_000_000
LOOK_NS, IDLE_NS, PATIENCE_NS = 100_000_000, 1_000_000_000, 240_000_000_000
TIMES = (0.0, 9.5, 13.0, 17.0)
TAIL = (0.0, 1.2, 1.45, 1.75)
PEN = (0.0, 0.3, 0.5, 0.75)
SHARE = (0.0, 0.815, 0.838, 0.862)


@part
def calm(s: Any) -> None:
    """Nothing is staged."""
    for k in range(2):
        s.push[k], s.thin[k], s.makers[k] = 0.0, 1.0, 1.0
    s.stand, s.absent, s.crossed, s.halted, s.extra_wide = -1, -1, 0, 0, 0
    s.heavy, s.flicker = 1.0, 0.0


@part
def counted(s: Any, plants: Rows, k: int, size: int, at_reserve: int) -> None:
    """A market order of `size` hit side k, `at_reserve` of it at the hidden reserve."""
    if s.plant < plants.shape[0]:
        p = plants[s.plant]
        p.got += at_reserve
        if k == ASK:
            p.bought += size
        else:
            p.sold += size


@part
def orders(s: Any, nature: Any, volume: float, seconds: float) -> float:
    """Metaorders' children a second that bring `volume` units in so many seconds."""
    mean = nature.lot * 1.05 * nature.tail / (nature.tail - 1.0)
    return float(min(60.0, volume / (mean * s.heavy * seconds)))


@part
def phase(s: Any, p: Any, number: int) -> None:
    """Enter the next phase."""
    p.phase, p.phase_at = number, s.ts


@part
def shaped(s: Any, p: Any, nature: Any, k: int) -> None:
    """APPROACH of absorption, rejection and both: sellers begin to push."""
    ticks = max(3, int(s.range * TAIL[p.grade] + 0.5))
    if p.kind == ABSORPTION:
        ticks = 1 + int(p.mode * 0.5 * s.range)
    p.from_price = s.touch[k]
    p.aim = s.touch[k] + toward(k) * ticks
    p.first = s.ts
    s.thin[1 - k], s.makers[k] = 0.4, 0.8
    s.push[k] = orders(s, nature, 2.0 * ticks * s.cost, 0.14 * nature.bar)
    phase(s, p, APPROACH)


@part
def hold(s: Any, p: Any, nature: Any, k: int) -> None:
    """Somebody stands at the touch and takes what comes, showing a little of it."""
    p.price, p.got = s.touch[k], 0.0
    p.first = s.ts if p.kind == ABSORPTION else p.first
    s.stand, s.stand_price = k, s.touch[k]
    s.stand_show = max(nature.lot, int(s.cost * (0.25 + 0.5 * p.mode)) // nature.lot * nature.lot)
    s.stand_slow = 1 if p.mode < 0.5 else 0
    p.goal = TIMES[p.grade] * max(s.cost, nature.least / TIMES[1]) * (0.95 + 0.1 * p.mode)
    s.push[k] = orders(s, nature, p.goal, nature.bar * (0.2 if p.kind == CONFLUENCE else 0.25 + 0.25 * p.mode))
    s.thin[1 - k], s.makers[k] = 0.6, 1.0
    phase(s, p, HOLD)


@part
def lift(s: Any, p: Any, nature: Any, k: int) -> None:
    """Who pushed has done; the other side takes price back."""
    ticks = max(4, int(0.85 * abs(p.from_price - p.price)))
    if p.kind == ABSORPTION:
        ticks = max(4, int(s.range * (0.5 + 0.4 * p.mode)))
    if p.kind == REJECTION:
        p.price = s.touch[k]
        ticks = max(3, int(0.9 * abs(p.from_price - p.price)))
    p.aim = s.touch[k] - toward(k) * ticks
    s.push[k], s.thin[k], s.thin[1 - k], s.makers[1 - k] = 0.0, 0.25, 1.2, 0.7
    s.push[1 - k] = orders(s, nature, 1.8 * ticks * s.cost, 0.15 * nature.bar)
    phase(s, p, LIFT)


@part
def shape(s: Any, p: Any, nature: Any, k: int) -> None:
    """Carry a shape on."""
    since = (s.ts - p.phase_at) / 1e9 / nature.bar
    beyond = (s.touch[k] - p.aim) * toward(k)
    if p.phase == APPROACH and (beyond >= 0 or since >= 0.28):
        if p.kind == REJECTION:
            lift(s, p, nature, k)
        elif s.touch[ASK] - s.touch[BID] <= nature.wide + 1:
            hold(s, p, nature, k)
    elif p.phase == HOLD and (p.got >= p.goal or since >= (0.4 if p.kind == CONFLUENCE else 1.0)):
        lift(s, p, nature, k)
    elif p.phase == LIFT and (beyond <= 0 or since >= 0.35):
        p.last = s.ts
        # A shape that nobody could see was not played.
        whole = beyond <= 1 if p.kind == REJECTION else p.got >= 0.8 * p.goal
        finish(s, p, whole)


@part
def finish(s: Any, p: Any, whole: bool) -> None:
    """The plant is over; `whole` says whether it has a label."""
    phase(s, p, DONE if whole else DROPPED)
    p.last = max(p.last, p.first + 1)
    calm(s)
    s.plant += 1


@part
def sweep(s: Any, p: Any, nature: Any, k: int) -> None:
    """Stops beyond a level are run, and price comes back at once, or (BREAK) does not."""
    since = (s.ts - p.phase_at) / 1e9
    beyond = (s.touch[k] - p.aim) * toward(k)
    far = (s.touch[k] - p.from_price) * toward(k) >= 0
    over = far and s.touch[ASK] - s.touch[BID] <= nature.wide + 2
    if p.phase == HOLD and far:
        s.push[k], s.thin[k], s.makers[k] = 0.0, 0.5, 1.0  # the last stop has gone
    if p.phase == APPROACH and beyond >= 0:
        s.push[k] = 0.0
        p.first = s.ts
        # Stops just beyond the level are market orders: many, larger than usual, within seconds.
        pen = max(2.0, PEN[p.grade] * s.range) + (p.mode * 0.2 * s.range if p.kind == SWEEP else s.range)
        p.from_price = p.aim + toward(k) * int(pen + 1.0)
        s.heavy = 3.0
        s.push[k] = orders(s, nature, 1.2 * (pen + 1.0) * s.cost, 2.5)
        # Who offers follows at once; who bids waits until it is over.
        s.makers[k], s.makers[1 - k], s.thin[1 - k] = 0.2, 3.0, 0.3
        phase(s, p, HOLD)
    elif p.phase == APPROACH and since >= 90.0:
        finish(s, p, False)
    elif p.phase == HOLD and ((over and since >= 1.5) or since >= 8.0):
        s.heavy, s.push[k], s.makers[1 - k] = 1.0, 0.0, 1.0
        back = abs(s.touch[k] - p.price) + 3
        if p.kind == SWEEP:
            s.makers[k], s.thin[k], s.thin[1 - k], s.makers[1 - k] = 1.2, 0.25, 1.2, 0.6
            s.push[1 - k] = orders(s, nature, 1.4 * back * s.cost, 4.0 + 22.0 * p.mode)
        else:
            s.makers[k], s.thin[k], s.thin[1 - k] = 0.8, 1.2, 0.7
            s.push[k] = orders(s, nature, 2.0 * s.range * s.cost, 120.0)
        phase(s, p, LIFT)
    elif p.phase == LIFT and p.kind == BREAK:
        if since >= 120.0:
            p.last = s.ts
            finish(s, p, (s.touch[k] - p.price) * toward(k) >= 2)
    elif p.phase == LIFT:
        if (s.last_print - p.price) * toward(k) <= -1 and p.last == 0:
            p.last = s.ts
            s.push[1 - k] *= 0.4
        if p.last > 0 and s.ts - p.last >= 5 * SECOND:
            finish(s, p, True)
        elif since >= 60.0:
            finish(s, p, False)


@part
def steer(s: Any, p: Any, nature: Any, k: int) -> None:
    """Keep the share of a one-sided window near its aim; k is the side that is hit."""
    mine, theirs = (p.bought, p.sold) if k == ASK else (p.sold, p.bought)
    short = mine < SHARE[p.grade] * (mine + theirs)
    # A one-sided window is a busy one.
    s.thin[1 - k] = 0.25 if short else 1.0
    s.push[k] = 7.0 * nature.takes if short else 4.0 * nature.takes
    s.makers[k] = 1.4 if p.mode < 0.5 else 1.0


@part
def disorder(s: Any, book: Rows, p: Any, k: int, nature: Any, out: Rows) -> None:
    """A feed that went wrong: a crossed book, one print far away, or stamps that went backwards."""
    if p.mode < 0.34:
        s.crossed = 1
        p.until = s.ts + 3 * SECOND
        quote(s, book, out)
    elif p.mode < 0.67:
        printed(s, book, k, s.touch[k] + toward(k) * int(40 + 5.0 * s.range), nature.lot, out)
        s.high, s.low = min(s.high, s.touch[ASK]), max(s.low, s.touch[BID])
        p.until = s.ts + SECOND
    else:
        for _ in range(30):
            quote(s, book, out)
            out[s.rows - 1].flags = TS_REGRESSED
        p.until = s.ts + SECOND


@part
def status(s: Any, book: Rows, flag: int, out: Rows) -> None:
    """Write that trading stops, or goes on."""
    quote(s, book, out)
    row = out[s.rows - 1]
    row.kind, row.flags = STATUS, flag


@part
def decoy(s: Any, book: Rows, p: Any, k: int, rng: Any, nature: Any, out: Rows) -> None:
    """Begin a decoy."""
    p.first, p.price = s.ts, s.touch[k]
    if p.kind == STUFFING:
        s.flicker = 300.0 + 500.0 * p.mode
        s.thin[BID] = s.thin[ASK] = 0.05
    elif p.kind == ONE_SIDED or p.kind == LOCK:
        s.absent = 1 - k
        if p.kind == LOCK:
            s.push[k] = orders(s, nature, 2.0 * s.cost, 10.0)
            s.thin[k] = 0.3
        quote(s, book, out)
    elif p.kind == NEWS:
        s.extra_wide = 2 + p.grade + nature.wide
        for side in (k, 1 - k, k):
            book[s.touch[side] - s.origin] = 0
            give_way(s, book, side, rng, nature)
        s.heavy = 2.0
        s.push[k] = orders(s, nature, (1 + p.grade) * s.range * s.cost, 15.0)
        quote(s, book, out)
    elif p.kind == HALTED:
        s.halted = 1
        status(s, book, HALT, out)
    elif p.kind == BLOCK:
        size = int(50.0 * nature.lot * 1.05 * nature.tail / (nature.tail - 1.0))
        printed(s, book, k, s.touch[k], size, out)
    elif p.kind == TREND:
        s.push[k] = orders(s, nature, 8.0 * s.range * s.cost, (p.until - p.start) / 1e9)
        s.thin[1 - k] = 0.75
    elif p.kind == DISORDER:
        disorder(s, book, p, k, nature, out)
    phase(s, p, HOLD)


@part
def begin(s: Any, book: Rows, p: Any, k: int, rng: Any, nature: Any, out: Rows) -> None:
    """The plant's time has come."""
    p.got = p.bought = p.sold = 0.0
    if p.kind <= CONFLUENCE:
        shaped(s, p, nature, k)
    elif p.kind == IMBALANCE:
        p.first, p.price = s.ts, s.touch[k]
        phase(s, p, HOLD)
    elif p.kind == SWEEP or p.kind == BREAK:
        level = level_ahead(s, k, nature.grid, 1.6 * s.range)
        p.price = p.aim = level
        if level == 0:  # none near: wait for one, not for ever
            if s.ts >= p.start + PATIENCE_NS:
                finish(s, p, False)
            return
        s.push[k] = orders(s, nature, 1.5 * (abs(s.touch[k] - level) + 1.0) * s.cost, 40.0)
        s.thin[1 - k] = 0.8
        phase(s, p, APPROACH)
    else:
        decoy(s, book, p, k, rng, nature, out)


@part
def look(s: Any, book: Rows, plants: Rows, rng: Any, nature: Any, out: Rows) -> None:
    """Begin, carry on or end what is staged now."""
    s.next_look = s.ts + IDLE_NS
    if s.plant >= plants.shape[0]:
        return
    p = plants[s.plant]
    s.next_look = s.ts + LOOK_NS
    k = BID if p.side > 0 else ASK
    if p.kind == IMBALANCE:
        k = 1 - k  # a long imbalance is one of buyers
    if p.phase == WAITING:
        if s.ts >= p.start:
            begin(s, book, p, k, rng, nature, out)
    elif p.kind <= CONFLUENCE:
        shape(s, p, nature, k)
    elif p.kind == SWEEP or p.kind == BREAK:
        sweep(s, p, nature, k)
    elif s.ts >= p.until:
        if p.kind == HALTED:
            status(s, book, RESUME, out)
        p.last = s.ts
        finish(s, p, True)
        quote(s, book, out)
    elif p.kind == IMBALANCE:
        steer(s, p, nature, k)
