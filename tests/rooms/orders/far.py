"""A broker at the far end of a wire, moved by hand: it takes what it is sent, and says what a test lets it say.

far = Far(); desk = Desk.open(url, far)          a manager over a real journal and a real gate
await desk.place(); far.ack(); await desk.hear()  orders work
far.fill("entry"); await desk.hear()              an execution
far.cut(); …; far.mend(); await desk.hear()       the link
await desk.snapshot()                             the broker's answer, two seconds after the last
"""

from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bot.config import ManageSettings
from bot.domain.market import PRINT, TICK, Ticks
from bot.domain.order import (
    ENDED,
    AccountFacts,
    Bracket,
    BrokerState,
    CommissionReport,
    FillReport,
    Known,
    Link,
    LinkReport,
    Order,
    OrderFact,
    OrderReport,
    OrderState,
    OrderType,
    Protective,
    Quoted,
    Report,
    Role,
    SnapshotReport,
    Unavailable,
)
from bot.domain.past import Past
from bot.errors import Unreachable
from bot.journal import Writer, rows
from bot.journal.fold import fold
from bot.journal.place import place
from bot.journal.reading import reading
from bot.orders.bracket import LiveBracket
from bot.orders.manager import OrderManager
from bot.ports import Stop
from tests.brackets import approved, bracket
from tests.rooms.journal.build import Wall, writer
from tests.rooms.risk.bench import ES, Bench

SECOND = 1_000_000_000
ACCOUNT = "DU1234567"
START = Bench().now


@dataclass
class Works:
    """One order as the far end has it."""

    order: Order
    state: OrderState
    broker_id: str
    quantity: int
    stop_price: int | None = None
    filled: int = 0


