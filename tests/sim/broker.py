"""The adapter of one run of the daemon: ports.Broker over the simulated wire, with the duties that an adapter has.

After each reconnect, when it is asked, and every few seconds while anything lives it has the broker say what it holds:
the executions first, then a SnapshotReport. It leaves with its process.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from bot.clock import WallClock
from bot.domain.market import Ticks
from bot.domain.order import (
    ENDED,
    NO_QUOTES,
    AccountFacts,
    Bracket,
    BrokerState,
    ClockReport,
    CommissionReport,
    FillReport,
    Known,
    Link,
    LinkReport,
    OrderReport,
    OrderState,
    Protective,
    Quoted,
    Report,
    SnapshotReport,
    Unavailable,
)
from bot.errors import ConfigError, Unreachable
from bot.ports import Stop
from tests.sim.exchange import Execution, Said, Word
from tests.sim.loop import SECOND_NS
from tests.sim.script import OPEN_NS
from tests.sim.wire import Wire

ACCOUNT = "DU7000001"
POLL_S, UNSURE_S, AGAIN_S = 5.0, 2.0, 0.5
PATIENCE_S = 3.0, 6.0, 8.0
"""How long an answer is waited for: the first time, and after one and two that did not come."""
RETRY_MOST_S = 30.0
COMMISSION = "2.25"


class SimBroker:
    """The Broker port. `arrived` is set when there is something to hear."""

    def __init__(self, wire: Wire, clock: WallClock, memory: int) -> None:
        self._wire, self._clock, self._memory = wire, clock, memory
        self.link: Link = "unknown"
        self.alive = True
        self.inbox: deque[Report] = deque()
        self.arrived = asyncio.Event()
        self.told: Callable[[str, Any, str], None] = lambda verb, what, fate: None
        """What left the desk: the verb, what it was about, and whether it is `carried`, `lost` or `refused`."""
        self.handed: Callable[[Report], None] = lambda report: None
        """Told of each report that the desk takes."""
        self.answered: Callable[[], None] = lambda: None
        """Told when the broker says what it holds, also to a start that asks by itself."""
        self._wanted, self._stirred = asyncio.Event(), asyncio.Event()
        self._known: dict[str, OrderState] = {}
        self._heard: set[str] = set()
        self._holds = False
        self._unanswered = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._coming: asyncio.Task[None] | None = None

    # The port

    async def connect(self) -> AccountFacts:
        """Attach to the wire. Raises Unreachable when nobody is there."""
        await asyncio.sleep(0.05)
        if not self._wire.connected or self._wire.silent or any(self._wire.hits("connect")):
            raise Unreachable("the gateway does not answer")
        self._wire.broker = self
        self.link = "degraded" if self._wire.degraded else "up"
        self._run(self._attend())
        return AccountFacts(ACCOUNT, True, "a simulated account")

    async def snapshot(self) -> Known[BrokerState] | Unavailable:
        """What the broker holds at a moment between question and answer."""
        wire, asked = self._wire, self._now()
        connection = wire.connection
        faults = {fault.what: fault.arg for fault in wire.hits("ask")}
        if not wire.connected:
            return Unavailable("link_down", "not connected")
        if wire.degraded:
            return Unavailable("gateway_lost_ib", "the gateway has lost its exchange")
        patience = PATIENCE_S[min(self._unanswered, len(PATIENCE_S) - 1)]
        if "silent" in faults or wire.silent or faults.get("slow", 0.0) > patience:
            await asyncio.sleep(patience)
            return Unavailable("timeout", "no answer")
        await asyncio.sleep(0.04 + faults.get("slow", 0.0))
        if not wire.up or connection != wire.connection:
            return Unavailable("link_down", "lost while it was asked")
        state = self._state()
        if "leg" in faults and state.orders:
            state = replace(state, orders=state.orders[:-1])
        if "lag" in faults and state.fills:
            last = wire.exchange.executions[-1]
            if wire.exchange.now_ns() - last.at_ns < faults["lag"] * SECOND_NS and not last.corrects:
                held = dict(state.positions)
                held[last.instrument] = held.get(last.instrument, 0) - last.side * last.quantity
                state = replace(state, positions=tuple((at, units) for at, units in held.items() if units))
        await asyncio.sleep(0.03)
        if not wire.up or connection != wire.connection:
            return Unavailable("link_down", "lost while it was asked")
        self._holds = bool(state.positions or state.orders)
        self.answered()
        return Known(state, asked, self._now(), connection)

    async def place(self, bracket: Bracket) -> None:
        """Send a bracket. Refused unless the link is up."""
        self._must("up")
        exchange = self._wire.exchange
        self._sent("place", bracket, lambda: exchange.place(bracket))
        for order in bracket.orders:
            self._known.setdefault(order.client_order_id, OrderState.SENT)
        self._wire.sent(bracket.entry.instrument)

    async def quote(self, quoted: Quoted) -> None:
        """Take none, as a broker elsewhere."""
        raise ConfigError(NO_QUOTES)

    async def protect(self, order: Protective) -> None:
        """Send an exit, as soon as somebody hears it."""
        self._must("up", "degraded")
        exchange = self._wire.exchange
        self._sent("protect", order.order, lambda: exchange.protect(order.order))
        self._known.setdefault(order.order.client_order_id, OrderState.SENT)

    async def amend(self, client_order_id: str, ts: int, *, stop_price: int | None, quantity: int | None) -> None:
        """Change an order. Refused unless the link is up."""
        self._must("up")
        exchange = self._wire.exchange
        second = any(fault.what == "second" for fault in self._wire.hits("amended"))
        what = (client_order_id, stop_price, quantity)
        self._sent("amend", what, lambda: exchange.amend(client_order_id, stop_price, quantity, second=second))

    async def cancel(self, client_order_id: str, ts: int) -> None:
        """Ask for an order's end."""
        self._must("up", "degraded")
        exchange = self._wire.exchange
        self._sent("cancel", client_order_id, lambda: exchange.cancel(client_order_id))

    def ask(self) -> None:
        """Have everything read again soon."""
        self._wanted.set()
        self._stirred.set()

    async def settled(self, seconds: float) -> None:
        """Wait for what was sent last; half a second is an eternity here."""
        await asyncio.sleep(min(seconds, 0.5))

    async def close(self) -> None:
        """Let go of the wire."""
        self.die()

    def next_report(self, ticks: Ticks, row: int, stop: Stop) -> tuple[int, Report] | None:
        """The next report in order of arrival."""
        if not self.inbox or not self.alive:
            return None
        report = self.inbox.popleft()
        self.handed(report)
        return row, report

    # What the wire does

    def die(self) -> None:
        """The process is gone, or has let go."""
        self.alive = False
        if self._wire.broker is self:
            self._wire.broker = None
        for task in self._tasks:
            task.cancel()

    def arrive(self, said: Said) -> None:
        """Something has come over the wire."""
        now = self._now()
        if isinstance(said, Word):
            # How far an order has filled is told by its executions.
            self._known[said.ref] = said.state
            self._say(OrderReport(said.ref, said.state, now, said.broker_id, said.message, said.quantity))
        elif isinstance(said, Execution):
            self._heard.add(said.exec_id)
            self._say(self._fill(said, now, "live"))
        else:
            self._say(CommissionReport(said.exec_id, COMMISSION, "USD"))
        self._stirred.set()

    def lost(self, why: str) -> None:
        """The connection is gone."""
        if self.link != "down":
            self.link = "down"
            self._say(LinkReport("down", self._now(), why))
        self._stop_coming()

    def found(self) -> None:
        """A connection can be had again."""
        self._come_back("connected again")

    def weak(self, code: str) -> None:
        """The gateway has lost its exchange."""
        self.link = "degraded"
        self._say(LinkReport("degraded", self._now(), code))
        self._stop_coming()

    def strong(self, code: str) -> None:
        """The gateway has found it again."""
        self._come_back(code)

    def clock_off(self, offset_ns: int) -> None:
        """The broker's clock was measured against ours."""
        self._say(ClockReport(offset_ns, self._now()))

    # How it is done

    def _now(self) -> int:
        return self._clock.now_ns()

    def _must(self, *links: Link) -> None:
        if self.link not in links:
            raise Unreachable(f"nothing was sent: the link is {self.link}")

    def _sent(self, verb: str, what: Any, act: Callable[[], None]) -> None:
        if not self.alive:
            return
        try:
            carried = self._wire.send(act)
        except Unreachable:
            self.told(verb, what, "refused")
            raise
        self.told(verb, what, "carried" if carried else "lost")
        self._stirred.set()

    def _say(self, report: Report) -> None:
        if self.alive:
            self.inbox.append(report)
            self.arrived.set()

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _state(self) -> BrokerState:
        exchange = self._wire.exchange
        now = self._now()
        fills = [self._fill(one, one.at_ns + OPEN_NS, "recovered") for one in exchange.standing()]
        if self._memory:
            fills = fills[-self._memory :]
        orders = tuple(one.fact(now) for one in exchange.working())
        held = tuple((at, units) for at, units in enumerate(exchange.positions) if units)
        return BrokerState(ACCOUNT, orders, tuple(fills), held)

    def _fill(self, one: Execution, ts: int, source: Any) -> FillReport:
        return FillReport(
            one.ref, one.exec_id, ts, one.side, one.quantity, one.price, source=source, corrects=one.corrects,
            exchange_ns=one.at_ns // SECOND_NS * SECOND_NS + OPEN_NS, instrument=one.instrument,
        )  # fmt: skip

    @property
    def _lives(self) -> bool:
        return self._holds or any(state not in ENDED for state in self._known.values())

    async def _attend(self) -> None:
        """Look every so often while anything lives: a healthy wire may have swallowed something."""
        while True:
            if not self._lives and not self._wanted.is_set():
                self._stirred.clear()
                await self._stirred.wait()
                continue
            unsure = any(state is OrderState.SENT for state in self._known.values())
            await _passed(self._wanted, UNSURE_S if unsure else POLL_S)
            if self.link == "up":
                await self._tell()
            else:
                self._wanted.clear()
            await asyncio.sleep(AGAIN_S)

    async def _tell(self) -> bool:
        self._wanted.clear()
        answer = await self.snapshot()
        if isinstance(answer, Known):
            self._unanswered = 0
            for fill in answer.value.fills:
                if fill.exec_id not in self._heard:
                    self._heard.add(fill.exec_id)
                    self._say(fill)
            there = {one.client_order_id for one in answer.value.orders}
            for ref, state in self._known.items():
                if state not in ENDED and ref not in there and state is not OrderState.SENT:
                    self._known[ref] = OrderState.CANCELLED
        elif answer.reason == "timeout":
            self._unanswered += 1
            if self._unanswered >= len(PATIENCE_S) and self._wire.connected and not self._wire.healed:
                self._wire.cut(0.5)
        self._say(SnapshotReport(answer, self._now()))
        return isinstance(answer, Known)

    def _come_back(self, why: str) -> None:
        self._stop_coming()
        self._coming = self._run(self._back(why))

    def _stop_coming(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None

    async def _back(self, why: str) -> None:
        """Nothing is sent before we know what happened meanwhile."""
        wait = 1.0
        while not await self._tell():
            await asyncio.sleep(wait)
            wait = min(2 * wait, RETRY_MOST_S)
        self.link = "up"
        self._say(LinkReport("up", self._now(), why))


async def _passed(event: asyncio.Event, seconds: float) -> None:
    """Wait that long, or until the event."""
    loop = asyncio.get_running_loop()
    timer = loop.call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        timer.cancel()
