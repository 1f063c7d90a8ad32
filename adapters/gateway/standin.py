"""An exchange that takes no orders: it answers what a client asks at its start, so that data can be had alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.gateway.seam import Field, Session, World
from bot.domain.market import Ticks

_ENDS: dict[str, tuple[Field, ...]] = {
    "5": (53, 1),
    "15": (53, 1),
    "16": (53, 1),
    "61": (62, 1),
    "99": (102,),
}
_SILENT = frozenset({"64", "63", "77", "93", "58", "92"})


class NoOrders:
    """The Exchange of the seam, with empty books."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next_id = 1

    def request(self, session: Session, fields: Sequence[str]) -> bool:
        """Answer with nothing and an end marker; refuse orders."""
        kind = fields[0]
        if kind in _ENDS:
            session.send(*_ENDS[kind])
        elif kind == "8":
            session.send(9, 1, self._next_id)
        elif kind == "6":
            session.send(54, 1, session.account)
        elif kind in ("7", "62", "76"):
            session.send({"7": 55, "62": 64, "76": 74}[kind], 1, fields[2])
        elif kind in ("3", "4"):
            session.error(int(fields[1] if kind == "3" else fields[2]), 201, "Order rejected - reason:no exchange here")
        else:
            return kind in _SILENT
        return True

    def walk(self, ticks: Ticks, row: int, end: int) -> int:
        """Nothing happens."""
        return end

    def flush(self) -> None:
        """Nothing is queued."""

    def at(self, ts: int) -> None:
        """Nothing is under way."""

    def left(self, session: Session) -> None:
        """Nothing was his."""

    def control(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """No command is known."""
        return {"error": f"{command.get('do')!r} is not known"}

    def close(self) -> None:
        """No books."""
