"""Questions and what is answered: open orders, executions, completed orders. Each answer ends with its marker."""

from collections.abc import Callable, Sequence

from adapters.gateway import words
from adapters.gateway.books import Books
from adapters.gateway.mouth import Mouth
from adapters.gateway.seam import Session, World
from adapters.gateway.speech import midnight, moment, plain, shown, stamp
from adapters.gateway.telling import Telling
from adapters.gateway.ticket import Execution, Ticket
from adapters.gateway.verdict import Verdict


class Answers:
    """What the books say to those who ask."""

    def __init__(self, world: World, books: Books, mouth: Mouth, telling: Telling, verdict: Verdict) -> None:
        self._world, self._books, self._mouth = world, books, mouth
        self._telling, self._verdict = telling, verdict
        self.now: Callable[[], int] = world.now_ns

    def open_orders(self, session: Session, *, everybody: bool) -> None:
        """5 and 16: openOrder and orderStatus of each live order, then 53."""
        for ticket in self._books.live:
            if everybody or ticket.client_id == session.client_id:
                self._mouth.to(session, words.open_order(ticket, session.version))
                self._mouth.to(session, words.order_status(ticket))
        self._end(session, 53)

    def completed(self, session: Session) -> None:
        """99: orders that are over, then 102."""
        for ticket in self._books.tickets.values():
            if ticket.over:
                when = stamp(ticket.ended_ns)
                self._mouth.to(session, words.completed_order(ticket, session.version, when))
        self._mouth.to(session, (102,))

    def executions(self, session: Session, fields: Sequence[str]) -> None:
        """7: executions since midnight that the filter lets through, their costs, then 55."""
        number, *wanted = fields[2:]
        fits = _filter([*wanted, *[""] * 7])
        since = midnight(shown(session, self.now(), self._world.wall_ns()))
        for one in self._books.executions:
            at = shown(session, one.ts, one.wall_ns)
            if at >= since and fits(one, at):
                self._mouth.to(session, words.execution(one, int(number), stamp(at), session.version))
                if one.root not in self._telling.untold:
                    self._mouth.to(session, words.commission(one))
        self._end(session, 55, number)

    def positions(self, session: Session) -> None:
        """61: positions of the accounts, then 62; changes are told from here on."""
        for account, con_id in self._books.accounts.positions:
            if account in session.account.split(",") and self._books.accounts.positions[account, con_id].units:
                self._mouth.to(session, self._telling.position(account, con_id))
        self._telling.followers.add(session)
        self._end(session, 62)

    def positions_multi(self, session: Session, fields: Sequence[str]) -> None:
        """74: the same under a number (71), then 72."""
        number, account = fields[2], fields[3]
        for one in self._books.accounts.of(account or session.account.split(",")[0]):
            if one.units:
                what = words.contract(one.listed, "")
                cost = plain(one.average_cost)
                self._mouth.to(session, (71, 1, number, one.account, *what, one.units, cost, ""))
        self._mouth.to(session, (72, 1, number))

    def next_id(self, session: Session) -> None:
        """8: the first order id that may be used."""
        self._mouth.to(session, (9, 1, self._books.next_id(session.client_id)))

    def _end(self, session: Session, marker: int, *more: str) -> None:
        self._verdict.answered(session, marker)
        self._mouth.to(session, (marker, 1, *more))


def _filter(wanted: Sequence[str]) -> Callable[[Execution, int], bool]:
    client, account, time, symbol, sec_type, exchange, side = wanted[:7]
    since = 0
    if time:
        try:
            since = moment(time)
        except ValueError:
            since = 0  # IB takes no notice of a time that it cannot read
    sides = {"BUY": 1, "BOT": 1, "SELL": -1, "SLD": -1}

    def fits(one: Execution, at: int) -> bool:
        ticket: Ticket = one.ticket
        return (
            client in ("", "0", "2147483647", str(ticket.client_id))
            and account in ("", ticket.account)
            and at >= since
            and symbol in ("", ticket.listed.symbol)
            and sec_type in ("", ticket.listed.sec_type)
            and exchange in ("", ticket.listed.exchange, "SMART")
            and (not side or sides.get(side.upper()) == ticket.side)
        )

    return fits
