"""The link to a gateway: who is connected, as which account, and who hears what it says."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from ib_async.contract import Contract, ContractDetails
from ib_async.objects import PriceIncrement

from adapters.ib.asking import Answer, Asking
from adapters.ib.frames import Frames
from adapters.ib.params import Params
from adapters.ib.wire import Greeting, Wire
from bot.clock import TapeClock, WallClock
from bot.errors import NotPaper, Unreachable
from bot.ports import Clock

PAPER = re.compile(r"^D[UF]\d+$")
"""Ids of paper accounts; a live one is `U…` or `F…`."""
FIRST_QUESTION = 1_000_000_000
"""Numbers of questions and subscriptions start here: an order never has one of them."""


class Link:
    """One gateway. `orders` and `data` hear the messages that are theirs, by the decoder's names."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.clock: Clock = WallClock()
        self.number = 0
        """Of the connection; every reconnect is another one."""
        self.orders: Any = None
        self.data: Any = None
        self.wake = asyncio.Event()
        """Set whenever there is something to hand to the desk."""
        self.frames = Frames()
        """Rows that came and were not taken; `frames.rows` of them came before the message at hand."""
        self.wire: Wire | None = None
        self.greeting: Greeting | None = None
        self.asking = Asking(0, self.clock.now_ns)
        self._question = FIRST_QUESTION

    async def open(self) -> None:
        """Connect and prove every account to be paper. Raises Unreachable, NotPaper."""
        where = f"{self.params.host}:{self.params.port}"
        self.number += 1
        self.asking = Asking(self.number, self.clock.now_ns)
        tape_time = self.params.clock == "auto"
        self.wire = Wire(self, tape_time=tape_time, frames=self.frames, now_ns=lambda: self.clock.now_ns())
        try:
            self.greeting = await self.wire.greet(self.params.host, self.params.port, self.params.client_id)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"no IB gateway answers: {error or type(error).__name__}", where=where) from error
        if self.wire.optCapab:
            self.clock = TapeClock()
        self._prove(self.greeting, where)

    def close(self) -> None:
        """Close the socket."""
        if self.wire is not None:
            self.wire.close()

    def next_question(self) -> int:
        """A number for a question or a subscription."""
        self._question += 1
        return self._question

    async def contract_details(self, contract: Contract) -> Answer:
        """ContractDetails of every contract that fits."""
        number = self.next_question()
        return await self._ask(("contract details", number), lambda wire: wire.reqContractDetails(number, contract))

    async def market_rule(self, rule: int) -> Answer:
        """One item: the PriceIncrement rows of a rule."""
        return await self._ask(("market rule", rule), lambda wire: wire.reqMarketRule(rule))

    async def current_time(self) -> Answer:
        """One item: the gateway's time in whole seconds."""
        return await self._ask("current time", lambda wire: wire.reqCurrentTime())

    def tell(self, send: Callable[[Wire], None]) -> None:
        """Send something that wants no answer of its own (a subscription). Raises ConnectionError when it cannot."""
        if self.wire is None:
            raise ConnectionError("not connected")
        send(self.wire)

    async def _ask(self, key: Any, send: Callable[[Wire], None]) -> Answer:
        return await self.asking.ask(key, lambda: self.tell(send))

    def _prove(self, greeting: Greeting, where: str) -> None:
        strangers = [account for account in greeting.accounts if not PAPER.match(account)]
        if strangers or not greeting.accounts:
            self.close()
            raise NotPaper(
                f"account {', '.join(strangers) or 'unknown'} is not a paper account; nothing was sent",
                where=where,
                allowed="DU… or DF… on every account of the login",
                do="log the gateway in with the paper user (its usual port is 4002, TWS's 7497)",
            )

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

    def currentTime(self, seconds: int) -> None:
        """Message 49."""
        if self.asking.heard("current time", seconds):
            self.asking.ended("current time")

    def connectionClosed(self) -> None:
        """The socket is gone."""
        self.asking.cut("the socket was closed")
        self.wake.set()
