"""A broker that fills our orders from the tape. Same port, same reports, same silences as a real one.

Two things move it: rows (a compiled scan over the working orders finds the next fill) and time (what was sent is active
`latency_ns` later; a cancel works as long after it was asked). Both come to the desk as reports, one by one, because
what the desk does about one report can change the next.
"""

import heapq
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adapters.replay.arriving import last_print, market_price, meets, slippage_ticks
from adapters.replay.book import ENTERS, Amend, Book, Group, Held
from adapters.replay.matching import FAR, HIT, LIMIT, MODELS, scan
from bot.domain.instrument import Instrument
from bot.domain.market import OFF_GRID, QUARANTINED, STATUS, TICK, Ticks
from bot.domain.order import (
    ENDED,
    AccountFacts,
    Bracket,
    BrokerState,
    CommissionReport,
    FillReport,
    Known,
    Link,
    Order,
    OrderFact,
    OrderReport,
    OrderState,
    OrderType,
    Protective,
    Quoted,
    Report,
    Role,
    Unavailable,
)
from bot.ports import Stop


@dataclass(frozen=True, slots=True)
class FillRules:
    """How a replay fills: the model's name, and latencies in nanoseconds."""

    model: str = "queue"
    latency_ns: int = 250_000_000
    cancel_latency_ns: int = 250_000_000


