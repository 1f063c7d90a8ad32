"""Calling a person: what the one who calls is shown of the desk, and of the day in the evening."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot import control
from bot.clock import WallClock
from bot.daemon.asked import Asked
from bot.daemon.beside import beside
from bot.daemon.shown import Desk
from bot.errors import PaperpitError
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import Reader
from bot.notify import Caller, Look, Sender
from bot.review.evening import evening

DAY_NS = 86_400_000_000_000
CALENDAR_NS = 14 * DAY_NS
"""Dates of events should be known for so long."""


@asynccontextmanager
async def calling(asked: Asked, desk: Desk) -> AsyncIterator[None]:
    """Call while the block lasts; an error that ends it is called for as well. Raises InputMissing."""
    bot = asked.bot.value
    eyes, where = Eyes(asked, desk), place(asked.journal)
    sender = Sender.of(bot.notify, bot.desk, asked.bot.path.parent)
    caller = Caller(bot.notify, sender, control.folder() / f"{bot.desk}.notify", where, eyes)
    desk.beside["notices"] = caller.health.shape
    async with beside("notify", caller.run):
        await asyncio.sleep(0)  # it has begun: a start that is refused at once is called for as well
        try:
            yield
        except Exception as error:
            eyes.ended = error.what if isinstance(error, PaperpitError) else f"{type(error).__name__}: {error}"
            raise


class Eyes:
    """Looks at a daemon. `bot.notify.Looking`."""

    def __init__(self, asked: Asked, desk: Desk) -> None:
        self._asked, self._desk = asked, desk
        self._wall = WallClock()
        self.ended = ""
        """Why the process ends, where that was nobody's wish."""

    def look(self) -> Look:
        """Looking.look."""
        now, path = self._wall.now_ns(), place(self._asked.journal).path
        free = shutil.disk_usage(path.parent).free if path is not None and path.parent.exists() else None
        return Look(
            now_ns=now,
            status=self._desk.status(),
            stands=self._desk.stands,
            sessions=self._desk.sessions,
            free=free,
            backup=self._desk.backup,
            lacking=self._desk.lacking(now + CALENDAR_NS),
            ended=self.ended,
        )

    def day(self, reader: Reader, after_seq: int, end: rows.ModeChange) -> Sequence[str]:
        """Looking.day: of all runs since the last digest, but none that began more than a day before."""
        assert end.wall_ns is not None
        since = end.wall_ns - DAY_NS
        runs = [run for run in reader.runs if after_seq < run.seq < end.seq and run.started_ns > since]
        runs = runs or reader.choose(end.run)
        opens = next((opens for opens, _ in self._desk.sessions if opens > end.wall_ns), None)
        return evening(reader, runs, end, opens)
