"""What lies between a desk and the exchange: latency, losses, cuts, and a gateway that loses its own exchange.

It outlives the daemon's runs: whoever attaches finds it as it is. One direction keeps its order, as a socket does; only
what the gateway itself holds back (`late`) is overtaken.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from bot.errors import Unreachable
from tests.sim.exchange import Cost, Exchange, Execution, Said
from tests.sim.loop import SimLoop
from tests.sim.plan import Fault, FaultPlan

if TYPE_CHECKING:
    from tests.sim.broker import SimBroker

HEARTBEAT_S = 10.0
"""After so much silence an adapter takes the link for lost."""


class Wire:
    """Carries both ways, and does to it what the plan says."""

    def __init__(self, loop: SimLoop, exchange: Exchange, plan: FaultPlan, chance: Random) -> None:
        self.loop, self.exchange = loop, exchange
        self._at, self._chance = plan.at(), chance
        self._passed: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        """Which faults came to pass, how often."""
        self.troubles = 0
        """How many, all told."""
        self.log: Callable[[str], None] = lambda text: None
        self.placed: Callable[[Fault, int], None] = lambda fault, instrument: None
        """A fault that comes after a bracket was sent, with its instrument."""
        self.healed = False
        self.connection = 1
        self.late_until = 0.0
        """Until when something of ours is held back on its way."""
        self.connected, self.silent, self.degraded = True, False, False
        self._loses = False
        self._held: list[Callable[[], None]] = []
        self._turn_out = self._turn_in = 0.0
        self.broker: SimBroker | None = None
        self._cuts = 0
        exchange.say = self.heard
        exchange.reject = self._reject
        exchange.now_ns = lambda: loop.now_ns

    def hits(self, on: str) -> list[Fault]:
        """What happens at this passing of `on`."""
        self._passed[on] += 1
        if self.healed:
            return []
        found = self._at.get((on, self._passed[on]), [])
        self.troubles += len(found)
        for fault in found:
            self.seen[f"{fault.on}.{fault.what}"] += 1
            self.log(f"fault {fault.on} {fault.nth} {fault.what} {fault.arg:g}")
        return found

    @property
    def up(self) -> bool:
        """Whether everything passes both ways."""
        return self.connected and not self.silent and not self.degraded

    # Towards the exchange

    def send(self, act: Callable[[], None]) -> bool:
        """Carry something to the exchange: whether it will arrive. Raises Unreachable when it cannot even begin to."""
        delay, times = self._latency(), 1
        for fault in self.hits("out"):
            match fault.what:
                case "lost":
                    times = 0
                case "twice":
                    times = 2
                case "late":
                    delay += fault.arg
                    self.late_until = max(self.late_until, self.loop.time() + delay)
                case "cut-before":
                    self.cut(fault.arg)
                    raise Unreachable("nothing was sent: the socket closed")
                case "cut-after":
                    self.loop.call_later(0.001, self.cut, fault.arg)
        if self.silent:
            return False
        if self.degraded:
            if not self._loses:
                self._held += [act] * times
            return times > 0 and not self._loses
        at = max(self._turn_out, self.loop.time() + delay)
        self._turn_out = at + 1e-6
        for _ in range(times):
            self.loop.call_at(at, act)
        return times > 0

    def sent(self, instrument: int) -> None:
        """A bracket has been handed over: what is to follow it is set."""
        for fault in self.hits("placed"):
            self.loop.call_later(fault.after, self._follow, fault, instrument)

    def _follow(self, fault: Fault, instrument: int) -> None:
        if self.healed:
            return
        match fault.what:
            case "cut":
                self.cut(fault.arg)
            case "half-open":
                self.half_open(fault.arg)
            case "degraded":
                self.degrade(fault.arg, loses=fault.nth % 2 == 0)
            case _:
                self.placed(fault, instrument)

    def _reject(self, role: str) -> bool:
        return any(fault.what in ("reject", "loose") for fault in self.hits(role))

    # Towards the desk

    def heard(self, said: Said) -> None:
        """The exchange has said something."""
        on = "fill" if isinstance(said, Execution) else "cost" if isinstance(said, Cost) else "word"
        if isinstance(said, Execution) and not said.ref:
            return
        delay, times = self._latency(), 1
        late = False
        for fault in self.hits(on):
            match fault.what:
                case "lost":
                    times = 0
                case "twice":
                    times = 2
                case "late":
                    delay, late = delay + fault.arg, True
                case "early":
                    delay, late = 0.001, True
                case "corrected" | "busted" if isinstance(said, Execution) and not said.corrects:
                    bust = fault.what == "busted"
                    self.loop.call_later(fault.arg, self._correct, said.exec_id, bust)
        if self.degraded and not self._loses:
            self._held.append(lambda: self._arrive(said, self.connection))
            return
        if not self.up:
            return
        at = self.loop.time() + delay
        if not late:
            at = max(self._turn_in, at)
            self._turn_in = at + 1e-6
        for _ in range(times):
            self.loop.call_at(at, self._arrive, said, self.connection)

    def _correct(self, exec_id: str, bust: bool) -> None:
        if not self.healed:
            self.exchange.correct(exec_id, bust=bust)

    def _arrive(self, said: Said, connection: int) -> None:
        if self.broker is not None and self.connected and not self.silent and connection == self.connection:
            self.broker.arrive(said)

    # What happens to it

    def cut(self, seconds: float) -> None:
        """The socket is reset; what was on its way to us is lost."""
        self._cuts += 1
        self.connected = self.silent = False
        self.log(f"cut for {seconds:g} s")
        if self.broker is not None:
            self.broker.lost("socket closed")
        self.loop.call_later(seconds, self.mend, self._cuts)

    def mend(self, cut: int) -> None:
        """The gateway takes connections again; an older cut mends nothing."""
        if cut != self._cuts or self.connected:
            return
        self.connected, self.connection = True, self.connection + 1
        self.log(f"mended: connection {self.connection}")
        if self.broker is not None:
            self.broker.found()

    def half_open(self, seconds: float) -> None:
        """Nothing passes, and nobody says so; who notices opens another connection."""
        if not self.up:
            return
        self.silent = True
        self.log(f"half-open for {seconds:g} s")
        if seconds < HEARTBEAT_S:
            self.loop.call_later(seconds, self._heard_again)
        else:
            self.loop.call_later(HEARTBEAT_S, self._noticed, seconds - HEARTBEAT_S)

    def _heard_again(self) -> None:
        self.silent = False

    def _noticed(self, seconds: float) -> None:
        if self.silent:
            self.cut(max(seconds, 0.5))

    def degrade(self, seconds: float, *, loses: bool) -> None:
        """The gateway loses its exchange; what is said meanwhile waits in it, or is gone."""
        if not self.up:
            return
        self.degraded, self._loses = True, loses
        self.log(f"degraded for {seconds:g} s")
        if self.broker is not None:
            self.broker.weak("1100")
        self.loop.call_later(seconds, self.restore)

    def restore(self) -> None:
        """The gateway has found its exchange again."""
        if not self.degraded:
            return
        self.degraded = False
        held, self._held = self._held, []
        for act in held:
            act()
        self.log("restored")
        if self.broker is not None and self.connected:
            self.broker.strong("1102")

    def heal(self) -> None:
        """No fault from here on, and everything passes."""
        self.healed = True
        self._at = {}
        if self.silent:
            self.cut(0.5)
        self.restore()
        self.mend(self._cuts)

    def _latency(self) -> float:
        return 0.02 + 0.06 * self._chance.random()
