"""Lets the invariants look at a simulated day: what happens in a `World` is told to an `Eye`."""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from bot.domain.order import Known, LinkReport, Report, SnapshotReport
from tests.sim.checkers import INVARIANTS, Invariant
from tests.sim.eye import Eye
from tests.sim.mind import Mind, mind_of
from tests.sim.mirror import Mirror
from tests.sim.parts import CANARY
from tests.sim.plan import Fault
from tests.sim.script import INSTRUMENTS, OPEN_NS
from tests.sim.seen import SECOND, Acknowledged, Blackedout, Day
from tests.sim.world import World

BEFORE_EVENT, AFTER_EVENT = 5 * 60 * SECOND, 15 * 60 * SECOND
"""A CPI release closes entries so long before and after it (rulings 4)."""


class Broken(AssertionError):
    """An invariant did not hold."""


class Watcher:
    """One day's eye, and what it is told."""

    def __init__(self, world: World, invariants: Iterable[Invariant] = INVARIANTS) -> None:
        self._world = world
        self._mirror = Mirror(world.exchange)
        self._troubles = -1
        self._late = 0  # until when something is on its way that was sent long ago
        self._halted = False
        shape = world.plan.shape
        day = Day(
            INSTRUMENTS[: shape.instruments],
            world.asked.bot.value.risk,
            _blackouts(shape.event_minute, shape.instruments),
            messages_a_minute=MESSAGES,
            canary=CANARY,
        )
        self.eye = Eye(day, self._now, lambda: self._mirror.look(self._now()), self._mind, invariants)
        self.eye.flags.calendar = shape.calendar != "absent"
        self.eye.flags.up = False
        self._run: Any = None
        self._up: Any = None

    def attach(self) -> None:
        """Let the world tell."""
        world = self._world
        world.wire.hits = self._noted(world.wire.hits)  # type: ignore[method-assign]  # to be told of each fault
        world.checks.append(lambda _: self._turned())
        world.writing.append(self.eye.writing)
        world.wrote.append(self.eye.wrote)
        world.tellings.append(self._left)
        world.heard.append(self._heard)
        world.answers.append(self._answered)
        world.acknowledged.append(self._acknowledged)
        world.ends.append(lambda _: self._rest())

    def _noted(self, hits: Callable[[str], list[Fault]]) -> Callable[[str], list[Fault]]:
        """What the wire holds back has not been lost, and is not told before it comes."""

        def noted(on: str) -> list[Fault]:
            found = hits(on)
            for fault in found:
                if fault.what == "late":
                    self._late = max(self._late, self._now() + int(fault.arg * SECOND))
            return found

        return noted

    def _now(self) -> int:
        return OPEN_NS + self._world.loop.now_ns

    def _turned(self) -> None:
        self._look()
        self.eye.step()
        self._raise()

    def _raise(self) -> None:
        if self.eye.violations:
            self._world.checks.clear()
            raise Broken(str(self.eye.violations[0]))

    def _look(self) -> None:
        """What is up, and since when."""
        world, flags, now = self._world, self.eye.flags, self._now()
        troubles = world.wire.troubles
        if troubles != self._troubles or not world.wire.up:
            # After each loss the desk has to find out anew.
            self._troubles, flags.link_since = troubles, now
        run = world.run
        flags.link = "up" if world.wire.up and run is not None and run.broker.link == "up" else "down"
        if flags.link != "up" or now < self._late:
            flags.link_since = now
        if world.exchange.halted != self._halted:
            self._halted = world.exchange.halted
            for at in range(len(INSTRUMENTS)):
                flags.open[at], flags.open_since[at] = not self._halted, now
        self._look_at_the_disk(run)
        self._restarted(run, now)

    def _look_at_the_disk(self, run: Any) -> None:
        flags = self.eye.flags
        down = run is not None and run.desk is not None and bool(run.desk._p.journal.down)
        writable = self._world.platter.writable and not down
        if writable and not flags.writable:
            flags.writable_since = self._now()
        flags.writable = writable

    def _restarted(self, run: Any, now: int) -> None:
        flags = self.eye.flags
        if run is not self._run:
            if self._run is not None:
                self.eye.crashed()
            self._run = run
            flags.heard_link, flags.clock_offset_ns = "up", 0
            flags.quoted.clear()
        up = run is not None and run.standing
        if up and not flags.up:
            flags.up, flags.up_since, flags.reconciled = True, now, True
            if flags.writable:  # what is not durable yet is compared after the next execution
                self.eye.compared()
        flags.up = up

    def _heard(self, report: Report) -> None:
        self.eye.heard(report)
        flags = self.eye.flags
        if isinstance(report, LinkReport):
            flags.reconciled = flags.reconciled and report.state == "up"
        elif isinstance(report, SnapshotReport) and isinstance(report.answer, Known):
            flags.reconciled = True

    def _answered(self) -> None:
        # A start acts on its own question's answer before it stands.
        run = self._world.run
        if run is not None and not run.standing:
            self.eye.flags.reconciled = True

    def _left(self, verb: str, what: Any, fate: str) -> None:
        self._look()  # a disk may have filled up within this very turn
        refused = fate == "refused"
        run = self._world.run
        if run is not None:
            self.eye.flags.quoted.update(run.market.newest)
        if run is not None and run.desk is not None:
            touch: Any = run.desk.touch
            self.eye.flags.touch.update((at, touch(at)) for at in range(len(run.market.instruments)))
            self._look_at_the_disk(run)
        if verb == "place":
            self.eye.sent("place", orders=what.orders, bracket=what, refused=refused)
            orders = what.orders
        elif verb == "protect":
            self.eye.sent("protect", orders=(what,), refused=refused)
            orders = (what,)
        elif verb == "amend":
            name, stop, quantity = what
            self.eye.sent("amend", name=name, stop_price=stop, quantity=quantity, refused=refused)
            return
        else:
            self.eye.sent("cancel", name=what, refused=refused)
            return
        if fate == "carried":
            for order in orders:
                self._mirror.on_the_wire(order, self._now())

    def _acknowledged(self, command: Any) -> None:
        self.eye.acknowledged(
            Acknowledged(command.nonce, command.verb, command.strategy, command.instrument, command.clear_kill)
        )

    def _mind(self) -> Mind | None:
        run = self._world.run
        if run is None or run.desk is None:
            return None
        parts: Any = run.desk._p
        products = tuple(one.product for one in parts.instruments)
        return mind_of(parts.orders, parts.gate, products, self._now())

    def last_word(self) -> str:
        """What was wrong at the end of a day that did not come to rest; empty for nothing."""
        with contextlib.suppress(Broken):
            self._rest()
        return str(self.eye.violations[0]) if self.eye.violations else ""

    def _rest(self) -> None:
        self._look()
        self._mirror.forgets(self._world.plan.shape.memory)
        self.eye.rest()
        self._raise()


MESSAGES = 240
"""Messages within a minute, all told: a storm would be thousands."""


def _blackouts(minute: int, instruments: int) -> list[Blackedout]:
    if minute == -1:
        return []
    event = OPEN_NS + minute * 60 * SECOND
    return [Blackedout(at, event - BEFORE_EVENT, event + AFTER_EVENT) for at in range(instruments)]


def watch(world: World) -> Eye:
    """Attach every invariant to a day; the first that does not hold ends it with `Broken`."""
    watcher = Watcher(world)
    watcher.attach()
    return watcher.eye
