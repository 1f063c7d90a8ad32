"""What a minute is like, and the levels that everybody sees: round numbers and extremes, of the half hour to yesterday.

Written once for both sides: in mirrored prices `toward(k) * price` a level beyond side k is always the greater one.
"""

from typing import Any

from adapters.synthetic.book import toward
from adapters.synthetic.chance import Rng, below
from adapters.synthetic.state import ASK, BID, MINUTES
from bot.kernel import part

_LEARNING, _MET_LEAST, _MET_MOST = 100, 100, 4_000
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
    _balance(s)
    s.day[BID], s.day[ASK] = min(s.day[BID], s.low), max(s.day[ASK], s.high)
    s.high = s.low = s.price[BID]


@part
def _balance(s: Any) -> None:
    """Where one side takes more than the other by rule, price is to go nowhere for all that: meet it a little more or
    less, by the way that price has gone.
    """
    s.way += (1_024 * (s.price[BID] - s.was) - s.way) // 20
    s.was = s.price[BID]
    if s.base[ASK] == s.base[BID] or s.share[ASK] != s.base[ASK]:
        return  # an even day, or somebody has plans of his own
    up = s.way if s.base[ASK] > s.base[BID] else -s.way
    s.met = min(max(s.met + _LEARNING * up // max(64 * s.reach, 64), _MET_LEAST), _MET_MOST)


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
def turn_day(s: Any) -> None:
    """A session is over: its extremes are yesterday's, and the next has none yet."""
    for k in range(2):
        s.yesterday[k], s.day[k] = s.day[k], s.price[k]


@part
def level_beyond(s: Any, k: int, rng: Rng, nature: Any) -> int:
    """A level that stops stand behind: a round number, or the low (k = bid) of the half hour, the day or yesterday.

    Drawn among those in reach of three usual minutes; where there is none, the next round number.
    """
    far = max(10, 3 * s.reach // 16)
    number = round_number(s, k, nature)
    found, chosen = 0, number
    for i in range(4):
        level = number if i == 0 else extreme(s, k) if i == 1 else s.day[k] if i == 2 else s.yesterday[k]
        ticks = toward(k) * (level - s.price[k])
        if ticks < _NEAR or ticks > far:
            continue
        found += 1
        if below(rng, found) == 0:  # the last of n stays with a chance of one in n
            chosen = level
    return int(chosen)
