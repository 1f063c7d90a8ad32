"""Who is told what of an order or an execution, when, and how often: IB's order of messages, and the faults of it.

IB tells an execution first (11), then the order (5, 3), then what it cost (59), then the position to those who follow.
"""

from collections.abc import Callable

from adapters.gateway import words
from adapters.gateway.books import Books
from adapters.gateway.faults import Faults
from adapters.gateway.ledger import Ledger
from adapters.gateway.mouth import Fields, Mouth
from adapters.gateway.seam import Listed, Session, World
from adapters.gateway.speech import plain, shown, stamp
from adapters.gateway.ticket import Execution, Ticket
from adapters.gateway.verdict import Verdict

_MS = 1_000_000


class Telling:
    """What leaves the exchange unasked."""

    def __init__(
        self, world: World, books: Books, mouth: Mouth, faults: Faults, ledger: Ledger, verdict: Verdict
    ) -> None:
        self._world, self._books, self._mouth = world, books, mouth
        self._faults, self._ledger, self._verdict = faults, ledger, verdict
        self.now: Callable[[], int] = world.now_ns
        self.followers: set[Session] = set()
        """Who asked for positions and is told when they change."""
        self.untold: set[str] = set()
        """Roots of executions whose commission is never told."""
        self.position_changed: Callable[[str, Listed], None] = lambda account, listed: None

    def order(self, ticket: Ticket, event: str = "status") -> None:
        """An order is new or has changed: openOrder and orderStatus to its client."""
        self._books.changed(ticket)
        self._ledger.order(event, ticket, whole=True)
        self._verdict.order(ticket)
        self.status(ticket, self._slowness())

    def status(self, ticket: Ticket, at_ns: int = 0) -> None:
        """openOrder and orderStatus as the order stands now, said at once or at a later time of the market."""
        twice = self._faults.armed("doubled-status") is not None
        for session in self._mouth.hearers(ticket.client_id):
            self._mouth.to(session, words.open_order(ticket, session.version), at_ns)
            for _ in range(1 + twice):
                self._mouth.to(session, words.order_status(ticket), at_ns)

    def refused(self, ticket: Ticket, code: int, text: str, at_ns: int = 0) -> None:
        """Message 4 about an order, to its client, at once or at a later time of the market."""
        self._ledger.order("error", ticket, code=code, text=text)
        for session in self._mouth.hearers(ticket.client_id):
            self._mouth.error(session, ticket.order_id, code, text, at_ns)

    def ended(self, ticket: Ticket, *, told: bool = True) -> None:
        """An order is over: with 202 for one that was cancelled."""
        self._ledger.order("end", ticket, why=ticket.ended)
        if ticket.state == "Cancelled" and told:
            self.refused(ticket, 202, f"Order Canceled - reason:{ticket.ended}", self._slowness())
        self.order(ticket)

    def fill(self, one: Execution) -> None:
        """An execution: told in IB's order, or as a fault has it."""
        ticket = one.ticket
        self._books.changed(ticket)
        self._ledger.execution("exec", one)
        self._verdict.filled(one)
        if self._faults.take("commission-before") is not None:
            self._commission(one)
            self._execution(one)
            self.order(ticket)
        elif self._faults.take("status-before-execution") is not None:
            self.order(ticket)
            self._execution(one)
            self._commission_in_time(one)
        else:
            if self._faults.take("status-without-execution") is None:
                self._execution(one)
            self._status_in_time(ticket)
            self._commission_in_time(one)
        self.moved(ticket.account, ticket.listed)
        self._repeat(one)

    def _execution(self, one: Execution, times: int = 1) -> None:
        for session in self._mouth.hearers(one.ticket.client_id):
            when = stamp(shown(session, one.ts, one.wall_ns))
            for _ in range(times):
                self._mouth.to(session, words.execution(one, -1, when, session.version))

    def _status_in_time(self, ticket: Ticket) -> None:
        late = self._faults.take("status-late")
        if self._faults.take("execution-without-status") is not None:
            self._ledger.order("status", ticket, whole=True)
            self._verdict.order(ticket)
        elif late is not None:
            self._ledger.order("status", ticket, whole=True)
            self._verdict.order(ticket)
            self.status(ticket, self.now() + int(late) * _MS)
        else:
            self.order(ticket)

    def _commission_in_time(self, one: Execution) -> None:
        late = self._faults.take("commission-late")
        if self._faults.take("commission-never") is not None:
            self.untold.add(one.root)
        else:
            self._commission(one, 0 if late is None else self.now() + int(late) * _MS)

    def _commission(self, one: Execution, at_ns: int = 0) -> None:
        self._ledger.commission(one)
        for session in self._mouth.hearers(one.ticket.client_id):
            self._mouth.to(session, words.commission(one), at_ns)

    def _repeat(self, one: Execution) -> None:
        if self._faults.take("repeated-execution") is not None:
            self._execution(one)
        ticks = self._faults.take("corrected-execution")
        if ticks is not None:
            revised = self._books.correct(one, one.price + one.ticket.side * int(ticks))
            self._ledger.execution("correction", revised, corrects=one.exec_id)
            self._execution(revised)
            self._commission(revised)
            self.moved(one.ticket.account, one.ticket.listed)

    def moved(self, account: str, listed: Listed) -> None:
        """A position is another one now: those who follow are told."""
        position = self._books.accounts.position(account, listed)
        self._ledger.write(
            "position",
            account=account,
            con_id=listed.con_id,
            contract=listed.instrument.contract or listed.symbol,
            position=position.units,
            average_cost=plain(position.average_cost),
        )
        if self._world.lost_ib_ns is not None:
            return
        for session in [one for one in self.followers if one.connected]:
            self._mouth.to(session, self.position(account, listed.con_id))
        self.position_changed(account, listed)

    def position(self, account: str, con_id: int) -> Fields:
        """Message 61."""
        one = self._books.accounts.positions[account, con_id]
        return (61, 3, account, *words.contract(one.listed, ""), one.units, plain(one.average_cost))

    def _slowness(self) -> int:
        slow = self._faults.armed("slow-acks")
        return 0 if slow is None else self.now() + int(slow) * _MS
