"""What a replay's broker would have made of brackets that were never sent, each alone in the market.

There is no second fill model: the brackets go to a `ReplayBroker`, whose scan looks at each order by itself. What the
desk's order manager does about a bracket is done here as well: the entry's ttl, the time stop, and the moments at
which it ends entries or positions (news, the close). Stops stay where they were proposed; nobody commands anything.

Each alone: what they would have done to each other (a position taken, a loss limit reached) is not in it.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from adapters.replay.broker import ReplayBroker
from adapters.replay.markouts import Markouts, Middles
from bot.domain.market import Ticks
from bot.domain.order import FillReport, Order, OrderReport, OrderState, OrderType, Report, Role
from bot.domain.what_if import HORIZONS_S, NOT_FILLED, NOT_PRICED, STILL_OPEN, Made, Moment, Terms, Wish
from bot.ports import Market, Stop

HORIZONS_NS = tuple(seconds * 1_000_000_000 for seconds in HORIZONS_S)
_NEVER = np.iinfo(np.int64).max
TOGETHER = 24
"""Brackets that one broker is given: each row is held against all of its orders, so it must not have too many."""

Moments = Mapping[str, Sequence[Moment]]
"""Strategy → when the desk would have ended its entries or positions, oldest first."""


async def what_if(market: Market, broker: ReplayBroker, wishes: Sequence[Wish], moments: Moments) -> dict[str, Made]:
    """Wish id → what would have come of it, on this market (read once) by the rules of this broker.

    Wishes for products that are not on the market have no answer.
    """
    products = [one.product for one in market.instruments]
    middles = Middles(len(products))
    asked = [
        _Alone.of(wish, products.index(wish.product), moments.get(wish.strategy, ()), middles)
        for wish in sorted(wishes, key=lambda one: one.known_ns)
        if wish.product in products
    ]
    waiting = [one for one in asked if one.terms is not None]
    lanes: list[_Lane] = []
    await market.subscribe()
    last_ns = until = 0
    async for batch in market.batches():
        ticks = batch.ticks
        last_ns = int(ticks["ts"][-1]) if len(ticks) else last_ns
        until = last_ns if batch.silent_until is None else batch.silent_until
        end = last_ns + 1 if batch.final else None
        while waiting and (batch.final or waiting[0].wish.known_ns <= until):
            lanes.append(_Lane(broker.another(), waiting[:TOGETHER]))
            del waiting[:TOGETHER]
        for lane in lanes:
            lane.walk(ticks, until, end)
        lanes = [lane for lane in lanes if not lane.over]
        # Nothing is sent through it: it only knows where the market stands when the next ones begin.
        while broker.next_report(ticks, 0, Stop(len(ticks), False, until)) is not None:
            pass
        middles.read(ticks, last_ns)
    middles.end(until)
    return {one.wish.id: one.made() for one in asked}


@dataclass(slots=True)
class _Alone:
    """One bracket and what has become of it."""

    wish: Wish
    instrument: int
    terms: Terms | None
    moments: Iterator[Moment]
    middles: Middles
    from_mid: Markouts
    from_fill: Markouts | None = None
    sent: bool = False
    working: bool = True  # its entry can still fill
    withdrawn: bool = False
    bought: int = 0
    sold: int = 0
    paid: int = 0
    left: int = 0
    entry_ns: int = 0
    exit_ns: int = 0
    reason: str = ""
    leaving: str = ""
    exits: dict[str, Order] = field(default_factory=dict)  # market exits that have not ended

    @classmethod
    def of(cls, wish: Wish, instrument: int, moments: Sequence[Moment], middles: Middles) -> "_Alone":
        """A wish that waits for its time, with the moments that concern it."""
        mine = [
            one
            for one in moments
            # A window that was on already is what it may have been refused for: without the rule it is not there.
            if one.ts > wish.known_ns and not one.from_ns <= wish.known_ns < one.to_ns
        ]
        closing = Moment(wish.until_ns, "flatten", "session")
        ordered = iter(sorted((*mine, closing), key=lambda one: one.ts))
        seen = Markouts(middles, instrument, wish.side, wish.known_ns, wish.until_ns)
        if wish.side:
            seen.from_middle(HORIZONS_NS)
        return cls(wish, instrument, wish.terms, ordered, middles, seen)

    @property
    def share(self) -> int:
        """Units held."""
        return self.bought - self.sold

    @property
    def over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return not self.working and not self.share

    @property
    def entry_id(self) -> str:
        """Of its entry."""
        return f"{self.wish.id}-{Role.ENTRY}"

    def orders(self) -> tuple[Order, Order, Order]:
        """Entry, stop, target."""
        assert self.terms is not None
        terms, side = self.terms, self.wish.side
        return (
            self._order(Role.ENTRY, side, OrderType.LIMIT, terms.quantity, self.wish.known_ns, price=terms.entry),
            self._order(Role.STOP, -side, OrderType.STOP, terms.quantity, self.wish.known_ns, stop=terms.stop),
            self._order(Role.TARGET, -side, OrderType.LIMIT, terms.quantity, self.wish.known_ns, price=terms.target),
        )

    def market_exit(self, ts: int, why: str) -> Order:
        """Out of all that is held."""
        number = str(len(self.exits)) if self.exits else ""
        return self._order(
            Role.FLATTEN, -self.wish.side, OrderType.MARKET, self.share, ts, reason=why, name=f"{ts}{number}"
        )

    def _order(
        self,
        role: Role,
        side: int,
        kind: OrderType,
        quantity: int,
        ts: int,
        *,
        price: int | None = None,
        stop: int | None = None,
        reason: str = "",
        name: str = "",
    ) -> Order:
        own = f"{self.wish.id}-{role}{name}"
        return Order(own, self.wish.id, self.instrument, role, side, kind, quantity, price, stop, ts, reason)

    def made(self) -> Made:
        """What has come of it."""
        if self.terms is None:
            end = NOT_PRICED
        elif not self.sent or self.share:
            end = STILL_OPEN
        else:
            end = self.reason if self.bought else NOT_FILLED
        return Made(
            end=end,
            units=self.bought,
            entry_ns=self.entry_ns,
            exit_ns=self.exit_ns,
            paid=self.paid,
            left=self.left,
            side=self.wish.side,
            stop=self.terms.stop if self.terms else 0,
            from_mid=tuple(self.from_mid.ticks),
            from_fill=tuple(self.from_fill.ticks) if self.from_fill else (),
        )


class _Lane:
    """Some brackets at a broker of their own, walked as the desk walks: what is due, then what comes after it."""

    def __init__(self, broker: ReplayBroker, alone: Sequence[_Alone]) -> None:
        self._broker = broker
        self._alone = {one.wish.id: one for one in alone}
        self._due: list[tuple[int, bool, int, str, _Alone, str]] = []
        self._numbered = 0
        self._row = 0
        for one in alone:
            self._at(one.wish.known_ns, "place", one)

    @property
    def over(self) -> bool:
        """Whether nothing can happen to any of them."""
        return all(one.over for one in self._alone.values())

    def walk(self, ticks: Ticks, until: int, end: int | None) -> None:
        """One batch, and everything that is due up to `until`; at the tape's `end` what is left goes."""
        self._row = 0
        self._walk(ticks, until)
        if end is not None:
            self._walk(ticks, end)
            for one in self._alone.values():
                self._withdraw(one, end)
                self._leave(one, end, "tape-end")
            # What comes of that is heard; nothing else begins.
            while self._reports(ticks, Stop(len(ticks), False, _NEVER)):
                pass

    def _walk(self, ticks: Ticks, until: int) -> None:
        while True:
            due = self._due[0][0] if self._due else _NEVER
            stop = self._before(ticks) if due <= until else Stop(len(ticks), False, until)
            if self._reports(ticks, stop):
                continue
            if due > until:
                return
            self._meet()

    def _before(self, ticks: Ticks) -> Stop:
        """What comes before the next thing that is due."""
        due, placing, _, _, one, _ = self._due[0]
        if not placing:
            return Stop(bisect_left(ticks["ts"], due, self._row), False, due - 1)
        stamps = ticks["ts"]
        row = bisect_left(stamps, due, self._row)
        if row < len(stamps) and stamps[row] == due:
            row = row + 1 if one.wish.at_first else bisect_right(stamps, due, row)
        return Stop(row, False, due)

    def _reports(self, ticks: Ticks, stop: Stop) -> bool:
        """Hear of everything up to `stop`; True when something else is due now than was."""
        before = self._due[0] if self._due else None
        while (found := self._broker.next_report(ticks, self._row, stop)) is not None:
            self._row, report = found
            self._hear(report)
            if (self._due[0] if self._due else None) != before:
                return True
        self._row = max(self._row, stop.row)
        return False

    def _at(self, ts: int, what: str, one: _Alone, why: str = "") -> None:
        # What is placed comes last: it has seen the rows of its stamp, and what else is due then comes before them.
        heapq.heappush(self._due, (ts, what == "place", self._numbered, what, one, why))
        self._numbered += 1

    def _meet(self) -> None:
        ts, placing, _, what, one, why = heapq.heappop(self._due)
        if placing:
            assert one.terms is not None
            one.sent = True
            self._broker.take(one.orders())
            self._at(ts + one.terms.ttl_ns, "cancel", one)
            self._next_moment(one)
            return
        if not one.over:
            self._withdraw(one, ts)
            if what in ("flatten", "time"):
                self._leave(one, ts, why)
            if what in ("flatten", "moment"):
                self._next_moment(one)

    def _next_moment(self, one: _Alone) -> None:
        moment = next(one.moments, None)
        if moment is not None:
            self._at(moment.ts, "flatten" if moment.what == "flatten" else "moment", one, moment.why)

    def _hear(self, report: Report) -> None:
        if isinstance(report, FillReport):
            self._filled(self._owner(report.client_order_id), report)
        elif isinstance(report, OrderReport) and report.state is OrderState.CANCELLED:
            one = self._owner(report.client_order_id)
            one.exits.pop(report.client_order_id, None)
            if report.client_order_id == one.entry_id:
                one.working = False

    def _owner(self, order_id: str) -> _Alone:
        return self._alone[order_id.rpartition("-")[0]]

    def _filled(self, one: _Alone, fill: FillReport) -> None:
        assert one.terms is not None
        if fill.client_order_id == one.entry_id:
            if not one.bought:
                self._opened(one, fill)
            one.bought += fill.quantity
            one.paid += fill.price * fill.quantity
            one.working = one.bought < one.terms.quantity
        else:
            one.sold += fill.quantity
            one.left += fill.price * fill.quantity
            one.exit_ns = fill.ts
            exit_order = one.exits.pop(fill.client_order_id, None)
            one.reason = exit_order.reason if exit_order else fill.client_order_id.rpartition("-")[2]
            # What went out is not to be bought again.
            self._withdraw(one, fill.ts)
        if one.leaving and one.share:
            self._leave(one, fill.ts, one.leaving)

    def _opened(self, one: _Alone, fill: FillReport) -> None:
        assert one.terms is not None
        one.entry_ns = fill.ts
        one.from_fill = Markouts(one.middles, one.instrument, one.wish.side, fill.ts, one.wish.until_ns)
        one.from_fill.from_price(fill.price, HORIZONS_NS)
        if one.terms.time_stop_ns:
            self._at(fill.ts + one.terms.time_stop_ns, "time", one, "time")

    def _withdraw(self, one: _Alone, ts: int) -> None:
        """Ask for the end of its entry, once."""
        if one.sent and one.working and not one.withdrawn:
            one.withdrawn = True
            self._broker.withdraw(one.entry_id, ts)

    def _leave(self, one: _Alone, ts: int, why: str) -> None:
        """At market, unless it is leaving already."""
        if one.share and not one.exits:
            one.leaving = why
            order = one.market_exit(ts, why)
            one.exits[order.client_order_id] = order
            self._broker.leave(order)
