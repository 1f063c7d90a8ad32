"""One day: the daemon is started, and started again whenever it ends, until all is healed and has come to rest.

Phase one has faults, phase two none: within a minute of it everything must be certain again. Each start is the daemon's
own start path (`bot.daemon.run.Run.trade`) on the same journal.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, get_args

from bot import faults
from bot.desk import Desk
from bot.domain.command import Command, Verb
from bot.domain.order import Report
from bot.errors import PaperpitError
from tests.sim.disk import Killed, Platter
from tests.sim.exchange import Exchange
from tests.sim.loop import SimLoop
from tests.sim.market import SimClock
from tests.sim.parts import asked_for
from tests.sim.people import calm, happen, help_out
from tests.sim.plan import FaultPlan
from tests.sim.process import SimRun
from tests.sim.script import OPEN_NS, SETTLE_S, Script, Wish
from tests.sim.wire import Wire

POINTS: tuple[str, ...] = get_args(faults.Point)
MEMORY = Path("/dev/shm")
STEP_S = 1.0
RESUMED_S = 12.0
"""When, after the healing, a person says that what is strange may stay and that trading goes on."""
LOG = 400
Group = list[tuple[str, list[Any]]]
STARTS_MAX = 500


@dataclass
class Told:
    """What a day was like."""

    turns: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    brackets: int = 0
    executions: int = 0


class World:
    """Everything of one day."""

    def __init__(self, plan: FaultPlan, folder: Path) -> None:
        seed = plan.seed
        self.plan = plan
        self.loop = SimLoop(Random(f"{seed}:turns"))
        self.clock: Any = None
        shape = plan.shape
        self.exchange = Exchange(
            Random(f"{seed}:exchange"), shrinks=shape.shrinks, says_filled=shape.says_filled, piece=shape.piece
        )
        self.wire = Wire(self.loop, self.exchange, plan, Random(f"{seed}:wire"))
        self.wire.log, self.wire.placed = self.log, partial(happen, self)
        self.platter = Platter(self.wire)
        self.script = Script(seed, shape)
        self.url = f"sqlite:///{folder / 'journal.db'}"
        self.asked = replace(asked_for(shape.instruments, shape.manages, shape.on_blackout), journal=self.url)
        self.run: SimRun | None = None
        self.told = Told()
        self.events: deque[tuple[int, str]] = deque(maxlen=LOG)
        self.over = False
        self._working: asyncio.Task[Any] | None = None
        self._killed = False
        self._starts = self._nonce = 0
        self._saying: set[asyncio.Task[None]] = set()
        self.checks: list[Callable[[World], None]] = []
        """Called after every turn."""
        self.writing: list[Callable[[Group], None]] = []
        """Called with each group of rows before the database gets it."""
        self.wrote: list[Callable[[Group], None]] = []
        """Called with each group that has become durable."""
        self.tellings: list[Callable[[str, Any, str], None]] = []
        """Called with what leaves a desk: the verb, what it was about, and whether it was carried, lost or refused."""
        self.heard: list[Callable[[Report], None]] = []
        """Called with each report that a desk takes."""
        self.answers: list[Callable[[], None]] = []
        """Called when the broker has said what it holds."""
        self.acknowledged: list[Callable[[Command], None]] = []
        """Called with each command of which a person was told that it is done."""
        self.ends: list[Callable[[World], None]] = []
        """Called when the day has come to rest."""
        self.closings: list[Callable[[World], None]] = []
        """Called when the desk has stopped and let its journal go."""

    # One day

    def play(self) -> Told:
        """All of it. Raises what the desk raises, what a checker raises, Unsettled, Deadlock, Livelock."""
        faults.listen(self._point)
        self.loop.turned = self._turned
        try:
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self._day())
        finally:
            faults.listen(None)
        for closing in self.closings:
            closing(self)
        told = self.told
        told.turns, told.executions = self.loop.turns, len(self.exchange.executions)
        told.faults = self.wire.seen
        return told

    async def _day(self) -> None:
        self.clock = SimClock(self.loop, OPEN_NS)
        self._step(0)
        for wish in self.script.wishes:
            self.loop.call_at(wish.at_s, self._signal, wish)
        self.loop.call_later(STEP_S, self._steps, 1)
        daemon = self.loop.create_task(self._daemon())
        try:
            await asyncio.wait([daemon], timeout=self.plan.shape.minutes * 60)
            self._must_live(daemon)
            self._heal()
            await asyncio.wait([daemon], timeout=RESUMED_S)
            self._must_live(daemon)
            self.resume()
            help_out(self)
            await self._rest(daemon)
            for end in self.ends:
                end(self)
        finally:
            self.over = True
            await self._stop(daemon)

    def _must_live(self, daemon: "asyncio.Task[None]") -> None:
        if daemon.done():
            daemon.result()
            raise AssertionError("the daemon is gone")

    async def _rest(self, daemon: "asyncio.Task[None]") -> None:
        """Wait until nothing is uncertain. Raises Unsettled."""
        until = self.loop.time() + SETTLE_S - RESUMED_S
        while why := self.unsettled():
            if self.loop.time() > until:
                raise Unsettled("; ".join(why))
            await asyncio.wait([daemon], timeout=1.0)
            self._must_live(daemon)

    async def _stop(self, daemon: "asyncio.Task[None]") -> None:
        """In order where that is possible."""
        if not daemon.done() and self.run is not None and self.run.standing and self.run.desk is not None:
            self.run.desk.stop()
            self.run.broker.arrived.set()
            await asyncio.wait([daemon], timeout=60)
        if not daemon.done():
            self.kill()
            await asyncio.wait([daemon])
        if not daemon.cancelled() and daemon.exception() is not None:
            daemon.result()

    # The daemon, and who starts it again

    async def _daemon(self) -> None:
        while not self.over:
            self._starts += 1
            if self._starts > STARTS_MAX:
                raise Unsettled(f"{STARTS_MAX} starts and no end")
            self.log(f"start {self._starts}")
            self._killed = False
            for fault in self.wire.hits("start"):
                if fault.what == "kill":
                    self.loop.call_later(fault.arg, self._kill_start, self._starts)
                elif self.wire.up:
                    self.wire.cut(fault.arg)
            self._working = self.loop.create_task(self._one_run())
            ended = await asyncio.gather(self._working, return_exceptions=True)
            self._ended(ended[0])
            if not self.over:
                # Whoever starts it again waits longer when it ended by itself.
                await asyncio.sleep(self.plan.shape.heir + (0.05 if self._killed else 2.0))

    async def _one_run(self) -> None:
        async with SimRun(self, self._starts) as run:
            self.run = run
            run.broker.told, run.broker.handed, run.broker.answered = self._left, self._handed, self._answered
            try:
                await run.trade()
            finally:
                self.run = None

    def _ended(self, error: Any) -> None:
        """Raises what is no ordinary end."""
        if self._killed:
            how = "killed"
        elif error is None:
            how = "stopped"
        elif isinstance(error, PaperpitError):
            how = type(error).__name__
        else:
            raise error
        self.told.endings[how] += 1
        self.log(f"the daemon ended: {how} {error or ''}".rstrip())

    def kill(self) -> None:
        """The process is gone: nothing of it is written or sent any more."""
        if self._working is None or self._working.done():
            return
        self._killed = True
        self.log("killed")
        if self.run is not None:
            self.run.broker.die()
            if self.run.disk is not None:
                self.run.disk.dead = True
        if self._working is not asyncio.current_task():
            self._working.cancel()

    def _kill_start(self, number: int) -> None:
        if number == self._starts and not self.wire.healed:
            self.kill()

    def _point(self, name: str) -> None:
        self.told.points[name] += 1
        if any(self.wire.hits(f"point:{name}")):
            self.kill()
            raise Killed

    # The market

    def _step(self, second: int) -> None:
        for instrument in range(self.plan.shape.instruments):
            self.exchange.step(instrument, self.script.bid(instrument, second))

    def _steps(self, second: int) -> None:
        """A second of the market, where anybody is concerned."""
        at = int(self.loop.time())
        if self.exchange.busy:
            for instrument in range(self.plan.shape.instruments):
                bid = self.script.bid(instrument, at)
                if bid != self.exchange.bids[instrument] or at % 2 == 0:
                    self.exchange.step(instrument, bid)
                    if self.run is not None:
                        self.run.market.quote(instrument, bid)
        self.loop.call_later(STEP_S, self._steps, second + 1)

    def _signal(self, wish: Wish) -> None:
        bid = self.script.bid(wish.instrument, int(self.loop.time()))
        self.exchange.step(wish.instrument, bid)
        if self.run is not None:
            self.run.market.quote(wish.instrument, bid, wish)

    # What a person says

    def resume(self) -> None:
        """A person opens everything that a person or the desk has closed."""
        for strategy in ("", *(one.name for one in self.asked.specs)):
            self.say("resume", clear_kill=True, strategy=strategy)

    def say(self, verb: Verb, *, clear_kill: bool = False, strategy: str = "") -> None:
        """A person says something to the desk, if it stands."""
        if self.run is None or not self.run.standing or self.run.desk is None:
            return
        self._nonce += 1
        command = Command(
            verb, f"n{self._nonce}", self.clock.now_ns(), "a person's word", strategy, clear_kill=clear_kill
        )
        work = self.loop.create_task(self._tell(self.run.desk, command))
        self._saying.add(work)
        work.add_done_callback(self._saying.discard)
        self.run.broker.arrived.set()

    async def _tell(self, desk: Desk, command: Command) -> None:
        with contextlib.suppress(PaperpitError):
            await desk.tell(command)
            for acknowledged in self.acknowledged:
                acknowledged(command)

    # The end

    def _heal(self) -> None:
        self.log("healed")
        calm(self)
        self.wire.heal()
        if self.run is not None:
            self.run.broker.ask()  # a last look: also when nothing lives, something may have been swallowed

    def unsettled(self) -> list[str]:
        """What is not certain yet."""
        run = self.run
        if run is None or not run.standing or run.desk is None:
            return ["the desk does not stand"]
        orders: Any = run.desk._p.orders
        found = [f"{live.bracket.id} is {live.state}" for live in orders.live if live.state.value in UNCERTAIN]
        known = orders._machine.owner  # an order whose rows died with the process that sent it is no bracket's
        missed = {one.exec_id for one in self.exchange.standing() if one.ref in known} - set(orders.recovery._fills)
        if missed and not self.plan.shape.memory:
            found.append(f"executions that nobody wrote: {sorted(missed)}")
        for at in range(self.plan.shape.instruments):
            if orders.position(at) != self.exchange.positions[at]:
                found.append(f"position of {at}: {orders.position(at)}, in truth {self.exchange.positions[at]}")
        if run.desk._p.journal.down:
            found.append("the journal is down")
        for seat in run.desk._p.seats:
            reasons = run.desk._p.gate.standing(seat.strategy.name, seat.instrument, self.clock.now_ns())
            found += [f"{seat.strategy.name}: {one.message}" for one in reasons if one.rule in GREEN]
        return found

    # Who watches

    def log(self, text: str) -> None:
        """Something worth telling when the day fails."""
        self.events.append((self.loop.now_ns, text))

    def written(self, group: list[tuple[str, list[Any]]]) -> None:
        """Rows have become durable."""
        for table, rows in group:
            if table == "bracket_event":
                self.told.states.update(row.state for row in rows)
                for row in rows:
                    self.log(f"{row.bracket_id} {row.state}: {row.why}")
            elif table == "bracket":
                self.told.brackets += len(rows)
        for wrote in self.wrote:
            wrote(group)

    def write(self, group: Group) -> None:
        """Rows are handed to the database."""
        for writing in self.writing:
            writing(group)

    def _handed(self, report: Report) -> None:
        for hear in self.heard:
            hear(report)

    def _answered(self) -> None:
        for answered in self.answers:
            answered()

    def _left(self, verb: str, what: Any, fate: str) -> None:
        self.log(f"sent {verb} {getattr(what, 'id', None) or getattr(what, 'client_order_id', what)}")
        for telling in self.tellings:
            telling(verb, what, fate)

    def _turned(self) -> None:
        try:
            for check in self.checks:
                check(self)
        except AssertionError:
            # The day ends here, wherever it was: what the desk makes of that is of no interest.
            self.loop.set_exception_handler(lambda loop, context: None)
            raise


UNCERTAIN = frozenset({"intended", "sent", "pending-unknown", "unverified", "naked", "flattening", "stuck"})
GREEN = frozenset({"link", "reconciled", "health", "kill_switch", "pause", "journal"})


class Unsettled(AssertionError):
    """A minute after all faults something is still uncertain."""


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A place in memory for one day's journal."""
    where = MEMORY if MEMORY.is_dir() else None
    made = Path(tempfile.mkdtemp(prefix="paperpit-sim-", dir=where))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def play(plan: FaultPlan, prepare: Callable[[World], None] = lambda world: None) -> World:
    """Play a day that `prepare` has looked into."""
    with folder() as place:
        world = World(plan, place)
        prepare(world)
        world.play()
        return world
