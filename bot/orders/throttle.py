"""An independent count of order messages, behind the gate and before the wire: a bug must not become a storm.

Two budgets of so many messages in any 60 seconds: one of entries, one of everything that protects or ends an order.
Entries beyond theirs are refused and the kill switch trips; what protects is never refused, but a storm of it trips the
kill switch as well, and stops are moved no more. Source: fault F46 and invariant I25 of the reliability notes.
"""

from collections import deque
from collections.abc import Iterable

WINDOW_NS = 60_000_000_000


class Budget:
    """Messages of the last minute, at most `limit` of them."""

    def __init__(self, limit: int, sent: Iterable[int] = ()) -> None:
        self._limit = limit
        self._sent = deque(sent, maxlen=limit)

    def of(self, limit: int) -> "Budget":
        """The same with another limit, not a higher one: of more than this one nothing is known."""
        return Budget(limit, self._sent)

    def room(self, ts: int, messages: int) -> bool:
        """Whether so many more would still be within the limit at `ts`."""
        while self._sent and self._sent[0] <= ts - WINDOW_NS:
            self._sent.popleft()
        return len(self._sent) + messages <= self._limit

    def count(self, ts: int, messages: int) -> None:
        """So many leave at `ts`; more than the limit need not be told apart."""
        self._sent.extend([ts] * messages)


class Throttle:
    """Both budgets, of `per_minute` messages each."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._entries, self._protective = Budget(per_minute), Budget(per_minute)

    def tighten(self, per_minute: int) -> None:
        """Let fewer messages pass from here on; what has left in the last minute counts on."""
        self.per_minute = per_minute
        self._entries, self._protective = self._entries.of(per_minute), self._protective.of(per_minute)

    def entry(self, ts: int, messages: int) -> bool:
        """Whether an entry of so many messages may leave; if so it is counted."""
        may = self._entries.room(ts, messages)
        if may:
            self._entries.count(ts, messages)
        return may

    def quote(self, ts: int, *, hedge: bool = False) -> bool:
        """Whether a maker may move a quote: half of either budget is left to the others. What it sends is counted.

        A hedge may use the whole of it: it is what makes the quotes' fills bearable.
        """
        left = 0 if hedge else self.per_minute // 2
        return self._entries.room(ts, left + 1) and self._protective.room(ts, left + 1)

    def room(self, ts: int) -> bool:
        """Whether one more message that protects would be within the limit."""
        return self._protective.room(ts, 1)

    def protective(self, ts: int) -> bool:
        """Count a message that protects or ends; False when there are too many."""
        may = self._protective.room(ts, 1)
        self._protective.count(ts, 1)
        return may