class ReplayBroker:
    """The Broker port over a tape."""

    link: Link = "up"

    def __init__(self, instruments: Sequence[Instrument], rules: FillRules, account: str) -> None:
        self._instruments = instruments
        self._rules = rules
        self._model = MODELS[rules.model]
        self._account = account
        self._slippage = [slippage_ticks(rules.model, one.slippage_ticks) for one in instruments]
        self._book = Book(self._slippage)
        self._groups: dict[str, Group] = {}
        self._queue: deque[Report] = deque()
        self._timed: list[tuple[int, int, str, object]] = []
        self._numbered = 0
        self._positions = [0] * len(instruments)
        self._fills: list[FillReport] = []
        self._ticks: Ticks = np.zeros(0, TICK)
        self._ts: Any = self._ticks["ts"]
        self._statuses = False
        self._base = 0
        self._last: list[Ticks | None] = [None] * len(instruments)
        self._halted = np.zeros(max(1, len(instruments)), np.uint8)
        self._hits = np.zeros(1, HIT)

    def another(self) -> "ReplayBroker":
        """A broker without orders that stands where this one does: at the end of the rows that it has walked."""
        other = ReplayBroker(self._instruments, self._rules, self._account)
        other._last = [self._standing(index, len(self._ticks)) for index in range(len(self._instruments))]
        other._halted = self._halted.copy()
        return other

    async def connect(self) -> AccountFacts:
        """A replay's account exists only in this program: paper by construction."""
        return AccountFacts(self._account, paper=True, proof="a replay's account exists only in this program")

    async def snapshot(self) -> Known[BrokerState] | Unavailable:
        """All that is held here; a replay always answers."""
        working = tuple(
            OrderFact(name, held.state, held.order.created_ns, instrument=held.order.instrument)
            for name, held in self._book.orders.items()
            if held.state not in ENDED
        )
        positions = tuple((index, units) for index, units in enumerate(self._positions) if units)
        return Known(BrokerState(self._account, working, tuple(self._fills), positions), 0, 0)

    async def place(self, bracket: Bracket) -> None:
        """Take the bracket; it is acknowledged and active `latency_ns` after it was made."""
        self.take(bracket.orders)

    def take(self, orders: tuple[Order, Order, Order]) -> None:
        """Take entry, stop and target of one bracket: `place`, for whoever only asks what would have been."""
        entry = orders[0]
        if entry.client_order_id in self._book.orders:
            return
        group = self._groups.setdefault(entry.bracket_id, Group(entry.bracket_id))
        for order in orders:
            self._book.add(order, group)
        self._at(entry.created_ns + self._rules.latency_ns, "activate", group)

    async def quote(self, quoted: Quoted) -> None:
        """Take one side of a maker's quote; it joins the end of its queue `latency_ns` after it was made."""
        one = quoted.order
        if one.client_order_id not in self._book.orders:
            held = self._book.add(one, self._groups.setdefault(one.bracket_id, Group(one.bracket_id)))
            self._at(one.created_ns + self._rules.latency_ns, "quote", held)

    async def protect(self, order: Protective) -> None:
        """Take a reduce-only order into its bracket's group."""
        self.leave(order.order)

    def leave(self, one: Order) -> None:
        """`protect`, likewise."""
        if one.client_order_id in self._book.orders:
            return
        held = self._book.add(one, self._groups.setdefault(one.bracket_id, Group(one.bracket_id)))
        wait = 0 if one.reason == "tape-end" else self._rules.latency_ns
        self._at(one.created_ns + wait, "exit", held)

    async def amend(self, client_order_id: str, ts: int, *, stop_price: int | None, quantity: int | None) -> None:
        """Change a stop's trigger or an order's quantity, `latency_ns` after `ts`."""
        held = self._book.orders[client_order_id]
        self._at(ts + self._rules.latency_ns, "amend", Amend(held, stop_price, quantity))

    def retrigger(self, client_order_id: str, ts: int, stop_price: int) -> None:
        """`amend` of a stop's trigger, likewise."""
        self._at(ts + self._rules.latency_ns, "amend", Amend(self._book.orders[client_order_id], stop_price, None))

    async def cancel(self, client_order_id: str, ts: int) -> None:
        """End an order, `cancel_latency_ns` after `ts`, if it has not filled by then."""
        self.withdraw(client_order_id, ts)

    def withdraw(self, client_order_id: str, ts: int) -> None:
        """`cancel`, likewise."""
        self._at(ts + self._rules.cancel_latency_ns, "cancel", self._book.orders[client_order_id])

    def ask(self) -> None:
        """Nothing here is ever in doubt."""

    async def settled(self, seconds: float) -> None:
        """Everything is answered by the rows to come."""

    async def close(self) -> None:
        """Nothing was opened."""

    def next_report(self, ticks: Ticks, row: int, stop: Stop) -> tuple[int, Report] | None:
        """The next acknowledgement or fill from `row` up to `stop`."""
        if ticks is not self._ticks:
            self._turn(ticks)
        end = stop.row + 1 if stop.through else stop.row
        while not self._queue:
            due = self._timed[0][0] if self._timed and self._timed[0][0] <= stop.ts else None
            upto = end if due is None else min(end, bisect_left(self._ts, due, row, end))
            if (self._book.live or self._statuses) and row < upto:
                book = self._book
                row = scan(ticks, row, upto, self._base, book.works, book.used, self._halted, self._model, self._hits)
                if row < upto:
                    self._hit(row)
                    continue
            row = upto
            if due is None:
                return None
            _, _, what, subject = heapq.heappop(self._timed)
            self._happen(what, subject, due, row)
        return row, self._queue.popleft()

    def _turn(self, ticks: Ticks) -> None:
        """A new batch: remember where each instrument stood at the end of the old one."""
        for index in range(len(self._instruments)):
            self._last[index] = self._standing(index, len(self._ticks))
        self._base += len(self._ticks)
        self._ticks = ticks
        self._ts = ticks["ts"]
        # Trading goes on again also while no order of ours looks on.
        self._statuses = bool((ticks["kind"] == STATUS).any())

    def _standing(self, instrument: int, row: int) -> Ticks | None:
        """The newest usable row of an instrument before `row`."""
        ticks = self._ticks
        for index in range(row - 1, -1, -1):
            tick = ticks[index]
            usable = not tick["flags"] & (OFF_GRID | QUARANTINED) and tick["kind"] != STATUS
            if tick["instrument"] == instrument and usable:
                return tick  # type: ignore[no-any-return]  # numpy types a row of a structured array as Any
        return self._last[instrument]

    def _at(self, ts: int, what: str, subject: object) -> None:
        heapq.heappush(self._timed, (ts, self._numbered, what, subject))
        self._numbered += 1

    def _happen(self, what: str, subject: object, ts: int, row: int) -> None:
        if what == "activate" and isinstance(subject, Group):
            self._activate(subject, ts, row)
        elif what == "quote" and isinstance(subject, Held):
            self._post(subject, ts, row)
        elif what == "exit" and isinstance(subject, Held):
            self._exit(subject, ts, row)
        elif what == "cancel" and isinstance(subject, Held):
            self._cancelled(subject, ts)
        elif what == "settle" and isinstance(subject, Held):
            self._settle(subject, ts - 1)
        elif isinstance(subject, Amend):
            self._amended(subject, ts)

    def _activate(self, group: Group, ts: int, row: int) -> None:
        for held in group.orders:
            if held.state is OrderState.SENT:
                held.state = OrderState.WORKING
                self._say(held, ts)
        for held in group.of(Role.ENTRY):
            self._join(held, ts, row)

    def _post(self, held: Held, ts: int, row: int) -> None:
        if held.state is OrderState.SENT:
            held.state = OrderState.WORKING
            self._say(held, ts)
            self._join(held, ts, row)

    def _join(self, held: Held, ts: int, row: int) -> None:
        self._book.wake(held, self._base + row - 1)
        tick = self._standing(held.order.instrument, row)
        if tick is not None:
            self._meet_the_book(held, tick, ts)

    def _meet_the_book(self, held: Held, tick: Ticks, ts: int) -> None:
        """A limit that the standing quote already crosses fills at once; else it joins its queue."""
        if self._halted[held.order.instrument]:
            return
        work = self._book.works[held.slot]
        price, ahead = meets(tick, held.order.side, int(work["price"]))
        if price is None:
            work["ahead"] = ahead
        else:
            self._fill(held, held.order.quantity - held.filled, price, ts, work["seen"])

    def _exit(self, held: Held, ts: int, row: int) -> None:
        if held.state in ENDED:
            return
        units = min(held.order.quantity, held.group.position)
        if units == 0:
            self._end(held, OrderState.CANCELLED, ts, "nothing left to leave")
            return
        held.state = OrderState.WORKING
        self._say(held, ts)
        work = self._book.works[held.slot]
        work["remaining"] = units
        tick = self._standing(held.order.instrument, row)
        price = None if tick is None else self._exit_price(held, tick)
        if held.order.type is OrderType.MARKET and price is not None:
            self._fill(held, units, price, ts, self._base + row - 1)
        else:
            self._book.wake(held, self._base + row - 1)

    def _exit_price(self, held: Held, tick: Ticks) -> int | None:
        """Where a market exit fills against the standing row: the opposite touch plus slippage."""
        instrument = held.order.instrument
        if held.order.reason == "tape-end":
            touch = market_price(tick, held.order.side, 0)
            return last_print(self._ticks, instrument, self._last[instrument]) if touch is None else touch
        return None if self._halted[instrument] else market_price(tick, held.order.side, self._slippage[instrument])

    def _hit(self, row: int) -> None:
        """Row `row` fills one order. A target waits for the end of its stamp: a stop within it comes first."""
        hit = self._hits[0]
        held, ts = self._book.at(int(hit["work"])), int(self._ticks[row]["ts"])
        if held.order.role is Role.TARGET:
            held.waiting += int(hit["quantity"])
            self._book.works[held.slot]["remaining"] -= hit["quantity"]
            self._at(ts + 1, "settle", held)
        else:
            self._fill(held, int(hit["quantity"]), int(hit["price"]), ts, self._base + row)

    def _settle(self, held: Held, ts: int) -> None:
        units = min(held.waiting, held.group.position)
        held.waiting = 0
        if units and held.state not in ENDED:
            self._book.works[held.slot]["remaining"] += units
            self._fill(held, units, int(held.order.price or 0), ts, self._book.works[held.slot]["seen"])

    def _fill(self, held: Held, quantity: int, price: int, ts: int, seen: int) -> None:
        order, group = held.order, held.group
        held.filled += quantity
        held.fills += 1
        self._book.works[held.slot]["remaining"] -= quantity
        fill = FillReport(
            order.client_order_id,
            f"{order.client_order_id}.{held.fills}",
            ts,
            order.side,
            quantity,
            price,
            self._rules.model,
        )
        self._positions[order.instrument] += order.side * quantity
        self._fills.append(fill)
        self._queue.append(fill)
        instrument = self._instruments[order.instrument]
        cost = instrument.commission * quantity
        self._queue.append(CommissionReport(fill.exec_id, f"{cost:f}", instrument.currency))
        whole = order.quantity if order.role in ENTERS or order.role is Role.FLATTEN else 0
        if whole and held.filled == whole:
            self._book.end(held, OrderState.FILLED)
        if order.role is Role.ENTRY:
            self._cover(group, quantity, int(seen))
        elif order.role is Role.QUOTE:
            self._quoted(held, group, quantity, ts)
        else:
            self._reduce(held, group, quantity, ts)

    def _quoted(self, held: Held, group: Group, quantity: int, ts: int) -> None:
        """A quote's fill takes out what its other side holds, then brings in the rest."""
        if group.position and group.side != held.order.side:
            out = min(quantity, group.position)
            self._reduce(held, group, out, ts)
            quantity -= out
        if quantity:
            group.side = held.order.side
            group.position += quantity
            for stop in group.of(Role.STOP):
                if stop.state is OrderState.WORKING:  # it was made smaller with what it covered, and may grow again
                    self._book.works[stop.slot]["remaining"] = min(stop.order.quantity - stop.filled, group.position)

    def _cover(self, group: Group, quantity: int, seen: int) -> None:
        """Stop and target follow what the entry filled; the row that filled it can hit the stop as well."""
        group.position += quantity
        for role, from_row in ((Role.STOP, seen - 1), (Role.TARGET, seen)):
            for held in group.of(role):
                self._book.works[held.slot]["remaining"] += quantity
                self._book.wake(held, from_row)

    def _reduce(self, filled: Held, group: Group, quantity: int, ts: int) -> None:
        group.position -= quantity
        for held in list(group.orders):
            if held is filled or held.order.role in ENTERS or held.state in ENDED:
                continue
            held.beaten = held.waiting > group.position
            held.waiting = min(held.waiting, group.position)
            work = self._book.works[held.slot]
            work["remaining"] = min(int(work["remaining"]), group.position - held.waiting)
        # While the entry can still fill, its stop must stay where it is, even if it has nothing to cover just now.
        if group.position or group.of(Role.ENTRY):
            return
        if filled.state not in ENDED and filled.order.role is not Role.QUOTE:
            self._book.end(filled, OrderState.FILLED)
        self._cancel_exits(group, ts, quotes=filled.order.role is not Role.QUOTE)

    def _cancel_exits(self, group: Group, ts: int, *, quotes: bool = False) -> None:
        """End every exit; with `quotes` also those that would have taken out what has just left."""
        for held in list(group.orders):
            exits = held.order.role not in ENTERS or (quotes and held.order.side == -group.side)
            if not exits or held.state in ENDED:
                continue
            state = OrderState.FILLED if held.filled else OrderState.CANCELLED
            won = "reached within the stop's own stamp: the stop wins"
            self._end(held, state, ts, won if held.beaten else "the bracket is done")

    def _cancelled(self, held: Held, ts: int) -> None:
        if held.state in ENDED:
            return
        self._end(held, OrderState.CANCELLED, ts, "cancelled on request")
        if held.order.role is Role.ENTRY and held.group.position == 0:
            self._cancel_exits(held.group, ts)

    def _amended(self, change: Amend, ts: int) -> None:
        held = change.held
        if held.state in ENDED:
            return
        work = self._book.works[held.slot]
        if change.stop_price is not None and work["kind"] != LIMIT:
            work["price"] = change.stop_price
        if change.quantity is not None:
            work["remaining"] = max(0, change.quantity - held.filled)
            work["ahead"] = FAR
        moved = None if change.stop_price is None else int(work["price"])
        self._queue.append(OrderReport(held.order.client_order_id, held.state, ts, message="amended", stop_price=moved))

    def _end(self, held: Held, state: OrderState, ts: int, message: str) -> None:
        self._book.end(held, state)
        self._say(held, ts, message)

    def _say(self, held: Held, ts: int, message: str = "") -> None:
        # A stop of quotes is as large as it was made; that of a bracket follows what the entry fills.
        own = held.order.quantity if held.group.side and held.order.role is Role.STOP else 0
        self._queue.append(OrderReport(held.order.client_order_id, held.state, ts, message=message, quantity=own))
