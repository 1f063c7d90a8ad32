"""Requests that change orders: place and amend (3), cancel (4), cancel all (58), and what IB answers to wrong ones."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from adapters.gateway.books import Books
from adapters.gateway.faults import Faults
from adapters.gateway.ledger import Ledger
from adapters.gateway.life import Life
from adapters.gateway.mouth import Mouth
from adapters.gateway.order_entry import CONTRACT, Unreadable, parse, whole
from adapters.gateway.seam import Listed, Rules, Session, World
from adapters.gateway.telling import Telling
from adapters.gateway.ticket import HELD, Ticket, fault_of
from adapters.gateway.verdict import Verdict
from adapters.gateway.words import open_order

NO_CONTRACT = "No security definition has been found for the request"


class Placing:
    """The counter at which orders are handed in."""

    def __init__(
        self,
        world: World,
        rules: Rules,
        books: Books,
        life: Life,
        telling: Telling,
        mouth: Mouth,
        faults: Faults,
        ledger: Ledger,
        verdict: Verdict,
    ) -> None:
        self._world, self._rules, self._books, self._life = world, rules, books, life
        self._telling, self._mouth, self._faults = telling, mouth, faults
        self._ledger, self._verdict = ledger, verdict

    # 3

    def place(self, session: Session, fields: Sequence[str]) -> None:
        """A new order, or a change of one that is there."""
        number = int(fields[1]) if len(fields) > 1 and fields[1].lstrip("-").isdecimal() else -1
        try:
            entry = parse(fields, session.version)
            if number < 0:
                raise Unreadable(f"'{fields[1]}' is not an order id")
            self._take(session, number, entry)
        except Unreadable as odd:
            self._refuse(session, number, 320, f"Error reading request. Message id = 3: {odd}")

    def _take(self, session: Session, number: int, entry: dict[str, str]) -> None:
        found = self._world.find([entry[name] for name in CONTRACT])
        if len(found) != 1:
            self._refuse(session, number, 200, NO_CONTRACT)
            return
        (listed,) = found
        known = self._books.of(session.client_id, number)
        fault = self._fault(session, number, entry, listed, known)
        if fault is not None:
            self._refuse(session, number, *fault, ref=entry["orderRef"])
            return
        if entry["whatIf"] == "1":
            self._what_if(session, number, entry, listed)
        elif known is None or known.state == HELD:
            self._new(session, number, entry, listed, known)
        else:
            self._amend(session, known, entry)

    def _fault(
        self, session: Session, number: int, entry: dict[str, str], listed: Listed, known: Ticket | None
    ) -> tuple[int, str] | None:
        accounts = session.account.split(",")
        if entry["account"] not in ("", *accounts):
            return 321, f"Error validating request:-'bW' : cause - Invalid account code '{entry['account']}'."
        if known is None and number < self._books.next_id(session.client_id):
            return 103, "Duplicate order id"
        if known is not None and known.state != HELD:
            wrong = self._cannot_become(known, entry, listed)
            if wrong is not None:
                return wrong
        fault = fault_of(entry, listed)
        if fault is not None or (known is not None and known.state != HELD):
            return fault
        parent = whole(entry["parentId"])
        found = self._books.of(session.client_id, parent) if parent else None
        if parent and (found is None or found.over or found.left == 0):
            return 10006, "Missing parent order."
        return None

    def _cannot_become(self, known: Ticket, entry: dict[str, str], listed: Listed) -> tuple[int, str] | None:
        if known.state == "Filled":
            return 104, f"Cannot modify a filled order. Order Id = {known.order_id}"
        if known.over:
            return 103, "Duplicate order id"
        same = (known.entry["action"], known.type) == (entry["action"], entry["orderType"].upper())
        if not same or listed.con_id != known.listed.con_id:
            return 105, "Order being modified does not match original order."
        parent = whole(entry["parentId"])
        found = self._books.of(known.client_id, parent) if parent else None
        if parent and (found is None or found.over):
            # Seen at IB (ib_insync #647): the parentId of a child must be cleared once its parent is done.
            return 135, f"Can't find order with id ={parent}"
        if whole(entry["totalQuantity"]) <= known.filled:
            return 201, "Order rejected - reason:The new size is not greater than the filled one."
        return None

    def _new(self, session: Session, number: int, entry: dict[str, str], listed: Listed, held: Ticket | None) -> None:
        ticket = held or Ticket(session.client_id, number, "", listed, entry)
        ticket.entry, ticket.listed = entry, listed
        ticket.account = entry["account"] or session.account.split(",")[0]
        ticket.quantity = whole(entry["totalQuantity"])
        ticket.oca_group, ticket.oca_type = entry["ocaGroup"], whole(entry["ocaType"]) if entry["ocaGroup"] else 0
        self._books.hold(ticket)
        if held is None:
            self._verdict.placed(session, ticket, lost_ib_ns=self._world.lost_ib_ns)
        if not entry["tif"]:
            self._telling.refused(ticket, 10349, "Order TIF was set to DAY based on order preset.")
        if entry["transmit"] != "0":
            self._transmit(ticket)

    def _transmit(self, ticket: Ticket) -> None:
        parent_id = whole(ticket.entry["parentId"])
        parent = self._books.of(ticket.client_id, parent_id) if parent_id else ticket
        root = ticket if parent is None else parent
        group = [root] if root.state == HELD else []
        group += [one for one in self._books.waiting_on(root) if one is not root]
        taken: list[Ticket] = []
        for one in group:
            refused = self._refused_by_fault(one, root)
            if refused is None:
                taken.append(one)
                continue
            self._drop(one, *refused)
            if one is root:
                for child in group[1:]:
                    self._drop(child, 10006, "Missing parent order.")
                return
        self._life.accept(taken)

    def _refused_by_fault(self, ticket: Ticket, root: Ticket) -> tuple[int, str] | None:
        argument = self._faults.armed("reject")
        if argument is None:
            return None
        who, _, code = argument.partition(":")
        role = "parent" if ticket is root else ("stop" if ticket.type in ("STP", "STP LMT") else "target")
        if who not in ("any", role):
            return None
        self._faults.take("reject")
        return int(code or 201), "Order rejected - reason:a fault that was asked for"

    def _drop(self, ticket: Ticket, code: int, text: str) -> None:
        """Refuse an order that was handed in: IB shows it as Inactive once, and forgets it."""
        self._books.held.pop((ticket.client_id, ticket.order_id), None)
        ticket.state, ticket.ended = "Inactive", text
        self._telling.refused(ticket, code, text)
        self._ledger.order("end", ticket, why=text)
        self._telling.status(ticket)

    def _what_if(self, session: Session, number: int, entry: dict[str, str], listed: Listed) -> None:
        asked = Ticket(session.client_id, number, entry["account"] or session.account, listed, entry)
        asked.quantity, asked.state = whole(entry["totalQuantity"]), "PreSubmitted"
        self._mouth.to(session, open_order(asked, session.version))

    def _refuse(self, session: Session, number: int, code: int, text: str, *, ref: str = "") -> None:
        if code == 110:
            self._verdict.off_grid(ref or f"order {number} of client {session.client_id}")
        self._ledger.write("error", client_id=session.client_id, order_id=number, ref=ref, code=code, text=text)
        self._mouth.error(session, number, code, text)

    # Changes

    def _amend(self, session: Session, ticket: Ticket, entry: dict[str, str]) -> None:
        refused = self._faults.armed("reject")
        if refused is not None and refused.startswith("amend"):
            self._faults.take("reject")
            self._telling.refused(ticket, int(refused.partition(":")[2] or 201), "Order rejected - reason:a fault")
            return
        if self._faults.take("two-perm-ids") is not None:
            second = replace(ticket, entry=entry, perm_id=0, state=HELD, slot=-1, filled=0, paid=0, children=[])
            second.quantity = whole(entry["totalQuantity"]) - ticket.filled
            self._life.accept([second])
            return
        self._after_latency(partial(self._become, ticket, entry))

    def _become(self, ticket: Ticket, entry: dict[str, str]) -> None:
        if ticket.over:
            return
        entry["parentId"] = entry["parentId"] or "0"
        ticket.entry = entry
        ticket.quantity = max(ticket.filled, whole(entry["totalQuantity"]))
        self._life.amended(ticket)

    # 4, 58

    def cancel(self, session: Session, fields: Sequence[str]) -> None:
        """End one order of this client."""
        number = int(fields[2]) if len(fields) > 2 and fields[2].lstrip("-").isdecimal() else -1
        ticket = self._books.of(session.client_id, number)
        self._ledger.write("cancel", connection=session.number, client_id=session.client_id, order_id=number)
        if ticket is None:
            text = f"OrderId {number} that needs to be cancelled is not found."
            self._refuse(session, number, 10147, text)
            return
        if ticket.state == HELD:
            self._books.held.pop((ticket.client_id, ticket.order_id), None)
            ticket.state, ticket.ended = "Cancelled", ""
            self._telling.ended(ticket)
            return
        if not ticket.over and self._faults.take("cancel-meets-fill") is not None:
            self._life.fill_now(ticket)
        if ticket.over:
            text = f"OrderId {number} that needs to be cancelled cannot be cancelled, state: {ticket.state}."
            self._refuse(session, number, 10148, text)
            return
        self._end(ticket)

    def cancel_all(self) -> None:
        """End every order of everybody."""
        for ticket in list(self._books.live):
            self._end(ticket)

    def _end(self, ticket: Ticket) -> None:
        if self._rules.latency_ns:
            ticket.state = "PendingCancel"
            self._telling.order(ticket)
        self._after_latency(partial(self._life.cancel, ticket, ""))

    def _after_latency(self, what: partial[None]) -> None:
        if self._rules.latency_ns:
            self._life.later(self._life.now + self._rules.latency_ns, what)
        else:
            what()
