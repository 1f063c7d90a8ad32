"""What is done when a run has ended, each in a thread: rows let go of, tapes made, the journal copied.

It may take minutes. The loop beats on meanwhile, `status` says what is being done, and the service manager is told to
wait; a second signal leaves the rest to the next start, and nothing is lost by that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.daemon.aside import aside
from bot.daemon.asked import Asked
from bot.errors import DataDamaged, Unreachable
from bot.journal.place import Place, place
from bot.tape.recorder import Recorder

if TYPE_CHECKING:
    from bot.journal import Writer
    from bot.journal.retention import Kind


class Ending:
    """The end of one run. `insisted`: whether a person does not wait for anything any more."""

    def __init__(
        self, asked: Asked, recorder: Recorder | None, now_ns: Callable[[], int], insisted: Callable[[], bool]
    ) -> None:
        self._asked, self._recorder, self._now_ns, self._insisted = asked, recorder, now_ns, insisted
        self._keeps = asked.durability != "replay"
        """Whether the journal is a desk's own, and not a replay's."""
        self.doing = ""
        """What is being done, for a person; empty: nothing."""
        self.said: list[str] = []
        """What is to be said about it afterwards."""
        self.unsaved = ""
        """Why the journal could not be copied."""

    @property
    def _where(self) -> Place:
        return place(self._asked.journal)

    async def announce(self, writer: "Writer") -> None:
        """Before the run's last row: the recording ends, and which rows the journal lets go of is written down."""
        if self._recorder is not None:
            self._recorder.end()
        if not self._keeps or self._insisted():
            return
        from bot.journal.retention import due

        settings, now = self._asked.bot.value.retention, self._now_ns()
        keep: dict[Kind, int] = {"footprint": settings.footprints, "link_event": settings.link_events}
        with suppress(Unreachable):  # it may all go when the next run ends
            for one in await aside(lambda given_up: due(self._where, keep, now)):
                writer.pruned(one.kind, one.up_to, one.rows, now)

    async def rest(self) -> None:
        """After the run's last row: all that takes long."""
        if self._recorder is not None and not self._insisted():
            with self._doing("making tapes of the recording"):
                await aside(self._recorder.make)
        if self._keeps and not self._insisted():
            with self._doing("letting go of old rows"):
                await self._let_go()
        keep = self._asked.bot.value.journal.backups
        if self._keeps and keep and (path := self._where.path) is not None and not self._insisted():
            with self._doing("copying the journal"):
                await self._back_up(path, keep)

    def leave(self) -> None:
        """What was cut short is left to the next start; says what became of the recording."""
        if self._recorder is None:
            return
        self._recorder.make(given_up=lambda: True)
        stopped = [f"the recording stopped: {self._recorder.trouble}"] if self._recorder.trouble else []
        self.said = [*stopped, *self._recorder.notes, *self.said]

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        self.doing = what
        try:
            yield
        finally:
            self.doing = ""

    async def _let_go(self) -> None:
        """Delete what was announced."""
        from bot.journal.retention import let_go

        try:
            gone = await aside(partial(let_go, self._where))
        except Unreachable as error:
            self.said.append(f"{error.what}; it is tried again when the next run ends")
            return
        if gone:
            self.said.append(f"let go of {gone} old rows, as [retention] says: bars around signals, link events")

    async def _back_up(self, path: Path, keep: int) -> None:
        """The day's copy of a live journal."""
        from bot.journal.copying import back_up  # not before a position is looked after

        now = self._now_ns()
        try:
            await aside(partial(back_up, path, keep, now))
        except (Unreachable, DataDamaged) as error:
            self.unsaved = error.what
            self.said.append(f"no copy of the journal was made: {error.what}")
