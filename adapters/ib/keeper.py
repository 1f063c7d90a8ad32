"""Keeping the link: a heartbeat, the gateway's clock, and one task that comes back after every loss.

All of it in the wall's time: a socket that is half open says nothing, on a tape as little as on the wall.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import Random

from adapters.ib.link import Link
from adapters.ib.offset import clock_offset
from adapters.ib.pauses import NEW_YORK, SECOND_NS, next_window
from adapters.ib.recovery import passed
from bot.clock import Moved, WallClock
from bot.domain.order import ClockReport, Known, PauseReport, Unavailable
from bot.errors import ConfigError, Locked, NotPaper, Unreachable

_MISSES = 2
_LOOK_S = 30.0
_log = logging.getLogger("paperpit.ib")


class Keeper:
    """Owns the task that keeps a link alive. `recover` runs the sequence of a new connection, `attend` its life."""

    def __init__(
        self,
        link: Link,
        recover: Callable[[], Awaitable[Unavailable | None]],
        attend: Callable[[], Awaitable[None]],
        chance: Random,
    ) -> None:
        self._link, self._recover, self._attend, self._chance = link, recover, attend, chance
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Keep the link from now on."""
        self._task = asyncio.create_task(self._keep(), name="keep the link to IB")

    def check(self) -> None:
        """Raise what has ended the keeping, if it was a fault of ours."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    async def close(self) -> None:
        """Keep it no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            async with asyncio.TaskGroup() as life:
                for part in (self._beat(), self._tell_time(), self._tell_pauses(), self._attend()):
                    life.create_task(_awaited(part))
            if self._link.ended or not await self._come_back():
                return

    async def _beat(self) -> None:
        """Two questions for the time that find no answer end the connection: the second is asked at once.

        Anything that comes is a sign of life: what is deaf to some questions only, snapshots find out.
        """
        link, missed = self._link, 0
        while missed or not await passed(link.lost, link.waits.heartbeat):
            reads = link.wire.reads if link.wire is not None else 0
            answer = await link.current_time(link.waits.heartbeat_answer)
            if link.lost.is_set():
                return
            lives = isinstance(answer, Known) or (link.wire is not None and link.wire.reads > reads)
            missed = 0 if lives else missed + 1
            if missed == _MISSES:
                link.drop(f"{_MISSES} heartbeats without an answer")
                return

    async def _tell_time(self) -> None:
        """The gateway's clock against ours; never against a tape's."""
        link, wall = self._link, self._link.clock
        if not isinstance(wall, WallClock):
            return
        moved = Moved(wall)
        while not link.lost.is_set():
            offset = await clock_offset(link)
            if offset is not None:
                link.report(ClockReport(offset, link.now_ns()))
            moved.look()
            rest = link.waits.clock_again
            # A clock that was set is measured anew at once: entries wait for it.
            while rest > 0 and not moved.look() and not await passed(link.lost, min(rest, link.waits.heartbeat)):
                rest -= link.waits.heartbeat

    async def _tell_pauses(self) -> None:
        """The broker's planned absences, as they begin."""
        link = self._link
        windows = link.params.maintenance
        while not link.tape and not link.lost.is_set() and (found := next_window(windows, now := link.now_ns())):
            begins, ends = found
            if now >= begins:
                at = datetime.fromtimestamp(ends // SECOND_NS, NEW_YORK)
                why = f"IB is away on purpose until {at:%H:%M} New York; what is held stays under its stop"
                link.report(PauseReport("maintenance", now, ends, why))
            until = ends if now >= begins else begins
            # Not in one piece: the clock may be set meanwhile.
            while not link.lost.is_set() and link.now_ns() < until:
                await passed(link.lost, min(_LOOK_S, (until - link.now_ns()) / SECOND_NS))

    async def _come_back(self) -> bool:
        """Connect again, for ever, with growing pauses of random length; False when there is no way back."""
        link, tries, held, since = self._link, 0, 0, 0.0
        while not link.ended:
            most = min(link.waits.backoff * 2**tries, link.waits.backoff_most)
            wait = self._chance.uniform(0, most)
            if held:
                wait = min(link.waits.held * 2 ** (held - 1), link.waits.held_most)
            await asyncio.sleep(wait)
            tries = min(tries + 1, 30)
            try:
                await link.connect()
            except Locked as error:
                now = asyncio.get_running_loop().time()
                held, since = held + 1, since or now
                self._still_down(error.what + self._held_for(now - since))
                continue
            except (Unreachable, NotPaper, ConfigError) as error:
                held, since = 0, 0.0
                self._still_down(error.what)
                continue
            failure = await self._recover()
            if failure is None and link.stage == "live":
                return True
            link.drop(failure.detail if failure is not None else "lost again")
        return False

    def _held_for(self, seconds: float) -> str:
        """What is added when somebody has had our client id for too long; the same words for a while."""
        alarms = int(seconds // self._link.waits.held_alarm)
        if not alarms:
            return ""
        minutes = alarms * self._link.waits.held_alarm / 60
        return f", for {minutes:g} min now: end the other program, or restart the gateway; our orders keep their id"

    def _still_down(self, why: str) -> None:
        if self._link.why != why:
            _log.warning("%s: %s", self._link.where, why)
        self._link.say("down", why)


async def _awaited(part: Awaitable[None]) -> None:
    await part
