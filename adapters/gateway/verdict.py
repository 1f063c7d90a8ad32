"""The verdict: what a client did here that no careful program does. Judged while it happens, said at the end."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from adapters.gateway.seam import Listed, Session
from adapters.gateway.ticket import Execution, Ticket

PAPER = re.compile(r"^D[UF]\d+$")
GRACE_NS = 10_000_000_000
RATE_MAX = 50
MARKERS = frozenset({53, 55, 62})
"""End markers of open orders, executions and positions: without them a client does not know where it stands."""
FINDINGS = {
    "entry-without-stop": "an order opened a position, and no stop was with it",
    "naked": "a position had less stop than units for longer than the grace (10 s)",
    "live-account": "an order for an account that is not a paper account",
    "blind": "an order before the end markers of open orders, executions and positions on its connection",
    "while-1100": "a new order after the gateway had said that it lost IB (grace 250 ms)",
    "on-delayed-data": "a new order while the market data was delayed",
    "same-ref": "one orderRef on two orders",
    "off-grid": "a price off the grid",
    "orphan": "a working stop or target with nothing that it could close",
    "rate": "more than 50 messages in a second",
}
"""What can be found."""
_SECOND = 1_000_000_000
CROSSING_NS = 250_000_000
"""How long an order may have been on its way to a gateway that says that it has lost IB; by the wall."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found: its name in FINDINGS, when (market's time, ns UTC), and about what."""

    name: str
    ts: int
    about: str


class Verdict:
    """Watches orders, executions and messages. `held` says how many units an account has of a contract."""

    def __init__(self, live: Callable[[], Iterable[Ticket]], held: Callable[[str, Listed], int]) -> None:
        self.findings: list[Finding] = []
        self.delayed = False
        self._live, self._held = live, held
        self._now = 0
        self._markers: dict[int, set[int]] = {}
        self._refs: dict[str, Ticket] = {}
        self._units: dict[tuple[str, int], int] = {}
        self._uncovered: dict[tuple[str, int], int] = {}
        self._heard: dict[int, deque[int]] = {}

    def restore(self, tickets: Iterable[Ticket], executions: Iterable[Execution]) -> None:
        """What an earlier gateway saw."""
        self._refs = {ticket.ref: ticket for ticket in tickets if ticket.ref}
        for one in executions:
            if one.revision == 1:
                key = one.ticket.account, one.ticket.listed.con_id
                self._units[key] = self._units.get(key, 0) + one.ticket.side * one.quantity
        for key in self._units:
            self._cover(key)

    def heard(self, session: Session, wall_ns: int) -> None:
        """A client has said something."""
        times = self._heard.setdefault(session.number, deque())
        times.append(wall_ns)
        while times and times[0] <= wall_ns - _SECOND:
            times.popleft()
        if len(times) == RATE_MAX + 1:
            self._found("rate", f"connection {session.number}")

    def answered(self, session: Session, marker: int) -> None:
        """An end marker was sent."""
        self._markers.setdefault(session.number, set()).add(marker)

    def placed(self, session: Session, ticket: Ticket, *, lost_ib_ns: int | None) -> None:
        """A new order has come."""
        about = _about(ticket)
        if not PAPER.match(ticket.account):
            self._found("live-account", f"{about} for {ticket.account}")
        missing = MARKERS - self._markers.get(session.number, set())
        if missing:
            self._found("blind", f"{about}: without {', '.join(map(str, sorted(missing)))}")
        if lost_ib_ns is not None and self._heard[session.number][-1] > lost_ib_ns + CROSSING_NS:
            self._found("while-1100", about)
        if self.delayed:
            self._found("on-delayed-data", about)
        other = self._refs.get(ticket.ref)
        if other is not None and other.perm_id:
            self._found("same-ref", f"{about}: orders {other.order_id} and {ticket.order_id}")
        elif ticket.ref:
            # One that was refused, or never transmitted, was no order.
            self._refs[ticket.ref] = ticket

    def off_grid(self, ref: str) -> None:
        """A price was refused."""
        self._found("off-grid", ref)

    def filled(self, one: Execution) -> None:
        """An execution has happened."""
        ticket = one.ticket
        key = ticket.account, ticket.listed.con_id
        before = self._units.get(key, 0)
        self._units[key] = before + ticket.side * one.quantity
        opens = abs(self._units[key]) > abs(before)
        if opens and not self._has_stop(ticket):
            self._found("entry-without-stop", _about(ticket))
        self._cover(key)

    def order(self, ticket: Ticket) -> None:
        """An order has changed."""
        self._cover((ticket.account, ticket.listed.con_id))

    def at(self, ts: int) -> None:
        """The market's time has come to `ts`."""
        self._now = max(self._now, ts)
        for key, since in list(self._uncovered.items()):
            if self._now - since > GRACE_NS:
                self._found("naked", f"{self._units[key]} of contract {key[1]} in {key[0]}")
                self._uncovered[key] = self._now + (1 << 62)  # said once

    def judge(self) -> dict[str, Any]:
        """Everything that was found, with what can only be seen at the end."""
        orphans = [
            Finding("orphan", self._now, _about(ticket))
            for ticket in self._live()
            if ticket.role in ("stop", "target") and self._closes_nothing(ticket)
        ]
        found = [*self.findings, *orphans]
        rows = [{"name": one.name, "ts": one.ts, "about": one.about} for one in found]
        return {"clean": not found, "findings": rows}

    def _closes_nothing(self, ticket: Ticket) -> bool:
        waits = ticket.why_held == "child"
        return not waits and self._held(ticket.account, ticket.listed) * ticket.side >= 0

    def _has_stop(self, entry: Ticket) -> bool:
        stops = [one for one in self._live() if one.type in ("STP", "STP LMT") and one.side == -entry.side]
        return any((one.account, one.listed.con_id) == (entry.account, entry.listed.con_id) for one in stops)

    def _cover(self, key: tuple[str, int]) -> None:
        units = self._units.get(key, 0)
        covered = sum(
            one.left
            for one in self._live()
            if (one.account, one.listed.con_id) == key
            and one.side * units < 0
            and (one.type == "MKT" or (one.type in ("STP", "STP LMT") and one.state != "Inactive"))
        )
        if not units or covered >= abs(units):
            self._uncovered.pop(key, None)
        else:
            self._uncovered.setdefault(key, self._now)

    def _found(self, name: str, about: str) -> None:
        self.findings.append(Finding(name, self._now, about))


def _about(ticket: Ticket) -> str:
    return ticket.ref or f"order {ticket.order_id} of client {ticket.client_id}"
