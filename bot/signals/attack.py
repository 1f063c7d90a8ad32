"""One side of the book under attack: its levels, those that are worth a look, and what its quotes give away.

Prices are signed as in `level.py`. Iceberg evidence: what a level shows in the first quote after a hit beyond what must
have been left is `hidden` within 50 ms (exchange icebergs show again at once), else `replenished`; back to 80 % of its
largest size within 500 ms of having fallen by half is a refill.
Source: specification of signals §4; weak evidence from best quotes alone.
"""

import numpy as np

from bot.kernel import Row, hot, part
from bot.signals.level import HIT, HITS, LEVEL, LEVELS, NOWHERE, forget

RESHOW_NS, REFILL_NS = 50_000_000, 500_000_000
RECENT, RIPE_MAX = 8, 8
SIDE = np.dtype(
    [
        ("top", "i8"),  # no live level lies above this; signed like every price here
        ("ripe", "i8"),  # how many levels are, and which
        ("ripes", "i8", (RIPE_MAX,)),
        ("lowest", "i8"),  # of them
        ("need", "f8"),  # volume that makes a level ripe, by the baseline as it stands
        ("need_until", "i8"),
        ("quick", "f8"),  # quick mean of what its levels took before they broke, as ln(1 + V)
        ("mu", "f8"),
        ("sd", "f8"),
        ("samples", "i8"),
        ("near", "i8"),  # the touch last seen
        ("near_size", "i8"),
        ("struck", "i8"),  # level whose next quote says what was hidden there
        ("struck_ts", "i8"),
        ("struck_from", "i8"),
        ("struck_left", "i8"),
        ("fallen", "i8"),  # level that shows half of what it did, and since when
        ("fallen_ts", "i8"),
        ("quiet_level", "i8"),
        ("quiet_since", "i8"),
        ("fired", "i8"),
        ("fired_ts", "i8", (2, RECENT)),  # [lift, early]
        ("fired_level", "i8", (2, RECENT)),
        ("count", "i8"),
        ("hits", HIT, (HITS,)),
        ("levels", LEVEL, (LEVELS,)),
    ],
    align=True,
)


@part
def empty(s: Row) -> None:
    """Forget every level."""
    for j in range(LEVELS):
        forget(s.levels[j], NOWHERE)
    s.top, s.ripe, s.struck, s.fallen, s.quiet_level = NOWHERE, 0, NOWHERE, NOWHERE, NOWHERE


@part
def drop(s: Row, price: int) -> None:
    """Take a level off the list of ripe ones."""
    for j in range(s.ripe):
        if s.ripes[j] == price:
            s.ripe -= 1
            s.ripes[j] = s.ripes[s.ripe]
            break
    s.lowest = s.ripes[0]
    for j in range(1, s.ripe):
        s.lowest = min(s.lowest, s.ripes[j])


@hot
def slot(s: Row, price: int) -> Row:
    """The level at `price`, made if its slot held another."""
    level = s.levels[price & (LEVELS - 1)]
    if level.price != price:
        if level.ripe:
            drop(s, level.price)
        forget(level, price)
    return level


@hot
def show(s: Row, ts: int, near: int, near_size: int) -> None:
    """A new quote: how large the level shows itself, and whether it came back after a hit."""
    s.near, s.near_size = near, near_size
    level = s.levels[near & (LEVELS - 1)]
    if level.price == near and level.live:
        level.shown_max = max(level.shown_max, near_size)
        if s.struck == near:
            more = max(0, near_size - s.struck_left)
            if ts - s.struck_ts <= RESHOW_NS:
                level.hidden += more
            else:
                level.replenished += more
            if 2 * near_size <= s.struck_from:
                s.fallen, s.fallen_ts = near, ts
        if s.fallen == near and 10 * near_size >= 8 * level.shown_max:
            if ts - s.fallen_ts <= REFILL_NS:
                level.refills += 1
            s.fallen = NOWHERE
    s.struck = NOWHERE
