"""What the order manager closes by itself: a strategy whose orders go wrong, everything when messages become a storm.

All of it is journalled as if a person had said it, and holds until a person takes it back.
"""

from bot.domain.command import KILL, pause_key
from bot.orders.bracket import LiveBracket
from bot.orders.throttle import WINDOW_NS, Throttle
from bot.ports import Gate, Journal


class Closing:
    """Pauses and the kill switch, in gate and journal."""

    def __init__(self, gate: Gate, journal: Journal) -> None:
        self._gate, self._journal = gate, journal
        self._refused: dict[str, str] = {}
        self._killed_ns = -WINDOW_NS

    def accepted(self, live: LiveBracket) -> None:
        """The broker has taken an entry of a strategy."""
        self._refused.pop(live.bracket.approved.proposal.strategy, None)

    def refused(self, live: LiveBracket, why: str, ts: int) -> None:
        """The broker refuses an entry; the same reason twice in a row pauses its strategy."""
        strategy = live.bracket.approved.proposal.strategy
        if self._refused.get(strategy) == why:
            self.pause(live, f"the broker refused two entries in a row: {why or 'without a reason'}", ts)
        self._refused[strategy] = why

    def kept_back(self, throttle: Throttle, messages: int, now: int) -> str:
        """Why an entry must not be heard of: its intent is not durable, or entries have become a storm."""
        if self._journal.down or throttle.entry(now, messages):
            return self._journal.down
        why = f"over {throttle.per_minute} messages of entries in a minute"
        self.kill(why, now)
        return why

    def pause(self, live: LiveBracket, why: str, ts: int) -> None:
        """No more entries of a bracket's strategy."""
        strategy = live.bracket.approved.proposal.strategy
        self._gate.pause(True, why, strategy=strategy)
        self._journal.control(pause_key(strategy, ""), True, ts, why)

    def kill(self, why: str, ts: int) -> None:
        """No more entries at all; written once a minute, for a storm of messages would be one of rows."""
        self._gate.kill(True, why)
        if ts - self._killed_ns >= WINDOW_NS:
            self._killed_ns = ts
            self._journal.control(KILL, True, ts, why)
