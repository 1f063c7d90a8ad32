"""Deadlines of brackets, by time. No poll: whoever asks for the next one is woken by it."""

import heapq
from dataclasses import dataclass
from typing import Literal

from bot.orders.bracket import LiveBracket

SECOND_NS = 1_000_000_000
GRACE_NS = 1 * SECOND_NS
"""A position may be without a stop for this long after its entry filled."""
REPROTECT_NS = 2 * SECOND_NS
"""An acknowledgement of a new stop may take this long; then the position is flattened."""
UNANSWERED_NS = 3 * SECOND_NS
"""After this long without a word an order's fate is unknown."""
SIBLINGS_NS = 2 * SECOND_NS
"""A bracket that has ended may have orders alive for this long; then their end is asked for."""
STALLED_NS = 3 * SECOND_NS
"""A stop that the market has reached may be unfilled for this long; then it counts for nothing."""
AGAIN_NS = 2 * SECOND_NS
"""While anything is uncertain the broker is asked this often: as far apart as answers must be to count (rulings 21)."""
UNHEARD_NS = 1 * SECOND_NS
"""After this long without a word on a stop or an exit that was sent alone the broker is asked; also without an
execution of an order that is said to have filled."""
LOOK_NS = 5 * SECOND_NS
"""After an execution the broker is asked this often, also when nothing lives any more: it may be taken back unheard."""
BUSTED_NS = 60 * SECOND_NS
"""For so long after it."""
RETRY_NS, RETRY_MAX_NS = 1 * SECOND_NS, 30 * SECOND_NS
"""A refused exit is tried again after this long, then twice as long, up to the other where a stop covers."""
BARE_NS, BARE_TRIES, BARE_MAX_NS = SECOND_NS // 2, 8, 4 * SECOND_NS
"""While nothing does: so many times after this long, then twice as long, up to the other. A broker that refuses an exit
a few times in a row must not leave anybody without a stop for ten seconds."""

What = Literal[
    "ttl",
    "time",
    "uncovered",
    "unprotected",
    "unheard",
    "unanswered",
    "siblings",
    "retry",
    "ask",
    "moving",
    "stalled",
    "after",
]


@dataclass(frozen=True, slots=True)
class Timer:
    """What is due of which bracket."""

    what: What
    live: LiveBracket


class Timers:
    """A heap of deadlines; equal ones come in the order in which they were set."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._numbered = 0

    def next_due(self) -> int | None:
        """When the next one is due, ns UTC."""
        return self._heap[0][0] if self._heap else None

    def take(self, now: int) -> tuple[int, Timer] | None:
        """The next one that is due at or before `now`, with its time."""
        if not self._heap or self._heap[0][0] > now:
            return None
        due, _, timer = heapq.heappop(self._heap)
        return due, timer

    def shift(self, ns: int) -> None:
        """The clock was set by so much: what was due in a second is due in a second."""
        self._heap = [(ts + ns, number, timer) for ts, number, timer in self._heap]  # still a heap

    def at(self, ts: int, what: What, live: LiveBracket) -> None:
        """Set one."""
        heapq.heappush(self._heap, (ts, self._numbered, Timer(what, live)))
        self._numbered += 1


def pause_ns(attempts: int, *, bare: bool) -> int:
    """How long an exit that cannot be had waits for its next try, after so many."""
    if bare:
        return min(BARE_NS << max(0, attempts - BARE_TRIES), BARE_MAX_NS)
    return min(RETRY_NS << attempts, RETRY_MAX_NS)
