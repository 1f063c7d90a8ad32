"""The link to a gateway: who is connected, as which account, how well, and who hears what it says.

    down → handshake → proving → snapshot → reconcile → subscribing → live

Every connection goes through all of them (`keeper.py` walks). Nothing but the greeting is sent before the account is
proven to be paper, on the first connection and on every later one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ib_async.contract import Contract, ContractDetails
from ib_async.objects import ExecutionFilter, PriceIncrement
from ib_async.order import Order, OrderState

from adapters.ib.asking import DEADLINE_S, Answer, Asking
from adapters.ib.codes import TAPE_ENDED, Does, code_of, says_read_only
from adapters.ib.frames import Frames
from adapters.ib.params import Params
from adapters.ib.proof import PAPER, prove, unanswered
from adapters.ib.wire import Greeting, Wire
from bot.clock import TapeClock, WallClock
from bot.domain.market import Ticks
from bot.domain.order import Link as State
from bot.domain.order import LinkReport, PauseReport, Report, UnavailableReason
from bot.errors import ConfigError, Locked, NotPaper
from bot.ports import Clock

UNTICK = 'untick "Read-Only API" in the gateway\'s API settings (in a container: READ_ONLY_API=no)'
"""What to do about a gateway that takes no orders."""
PACED_NS = 60_000_000_000
"""No entries for so long after the gateway has complained of our pace."""
FIRST_QUESTION = 1_000_000_000
"""Numbers of questions and subscriptions start here: an order never has one of them."""
COMPLETED_S = 2.0
"""A gateway that does not tell what is over costs a start no more than that."""

Stage = Literal["down", "handshake", "proving", "snapshot", "reconcile", "subscribing", "live"]
_log = logging.getLogger("paperpit.ib")


@dataclass(frozen=True, slots=True)
class Waits:
    """How long we wait for what, in seconds of the wall. A test may be in a hurry."""

    greeting: float = 10.0  # TCP, handshake and first words together
    answer: float = DEADLINE_S  # each part of a snapshot
    heartbeat: float = 10.0  # between two
    heartbeat_answer: float = 5.0  # two that are missed end the connection
    clock_step: float = 0.3  # between two questions for the time, until its second steps
    clock_again: float = 300.0
    snapshot: float = 5.0  # between two, while anything is live
    unsure: float = 2.0  # the same, while an order's fate is not known
    again: float = 0.5  # between two that were asked for by something heard
    backoff: float = 0.5  # · 2ⁿ with full jitter
    backoff_most: float = 30.0
    held: float = 1.0  # · 2ⁿ while somebody has our client id
    held_most: float = 60.0
    held_in_all: float = 120.0  # then the first start gives up
    held_alarm: float = 300.0  # then, and again after as long, a person is told that it will not end by itself


class Link:
    """One gateway. `orders` and `data` hear the messages that are theirs, by the decoder's names.

    Beside those, `orders` hears `order_error(number, code, text)` and `data` hears `data_error(request, code, text)`
    and `farm(code, text)`, which gets 1100, 1101, 1102 and 2110 as well.
    """

    def __init__(self, params: Params, waits: Waits | None = None) -> None:
        self.params = params
        self.waits = waits or Waits()
        self.clock: Clock = WallClock()
        self.number = 0
        """Of the connection; every reconnect is another one."""
        self.stage: Stage = "down"
        self.state: State = "unknown"
        self.why = ""
        """Why the link is not up, in the gateway's words or ours."""
        self.account = ""
        self.ended = False
        """The tape that the gateway plays has ended, or we have let go of it: there is no way back."""
        self.read_only = ""
        """The gateway's words when it takes no orders from programs."""
        self.gateway_lost = ""
        """The code with which this connection's gateway said that it has lost IB."""
        self.orders: Any = None
        self.data: Any = None
        self.wake = asyncio.Event()
        """Set whenever there is something to hand to the desk."""
        self.lost = asyncio.Event()
        """Set when this connection is over."""
        self.back = asyncio.Event()
        """Set when the gateway has found IB again; `anew` says whether subscriptions are lost."""
        self.anew = False
        self.on_live: list[Callable[[bool], None]] = []
        """Called once a recovery, when orders and positions are known: True, every subscription has to be made anew;
        False (code 1102), they are kept and the next tick proves it. The first subscription is nobody's recovery."""
        self.frames = Frames()
        """Rows that came and were not taken; `frames.rows` of them came before the message at hand."""
        self._taken = 0
        self._step = self._step_taken = ""
        self.reports: deque[tuple[int, Report]] = deque()
        """For the desk, in wire order, each with how many rows of the run came before it."""
        self.wire: Wire | None = None
        self.greeting: Greeting | None = None
        self.asking = Asking(0, self.clock.now_ns)
        self._question = FIRST_QUESTION
        self._held = ""

    @property
    def where(self) -> str:
        """Address, for messages."""
        return f"{self.params.host}:{self.params.port}"

    @property
    def tape(self) -> bool:
        """Whether time is a tape's."""
        return isinstance(self.clock, TapeClock)

    # Opening and closing

    async def open(self) -> None:
        """The first connection. Raises Unreachable, Locked (the client id stays in use), NotPaper, ConfigError."""
        for _ in self.frames.read(b"", 0):
            pass  # nothing: a first read compiles the walk, which would take longer than a greeting may
        wait, waited = self.waits.held, 0.0
        while True:
            try:
                return await self.connect()
            except Locked as error:
                if waited >= self.waits.held_in_all:
                    raise
                _log.warning("%s; trying again in %g s", error.what, wait)
            await asyncio.sleep(wait)
            waited, wait = waited + wait, min(2 * wait, self.waits.held_most)

    async def connect(self) -> None:
        """One attempt: shake hands, prove every account to be paper. Raises as `open` does."""
        self.number += 1
        self.stage, self._held, self.gateway_lost = "handshake", "", ""
        self.lost, self.back = asyncio.Event(), asyncio.Event()
        self._step = self._step_taken = self.read_only = ""
        self.asking = Asking(self.number, self.clock.now_ns)
        tape_time = self.params.clock == "auto"
        self.wire = Wire(self, tape_time=tape_time, frames=self.frames, now_ns=lambda: self.clock.now_ns())
        try:
            async with asyncio.timeout(self.waits.greeting):
                self.greeting = await self.wire.greet(self.params.host, self.params.port, self.params.client_id)
        except OSError as error:  # TimeoutError is one
            self._hang_up("no greeting")
            raise unanswered(error, self.params, self._held, self.waits.greeting) from error
        if self.number == 1 and self.wire.optCapab:
            self.clock = TapeClock()
            self.asking = Asking(self.number, self.clock.now_ns)
        self.stage = "proving"
        try:
            self.account = prove(self.greeting, self.params)
            if self.tape and not self.greeting.plays_a_tape:
                raise ConfigError(
                    "the gateway no longer plays a tape; a run keeps the time that it began with",
                    where=self.where,
                    do="end this run and start another",
                )
        except (NotPaper, ConfigError):
            self._hang_up("not proven to be paper")
            raise

    def drop(self, why: str) -> None:
        """End this connection ourselves; what works at the broker goes on working."""
        self._hang_up(why)

    def let_go(self, why: str) -> None:
        """End a connection that nobody has been told of."""
        self.stage = "proving"
        self._hang_up(why)

    def close(self) -> None:
        """Let go of the gateway for good."""
        self.ended = True
        self._hang_up("closed")

    def _hang_up(self, why: str) -> None:
        if self.wire is not None:
            self.wire.close()
        self._gone(why)

    def _gone(self, why: str) -> None:
        ready, self.stage = self.stage not in ("down", "handshake", "proving"), "down"
        self.asking.cut(why)
        self.lost.set()
        if ready and not self.ended:
            self.say("down", why)
        self.wake.set()

    # Saying

    def take(self) -> Ticks:
        """The rows that came since the last time. Every batch is made of them and of nothing else, so that a report
        finds its place."""
        ticks = self.frames.take()
        self._taken += len(ticks)
        self._step_taken, self._step = self._step or self._step_taken, ""
        return ticks

    def dealt(self) -> None:
        """What was taken has been dealt with: a tape that waits for that may go on."""
        step, self._step_taken = self._step_taken, ""
        if step and self.wire is not None:
            self.wire.stepped(step)

    def now_ns(self) -> int:
        """Time of the message at hand: the wall's, or the newest row's of a tape."""
        return max(self.clock.now_ns(), self.frames.newest) if self.tape else self.clock.now_ns()

    def read_ends(self) -> None:
        """All that the socket had has been handed on: ticks do not wait for the market's next look."""
        if self.frames.rows:
            self.wake.set()

    def report(self, report: Report) -> None:
        """Queue something for the desk, at its place among the rows."""
        self.reports.append((self._taken + self.frames.rows, report))
        self.wake.set()

    def say(self, state: State, why: str) -> None:
        """The link is now in this state; told when that is news."""
        if (state, why if state != "up" else "") == (self.state, self.why):
            return
        self.state, self.why = state, "" if state == "up" else why
        self.report(LinkReport(state, self.now_ns(), why))

    # Asking

    def next_question(self) -> int:
        """A number for a question or a subscription."""
        self._question += 1
        return self._question

    async def contract_details(self, contract: Contract) -> Answer:
        """ContractDetails of every contract that fits."""
        number = self.next_question()
        key = ("contract details", number)
        return await self._ask(key, lambda wire: wire.reqContractDetails(number, contract), self.waits.answer)

    async def market_rule(self, rule: int) -> Answer:
        """One item: the PriceIncrement rows of a rule."""
        return await self._ask(("market rule", rule), lambda wire: wire.reqMarketRule(rule), self.waits.answer)

    async def current_time(self, deadline_s: float = DEADLINE_S) -> Answer:
        """One item: the gateway's time in whole seconds."""
        return await self._ask("current time", lambda wire: wire.reqCurrentTime(), deadline_s)

    async def open_orders(self) -> Answer:
        """(order number, contract, order, order state) of every open order of every client."""
        return await self._ask("open orders", lambda wire: wire.reqAllOpenOrders(), self.waits.answer)

    async def completed_orders(self) -> Answer:
        """(order, order state) of every order that is over, as far back as the gateway remembers."""
        deadline_s = min(self.waits.answer, COMPLETED_S)
        return await self._ask("completed orders", lambda wire: wire.reqCompletedOrders(False), deadline_s)

    async def executions(self) -> Answer:
        """(contract, execution) as far back as the gateway remembers."""
        number = self.next_question()
        every = ExecutionFilter()
        return await self._ask(("executions", number), lambda w: w.reqExecutions(number, every), self.waits.answer)

    async def positions(self) -> Answer:
        """(contract id, units) of our account; zero where something was held."""
        return await self._ask("positions", lambda wire: wire.reqPositions(), self.waits.answer)

    def tell(self, send: Callable[[Wire], object]) -> None:
        """Send something that wants no answer of its own (a subscription). Raises ConnectionError when it cannot."""
        if self.wire is None or self.stage in ("down", "handshake"):
            raise ConnectionError(f"not connected to {self.where}: {self.why or self.stage}")
        send(self.wire)

    async def _ask(self, key: Any, send: Callable[[Wire], object], deadline_s: float = DEADLINE_S) -> Answer:
        return await self.asking.ask(key, lambda: self.tell(send), deadline_s)

    # What the connection says

    def ear(self, name: str) -> Callable[..., None] | None:
        """Who hears a message of that name."""
        for one in (self, self.orders, self.data):
            heard = getattr(one, name, None)
            if callable(heard):
                found: Callable[..., None] = heard
                return found
        return None

    def contractDetails(self, number: int, details: ContractDetails) -> None:
        """Message 10."""
        self.asking.heard(("contract details", number), details)

    def contractDetailsEnd(self, number: int) -> None:
        """Message 52."""
        self.asking.ended(("contract details", number))

    def marketRule(self, rule: int, increments: list[PriceIncrement]) -> None:
        """Message 93."""
        if self.asking.heard(("market rule", rule), increments):
            self.asking.ended(("market rule", rule))

    def completedOrder(self, contract: Contract, placed: Order, shown: OrderState) -> None:
        """Message 101: has no number, and names an order of ours by our own id."""
        self.asking.heard("completed orders", (placed, shown))

    def completedOrdersEnd(self) -> None:
        """Message 102."""
        self.asking.ended("completed orders")

    def currentTime(self, seconds: int) -> None:
        """Message 49."""
        self.asking.heard("current time", seconds)
        self.asking.ended("current time")

    def managedAccounts(self, accounts: str) -> None:
        """Message 15: part of the greeting; later, somebody has logged the gateway in anew."""
        now = [account for account in accounts.split(",") if account]
        if self.stage in ("handshake", "proving", "down"):
            return
        if self.account not in now or not all(PAPER.match(account) for account in now):
            self.drop(f"the gateway now speaks for {accounts or 'no account'}, not for {self.account} alone")

    def error(self, request: int, code: int, text: str, advanced: str = "") -> None:
        """Message 4: goes to whom it concerns, by number and code."""
        does = code_of(code).does
        if says_read_only(code, text):
            self.read_only = text
            self.asking.failed("open orders", "rejected", f"{code} {text}")
            if self.stage == "live" and self.state == "up":
                self.say("degraded", f"{code} {text}; {UNTICK}, then start again")
        if request >= FIRST_QUESTION:
            reason: UnavailableReason = "paced" if "pacing" in text.lower() else "rejected"
            if not self.asking.refused(request, reason, f"{code} {text}"):
                self._hear(self.data, "data_error", request, code, text)
        elif does in (Does.DATA, Does.FARM):
            self.ended = self.ended or code == TAPE_ENDED
            name, args = ("farm", (code, text)) if does is Does.FARM else ("data_error", (request, code, text))
            self._hear(self.data, name, *args)
        elif does in (Does.LOST, Does.BACK, Does.BACK_ANEW):
            self._of_ib(does, code, text)
        elif does is Does.HELD:
            self._held = f"{code} {text}"
            if self.stage == "handshake" and self.wire is not None:
                self.wire.close()  # some gateways say so and leave the connection open
        elif does is Does.STEP:
            self._step = text.removeprefix("step ")
            self.wake.set()
        elif does is Does.PACED:
            _log.warning("the gateway says %d: %s", code, text)
            self._hear(self.orders, "thrown_away")
            now, why = self.now_ns(), f"the gateway says {code}: we send more than it takes; no entries for a minute"
            self.report(PauseReport("pacing", now, now + PACED_NS, why))
        elif does is Does.RECONNECT:
            self.drop(f"{code} {text}")
        elif request > 0:
            self._hear(self.orders, "order_error", request, code, text)
        elif does is not Does.TOLD:
            _log.warning("the gateway says %d: %s", code, text)

    def _of_ib(self, does: Does, code: int, text: str) -> None:
        """The gateway's own line to IB."""
        self._hear(self.data, "farm", code, text)
        if does is Does.LOST:
            self.gateway_lost = str(code)
            self.back.clear()
            if self.state == "up":
                self.say("degraded", str(code))
            return
        self.gateway_lost, self.anew = "", self.anew or does is Does.BACK_ANEW
        self.why = f"{code}: asking what has happened since" if self.state == "degraded" else self.why
        self.back.set()

    def _hear(self, ears: Any, name: str, *args: Any) -> None:
        heard = getattr(ears, name, None)
        if callable(heard):
            heard(*args)

    def connectionClosed(self) -> None:
        """The socket is gone."""
        fault = self.wire.fault if self.wire is not None else ""
        self._gone(fault or "the socket was closed")
