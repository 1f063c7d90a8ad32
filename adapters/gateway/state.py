"""The state file: all that must outlive a gateway, as JSON lines of which the newest about a thing counts.

It is written, and on the disk, before a client hears of anything. A torn last line (the gateway was killed while it
wrote) was never acknowledged to anybody, and is dropped.
"""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from adapters.gateway.appended import Appended
from adapters.gateway.seam import Listed
from adapters.gateway.ticket import Execution, Ticket
from bot.durable import replace
from bot.errors import DataDamaged


class StoredIds(msgspec.Struct, frozen=True, tag="ids"):
    """The next order id of a client."""

    client_id: int
    next_id: int


class StoredPosition(msgspec.Struct, frozen=True, tag="position"):
    """Units that came from nowhere: they add to what is there."""

    account: str
    con_id: int
    units: int
    cost: str


class StoredOrder(msgspec.Struct, frozen=True, tag="order"):
    """An order as it stands."""

    client_id: int
    order_id: int
    account: str
    con_id: int
    entry: dict[str, str]
    perm_id: int
    state: str
    why_held: str
    quantity: int
    filled: int
    paid: int
    last_price: int | None
    parent: int
    oca_group: str
    oca_type: int
    triggered: bool
    created_ns: int
    ended: str
    ended_ns: int

    @classmethod
    def of(cls, ticket: Ticket) -> "StoredOrder":
        """What is kept of an order."""
        return cls(con_id=ticket.listed.con_id, **{name: getattr(ticket, name) for name in cls._kept()})

    def ticket(self, listed: Listed) -> Ticket:
        """The order again."""
        return Ticket(listed=listed, **{name: getattr(self, name) for name in self._kept()})

    @classmethod
    def _kept(cls) -> list[str]:
        return [name for name in cls.__struct_fields__ if name != "con_id"]


class StoredExecution(msgspec.Struct, frozen=True, tag="exec"):
    """An execution, or a revision of one."""

    root: str
    perm_id: int
    ts: int
    wall_ns: int
    quantity: int
    price: int
    cumulated: int
    average: str
    liquidity: int
    commission: str
    realized: str | None
    revision: int

    @classmethod
    def of(cls, one: Execution) -> "StoredExecution":
        """What is kept of an execution."""
        return cls(
            root=one.root,
            perm_id=one.ticket.perm_id,
            ts=one.ts,
            wall_ns=one.wall_ns,
            quantity=one.quantity,
            price=one.price,
            cumulated=one.cumulated,
            average=str(one.average),
            liquidity=one.liquidity,
            commission=str(one.commission),
            realized=None if one.realized is None else str(one.realized),
            revision=one.revision,
        )

    def execution(self, ticket: Ticket) -> Execution:
        """The execution again."""
        return Execution(
            root=self.root,
            ticket=ticket,
            ts=self.ts,
            wall_ns=self.wall_ns,
            quantity=self.quantity,
            price=self.price,
            cumulated=self.cumulated,
            average=Decimal(self.average),
            liquidity=self.liquidity,
            commission=Decimal(self.commission),
            realized=None if self.realized is None else Decimal(self.realized),
            revision=self.revision,
        )


Row = StoredIds | StoredPosition | StoredOrder | StoredExecution
_DECODER = msgspec.json.Decoder(Row)


class State:
    """The file; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines = Appended()

    def rows(self) -> Iterator[Row]:
        """What an earlier gateway kept, orders as they stood at its end and before their executions.

        Afterwards the file holds these rows alone. Raises DataDamaged.
        """
        if self._path is None:
            return
        read = self._read() if self._path.exists() else []
        newest: dict[object, Row] = {_name(row, number): row for number, row in enumerate(read)}
        kept = sorted(newest.values(), key=lambda row: isinstance(row, StoredExecution))
        self._rewrite(kept)
        yield from kept

    def write(self, row: Row) -> None:
        """Keep a row, at the next `flush`."""
        if self._path is not None:
            self._lines.add(msgspec.json.encode(row))

    def flush(self) -> None:
        """Have it on the disk."""
        self._lines.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def odd(self, what: str) -> DataDamaged:
        """The file does not fit this gateway."""
        return DataDamaged(what, where=str(self._path), do="start with the same tapes, or with another --state FILE")

    def _read(self) -> list[Row]:
        assert self._path is not None
        whole, _, _torn = self._path.read_bytes().rpartition(b"\n")
        try:
            return [_DECODER.decode(line) for line in whole.split(b"\n") if line]
        except msgspec.MsgspecError as error:
            raise self.odd(f"this is not the state of a gateway: {error}") from None

    def _rewrite(self, rows: list[Row]) -> None:
        assert self._path is not None
        replace(self._path, (msgspec.json.encode(row) + b"\n" for row in rows))
        self._lines.to(os.open(self._path, os.O_WRONLY | os.O_APPEND))


def _name(row: Row, number: int) -> object:
    """Rows of one name replace each other; executions and positions never do."""
    if isinstance(row, StoredOrder):
        return "order", row.perm_id
    if isinstance(row, StoredIds):
        return "ids", row.client_id
    return number
