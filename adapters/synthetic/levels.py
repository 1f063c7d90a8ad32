"""What a minute is like, and levels that everybody sees: round numbers, and the extremes of the last half hour.

Written once for both sides: in mirrored prices `toward(k) * price` a level beyond side k is always the greater one.
"""

from typing import Any

from adapters.synthetic.book import toward
from adapters.synthetic.chance import Rng, below
from adapters.synthetic.state import BID, MINUTES
from bot.kernel import part

_NEAR = 2
"""A level nearer than this many ticks would be run through before anybody leans on it."""


@part
def turn_minute(s: Any) -> None:
    """A minute is over: remember how far it went; how far minutes go and what they trade as a rule."""
    s.reach += (16 * (s.high - s.low) - s.reach) // 14
    s.usual += (s.volume - s.usual) // min(s.minutes + 1, 10)
    s.volume = 0
    s.lows[s.minutes % MINUTES], s.highs[s.minutes % MINUTES] = s.low, s.high
    s.minutes += 1
    s.high = s.low = s.price[BID]


@part
def extreme(s: Any, k: int) -> int:
    """The half hour's low (k = bid) or high, ticks."""
    furthest = toward(k) * (s.low if k == BID else s.high)
    for i in range(min(s.minutes, MINUTES)):
        furthest = max(furthest, toward(k) * (s.lows[i] if k == BID else s.highs[i]))
    return int(toward(k) * furthest)


@part
def round_number(s: Any, k: int, nature: Any) -> int:
    """The next round number beyond side k, ticks."""
    at = toward(k) * s.price[k] + _NEAR
    return int(toward(k) * (-(-at // nature.round) * nature.round))


@part
def level_beyond(s: Any, k: int, rng: Rng, nature: Any) -> int:
    """A level that stops stand behind: the half hour's extreme or a round number, by the toss of a coin where both are
    in reach of three usual minutes, else the nearer one.
    """
    number, edge = round_number(s, k, nature), extreme(s, k)
    to_number, to_edge = toward(k) * (number - s.price[k]), toward(k) * (edge - s.price[k])
    far = max(10, 3 * s.reach // 16)
    if to_edge < _NEAR:
        return number
    if to_number <= far and to_edge <= far:
        return number if below(rng, 2) == 0 else edge
    return number if to_number <= to_edge else edge
