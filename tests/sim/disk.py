"""The journal's store of one run: a real database in memory, which is slow, full, locked or dead as the plan has it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.errors import Unreachable
from bot.journal.store import CANNOT, Rows, Store
from tests.sim.loop import SECOND_NS
from tests.sim.wire import Wire

WHY = {"full": "database or disk is full", "locked": "database is locked"}


class Killed(BaseException):
    """The process was killed here."""


@dataclass(slots=True)
class Platter:
    """What of a disk outlives a process."""

    wire: Wire
    until_ns: int = 0
    why: str = ""

    @property
    def writable(self) -> bool:
        """Whether it takes anything just now."""
        return self.wire.healed or self.wire.loop.now_ns >= self.until_ns

    def refuse(self) -> None:
        """Raises Unreachable while it takes nothing."""
        if not self.writable:
            raise Unreachable(f"{CANNOT}{self.why}")


class Disk:
    """journal.store.Store around the real one. What a dead process still wants written is not."""

    def __init__(self, inner: Store, platter: Platter, kill: Callable[[], None]) -> None:
        self._inner, self._platter, self._kill = inner, platter, kill
        self.dead = False
        self.writing: Callable[[list[tuple[str, list[Any]]]], None] = lambda group: None
        """Told of each group before the database is."""
        self.written: Callable[[list[tuple[str, list[Any]]]], None] = lambda group: None
        """Told of each group that has become durable."""

    def write(self, group: Iterable[tuple[str, Rows]]) -> None:
        """Write, or not. Raises Unreachable."""
        if self.dead:
            return
        platter, unknown, kill = self._platter, False, False
        for fault in platter.wire.hits("write"):
            match fault.what:
                case "slow":
                    platter.wire.loop.block(fault.arg)
                case "full" | "locked":
                    platter.until_ns = platter.wire.loop.now_ns + int(fault.arg * SECOND_NS)
                    platter.why = WHY[fault.what]
                case "unknown":
                    unknown = True
                case "kill-before":
                    self._die()
                case "kill-after":
                    kill = True
        platter.refuse()
        rows = [(table, list(held)) for table, held in group]
        self.writing(rows)
        self._inner.write(rows)
        self.written(rows)
        if kill:
            self._die()
        if unknown:
            raise Unreachable(f"{CANNOT}the connection was lost during COMMIT")

    def one(self, sql: str) -> Any:
        """The first value of the first row."""
        return self._inner.one(sql)

    def lacking(self) -> str:
        """Why nothing new should begin although rows are taken."""
        return self._inner.lacking()

    def close(self) -> None:
        """Let go of the file."""
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        """What else the real store offers."""
        return getattr(self._inner, name)

    def _die(self) -> None:
        self._kill()
        raise Killed
