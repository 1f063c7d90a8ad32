"""What time it is. The only room that asks the operating system, and the only one that lets itself be woken.

A live run has the wall's clock and an alarm; a replay has a clock that the tape drives and no alarm, because edges come
with the rows; a synthetic market has one that runs as fast as it is told to. Whoever is woken looks at the time and
decides anew: an alarm that is late or lost can delay a cancellation, it can never let an entry through.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any

from bot.domain.command import GOOD, Health

SECOND_NS = 1_000_000_000
_WAIT_MIN_NS, _WAIT_MAX_NS = 5_000_000, 250_000_000


class TapeClock:
    """Time as the tape tells it. It never goes back, and the process behind it is always well."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now = start_ns

    def advance_to(self, ts: int) -> None:
        """Let it be `ts` (ns UTC); an earlier stamp changes nothing."""
        self._now = max(self._now, ts)

    def now_ns(self) -> int:
        """Where the tape stands, ns UTC."""
        return self._now

    def wall_ns(self) -> int:
        """The wall's time, for `started` and `ended` of a run only."""
        return time.time_ns()

    def health(self) -> Health:
        """Constant and good, so that two replays agree."""
        return GOOD


class PacedClock:
    """Time that begins where it is told to and runs `speed` times as fast as the wall's, from `begin` on."""

    def __init__(self, start_ns: int, speed: Decimal = Decimal(1)) -> None:
        assert speed > 0, "time goes forward"
        self._start, self._speed = start_ns, speed
        self._began: int | None = None

    def begin(self) -> None:
        """Let time run; until then it stands still."""
        self._began = time.monotonic_ns()

    def now_ns(self) -> int:
        """Where time has come to, ns UTC."""
        gone = 0 if self._began is None else time.monotonic_ns() - self._began
        return self._start + int(gone * self._speed)

    def wall_ns(self) -> int:
        """The wall's time, for `started` and `ended` of a run only."""
        return time.time_ns()

    def health(self) -> Health:
        """Constant and good: whoever paces time knows no other."""
        return GOOD

    async def wait_until(self, ts: int) -> None:
        """Come back when it is `ts` (ns UTC), or a quarter of a wall's second later if that is sooner.

        Never at once: rows that come within five milliseconds of the wall's are one batch, not a loop of many.
        """
        wait_ns = int((ts - self.now_ns()) / self._speed)
        await asyncio.sleep(min(max(wait_ns, _WAIT_MIN_NS), _WAIT_MAX_NS) / SECOND_NS)


class WallClock:
    """The wall's time, what is known of the process's health, and an alarm. Use as `async with`.

    APScheduler only wakes: every alarm is a one-off at a UTC moment, because a job in a local zone fires twice when the
    clock goes back and not at all when it goes forward.
    """

    def __init__(self) -> None:
        self._health = GOOD
        self._scheduler: Any = None
        self.alarm = asyncio.Event()
        """Set whenever a moment that was asked for has come; whoever waits clears it."""
        self.rung: Callable[[], None] | None = None
        """Called at the same time: whoever else is to look at what time it is."""

    async def __aenter__(self) -> "WallClock":
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        # No grace and one run however many were missed: after a suspend the desk is woken at once and only once.
        defaults = {"misfire_grace_time": None, "coalesce": True}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scheduler.shutdown(wait=False)

    def now_ns(self) -> int:
        """ns UTC."""
        return time.time_ns()

    def wall_ns(self) -> int:
        """ns UTC."""
        return time.time_ns()

    def steady_ns(self) -> int:
        """A clock that nobody sets: only differences of it mean something."""
        return time.monotonic_ns()

    def health(self) -> Health:
        """What `report` said last."""
        return self._health

    def report(self, health: Health) -> None:
        """Take newer facts about offset, loop and journal."""
        self._health = health

    def wake_at(self, moments: Iterable[int]) -> None:
        """Set the alarm for these moments (ns UTC) instead of the earlier ones; one that is past rings at once."""
        from apscheduler.triggers.date import DateTrigger

        # Paused, so that it looks at its jobs once and not at each of them.
        self._scheduler.pause()
        self._scheduler.remove_all_jobs()
        for ts in dict.fromkeys(moments):
            # A microsecond late rather than early: woken before the edge, the desk would find nothing to do.
            at = datetime.fromtimestamp(ts // SECOND_NS, UTC) + timedelta(microseconds=-(-(ts % SECOND_NS) // 1000))
            self._scheduler.add_job(self._ring, DateTrigger(at, timezone=UTC))
        self._scheduler.resume()

    async def _ring(self) -> None:
        self.alarm.set()
        if self.rung is not None:
            self.rung()


class Moved:
    """Whether somebody has set the wall's clock: NTP, a person, a machine that slept. Durations go by another."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._offset = clock.now_ns() - clock.steady_ns()

    def look(self) -> int:
        """How far it was set since the last look, ns, forward is positive; 0 where that is less than a second."""
        offset = self._clock.now_ns() - self._clock.steady_ns()
        moved, self._offset = offset - self._offset, offset
        return moved if abs(moved) > SECOND_NS else 0
