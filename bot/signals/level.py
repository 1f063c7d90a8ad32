"""One price level under attack: what was sold into it, what was bought above it, what its bid showed meanwhile.

Prices here are signed: a short's level at p stands at −p, so that one rule serves both sides. Levels live in a ring of 512
around the touch, found at `price & 511`; a slot that holds another price is empty.
"""

import numpy as np

from bot.domain.market import Ticks
from bot.kernel import kernel
from bot.signals.decay import decay

LEVELS = 512
NOWHERE = int(np.iinfo(np.int32).min)
LAST = 10
"""Hits whose mean size says whether selling dries up."""
RATE_TAU_NS = 5_000_000_000

LEVEL = np.dtype(
    [
        ("price", "i4"),
        ("live", "u1"),
        ("ripe", "u1"),
        ("refills", "i4"),
        ("hits", "i4"),
        ("shown_max", "i4"),
        ("volume", "f8"),  # decayed, as of hit_ts
        ("facing", "f8"),  # decayed, as of facing_ts
        ("rate", "f8"),  # decayed with five seconds, as of hit_ts
        ("hit_ts", "i8"),
        ("facing_ts", "i8"),
        ("first_ts", "i8"),
        ("raw", "i8"),
        ("sure", "f8"),  # Σ size · confidence in its side
        ("hidden", "i8"),
        ("replenished", "i8"),
        ("sizes", "i4", (LAST,)),
    ],
    align=True,
)


@kernel
def forget(level: np.void, price: int) -> None:
    """Make a slot the unhurt level at `price`."""
    level.price = price
    level.live, level.ripe = 0, 0
    level.facing = 0.0


@kernel
def at(levels: Ticks, price: int) -> np.void:
    """The level at `price`, made if its slot holds another."""
    level = levels[price & (LEVELS - 1)]
    if level.price != price:
        forget(level, price)
    return level


@kernel
def begin(level: np.void, ts: int) -> None:
    """The first hit of an episode."""
    level.live = 1
    level.first_ts = level.hit_ts = ts
    level.volume = level.rate = level.sure = 0.0
    level.raw = level.hidden = level.replenished = 0
    level.refills = level.hits = level.shown_max = 0


@kernel
def hit(level: np.void, ts: int, size: int, sure: float, tau: float) -> None:
    """`size` was sold into a live level."""
    dt = ts - level.hit_ts
    level.volume = level.volume * decay(dt, tau) + size
    level.rate = level.rate * decay(dt, RATE_TAU_NS) + size
    level.hit_ts = ts
    level.raw += size
    level.sure += size * sure
    level.sizes[level.hits % LAST] = size
    level.hits += 1


@kernel
def face(level: np.void, ts: int, size: int, tau: float) -> None:
    """`size` was bought at the touch that faces the level."""
    level.facing = level.facing * decay(ts - level.facing_ts, tau) + size
    level.facing_ts = ts


@kernel
def drying_up(level: np.void, ts: int) -> bool:
    """Whether hits have become rare (last 5 s against the episode) or small (last ten against the episode)."""
    age = ts - level.first_ts
    rate = level.rate * decay(ts - level.hit_ts, RATE_TAU_NS) / RATE_TAU_NS
    if age > 0 and rate <= 0.5 * level.raw / age:
        return True
    if level.hits <= LAST:
        return False
    small = 0
    for k in range(LAST):
        small += level.sizes[k]
    return small * level.hits < 0.5 * LAST * level.raw
