"""Momentum traders: whoever saw price move within the last seconds goes with it, and the others wait."""

from typing import Any

from adapters.synthetic.state import ASK, BID, SECOND
from bot.kernel import part

_MEMORY_NS = 15 * SECOND
_CHASE, _CHASE_MOST = 120, 200
"""Per mille more orders for a move of a usual minute's range; at most so many."""


@part
def watch(s: Any, dt: int) -> None:
    """Half ticks of the mid, x 512, fading like excitement."""
    mid = s.price[BID] + s.price[ASK]
    faded = abs(s.swing) * _MEMORY_NS // (_MEMORY_NS + dt)
    s.swing = (faded if s.swing > 0 else -faded) + (mid - s.mid) * 512
    s.mid = mid


@part
def chase(s: Any, k: int) -> int:
    """Factor on market orders that hit side k, per mille."""
    much = min(abs(s.swing) * _CHASE // max(64 * s.reach, 64), _CHASE_MOST)
    return int(1_000 + much if (s.swing > 0) == (k == ASK) else 1_000 - much)
