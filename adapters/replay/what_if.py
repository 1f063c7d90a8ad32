"""What a replay's broker would have made of brackets that were never sent, each alone in the market.

There is no second fill model: the brackets go to a `ReplayBroker`, whose scan looks at each order by itself. What the
desk's order manager does about a bracket is done here as well: the entry's ttl, the time stop, the moments at which it
ends entries or positions (news, the close), stops that move as `[manage]` and the news say. Nobody commands anything.

Each alone: what they would have done to each other (a position taken, a loss limit reached) is not in it.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from adapters.replay.alone import HORIZONS_NS, Alone
from adapters.replay.broker import ReplayBroker
from adapters.replay.markouts import Markouts, Middles
from bot.domain.market import Ticks
from bot.domain.moving import Managing, first_beyond
from bot.domain.order import FillReport, OrderReport, OrderState, Report, Role
from bot.domain.what_if import Made, Moment, Wish
from bot.ports import Market, Stop

_NEVER = np.iinfo(np.int64).max
TOGETHER = 24
"""Brackets that one broker is given: each row is held against all of its orders, so it must not have too many."""

Moments = Mapping[str, Sequence[Moment]]
"""Strategy → when the desk would have ended its entries or positions, oldest first."""


async def what_if(
    market: Market,
    broker: ReplayBroker,
    wishes: Sequence[Wish],
    moments: Moments,
    manages: Mapping[str, Managing],
) -> dict[str, Made]:
    """Wish id → what would have come of it, on this market (read once) by the rules of this broker.

    `moments` and `manages` are those of strategies, by name. Wishes for products that are not on the market have no
    answer.
    """
    products = [one.product for one in market.instruments]
    middles = Middles(len(products))
    asked = [
        Alone.of(
            wish,
            products.index(wish.product),
            moments.get(wish.strategy, ()),
            manages.get(wish.strategy),
            middles,
        )
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


class _Lane:
    """Some brackets at a broker of their own, walked as the desk walks: what is due, then what comes after it."""

    def __init__(self, broker: ReplayBroker, alone: Sequence[Alone]) -> None:
        self._broker = broker
        self._alone = {one.wish.id: one for one in alone}
        self._moving = [one for one in alone if one.moves]
        self._due: list[tuple[int, bool, int, str, Alone, str]] = []
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
            if (row := self._next_move(ticks, stop.row)) is not None:
                ts = int(ticks["ts"][row])
                if not self._reports(ticks, Stop(row, True, ts)):
                    for one in self._moving:
                        self._review(one, ts)
                continue
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

    def _next_move(self, ticks: Ticks, end: int) -> int | None:
        """The first row before `end` whose print moves a stop."""
        rows = [
            first_beyond(ticks[self._row : end], one.instrument, one.wish.side, level)
            for one in self._moving
            if (level := one.level) is not None
        ]
        ahead = min((row for row in rows if row is not None), default=None)
        return None if ahead is None else self._row + ahead

    def _review(self, one: Alone, ts: int) -> None:
        """Ask for another trigger of its stop, if the facts want one."""
        if (price := one.wanted()) is not None:
            self._broker.retrigger(one.stop_id, ts, price)

    def _reports(self, ticks: Ticks, stop: Stop) -> bool:
        """Hear of everything up to `stop`; True when something else is waited for now than was."""
        before = self._awaited()
        while (found := self._broker.next_report(ticks, self._row, stop)) is not None:
            row, report = found
            self._see(ticks, row)
            self._hear(report)
            if self._awaited() != before:
                return True
        self._see(ticks, stop.row + 1 if stop.through else stop.row)
        return False

    def _awaited(self) -> tuple[object, list[int | None]]:
        return self._due[0] if self._due else None, [one.level for one in self._moving]

    def _see(self, ticks: Ticks, row: int) -> None:
        """Everything before `row` has been walked."""
        if row > self._row:
            for one in self._moving:
                if one.share:
                    one.moving.see(ticks[self._row : row])
            self._row = row

    def _at(self, ts: int, what: str, one: Alone, why: str = "") -> None:
        # What is placed comes last: it has seen the rows of its stamp, and what else is due then comes before them.
        heapq.heappush(self._due, (ts, what == "place", self._numbered, what, one, why))
        self._numbered += 1

    def _meet(self) -> None:
        ts, placing, _, what, one, why = heapq.heappop(self._due)
        if placing:
            assert one.terms is not None
            one.sent = True
            self._broker.take(one.orders())
            self._at(ts + one.terms.ttl_ns, "ttl", one)
            self._next_moment(one)
            return
        if one.over:
            return
        if what == "tighten":
            one.moving.tightening = why if one.share else ""
            self._review(one, ts)
        else:
            self._withdraw(one, ts)
        if what in ("flatten", "time"):
            self._leave(one, ts, why)
        if what != "time" and what != "ttl":
            self._next_moment(one)

    def _next_moment(self, one: Alone) -> None:
        moment = next(one.moments, None)
        if moment is not None:
            self._at(moment.ts, moment.what, one, moment.why)

    def _hear(self, report: Report) -> None:
        if isinstance(report, FillReport):
            self._filled(self._owner(report.client_order_id), report)
        elif isinstance(report, OrderReport) and report.stop_price is not None:
            one = self._owner(report.client_order_id)
            one.moving.named(report.stop_price)
            self._review(one, report.ts)
        elif isinstance(report, OrderReport) and report.state is OrderState.CANCELLED:
            one = self._owner(report.client_order_id)
            one.exits.pop(report.client_order_id, None)
            if report.client_order_id == one.entry_id:
                one.working = False

    def _owner(self, order_id: str) -> Alone:
        return self._alone[order_id.rpartition("-")[0]]

    def _filled(self, one: Alone, fill: FillReport) -> None:
        assert one.terms is not None
        one.moving.reach(fill.price)
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
            if fill.client_order_id == one.stop_id:
                one.reason = one.moving.moved or Role.STOP.value
            else:
                one.reason = exit_order.reason if exit_order else Role.TARGET.value
            # What went out is not to be bought again.
            self._withdraw(one, fill.ts)
        if one.leaving and one.share:
            self._leave(one, fill.ts, one.leaving)

    def _opened(self, one: Alone, fill: FillReport) -> None:
        assert one.terms is not None
        one.entry_ns = fill.ts
        one.from_fill = Markouts(one.middles, one.instrument, one.wish.side, fill.ts, one.wish.until_ns)
        one.from_fill.from_price(fill.price, HORIZONS_NS)
        if one.terms.time_stop_ns:
            self._at(fill.ts + one.terms.time_stop_ns, "time", one, "time")

    def _withdraw(self, one: Alone, ts: int) -> None:
        """Ask for the end of its entry, once."""
        if one.sent and one.working and not one.withdrawn:
            one.withdrawn = True
            self._broker.withdraw(one.entry_id, ts)

    def _leave(self, one: Alone, ts: int, why: str) -> None:
        """At market, unless it is leaving already."""
        if one.share and not one.exits:
            one.leaving = why
            order = one.market_exit(ts, why)
            one.exits[order.client_order_id] = order
            self._broker.leave(order)
