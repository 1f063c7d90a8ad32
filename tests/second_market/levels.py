"""Where stops are thought to rest: just beyond round numbers and beyond the extremes of the last half hour."""

from typing import Any

from bot.kernel import part
from tests.second_market.state import BID, toward


@part
def level_ahead(s: Any, k: int, grid: int, far: float) -> int:
    """The nearest such level at least two ticks beyond the touch of side k, and no further than `far`; 0 when none."""
    at, best = s.touch[k], 0
    gap = int(max(far, 6.0)) + 1
    round_one = (at - 2) // grid * grid if k == BID else -((-at - 2) // grid * grid)
    if 2 <= (round_one - at) * toward(k) < gap:
        best, gap = round_one, abs(round_one - at)
    extreme = at
    for j in range(min(s.minutes, 30)):
        edge = s.lows[j] if k == BID else s.highs[j]
        if (edge - extreme) * toward(k) > 0:
            extreme = edge
    if s.minutes >= 15 and 2 <= (extreme - at) * toward(k) < gap:
        best = extreme
    return int(best)
