"""Noise traders: they take and leave for reasons of their own, and one order brings the next.

Market orders are a two-sided self-exciting stream (Hawkes) with two memories, of seconds and of a blink: machines
answer at once. They fade as tau / (tau + dt) a step, which needs no exponential and is therefore the same on every
machine. A slow lean makes buyers or sellers the keener ones.
"""

from typing import Any

from adapters.synthetic.state import ASK, SECOND
from bot.kernel import part

_MILLIHERTZ = 1_000 * SECOND
_BLINK_NS = 30_000_000


@part
def noise(s: Any, k: int, nature: Any, pace: int) -> int:
    """Market orders on side k that nothing caused, mHz."""
    lean = 1_000 + s.lean if k == ASK else 1_000 - s.lean
    return int(nature.prints * pace // 1_000 * lean // 2_000 * s.share[k] // 1_000)


@part
def cool(s: Any, nature: Any, dt: int) -> None:
    """Excitement fades over `dt` ns."""
    for k in range(2):
        s.heat[k] = s.heat[k] * nature.memory // (nature.memory + dt)
        s.flash[k] = s.flash[k] * _BLINK_NS // (_BLINK_NS + dt)


@part
def excite(s: Any, nature: Any, k: int) -> None:
    """An order that hit side k makes more of them likely."""
    unit = _MILLIHERTZ // nature.memory
    s.heat[k] += unit * nature.excite // 1_000
    s.heat[1 - k] += unit * nature.infect // 1_000
    s.flash[k] += _MILLIHERTZ // _BLINK_NS * nature.flash // 1_000
