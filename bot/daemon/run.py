"""The one order of start and stop.

adapter opened → account proven paper → journal locked and opened → what the broker holds compared → desk. Stopping goes
the other way.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from bot.clock import PacedClock, WallClock
from bot.daemon.asked import Asked, Outcome, Read
from bot.daemon.building import desk_of
from bot.daemon.compiling import has_wire, rehearsal
from bot.daemon.ending import Ending
from bot.daemon.heart import Wedged
from bot.daemon.opening import Opened, opened
from bot.daemon.recording import tidying
from bot.daemon.reloading import Reloading
from bot.daemon.stopping import Stopping
from bot.daemon.waiting import Waiting
from bot.desk import Desk
from bot.desk.watch import Notice
from bot.domain.command import Command, strategy_key
from bot.domain.order import AccountFacts
from bot.domain.past import Past
from bot.errors import NotPaper, PaperpitError, Unreachable
from bot.journal import Writer, new_run_id, open_writer
from bot.journal.account import lock_account
from bot.journal.fold import PRIVATE, fold
from bot.journal.promises import promises
from bot.ports import Adapter
from bot.risk.events import members
from bot.risk.hours import Hours, Sessions
from bot.tape.recorder import Recorder
from bot.warm import Memories


class Run:
    """One run from its opening to its end. Use as `async with`: what was opened is closed, the journal let go."""

    def __init__(
        self,
        asked: Asked,
        stopping: Stopping | None = None,
        before: Wedged | None = None,
        waiting: Waiting | None = None,
        parts: Opened | None = None,
        journal: Callable[[Opened, AccountFacts], Writer] | None = None,
    ) -> None:
        self._asked = asked
        self._ready = parts
        """What somebody else has opened; None: it is opened here."""
        self._journal = journal
        """Makes a writer where the journal is none of the settings'."""
        self._waiting = waiting
        """What a person said before the run began."""
        self._before = before
        """What the process before this one could not get out of."""
        self._stopping = stopping
        """Who listens to signals; None: the run itself while it trades."""
        self._stack = AsyncExitStack()
        self._wall = WallClock()
        self._parts: Opened | None = None
        self._reloading: Reloading | None = None
        self.desk: Desk | None = None
        self.stands = False
        """Whether what earlier runs left has been taken up: every position is looked after."""

    async def __aenter__(self) -> "Run":
        async with AsyncExitStack() as stack:
            self._parts = self._ready or await opened(self._asked, new_run_id(self._wall.now_ns()), stack)
            self.ending = Ending(self._asked, self.recorder, self._wall.now_ns, self._insisted)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    @property
    def adapter(self) -> Adapter:
        """The market and the broker that were opened."""
        return self._opened.adapter

    @property
    def warm(self) -> Memories:
        """The detectors' memory."""
        return self._opened.warm

    @property
    def idle(self) -> Mapping[str, str]:
        """Strategies that are not asked, and why."""
        return self._opened.idle

    @property
    def rows(self) -> int:
        """Rows to come, where a tape knows; 0 otherwise."""
        return sum(int(tape["rows"]) for tape in self.adapter.tapes)

    async def trade(self, seen: Callable[[int], None] = lambda rows: None) -> Outcome:
        """Prove the account, open the journal, trade to the end or to a signal, and close in order."""
        started = time.perf_counter()
        account = await self.adapter.broker.connect()
        if not account.paper:
            raise NotPaper(f"account {account.account} is not provably a paper account; nothing was sent")
        self._own(account)
        writer = self._open_journal(account)
        self._record_troubles(writer)
        self._tell_hours(writer)
        desk, orders, self._reloading = desk_of(self._opened, writer, account)
        self.desk = desk
        if not self._asked.dry:  # it sends nothing, also to protect
            past = fold(self._asked.journal, account=account.account)
            self._take_up_models(account)
            answer = await self.adapter.broker.snapshot()
            for text in await orders.recover(past, answer, self._opened.clock.now_ns()):
                desk.watch.say(text, "recovered")
            self._who_failed_today(desk, past)
            desk.told.remember(past.done)
        with self._hearing(desk.stop):
            await self._load_the_rest()
        for note in self._reloading.models.notes():
            desk.watch.say(note, "model")
        self._take_its_place(desk, writer)
        await self._do_what_waits(desk, writer)
        self.stands = True
        outcome = Outcome(self._opened.run, self.adapter, self._asked.journal, self._opened.idle)
        outcome.warm = self.warm.hash
        async with tidying(self._asked, lambda text: desk.watch.say(text, "note")):
            with self._memory():
                outcome.stopped_by = await self._until_the_end(desk, seen)
        outcome.ended = desk.ended
        outcome.trouble = self.warm.end(stopped=desk.ended == "stop")
        outcome.tally = desk.tally
        outcome.anomalies = dict(self.adapter.market.anomalies)
        outcome.round_trips, outcome.net_ticks = orders.round_trips, orders.net_ticks
        for kind, count in outcome.anomalies.items():
            writer.anomaly(kind, count, self.adapter.market.first_ns)
        outcome.seconds = time.perf_counter() - started
        await self._end(outcome, writer)
        return outcome

    async def _end(self, outcome: Outcome, writer: Writer) -> None:
        """The last row, and what takes long: a second signal leaves it to the next start."""
        with self._hearing(lambda: None):
            await self.ending.announce(writer)
        writer.finish(outcome.kept())
        with self._hearing(lambda: None):
            await self.ending.rest()
        self.ending.leave()
        outcome.recorded = self.ending.said
        if self._stopping is not None:
            outcome.stopped_by = self._stopping.by

    def _insisted(self) -> bool:
        return self._stopping is not None and self._stopping.insisted

    def _hearing(self, ask: Callable[[], None]) -> AbstractContextManager[None]:
        """What begins or ends a run is done to its end, unless a second signal insists; the first one calls `ask`."""
        return nullcontext() if self._stopping is None else self._stopping.asking(ask)

    async def _load_the_rest(self) -> None:
        """Now that every position is looked after: neither a tick nor a command shall wait for a kernel."""
        if has_wire(self._asked) or isinstance(self._opened.clock, PacedClock):
            await asyncio.to_thread(rehearsal(self._asked))

    def _memory(self) -> AbstractContextManager[None]:
        """What is done about the process's memory while the run trades; of one of many, whoever plays them decides."""
        return nullcontext() if self._ready is not None else _memory_at_rest(live=self.adapter.market.last_ns is None)

    async def _until_the_end(self, desk: Desk, seen: Callable[[int], None]) -> int | None:
        """Run the desk; the number of the signal that stopped it, or None."""
        if self._stopping is not None:
            with self._stopping.asking(desk.stop):
                await desk.run(seen)
            return self._stopping.by
        with Stopping() as stopping, stopping.asking(desk.stop):
            await desk.run(seen)
        return stopping.by

    @property
    def asked(self) -> Asked:
        """The settings in force: those that it was opened with, or what a reload has put in their place."""
        return self._asked if self._reloading is None else self._reloading.asked

    async def reload(self, command: Command, read: Read | PaperpitError) -> Mapping[str, Any]:
        """Let the desk go on with other settings, between two batches; what came of it. Raises what refused them."""
        if self.desk is None or self._reloading is None:
            raise Unreachable("the desk does not stand yet", do="paperpit reload")
        self._reloading.read[command.nonce] = read
        try:
            return await self.desk.tell(command)
        finally:
            self._reloading.read.pop(command.nonce, None)

    def facts(self) -> dict[str, Any]:
        """What `status` shows of this run; of the desk once it stands."""
        calendar = self._opened.calendar
        facts: dict[str, Any] = {} if self.desk is None else self.desk.status()
        facts["run"], facts["adapter"] = self._opened.run, self.adapter.name
        facts["recording"] = False if self.recorder is None else self.recorder.trouble or True
        if self.ending.doing:
            facts["finishing"] = self.ending.doing
            facts["reasons"] = [self.ending.doing, *facts["reasons"]]
        facts["calendar_until"] = {kind: _day(known.until_ns) for kind, known in calendar.coverage.items()}
        facts["calendar"] = calendar.source
        return facts

    def notices(self) -> list[Notice]:
        """What a person should be told and was not told yet."""
        if self.desk is None or not self.desk.watch.notices:
            return []
        told = self.desk.watch.notices[:]
        self.desk.watch.notices.clear()
        return told

    def next_open(self) -> int:
        """When a session of any instrument opens after this run, ns UTC; now, where one is open already."""
        now = self._opened.clock.now_ns()
        days = [day for rows in self._opened.hours.values() for day in rows if day["close"] > now]
        return max(now, min((int(day["open"]) for day in days), default=now))

    def next_entries(self) -> int | None:
        """When the hours of any strategy begin next, ns UTC; None where that is not known."""
        now, opened = self._opened.clock.now_ns(), self._opened
        found = []
        for spec in opened.specs if self._reloading is None else self._reloading.specs:
            sessions = Sessions(opened.hours[spec.instrument])
            hours = Hours(sessions, spec.hours, self.asked.bot.value.risk)
            windows = (hours.window(at) for at in range(max(0, sessions.at(now)), len(sessions.opens)))
            found.append(next((first for first, last in windows if now < first < last), None))
        return min((first for first in found if first is not None), default=None)

    def sessions(self) -> list[tuple[int, int]]:
        """When sessions of any instrument open and close, in order, ns UTC; none where not the wall's clock rules."""
        if not self._opened.live:
            return []
        days = [day for rows in self._opened.hours.values() for day in rows]
        return sorted({(int(day["open"]), int(day["close"])) for day in days})

    def lacking(self, ts: int) -> dict[str, str]:
        """Kind of event that an instrument goes by → until when its dates are known, where that is before `ts`."""
        calendar = self._opened.calendar
        if calendar.state != "given":
            return {}
        kinds = members(tuple(kind for one in self.adapter.market.instruments for kind in one.events))
        until = {kind: known.until_ns for kind, known in calendar.coverage.items()}
        return {kind: _day(until.get(kind)) for kind in kinds if not calendar.known(kind, ts)}

    @property
    def recorder(self) -> Recorder | None:
        """What keeps the market's ticks; None: nobody does."""
        return self._opened.recorder

    def _record_troubles(self, writer: Writer) -> None:
        """A recording that stops is journalled; the desk goes on."""
        if self.recorder is not None:
            self.recorder.told = lambda why: writer.control("recording", "stopped", self._opened.clock.now_ns(), why)

    @property
    def _opened(self) -> Opened:
        assert self._parts is not None, "a run is opened by `async with`"
        return self._parts

    def _tell_hours(self, writer: Writer) -> None:
        """Where calendar and broker do not agree about hours, and what holds."""
        for product, sentences in self._opened.differences.items():
            if sentences:
                why = "; ".join(sentences)
                writer.control(f"hours.{product}", len(sentences), self.adapter.market.first_ns, why)
        writer.commit()

    def _take_up_models(self, account: AccountFacts) -> None:
        """An alarm outlives its run, and so do outcomes that have not become one."""
        models = self._reloading.models if self._reloading is not None else None
        if models is not None and models.judges:
            models.take_up(promises(self._asked.journal, account.account))

    def _who_failed_today(self, desk: Desk, past: Past) -> None:
        """Strategies that went wrong in an earlier run of this trading day are not given another three tries."""
        now = self._opened.clock.now_ns()
        for spec in self._opened.specs:
            found = past.settings.get(strategy_key(spec.name))
            today = next((day for day in self._opened.hours[spec.instrument] if day["close"] > now), None)
            if found is not None and today is not None and found.ts >= today["open"]:
                desk.asking.take_up(spec.name, found.value, found.why)

    async def _do_what_waits(self, desk: Desk, writer: Writer) -> None:
        """What a person said while no run traded, before anything of this one is sent."""
        if self._waiting is None:
            return
        await self._waiting.done_by(desk, self._opened.clock.now_ns(), desk.watch.say)
        if not writer.down:
            self._waiting.forget()

    def _take_its_place(self, desk: Desk, writer: Writer) -> None:
        """Write down what the process before this one could not, and do not ask again who held it up."""
        before, now = self._before, self._opened.clock.now_ns()
        if before is None:
            return
        writer.control("restart", len(before.restarts), now, f"strategy {before.strategy or 'none'}: {before.why}")
        writer.commit()
        if before.strategy in (spec.name for spec in self._opened.specs):
            desk.asking.fail(before.strategy, before.why, now)

    def _own(self, account: AccountFacts) -> None:
        """Nobody else trades this account meanwhile; a dry run sends nothing. Raises Locked."""
        if not account.account.startswith(PRIVATE) and not self._asked.dry:
            run, journal = self._opened.run, self._asked.journal
            where, now = account.simulated_at, self._wall.now_ns()
            self._stack.callback(lock_account(account.account, run, journal, now, simulated_at=where).release)

    def _open_journal(self, account: AccountFacts) -> Writer:
        if self._journal is not None:
            return self._stack.enter_context(self._journal(self._opened, account))
        return self._stack.enter_context(
            open_writer(
                self._asked.journal,
                self._opened.facts(account),
                self.adapter.market.instruments,
                durability=self._asked.durability,
                now_ns=self._wall.now_ns,
            )
        )


def _day(ns: int | None) -> str:
    return "never" if ns is None else datetime.fromtimestamp(ns // 1_000_000_000, UTC).date().isoformat()


@contextmanager
def _memory_at_rest(*, live: bool) -> Iterator[None]:
    """The collector looks at nothing again that stands when trading begins.

    It would take tens of milliseconds for that, between some tick and its order. A start keeps it switched off: what is
    imported is no garbage, and looking for some would be a third of the time until somebody protects a position. A tape
    does not mind, and a process that plays many would look through all that is imported for each.
    """
    if live and gc.isenabled():
        gc.collect()  # what an earlier run of this process has left
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.unfreeze()
