"""What the broker holds, asked whole: after every reconnect, after an outage at IB, and again while anything is live.

Orders, executions, positions, orders: an order that vanished between the two readings without an execution is a race
and no fact. Each part ends with its marker on this connection, or there is no answer at all.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from ib_async.contract import Contract
from ib_async.order import Order as Placed
from ib_async.order import OrderState as Shown

from adapters.ib.books import Books
from adapters.ib.kept import CANCELLED, FILLED
from adapters.ib.link import Link
from bot.domain.order import BrokerState, Known, OrderFact, SnapshotReport, Unavailable

_TRIES = 3
_TRY_AGAIN_S = 0.2
_RETRY_S, _RETRY_MOST_S = 1.0, 30.0
_SILENT_TWICE = 2

Open = tuple[int, Contract, Placed, Shown]


async def passed(event: asyncio.Event, seconds: float) -> bool:
    """Wait that long, or until the event: True when it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


class Recovery:
    """Asks for snapshots and says what they show. One at a time."""

    def __init__(self, link: Link, books: Books) -> None:
        self._link, self._books = link, books
        self._turn = asyncio.Lock()
        self._base: dict[int, int] | None = None
        """Units by contract that no execution explains: held before today's executions began."""
        self._unexplained: dict[int, int] = {}
        self._since = 0.0
        self._timeouts = 0
        self._missing = 0, frozenset[str]()
        """On which connection it was asked for which orders that are not open."""
        self._over: dict[str, OrderFact] = {}
        """What came of that: by our own id, as long as the order does not come back."""

    @property
    def busy(self) -> bool:
        """Whether a snapshot is being taken."""
        return self._turn.locked()

    # One snapshot

    async def take(self) -> Known[BrokerState] | Unavailable:
        """All that the broker holds for us; asked up to three times until the parts agree."""
        async with self._turn:
            why = ""
            for attempt in range(_TRIES):
                if attempt and await passed(self._link.lost, _TRY_AGAIN_S):
                    break
                found = await self._once()
                if not isinstance(found, str):
                    return self._counted(found)
                why = found
            return Unavailable("inconsistent", why)

    def _counted(self, answer: Known[BrokerState] | Unavailable) -> Known[BrokerState] | Unavailable:
        """Two in a row that time out: the connection is no good."""
        timed_out = isinstance(answer, Unavailable) and answer.reason == "timeout"
        self._timeouts = self._timeouts + 1 if timed_out else 0
        if self._timeouts >= _SILENT_TWICE:
            self._timeouts = 0
            self._link.drop("the gateway does not answer")
        return answer

    async def _once(self) -> Known[BrokerState] | Unavailable | str:
        link, books = self._link, self._books
        if link.gateway_lost:
            return Unavailable("gateway_lost_ib", f"the gateway has lost IB ({link.gateway_lost})")
        asked = link.now_ns()
        first = await link.open_orders()
        if isinstance(first, Unavailable):
            return first
        executions = await link.executions()
        if isinstance(executions, Unavailable):
            return executions
        positions = await link.positions()
        if isinstance(positions, Unavailable):
            return positions
        heard = books.executions.heard
        again = await link.open_orders()
        if isinstance(again, Unavailable):
            return again
        await self._look_for(again.value)
        if heard != books.executions.heard:
            return "an execution came while positions were read"
        if gone := self._gone(first.value, again.value):
            return f"{gone} was among the open orders and is not, and nobody says why"
        holds = {con_id: units for con_id, units in positions.value if units}
        books.holds = dict(holds)
        if differs := self._unbalanced(holds):
            return differs
        books.reread({placed.orderRef: shown.status for _, _, placed, shown in again.value if placed.orderRef})
        return Known(self._state(again.value, holds), asked, link.now_ns(), link.number)

    async def _look_for(self, shown: tuple[Open, ...]) -> None:
        """Ask once what has become of orders of ours that are not open: a word is better than silence."""
        there = {placed.orderRef for _, _, placed, _ in shown}
        missing = frozenset(self._books.living() - there)
        if not missing or self._missing == (self._link.number, missing):
            return
        self._missing = self._link.number, missing
        answer = await self._link.completed_orders()
        if isinstance(answer, Unavailable):
            return  # then silence is counted, as everywhere
        now = self._link.now_ns()
        for placed, state in answer.value:
            if placed.orderRef in missing and (fact := self._books.over(placed, state, now)):
                self._over[placed.orderRef] = fact

    def _gone(self, first: tuple[Open, ...], again: tuple[Open, ...]) -> str:
        """An order that the second reading lacks and that nothing has ended."""
        there = {_name(one) for one in again}
        for one in first:
            kept = self._books.of(one[2])
            ended = one[3].status in (*CANCELLED, FILLED) or (kept is not None and kept.ended)
            if kept is not None and not ended and _name(one) not in there:
                return kept.ref
        return ""

    def _unbalanced(self, holds: Mapping[int, int]) -> str:
        """Whether positions are not what executions make of the ones before.

        Positions lag behind; what stands unexplained for longer than that wins: executions are remembered for a day,
        and a person can trade by hand.
        """
        done = self._books.executions.units()
        base = {con_id: holds.get(con_id, 0) - done.get(con_id, 0) for con_id in {*holds, *done}}
        base = {con_id: units for con_id, units in base.items() if units}
        if self._base is None or base == self._base:
            self._base, self._unexplained = base, {}
            return ""
        now = asyncio.get_running_loop().time()
        if self._unexplained != base:
            self._unexplained, self._since = base, now
        elif now - self._since >= self._link.waits.unsure:
            self._base, self._unexplained = base, {}
            return ""
        return f"positions {dict(holds)} are not what the executions make"

    def _state(self, orders: tuple[Open, ...], holds: Mapping[int, int]) -> BrokerState:
        books, link = self._books, self._link
        now = link.now_ns()
        facts = tuple(
            books.fact(number, contract, placed, now)
            for number, contract, placed, shown in orders
            if shown.status not in (*CANCELLED, FILLED)
        )
        for fact in facts:
            self._over.pop(fact.client_order_id, None)
        ours = tuple((index, holds[con_id]) for con_id, index in books.index_of.items() if holds.get(con_id))
        return BrokerState(link.account, facts, books.fills(), ours, tuple(self._over.values()))

    # When

    async def recover(self) -> Unavailable | None:
        """The whole sequence on a new connection: snapshot, told, subscriptions once, up. What stopped it, if any."""
        link, books = self._link, self._books
        link.stage = "snapshot"
        books.connected()
        link.anew = True
        answer = await self.tell()
        if link.gateway_lost and not link.lost.is_set():
            # Connected, and IB is out of the gateway's reach: it says when it is back.
            link.stage = "live"
            link.say("degraded", link.gateway_lost)
            return None
        if isinstance(answer, Unavailable):
            return answer
        self._resume("connected again")
        return None

    async def tell(self) -> Known[BrokerState] | Unavailable:
        """Take a snapshot and hand it to the desk."""
        self._books.wanted.clear()
        answer = await self.take()
        self._link.report(SnapshotReport(answer, self._link.now_ns()))
        return answer

    def _resume(self, why: str) -> None:
        """Orders and positions are known and told: subscribe what is to be, then say that everything may be sent."""
        link = self._link
        if link.stage == "down":
            return
        link.stage = "subscribing"
        anew, link.anew = link.anew, False
        try:
            for restore in link.on_live:
                restore(anew)
        except ConnectionError:
            return  # lost again: the keeper sees it
        link.stage = "live"
        if not link.gateway_lost:
            link.say("up", why)

    async def attend(self) -> None:
        """While this connection lives: recover from outages at IB, read again what is asked for, look every so often.

        The look finds what a healthy link has swallowed.
        """
        link, books = self._link, self._books
        while not link.lost.is_set():
            wait = min(link.waits.unsure, link.waits.snapshot) if books.unsure else link.waits.snapshot
            await _first_of(wait, link.lost, link.back, books.wanted)
            if link.lost.is_set():
                return
            if link.back.is_set():
                await self._back()
            elif books.wanted.is_set() or books.live:
                if not link.gateway_lost:
                    await self.tell()
                # Whatever is heard meanwhile may ask again, and again.
                await passed(link.lost, link.waits.again)

    async def _back(self) -> None:
        """The gateway has found IB again: nothing is sent before we know what happened meanwhile."""
        link = self._link
        link.back.clear()
        link.stage = "snapshot"
        wait = _RETRY_S
        while isinstance(await self.tell(), Unavailable):
            if link.gateway_lost or await passed(link.lost, wait):
                return
            wait = min(2 * wait, _RETRY_MOST_S)
        self._resume("1101" if link.anew else "1102")


async def _first_of(seconds: float, *events: asyncio.Event) -> None:
    """Wait until one of them is set, or so long."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def _name(one: Open) -> Any:
    """What tells one open order from another."""
    number, _, placed, _ = one
    return placed.permId or (placed.clientId, number)