class Far:
    """The Broker port of a far end."""

    link: Link = "up"

    def __init__(self) -> None:
        self.orders: dict[str, Works] = {}
        self.names: list[str] = []
        """Client order ids in the order in which they came."""
        self.fills: list[FillReport] = []
        self.position = 0
        self.foreign: list[OrderFact] = []
        self.said: deque[Report] = deque()
        self.told: list[str] = []
        """What we were told, in words: `place b`, `cancel entry`, `amend stop 1`."""
        self.wishes: dict[str, int] = {}
        """Stop → the trigger that it was asked to have, and has not."""
        self.beside: dict[str, set[str]] = {}
        """Exit → the roles of all that it was said to stand beside."""
        self.lost_amendments = 0
        """So many amendments of a quantity never arrive."""
        self.asked = 0
        self.deaf = False
        self.standing = False
        """Whether time stands still: a tape that is played by hand."""
        self.silences: deque[bool] = deque()
        """Whether the next questions for a snapshot are met by silence, one after the other."""
        self.connection = 1
        self.now = START
        self.waited = 0
        self._executed = 0

    @property
    def wall(self) -> int:
        """The wall's time, ns UTC."""
        return self.now + self.waited

    async def connect(self) -> AccountFacts:
        """A paper account."""
        return AccountFacts(ACCOUNT, True, "a test")

    async def snapshot(self) -> Known[BrokerState] | Unavailable:
        """All that is here."""
        if self.deaf or self.link != "up":
            return Unavailable("timeout", "nobody answers")
        if self.standing:
            self.waited += 2 * SECOND
        else:
            self.now += 2 * SECOND
        if self.silences and self.silences.popleft():
            return Unavailable("timeout", "nobody answers")
        facts = [
            OrderFact(
                *(name, one.state, self.now, one.broker_id, 0, one.order.side),
                *(one.quantity, one.filled, one.order.price, one.stop_price),
            )
            for name, one in self.orders.items()
            if one.state not in ENDED and one.state is not OrderState.SENT
        ]
        positions = ((0, self.position),) if self.position else ()
        state = BrokerState(ACCOUNT, (*facts, *self.foreign), tuple(self.fills), positions)
        return Known(state, self.now, self.now, self.connection)

    async def place(self, bracket: Bracket) -> None:
        """Take three orders, and say nothing yet."""
        self._reach("place")
        for order in bracket.orders:
            self._take(order)

    async def quote(self, quoted: Quoted) -> None:
        """Take one side of a maker's quote, and say nothing yet."""
        self._reach(f"quote {quoted.order.side:+d}")
        self._take(quoted.order)

    async def protect(self, order: Protective) -> None:
        """Take an exit, and say nothing yet."""
        self._reach(f"{order.order.role} {order.order.quantity}")
        self._take(order.order)
        self.beside[order.order.client_order_id] = {self._role(name) for name in order.beside}

    async def amend(self, client_order_id: str, ts: int, *, stop_price: int | None, quantity: int | None) -> None:
        """Change an order's quantity and say so, or take the wish to move a stop and say nothing yet."""
        if stop_price is not None:
            self._reach(f"move {self._role(client_order_id)} {stop_price}")
            self.wishes[client_order_id] = stop_price
            return
        self._reach(f"amend {self._role(client_order_id)} {quantity}")
        if self.lost_amendments:
            self.lost_amendments -= 1
            return
        one = self.orders[client_order_id]
        one.quantity = quantity or one.quantity
        self._word(client_order_id, OrderState.WORKING)

    async def cancel(self, client_order_id: str, ts: int) -> None:
        """Be asked for an order's end."""
        self._reach(f"cancel {self._role(client_order_id)}")

    def ask(self) -> None:
        """Be asked for a snapshot."""
        self.asked += 1

    async def settled(self, seconds: float) -> None:
        """Everything here is said by hand."""

    async def close(self) -> None:
        """Nothing was opened."""

    def next_report(self, ticks: Ticks, row: int, stop: Stop) -> tuple[int, Report] | None:
        """What has been said."""
        return (row, self.said.popleft()) if self.said else None

    # What a test lets happen here

    def name(self, role: str, back: int = 1) -> str:
        """The newest (or the one before, …) order of a role."""
        return [name for name in self.names if self.orders[name].order.role == role][-back]

    def ack(self, *roles: str) -> None:
        """Say that orders work; all that have no word yet unless told which."""
        for name, one in self.orders.items():
            if one.state is OrderState.SENT and (not roles or one.order.role in roles):
                self._word(name, OrderState.WORKING)

    def fill(
        self, role: str, quantity: int = 0, *, price: int = 0, say: bool = True, corrects: str = "", back: int = 1
    ) -> FillReport:
        """Execute an order: the newest of its role, or the one before, …"""
        name = self.name(role, back)
        one = self.orders[name]
        size = quantity or one.quantity - one.filled
        self._executed += 1
        at = price or one.order.price or one.order.stop_price or 16800
        executed = f"x{self._executed}"
        report = FillReport(name, executed, self.now, one.order.side, size, at, corrects=corrects, instrument=0)
        self.fills.append(report)
        self.position += one.order.side * size
        one.filled += size
        one.state = OrderState.FILLED if one.filled >= one.quantity else OrderState.PARTIAL
        if say:
            self.said.append(report)
        return report

    def bust(self, filled: FillReport) -> None:
        """Take an execution back: its order does not work again for it."""
        never = replace(filled, exec_id=f"{filled.exec_id}b", quantity=0, corrects=filled.exec_id)
        self.fills[self.fills.index(filled)] = never
        self.position -= filled.side * filled.quantity
        self.said.append(never)

    def end(self, role: str, state: OrderState = OrderState.CANCELLED, *, say: bool = True, why: str = "") -> None:
        """End an order."""
        name = self.name(role)
        self.orders[name].state = state
        if say:
            self.said.append(OrderReport(name, state, self.now, self.orders[name].broker_id, why))

    def moved(self, trigger: int | None = None, *, say: bool = True) -> None:
        """Give the newest stop the trigger that was asked for, or the one that a person wants."""
        name = self.name("stop")
        wished = self.wishes.pop(name, None)
        self.orders[name].stop_price = trigger or wished
        if say:
            self._word(name, OrderState.WORKING)

    def cut(self) -> None:
        """The link goes."""
        self.link = "down"
        self.said.append(LinkReport("down", self.now, "socket closed"))

    def mend(self) -> None:
        """The link comes back, on a connection of its own."""
        self.link, self.connection = "up", self.connection + 1
        self.said.append(LinkReport("up", self.now))

    def _reach(self, words: str) -> None:
        if self.link != "up":
            raise Unreachable("nobody hears us")
        self.told.append(words)

    def _take(self, order: Order) -> None:
        self.names.append(order.client_order_id)
        self.orders[order.client_order_id] = Works(
            order, OrderState.SENT, f"p{len(self.names)}", order.quantity, order.stop_price
        )

    def _word(self, name: str, state: OrderState) -> None:
        one = self.orders[name]
        one.state = state
        self.said.append(OrderReport(name, state, self.now, one.broker_id, "", one.quantity, one.stop_price))

    def _role(self, name: str) -> str:
        return self.orders[name].order.role.value if name in self.orders else name


