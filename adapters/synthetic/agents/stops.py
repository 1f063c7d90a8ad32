"""Stop holders: orders that rest beyond a level and become market orders when it is traded through.

Each tick beyond the level holds a share of them, most of them right behind it (Osler, 2003: stops cluster just beyond
round numbers). One that fires pushes price to the next, so a breach runs by itself (Osler, 2005).
"""

from typing import Any

from adapters.synthetic.book import toward
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import STOPS
from bot.kernel import part

_FIRING_LEAST = 4_000


@part
def lay_stops(s: Any, k: int, level: int, ticks: int, volume: int, nature: Any) -> None:
    """`volume` of stops on `ticks` prices beyond `level`, to sell (k = bid) or to buy: from one to the next less."""
    s.stop_side, s.stop_level, s.stop_count, s.stop_next, s.fired = k, level, min(ticks, STOPS), 0, 0
    for i in range(s.stop_count):
        # Weights 2n, 2n - 1, …, n + 1 of their sum, n (3n + 1) / 2.
        weight = 2 * s.stop_count - i
        s.stops[i] = max(nature.lot, 2 * volume * weight // (s.stop_count * (3 * s.stop_count + 1)))


@part
def fire(s: Any) -> None:
    """Stops whose price has been reached become market orders."""
    k = s.stop_side
    if k < 0:
        return
    beyond = (s.price[k] - s.stop_level) * toward(k)
    while s.stop_next < s.stop_count and beyond > s.stop_next:
        s.fired += s.stops[s.stop_next]
        s.stop_next += 1


@part
def firing(s: Any, nature: Any) -> int:
    """Rate of fired stops, mHz: whatever has fired is wanted out within a second."""
    if s.fired <= 0:
        return 0
    return max(_FIRING_LEAST, orders_for(s.fired, 1, nature))


@part
def filled(s: Any, k: int, volume: int) -> None:
    """A market order hit side k: as long as stops are firing there, it was one of theirs."""
    if k == s.stop_side:
        s.fired = max(0, s.fired - volume)


@part
def lift_stops(s: Any) -> None:
    """Whatever still rests is taken away."""
    s.stop_side, s.stop_count, s.stop_next, s.fired = -1, 0, 0, 0
