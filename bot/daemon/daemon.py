"""One desk's runs, one after the other, and the one who answers for them while a process lasts.

A run is an exchange session: when it is over the next one is opened shortly before the market opens again, with
contracts and hours asked for anew. In between the desk is `closed` and says so.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from bot import control
from bot.clock import WallClock
from bot.control.asking import asked as asked_now
from bot.daemon.asked import Asked, Read
from bot.daemon.beside import unheard
from bot.daemon.company import in_company
from bot.daemon.heart import Heart, taken
from bot.daemon.opening import version
from bot.daemon.reloading import refuse_other_process
from bot.daemon.rereading import Rereading
from bot.daemon.run import Run
from bot.daemon.stopping import Stopping
from bot.daemon.systemd import Supervisor
from bot.daemon.terminal import Terminal
from bot.daemon.waiting import ANSWER, Waiting, can_wait
from bot.desk import Desk
from bot.domain.command import Command
from bot.domain.mode import Mode
from bot.errors import PaperpitError, Unreachable
from bot.journal.place import place as place_of

_log = logging.getLogger("paperpit.reload")
SECOND_NS = 1_000_000_000
AGAIN_NS = 60 * SECOND_NS
BEFORE_OPEN_NS = 300 * SECOND_NS
"""So long before the market opens the next run is opened: enough for contracts, hours and memory."""


class Daemon:
    """Holds the run at hand and answers for it. `control.Handler`."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._run: Run | None = None
        self._first = True
        self._before = taken()
        self._waiting = Waiting(asked.bot.value.desk)
        self._state, self._why, self._mode = "starting", "the market is being opened", Mode.BLIND
        self._heart: Heart | None = None
        self._opens_ns: int | None = None
        """When a strategy's own hours begin next, as the newest run knew it."""
        self._rereading = Rereading(asked)
        self._unasked = set[asyncio.Task[None]]()
        self.stopping = Stopping()
        self._terminal = Terminal()
        self.supervisor = Supervisor(self.status, lambda: self.stands)
        self.stopped = False
        """Whether a command ended it while no run traded."""
        self.beside: dict[str, Callable[[], Any]] = {}
        """What those who stand beside the desk report of themselves: key of `status` → who is asked."""
        self.sessions: Sequence[tuple[int, int]] = ()
        """When the exchange opens and closes, ns UTC; empty while no run has known, or another clock than the wall's
        rules."""
        self.backup: str | None = None
        """Why the journal's last copy could not be made; empty: it was. None: no run has ended yet."""

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Answer on this desk's socket while the block lasts, and see that the process moves.

        Raises Locked when another process answers by that name.
        """
        bot = self._asked.bot.value
        asyncio.get_running_loop().set_exception_handler(unheard)
        async with control.serving(bot.desk, self):
            heart = Heart(lambda: self._desk, bot.daemon.wedged_after, self._before, lambda: self.stopping.came)
            with heart as self._heart, self._listening():
                async with in_company(self._asked, self):
                    yield

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Hear SIGHUP while the block lasts."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            for task in self._unasked:
                task.cancel()

    @asynccontextmanager
    async def run(self, said: Callable[[str], None] = lambda text: None) -> AsyncIterator[Run]:
        """The next run, opened and closed. The first one is refused by whatever refuses it.

        Later a gateway that is not there yet (a weekend's restart) is tried again every minute, which `said` tells.
        """
        self._state, self._why, self._mode = "starting", "the market is being opened", Mode.BLIND
        async with AsyncExitStack() as stack:
            while self._run is None:
                try:
                    before = self._before if self._first else None
                    self._run = await stack.enter_async_context(Run(self._asked, self.stopping, before, self._waiting))
                except Unreachable as error:
                    if self._first:
                        raise
                    self._why, self._mode = f"{error.what}; trying again every minute", Mode.REFUSED
                    said(self._why)
                    await _until(WallClock().now_ns() + AGAIN_NS)
            self._first = False
            self.sessions = self._run.sessions()
            try:
                yield self._run
            finally:
                self.backup, self._run = self._run.ending.unsaved, None

    async def until_open(self, opens_ns: int) -> None:
        """Wait until it is time to open the run of the session that begins at `opens_ns`."""
        at = datetime.fromtimestamp(opens_ns // SECOND_NS, UTC)
        self._state, self._mode = "closed", Mode.NO_ENTRIES
        self._why = f"the next session opens at {at:%Y-%m-%d %H:%M} UTC"
        notify = self._asked.bot.value.notify
        await _until(opens_ns - (max(BEFORE_OPEN_NS, notify.before_session) if notify.wanted else BEFORE_OPEN_NS))

    async def tell(self, command: Command) -> Mapping[str, Any]:
        """Do it, or have the desk do it. Raises PaperpitError."""
        if command.verb == "status":
            return self.status()
        if command.verb == "reload":
            return await self._reload(command)
        desk = self._desk
        if desk is not None and not desk.told.ended:
            return await desk.tell(command)
        if can_wait(command):
            self._waiting.keep(command)
            return {"result": ANSWER}
        if command.verb == "stop":
            self.stopped = True
            self.stopping.insist()
            return {"result": "stopping"}
        raise Unreachable(f"the desk is {self._state}: {self._why}", do="paperpit status")

    async def _reload(self, command: Command) -> Mapping[str, Any]:
        """Read everything anew and go on with it, if all of it may be. Raises what refuses it: the old holds on."""
        with self.supervisor.reloading():
            read = await self._rereading.read()
            run = self._run
            try:
                if run is not None:
                    told = await run.reload(command, read)
                    self._rereading.asked = self._asked = run.asked
                else:
                    told = {"result": self._for_the_next_run(read)}
            except PaperpitError as error:
                self._say(f"reload refused, the settings stay as they were: {error.what}")
                raise
        self._say(told["result"])
        return told

    def _for_the_next_run(self, read: Read | PaperpitError) -> str:
        """Between two sessions nobody trades: what was read holds from the next run on."""
        if isinstance(read, PaperpitError):
            raise read
        if self._state != "closed":
            raise Unreachable(f"the desk is {self._state}: {self._why}", do="paperpit reload")
        refuse_other_process(self._asked, read.asked)
        self._rereading.asked = self._asked = read.asked
        return "reloaded: the next run begins with it"

    def _say(self, text: str) -> None:
        """Whoever watches is told at once; between two runs nobody does."""
        if self._desk is not None:
            self._desk.watch.say(text, "reload")
        else:
            _log.warning(text)

    def _hung_up(self) -> None:
        """SIGHUP: reload, which is said and stands in the journal; where a terminal was closed, an end in order."""
        if self._terminal.gone():
            self.stopping.heard(signal.SIGHUP)
            return
        task = asyncio.create_task(self._reload_unasked())
        self._unasked.add(task)
        task.add_done_callback(self._unasked.discard)

    async def _reload_unasked(self) -> None:
        with suppress(PaperpitError):  # it has been said
            await self._reload(asked_now("reload", reason="SIGHUP"))

    def refused(self, way: str, why: str, count: int) -> None:
        """So many that came by some `way` were no commands; a run that trades has that in its journal."""
        if self._desk is not None:
            self._desk.told.refused(way, why, count)

    @property
    def _desk(self) -> Desk | None:
        return self._run.desk if self._run is not None else None

    @property
    def stands(self) -> bool:
        """Whether a desk stands that knows its link, its positions and its switches."""
        return self._run is not None and self._run.stands

    def lacking(self, ts: int) -> Mapping[str, str]:
        """Kind of event that matters here → until when its dates are known, of those that are not at `ts`, ns UTC."""
        return self._run.lacking(ts) if self._run is not None else {}

    def status(self) -> dict[str, Any]:
        """What `status --json` prints."""
        run, place = self._run, place_of(self._asked.journal)
        kept = [f"{one.verb} waits for the next run: {one.reason or 'by command'}" for one in self._waiting.commands]
        told = dict(_NOBODY, state=self._state, mode=self._mode.value, reasons=[self._why, *kept])
        if run is not None:
            told.update(run.facts())
            self._opens_ns = run.next_entries()
        return {
            **told,
            "next_session_ns": self._opens_ns,
            "loop": {} if self._heart is None else self._heart.lags,
            **{name: ask() for name, ask in self.beside.items()},
            "journal": place.url if place.path is not None else place.shown,
            "backup": self.backup or "",
            "desk": self._asked.bot.value.desk,
            "version": version("paperpit"),
        }


async def _until(ts: int) -> None:
    """Wait for a moment of the wall's, ns UTC; one that has come is not waited for."""
    if WallClock().now_ns() >= ts:
        return
    async with WallClock() as wall:
        wall.wake_at([ts])
        while wall.now_ns() < ts:
            wall.alarm.clear()
            await wall.alarm.wait()


_NOBODY: Mapping[str, Any] = {
    "house": [],
    "account": "",
    "positions": [],
    "working_orders": [],
    "causes": [],
    "link": "unknown",
    "lag_ms": None,
    "next_blackout": None,
    "day": {"net": "0", "r": None, "round_trips": 0, "loss_used": "0", "loss_limit": "0"},
    "room": [],
    "health": {"clock_offset_ms": 0, "loop_lag_ms": 0, "commit_ms": 0.0, "journal": ""},
    "strategies": [],
    "recording": False,
    "finishing": "",
    "calendar_until": {},
    "contracts": [],
    "hedges": [],
    "queue": {},
}
"""What is known of a desk that does not stand yet."""