@dataclass
class Desk:
    """A manager, its journal and its gate, as a run opens them. `wall` goes with the far end's time."""

    url: str
    far: Far
    journal: Writer
    bench: Bench
    orders: OrderManager
    past: Past
    wall: Wall
    notes: tuple[str, ...] = ()
    opened: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(
        cls,
        url: str,
        far: Far,
        manage: ManageSettings | None = None,
        risk: Mapping[str, Any] | None = None,
        **told: Any,
    ) -> "Desk":
        """Open the journal for a run of its own, with these limits; nothing is recovered yet."""
        opened = ExitStack()
        wall = Wall(start=far.now)
        journal = opened.enter_context(
            writer(url, durability="process", wall=wall, account=ACCOUNT, adapter="ib", instruments=(TRADED,))
        )
        bench = Bench(now=far.now, instruments=[TRADED], settings={"max_open_brackets": 9, **(risk or {})})
        told = {"wall_ns": lambda: far.wall, "manages": {"test": manage} if manage else {}} | told
        orders = OrderManager(far, journal, bench.gate, ["ESM2023"], ["ES"], **told)
        return cls(url, far, journal, bench, orders, fold(url, account=ACCOUNT), wall, opened=opened)

    async def start(self) -> "Desk":
        """The one start path."""
        self.notes = await self.orders.recover(self.past, await self.far.snapshot(), self.far.now)
        return self

    def die(self) -> None:
        """kill −9: what was committed is there, the lock is let go, nobody says goodbye."""
        self.opened.close()

    async def place(self, quantity: int = 1, entry: int = 16800) -> LiveBracket:
        """A bracket that the gate approved."""
        wish = approved(entry, entry - 3, entry + 6, now=self.far.now, quantity=quantity, time_stop_ns=0)
        decision = self.journal.next_id()
        self.journal.decision(decision, wish)
        await self.orders.place(wish, decision, self.far.now)
        return next(iter(reversed(self.orders.live)), NOTHING)

    async def hear(self) -> None:
        """Everything that the far end has said."""
        while self.far.said:
            report = self.far.said.popleft()
            match report:
                case FillReport():
                    await self.orders.on_fill(report)
                case OrderReport():
                    await self.orders.on_order(report)
                case CommissionReport():
                    self.orders.on_commission(report)
                case LinkReport():
                    await self.orders.on_link(report)
                case SnapshotReport():
                    await self.orders.on_snapshot(report)

    async def snapshot(self, times: int = 1) -> None:
        """The broker's answer, so many times two seconds apart; what it makes the desk do is acknowledged by nobody."""
        for _ in range(times):
            answer = await self.far.snapshot()
            self.far.said.append(SnapshotReport(answer, self.far.now))
            await self.hear()

    async def wait(self, seconds: float) -> None:
        """Time goes by, and nothing else."""
        self.far.now += round(seconds * SECOND)
        await self.orders.on_time(self.far.now)

    async def prints(self, *prices: int) -> None:
        """The market prints, each price by a row of its own; the bid one tick below it, the ask there."""
        for price in prices:
            self.far.now += SECOND // 10
            row = np.zeros(1, TICK)
            row["ts"], row["kind"], row["price"], row["size"] = self.far.now, PRINT, price, 1
            row["bid"], row["ask"] = price - 1, price
            moves = self.orders.next_move(row) is not None
            self.orders.watch(row)
            if moves:
                await self.orders.move(self.far.now)

    async def open_one(self, quantity: int = 1) -> LiveBracket:
        """A bracket whose entry has filled."""
        live = await self.place(quantity)
        self.far.ack()
        self.far.fill("entry")
        await self.hear()
        return live

    @property
    def refused(self) -> list[str]:
        """The rules that would refuse an entry now."""
        self.bench.at(self.far.now)
        return self.bench.refused()

    def read(self, kind: Any) -> list[Any]:
        """Rows of one table, of all runs."""
        self.journal.commit()
        with reading(place(self.url)) as reader:
            return list(reader.read(kind, reader.runs))

    def whys(self, live: LiveBracket) -> list[str]:
        """Why a bracket came into its states, in order."""
        return [row.why for row in self.read(rows.BracketEvent) if row.bracket_id == live.bracket.id]

    def states(self, live: LiveBracket) -> list[str]:
        """The states that a bracket went through."""
        return [row.state for row in self.read(rows.BracketEvent) if row.bracket_id == live.bracket.id]


NOTHING = LiveBracket.of(bracket(16800, 16797, 16806, now=0, name="nothing"))
"""What is left of a bracket that could not be sent."""
TRADED = replace(ES, contract="ESM2023", max_order=9, max_position=20)


def flatten_of(far: Far) -> Order:
    """The newest order that leaves at market."""
    order = far.orders[far.name("flatten")].order
    assert order.type is OrderType.MARKET
    assert order.role is Role.FLATTEN
    return order
