"""A tape as a broker's feed would have told it: whole seconds, and some prints after the quote that they caused.

It lets a tape whose sides are known say how well they are inferred where a feed is slow. Which prints come late is
drawn from a seed, print by print, so that it does not depend on how the tape is cut.
"""

from collections.abc import Iterator

import numpy as np

from bot.domain.market import PRINT, QUOTE, Ticks
from bot.tape.facts import joined

SECOND_NS = 1_000_000_000
LATE = 0.3
"""Share of prints that come after their quote, where one follows them."""
BOOK = ("bid", "ask", "bid_size", "ask_size")


def coarse(batches: Iterator[Ticks], seed: int, late: float = LATE) -> Iterator[Ticks]:
    """The same rows as a slow feed tells them; a late print carries the book that it then meets."""
    chance = np.random.default_rng(seed)
    rest: Ticks | None = None
    for batch in batches:
        rows = batch.copy() if rest is None else joined([rest, batch])
        rows["ts"] -= rows["ts"] % SECOND_NS
        # The last row is held back: its quote may be the first of the next batch.
        fresh = rows[: len(rows) - 1]
        drawn = np.ones(len(rows))
        prints = np.flatnonzero(fresh["kind"] == PRINT)
        drawn[prints] = chance.random(len(prints))
        first = np.flatnonzero((drawn[:-1] < late) & (rows["kind"][1:] == QUOTE))
        order = np.arange(len(rows))
        order[first], order[first + 1] = first + 1, first
        rows = rows[order]
        for name in BOOK:
            rows[name][first + 1] = rows[name][first]
        keep = len(rows) - 1
        if len(first) and first[-1] + 1 == keep:
            keep += 1  # its print has gone past it already
        if keep:
            yield rows[:keep]
        rest = rows[keep:]
    if rest is not None and len(rest):
        yield rest
