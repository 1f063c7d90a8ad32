"""An order's life from its acceptance to its end: brackets, groups, fills.

Source: TWS API documentation (bracket and OCA orders), and what IB's paper simulator is known to do (docs/gateway.md):
    children   wait (PreSubmitted, whyHeld `child`) until their parent fills; then a target is Submitted and a stop
               waits for its trigger (PreSubmitted, whyHeld `trigger`). They keep the quantity that they were sent
               with, and work for what the parent has filled less what has left again. IB groups them (ocaGroup = the
               parent's permId, ocaType 3) by itself.
    groups     ocaType 1 cancels the others at the first fill, 2 and 3 make them smaller by it
    a target   within a stamp that hits its stop as well loses to the stop: it fills when the stamp is over
"""

import heapq
from collections.abc import Callable
from functools import partial

from adapters.gateway.books import Books
from adapters.gateway.faults import Faults
from adapters.gateway.floor import Floor
from adapters.gateway.seam import Listed, Rules, World
from adapters.gateway.telling import Telling
from adapters.gateway.ticket import Ticket
from bot.sessions import day_at, days_of

STOPS = ("STP", "STP LMT")
_WEEK_NS = 7 * 86_400_000_000_000


class Life:
    """Moves orders through their states; what happens is told by `telling`."""

    def __init__(
        self, world: World, rules: Rules, books: Books, floor: Floor, telling: Telling, faults: Faults
    ) -> None:
        self._world, self._rules, self._books = world, rules, books
        self._floor, self._telling, self._faults = floor, telling, faults
        self._timed: list[tuple[int, int, Callable[[], None]]] = []
        self._numbered = 0
        self._in_row = False
        self.now = 0
        """The market's time, ns UTC."""

    # Time

    def later(self, ts: int, what: Callable[[], None]) -> None:
        """Let it happen when the market's time has come to `ts`."""
        heapq.heappush(self._timed, (ts, self._numbered, what))
        self._numbered += 1

    @property
    def due(self) -> int | None:
        """When the next such thing happens, ns UTC."""
        return self._timed[0][0] if self._timed else None

    def at(self, ts: int) -> None:
        """The market's time has come to `ts`."""
        while self._timed and self._timed[0][0] <= ts:
            due, _, what = heapq.heappop(self._timed)
            self.now = max(self.now, due)
            what()
        self.now = max(self.now, ts)

    # Beginning

    def accept(self, tickets: list[Ticket]) -> None:
        """Take orders that belong together into the book, parent first; they work after the latency."""
        for ticket in tickets:
            ticket.created_ns = self.now
            self._books.accept(ticket)
            self._join_family(ticket)
            ticket.state, ticket.why_held = self._begins(ticket)
            self._telling.order(ticket, "order")
            if ticket.tif == "DAY":
                self.later(self._session_end(ticket), partial(self.expire, ticket))
        if self._rules.latency_ns:
            self.later(self.now + self._rules.latency_ns, lambda: self._activate(tickets))
        else:
            self._activate(tickets)

    def restore(self) -> None:
        """Let orders of an earlier gateway work again."""
        for ticket in self._books.live:
            if ticket.tif == "DAY":
                self.later(self._session_end(ticket), partial(self.expire, ticket))
            if ticket.state != "Inactive" and ticket.why_held != "child":
                self._work(ticket)
        for parent in {id(one): one for one, _ in map(self._books.family, self._books.live) if one}.values():
            self._fit(parent)

    def _join_family(self, ticket: Ticket) -> None:
        number = int(ticket.entry["parentId"] or 0)
        parent = self._books.of(ticket.client_id, number) if number else self._books.tickets.get(ticket.parent)
        if parent is not None:
            ticket.parent = parent.perm_id
            parent.children.append(ticket)
            if not ticket.oca_group:
                ticket.oca_group, ticket.oca_type = str(parent.perm_id), 3

    def _begins(self, ticket: Ticket) -> tuple[str, str]:
        if ticket.parent:
            who = self._faults.armed("inactive-child")
            if who == ticket.role:
                self._faults.take("inactive-child")
                return "Inactive", ""
            return "PreSubmitted", "child"
        if ticket.type in STOPS:
            return "PreSubmitted", "trigger"
        return ("PreSubmitted" if self._rules.latency_ns else "Submitted"), ""

    def _activate(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            if ticket.over or ticket.state == "Inactive":
                continue
            parent, _ = self._books.family(ticket)
            if ticket.parent and parent is not None:
                if parent.filled and ticket.slot < 0:
                    self._release(parent)
                continue
            if ticket.state == "PreSubmitted" and ticket.type not in STOPS:
                ticket.state = "Submitted"
                self._telling.order(ticket)
            self._work(ticket)
            self.meet(ticket)
            if ticket.tif == "IOC" and not ticket.over:
                self.cancel(ticket, "immediate or cancel")

    def _work(self, ticket: Ticket) -> None:
        if ticket.listed.index is not None and ticket.slot < 0:
            self._floor.add(ticket, ticket.left)
            self._floor.wake(ticket)

    def meet(self, ticket: Ticket) -> None:
        """Let an order that has just come find what stands there."""
        if ticket.slot < 0:
            return
        price = self._floor.arrives(ticket)
        if price is not None:
            self.fill(ticket, self._floor.quantity(ticket), price, liquidity=2)

    # Fills

    def hit(self, ticket: Ticket, quantity: int, price: int) -> None:
        """The row at hand reaches an order."""
        self._in_row = True
        self._reached(ticket, quantity, price)
        self._in_row = False

    def _reached(self, ticket: Ticket, quantity: int, price: int) -> None:
        if ticket.type == "STP LMT" and not ticket.triggered:
            self._floor.becomes_limit(ticket)
            ticket.state, ticket.why_held = "Submitted", ""
            self._telling.order(ticket)
            self._floor.row += 1
            self.meet(ticket)
            self._floor.row -= 1
        elif ticket.type == "LMT" and self._has_stop(ticket):
            ticket.waiting += quantity
            self._floor.set_quantity(ticket, self._floor.quantity(ticket) - quantity)
            self.later(self.now + 1, partial(self._settle, ticket, self.now))
        else:
            self.fill(ticket, quantity, price, liquidity=1 if ticket.type == "LMT" else 2)

    def fill(self, ticket: Ticket, quantity: int, price: int, *, liquidity: int, ts: int = 0) -> None:
        """Execute units of an order at a price in ticks, and all that follows from it; `ts` when it was not now."""
        piece = self._faults.armed("partial-fills")
        quantity = min(quantity, ticket.left) if piece is None else min(quantity, ticket.left, int(piece))
        if quantity <= 0:
            return
        ticket.filled += quantity
        ticket.paid += quantity * price
        ticket.last_price = price
        ticket.why_held = ""
        self._floor.set_quantity(ticket, self._floor.quantity(ticket) - quantity)
        if ticket.left:
            ticket.state = "Submitted"
        else:
            self._over(ticket, "Filled", "filled")
        one = self._books.execution(ticket, quantity, price, ts or self.now, liquidity)
        self._telling.fill(one)
        if ticket.children:
            self._release(ticket)
        parent, _ = self._books.family(ticket)
        if ticket.parent and parent is not None:
            self._fit(parent)
        self._group(ticket, quantity)

    def worth(self, listed: Listed) -> int | None:
        """What a contract is worth now, ticks."""
        return self._floor.worth(listed.index)

    def fill_now(self, ticket: Ticket) -> None:
        """Execute what is left of an order at its own price, else at what its contract is worth."""
        price = ticket.limit if ticket.limit is not None else ticket.trigger
        worth = self.worth(ticket.listed) if price is None else price
        if worth is not None:
            self.fill(ticket, ticket.left, worth, liquidity=1)

    def _settle(self, ticket: Ticket, ts: int) -> None:
        units, ticket.waiting = ticket.waiting, 0
        if units and not ticket.over:
            self._floor.set_quantity(ticket, self._floor.quantity(ticket) + units)
            self.fill(ticket, units, ticket.limit or 0, liquidity=1, ts=ts)

    def _has_stop(self, ticket: Ticket) -> bool:
        return any(one.type in STOPS and one.slot >= 0 for one in self._mates(ticket))

    def _mates(self, ticket: Ticket) -> list[Ticket]:
        """Living orders of its group, without itself."""
        if not ticket.oca_group:
            return []
        return [
            one
            for one in self._books.live
            if one is not ticket and (one.account, one.oca_group) == (ticket.account, ticket.oca_group)
        ]

    # Brackets

    def _release(self, parent: Ticket) -> None:
        """Children come to work for what their parent has filled; stops get their place before targets."""
        for child in sorted(parent.children, key=lambda one: one.type not in STOPS):
            if child.over or child.state == "Inactive" or child.listed.index is None:
                continue
            stop = child.type in STOPS
            if child.why_held == "child":
                self._floor.add(child, 0)
                child.state, child.why_held = ("PreSubmitted", "trigger") if stop else ("Submitted", "")
                self._telling.order(child)
            # The row that filled the parent can hit the stop as well, but not the target.
            self._floor.wake(child, after=self._in_row and not stop)
        self._fit(parent)

    def _fit(self, parent: Ticket) -> None:
        """Let children work for what is in; end them when the bracket is done."""
        units = parent.filled - sum(child.filled for child in parent.children)
        left = [child for child in parent.children if not child.over]
        exits = any(child.filled for child in parent.children)
        for child in left:
            child.waiting = min(child.waiting, max(0, units))
            self._floor.set_quantity(child, max(0, min(child.left, units) - child.waiting))
        # While the parent can still fill, its stop must stay where it is, even if it has nothing to cover just now.
        if not parent.over or not (exits or not parent.filled):
            return
        for child in left:
            if units <= 0:
                self.cancel(child, "the bracket is done")
            elif child.left > units:
                child.quantity = child.filled + units
                self._telling.order(child)

    def _group(self, ticket: Ticket, quantity: int) -> None:
        """What a fill means to the others of a group; a bracket's own children follow their parent."""
        native = ticket.oca_group == str(ticket.parent)
        for one in self._mates(ticket):
            if native and one.parent == ticket.parent:
                continue
            if ticket.oca_type == 1 or one.left <= quantity:
                self.cancel(one, "OCA group")
            else:
                one.quantity -= quantity
                one.waiting = min(one.waiting, one.left)
                self._floor.set_quantity(one, min(self._floor.quantity(one), one.left - one.waiting))
                self._telling.order(one)

    # Changes

    def amended(self, ticket: Ticket) -> None:
        """An order's price or quantity is another one now."""
        parent, _ = self._books.family(ticket)
        self._telling.order(ticket, "amended")
        if ticket.slot < 0:
            return
        self._floor.price(ticket)
        if ticket.parent and parent is not None:
            self._fit(parent)
        else:
            self._floor.set_quantity(ticket, ticket.left)
        if ticket.type == "LMT":
            self.meet(ticket)

    # Ends

    def cancel(self, ticket: Ticket, why: str) -> None:
        """End an order; the unfilled parent of a bracket takes its children with it."""
        if ticket.over:
            return
        self._over(ticket, "Cancelled", why)
        self._telling.ended(ticket)
        if ticket.children:
            self._fit(ticket)

    def expire(self, ticket: Ticket) -> None:
        """The session of a DAY order is over."""
        self.cancel(ticket, "the trading day is over")

    def _over(self, ticket: Ticket, state: str, why: str) -> None:
        ticket.state, ticket.why_held = state, ""
        ticket.ended, ticket.ended_ns = why, self.now
        self._floor.end(ticket)

    def _session_end(self, ticket: Ticket) -> int:
        rows = days_of(ticket.listed.instrument, self.now - _WEEK_NS, self.now + _WEEK_NS)
        if not len(rows):
            return self.now + _WEEK_NS
        index = max(0, day_at(rows, self.now))
        while index + 1 < len(rows) and int(rows[index]["close"]) <= self.now:
            index += 1
        return int(rows[index]["close"])
