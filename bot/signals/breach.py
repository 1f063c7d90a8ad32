"""One level that was traded through: how far beyond, how hard it was sold there, and whether the tape can be believed.

Prices are signed by the side, as in `level_map.py`. The rule that these numbers are held against is in `sweep.py`.
Source: specification of signals §7, the machine per level.
"""

import numpy as np

from bot.domain.market import ABSENT
from bot.kernel import Row, part
from bot.signals import level_map
from bot.signals.soundness import crossed

MACHINES = 8
"""Levels that are watched at once, a side."""
IDLE, BREACHED, PENDING = 0, 1, 2
"""States: nothing; below the level; back, but not for long enough."""

MACHINE = np.dtype(
    [
        ("state", "i8"),
        ("level", "i8"),  # signed, like every price here
        ("strength", "f8"),
        ("kind", "i8"),
        ("touches", "i8"),
        ("last_touch", "i8"),
        ("born", "i8"),
        ("t0", "i8"),
        ("low", "i8"),  # the furthest print, and when it came
        ("low_ts", "i8"),
        ("bought", "i8"),  # since then
        ("back", "i8"),  # since when it has been back
        ("proven", "i8"),  # by a second order below, or by the bid
        ("order_ts", "i8"),  # the newest order below
        ("order_price", "i8"),
        ("prints", "i8"),
        ("attack", "i8"),
        ("sure", "f8"),
        ("burst", "f8"),
        ("r2", "f8"),
        ("r300", "f8"),
    ],
    align=True,
)


@part
def begin(m: Row, around: Row, k: int, level: int, strength: float, ts: int) -> None:
    """Watch a level of side k that is traded through."""
    m.state, m.level, m.strength, m.t0, m.low = BREACHED, level, strength, ts, level
    m.low_ts, m.bought = ts, 0
    m.kind, m.touches, m.last_touch, m.born = level_map.heaviest(around, k, level)
    m.proven = m.order_ts = m.prints = m.attack = 0
    m.sure = m.burst = m.r2 = m.r300 = 0.0


@part
def watched(s: Row, level: int) -> bool:
    """Whether a level has a machine already."""
    found = 0
    for j in range(s.busy):
        found += s.machines[j].level == level
    return found > 0


@part
def pack(s: Row) -> None:
    """Let the machines at work be the first `busy` ones."""
    kept = 0
    for j in range(s.busy):
        if s.machines[j].state != IDLE:
            if kept < j:
                s.machines[kept] = s.machines[j]
            kept += 1
    s.busy = kept


@part
def fall(m: Row, price: int, near: int, tick: Row, sold: bool, sure: float, r2: float, r300: float) -> None:
    """A print below a machine's level."""
    m.state = BREACHED
    if price < m.low:
        m.low, m.low_ts, m.bought = price, tick.ts, 0
    if tick.ts != m.order_ts or price != m.order_price:
        m.prints += 1
        m.order_ts, m.order_price = tick.ts, price
    if m.prints > 1 or near < m.level:
        m.proven = 1
    if sold:
        m.attack += tick.size
        m.sure += tick.size * sure
        if r2 > m.burst * r300:
            m.burst, m.r2, m.r300 = r2 / r300, r2, r300


@part
def bid_of(tick: Row, k: int) -> int:
    """The signed bid of side k; as high as can be where there is none to believe, which proves nothing."""
    bid = tick.bid if k == 0 else tick.ask
    return level_map.NOTHING if bid == ABSENT or crossed(tick) else int((1 - 2 * k) * bid)
