"""What really happened: the gateway's ledger, read as it grows.

Everything here is computed from its lines, with the arithmetic of a broker's book and nothing of ours.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.chaos.market import TICK

SIDES = {"BOT": 1, "SLD": -1, "BUY": 1, "SELL": -1}


@dataclass(frozen=True)
class Execution:
    """One execution; prices in ticks, `wall` in ns UTC."""

    exec_id: str
    ref: str
    side: int
    quantity: int
    price: Decimal
    wall: int


@dataclass
class AtBroker:
    """An order as it stands in the broker's book."""

    ref: str
    side: int
    type: str
    quantity: int
    limit: Decimal | None
    stop: Decimal | None
    parent: int
    filled: int
    left: int
    state: str = ""

    @property
    def covers(self) -> bool:
        """Whether it takes units out when the market goes against them."""
        return self.state != "Inactive" and self.type in ("STP", "STP LMT", "MKT")


@dataclass(frozen=True)
class Naked:
    """A time in which the position was larger than its stops; wall ns UTC."""

    since: int
    until: int
    position: int


@dataclass
class Truth:
    """The broker's book, and what has ever been executed."""

    path: Path
    executions: dict[str, Execution] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    """Executions of which a revision has come since."""
    orders: dict[int, AtBroker] = field(default_factory=dict)
    """permId → every order."""
    alive: dict[int, AtBroker] = field(default_factory=dict)
    """permId → orders that work or wait."""
    sent: dict[str, AtBroker] = field(default_factory=dict)
    """orderRef → the order as it was accepted first."""
    accepted: Counter[str] = field(default_factory=Counter)
    """orderRef → how many orders of that name were accepted."""
    naked: list[Naked] = field(default_factory=list)
    position: int = 0
    wall: int = 0
    _out: Counter[int] = field(default_factory=Counter)
    """permId of a parent → units that its children have filled."""
    _since: int = 0
    _read: int = 0

    def catch_up(self) -> "Truth":
        """Read what has been written since; half a line is left for later."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        self.take(json.loads(line) for line in whole.splitlines())
        return self

    def take(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Some lines of the ledger, in order."""
        for line in lines:
            self.wall = int(line["wall"])
            act = getattr(self, f"_{line['event']}", None)
            if act is not None:
                act(line)
                self._cover()

    def standing(self, until: int) -> dict[str, Execution]:
        """Executions that hold and had happened by then."""
        return {name: one for name, one in self.executions.items() if name not in self.replaced and one.wall <= until}

    def bare(self, until: int) -> list[Naked]:
        """Every time in which the position was larger than its stops, the one at hand cut at `until`."""
        open_one = [Naked(self._since, max(until, self._since), self.position)] if self._since else []
        return self.naked + open_one

    @property
    def covered(self) -> int:
        """Units that stops and market orders would take out of the position."""
        mine = [one for one in self.alive.values() if one.covers and one.side * self.position < 0]
        return sum(self.works(one) for one in mine)

    def works(self, one: AtBroker) -> int:
        """Units that an order works for: a child for what its parent has filled, less what has left again."""
        parent = self.orders.get(one.parent)
        return one.left if parent is None else max(0, min(one.left, parent.filled - self._out[one.parent]))

    def _order(self, line: Mapping[str, Any]) -> None:
        one = _said(line)
        self._stands(line["perm_id"], one)
        self.sent.setdefault(one.ref, one)
        self.accepted[one.ref] += 1

    def _amended(self, line: Mapping[str, Any]) -> None:
        # `sent` keeps the order as it was sent first: the journal holds the intent.
        self._stands(line["perm_id"], _said(line))

    def _status(self, line: Mapping[str, Any]) -> None:
        one = self.orders.get(line["perm_id"])
        if one is not None:
            one.state, one.left, one.filled = line["state"], line["remaining"], line["filled"]

    def _end(self, line: Mapping[str, Any]) -> None:
        # One that was refused before it stood in the book has an end and no beginning.
        if line["perm_id"] in self.orders:
            self.orders[line["perm_id"]].state = line["state"]
        self.alive.pop(line["perm_id"], None)

    def _exec(self, line: Mapping[str, Any]) -> None:
        one, order = self._executed(line), self.orders[line["perm_id"]]
        self.position += one.side * one.quantity
        order.left, order.filled = line["remaining"], line["filled"]
        self._out[order.parent] += one.quantity
        if not order.left:
            self.alive.pop(line["perm_id"], None)

    def _stands(self, perm_id: int, one: AtBroker) -> None:
        self.orders[perm_id] = self.alive[perm_id] = one

    def _correction(self, line: Mapping[str, Any]) -> None:
        before = self.executions[line["corrects"]]
        one = self._executed(line)
        self.position += one.side * one.quantity - before.side * before.quantity
        self.replaced.add(before.exec_id)

    def _executed(self, line: Mapping[str, Any]) -> Execution:
        told = line["exec"]
        price = Decimal(told["price"]) / Decimal(TICK)
        side = SIDES[told["side"]]
        one = Execution(told["exec_id"], line["ref"], side, int(told["quantity"]), price, int(line["wall"]))
        self.executions[one.exec_id] = one
        return one

    def _cover(self) -> None:
        bare = self.covered < abs(self.position)
        if bare and not self._since:
            self._since = self.wall
        elif not bare and self._since:
            self.naked.append(Naked(self._since, self.wall, self.position))
            self._since = 0


def _said(line: Mapping[str, Any]) -> AtBroker:
    told = line["order"]
    return AtBroker(
        ref=line["ref"],
        side=SIDES[told["action"]],
        type=told["type"],
        quantity=int(told["quantity"]),
        limit=_ticks(told["limit"]),
        stop=_ticks(told["stop"]),
        parent=int(told["parent"]),
        filled=int(line["filled"]),
        left=int(line["remaining"]),
        state=line["state"],
    )


def _ticks(price: str | None) -> Decimal | None:
    return None if price is None else Decimal(price) / Decimal(TICK)
