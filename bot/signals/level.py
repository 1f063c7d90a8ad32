"""One price level under attack: what was sold into it, what was bought above it, what its bid showed meanwhile.

Prices here are signed: a short's level at p stands at −p, so that one rule serves both sides. Levels live in a ring of
512 around the touch, found at `price & 511`; a slot that holds another price is empty.
"""

import numpy as np

from bot.domain.market import Ticks
from bot.kernel import Row, part

LEVELS = 512
NOWHERE = int(np.iinfo(np.int32).min)
HITS = 256
"""Newest hits of a side that are remembered one by one."""
FEW = 10
"""Hits whose mean size says whether selling dries up."""
BRIEF_NS = 5_000_000_000

LEVEL = np.dtype(
    [
        ("price", "i4"),
        ("live", "u1"),
        ("ripe", "u1"),  # enough volume to be looked at
        ("hits", "i4"),
        ("shown_max", "i4"),
        ("refills", "i4"),
        ("volume", "f8"),  # decayed, times the growth factor
        ("facing", "f8"),  # likewise
        ("hit_ts", "i8"),
        ("first_ts", "i8"),
        ("raw", "i8"),
        ("sure", "f8"),  # Σ size · confidence in its side
        ("hidden", "i8"),
        ("replenished", "i8"),
    ],
    align=True,
)
HIT = np.dtype([("ts", "i8"), ("price", "i4"), ("size", "i4")], align=True)


@part
def forget(level: Row, price: int) -> None:
    """Make a slot the unhurt level at `price`."""
    level.price = price
    level.live = level.ripe = 0
    level.facing = 0.0


@part
def begin(level: Row, ts: int) -> None:
    """The first hit of an episode."""
    level.live = 1
    level.first_ts = ts
    level.volume = level.sure = 0.0
    level.raw = level.hidden = level.replenished = 0
    level.refills = level.hits = level.shown_max = 0


@part
def lately(level: Row, hits: Ticks, count: int, ts: int) -> tuple[float, bool]:
    """(volume per second over the last 5 s, whether selling dries up) of a level, from the side's newest hits.

    It dries up when that rate is at most half the episode's, or the last ten hits are smaller than half its mean.
    """
    brief = small = few = 0
    for k in range(min(count, HITS)):
        hit = hits[(count - 1 - k) % HITS]
        if hit.ts < level.first_ts or (few >= FEW and ts - hit.ts > BRIEF_NS):
            break
        if hit.price != level.price:
            continue
        if ts - hit.ts <= BRIEF_NS:
            brief += hit.size
        if few < FEW:
            small, few = small + hit.size, few + 1
    rate = brief / (BRIEF_NS / 1e9)
    age = (ts - level.first_ts) / 1e9
    rare = age > 0.0 and rate <= 0.5 * level.raw / age
    return rate, rare or (level.hits > FEW and small * level.hits < 0.5 * few * level.raw)
