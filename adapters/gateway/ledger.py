"""The ledger: what this gateway heard, executed and said, one JSON line each, written before any client hears of it.

It is the truth that a test holds a client's own journal against. Keys and events: docs/gateway.md.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from adapters.gateway.appended import Appended
from adapters.gateway.seam import Session
from adapters.gateway.speech import plain
from adapters.gateway.ticket import Execution, Ticket

EVENTS = {
    "received": "a client's message: `fields` as they came",
    "order": "an order was accepted: `order`",
    "amended": "an order was changed: `order` as it is now",
    "status": "an order's state changed",
    "exec": "an execution: `exec`",
    "correction": "an execution was replaced by a later revision of it: `exec`, and the one it `corrects`",
    "commission": "what an execution cost: `exec_id`, `commission`, `currency`, `realized` (null when it opened)",
    "cancel": "a client asks for an order's end",
    "end": "an order is over: `state` and `why`",
    "error": "a client was refused something: `code` and `text`",
    "position": "a position is now `position`, at an `average_cost`",
    "foreign": "something that no client of ours did: an `order` or a `position`",
    "fault": "a fault was set off: `name`, `argument`",
    "restored": "the gateway has started, with so many `orders`, `executions` of before",
}
"""What a line can tell of."""
KEYS = {
    "event": "what the line tells of",
    "ts": "the market's time, ns UTC",
    "wall": "the wall's time, ns UTC",
    "connection": "which connection of this gateway, counted from 1",
    "client_id": "the client whose connection or order it is; −1: nobody's",
    "order_id": "the client's number of the order",
    "perm_id": "the order's name for ever; 0 before it is accepted",
    "ref": "its orderRef",
    "account": "its account",
    "con_id": "its contract's number",
    "contract": "its contract (`ESZ2026`)",
    "state": "its state as orderStatus says it",
    "filled": "units executed",
    "remaining": "units not executed",
    "why": "why it ended, in words",
}
"""Keys that more than one event has."""


class Ledger:
    """Append-only JSON lines; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._lines = Appended(None if path is None else os.open(path, flags, 0o600))
        self._now = (0, 0)

    def at(self, ts: int, wall_ns: int) -> None:
        """The time of the lines to come."""
        self._now = ts, wall_ns

    def write(self, event: str, **facts: Any) -> None:
        """One line, at the next `flush`."""
        if self._lines.open:
            ts, wall = self._now
            line = {"event": event, "ts": ts, "wall": wall, **facts}
            self._lines.add(msgspec.json.encode(line, enc_hook=_text))

    def heard(self, session: Session, fields: list[str]) -> None:
        """A client's message."""
        self.write("received", connection=session.number, client_id=session.client_id, fields=fields)

    def order(self, event: str, ticket: Ticket, *, whole: bool = False, **more: Any) -> None:
        """Something about one order; `whole`: with what it says."""
        if self._lines.open:
            self.write(event, **_named(ticket), **more, **({"order": _said(ticket)} if whole else {}))

    def execution(self, event: str, one: Execution, **more: Any) -> None:
        """Something about one execution."""
        if not self._lines.open:
            return
        facts = {
            "exec_id": one.exec_id,
            "side": "BOT" if one.ticket.side > 0 else "SLD",
            "quantity": one.quantity,
            "price": plain(one.ticket.price(one.price)),
            "cumulated": one.cumulated,
        }
        self.write(event, **_named(one.ticket), exec=facts, **more)

    def commission(self, one: Execution) -> None:
        """What an execution cost."""
        realized = None if one.realized is None else plain(one.realized)
        currency = one.ticket.listed.currency
        named = {"exec_id": one.exec_id, "commission": plain(one.commission), "currency": currency}
        self.write("commission", **_named(one.ticket), **named, realized=realized)

    def flush(self) -> None:
        """Have it on the disk."""
        self._lines.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()


def _said(ticket: Ticket) -> dict[str, Any]:
    """The order as its client wrote it and as it stands, for the key `order`."""
    return {
        "action": ticket.entry["action"],
        "type": ticket.type,
        "quantity": ticket.quantity,
        "limit": None if ticket.limit is None else plain(ticket.price(ticket.limit)),
        "stop": None if ticket.trigger is None else plain(ticket.price(ticket.trigger)),
        "tif": ticket.tif,
        "outside_rth": ticket.entry["outsideRth"] == "1",
        "parent": ticket.parent,
        "oca_group": ticket.oca_group,
        "oca_type": ticket.oca_type,
    }


def _named(ticket: Ticket) -> dict[str, Any]:
    return {
        "client_id": ticket.client_id,
        "order_id": ticket.order_id,
        "perm_id": ticket.perm_id,
        "ref": ticket.ref,
        "account": ticket.account,
        "con_id": ticket.listed.con_id,
        "contract": ticket.listed.instrument.contract or ticket.listed.symbol,
        "state": ticket.state,
        "filled": ticket.filled,
        "remaining": ticket.left,
    }


def _text(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value)} has no place in a ledger")
