"""Events that say the opposite of each other at one moment: neither is told to a strategy."""

import numpy as np

from bot.domain.market import Events


def opposed(events: Events) -> frozenset[int]:
    """Indices of events that say the opposite of another at the same row, kind, instrument and timeframe."""
    if len(events) < 2:
        return frozenset()
    same = (events["row"][1:] == events["row"][:-1]) & (events["side"][1:] != 0)
    found: set[int] = set()
    for first in np.flatnonzero(same):
        one = events[first]
        for second in range(first + 1, len(events)):
            other = events[second]
            if other["row"] != one["row"]:
                break
            alike = all(other[name] == one[name] for name in ("before", "kind", "instrument", "timeframe", "source"))
            if alike and other["side"] == -one["side"] != 0:
                found |= {int(first), second}
    return frozenset(found)
