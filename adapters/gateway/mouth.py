"""What the exchange says, held back until it may be said: the books are written first, then the clients hear of it."""

import heapq
from collections import deque

from adapters.gateway.seam import Field, Session, World

Fields = tuple[Field, ...]


class Mouth:
    """Messages in their order; what is due later waits for the market's time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: deque[tuple[Session, Fields]] = deque()
        self._later: list[tuple[int, int, Session, Fields]] = []
        self._numbered = 0

    def __bool__(self) -> bool:
        return bool(self._queue)

    def to(self, session: Session, fields: Fields, at_ns: int = 0) -> None:
        """Say it to one client: when `flush` is called, or when the market's time has come to `at_ns` (ns UTC)."""
        if at_ns:
            heapq.heappush(self._later, (at_ns, self._numbered, session, fields))
            self._numbered += 1
        else:
            self._queue.append((session, fields))

    def error(self, session: Session, subject: int, code: int, text: str, at_ns: int = 0) -> None:
        """Message 4, in its turn."""
        self.to(session, (4, 2, subject, code, text, *([""] if session.version >= 166 else [])), at_ns)

    def hearers(self, client_id: int) -> list[Session]:
        """Who hears of that client's orders: itself, while it is here and IB can be heard."""
        if self._world.lost_ib_ns is not None:
            return []
        return [one for one in self._world.sessions if one.client_id == client_id and one.connected]

    def due(self, ts: int) -> None:
        """Queue what was to wait until `ts`."""
        while self._later and self._later[0][0] <= ts:
            _, _, session, fields = heapq.heappop(self._later)
            self._queue.append((session, fields))

    def flush(self) -> None:
        """Send all that is queued."""
        while self._queue:
            session, fields = self._queue.popleft()
            if session.connected:
                session.send(*fields)
