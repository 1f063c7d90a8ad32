"""Who gets which ticks: tick-by-tick streams row by row, `reqMktData` lines as samples of the market."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapters.gateway.protocol import LENGTH
from adapters.gateway.sampled import Line, Standing
from adapters.gateway.seam import Listed
from adapters.gateway.session import Connection
from adapters.gateway.source import PRINTS, QUOTES, Chunk

KINDS = {"Last": (PRINTS, 1), "AllLast": (PRINTS, 2), "BidAsk": (QUOTES, 3)}
"""What reqTickByTickData asks for → stream and type of message 99."""
SECOND = 1_000_000_000
SAMPLE_NS = SECOND // 4
_PREFIXES = [LENGTH.pack(length) for length in range(1_024)]


@dataclass(frozen=True, slots=True)
class Stream:
    """A tick-by-tick subscription."""

    session: Connection
    request_id: int
    listed: Listed
    kind: str

    @property
    def head(self) -> bytes:
        """Its message 99 up to the time."""
        return b"99\0%d\0%d\0" % (self.request_id, KINDS[self.kind][1])


@dataclass(slots=True)
class _Heads:
    """One client's streams: stream of the rows → beginnings of the messages that each row becomes."""

    session: Connection
    heads: dict[int, list[bytes]] = field(default_factory=dict)


class Feed:
    """All subscriptions of all clients. `wall_ns` is the time clients that do not go by the tape."""

    def __init__(self, instruments: int, wall_ns: Callable[[], int]) -> None:
        self.streams: dict[tuple[int, int], Stream] = {}
        """(number of the connection, request) → stream."""
        self.lines: dict[tuple[int, int], Line] = {}
        self.standing = [Standing() for _ in range(instruments)]
        self.dark: set[int] = set()
        """Instruments whose ticks reach nobody at the moment."""
        self._heads: dict[int, _Heads] = {}
        self._wall_ns = wall_ns
        self._next_sample = 0

    def stream(self, one: Stream) -> None:
        """Send it the rows from now on, beginning with the quote in force."""
        self.streams[one.session.number, one.request_id] = one
        self._arrange(one.session)
        index = one.listed.index
        if index is None or one.kind != "BidAsk" or index in self.dark:
            return
        now = self.standing[index]
        if now.quote is not None:
            time = b"%d\0" % (now.stamp if one.session.tape_time else self._wall_ns() // SECOND)
            body = one.head + time + now.quote
            one.session.send_bytes([LENGTH.pack(len(body)) + body])

    def add(self, line: Line) -> None:
        """Sample the market for it from now on, beginning with what is known."""
        self.lines[line.session.number, line.request_id] = line
        self._tell(line)

    def cancel(self, session: Connection, request_id: int) -> bool:
        """End a stream or a line; False when there is none of that number."""
        key = (session.number, request_id)
        known = self.streams.pop(key, None) is not None
        known = self.lines.pop(key, None) is not None or known
        self._arrange(session)
        return known

    def forget(self, session: Connection | None = None) -> None:
        """Drop what a client, or everybody, has subscribed."""
        for book in (self.streams, self.lines):
            for key in [key for key in book if session is None or key[0] == session.number]:
                del book[key]
        if session is None:
            self._heads.clear()
        else:
            self._heads.pop(session.number, None)

    def subscribers(self) -> Sequence[Connection]:
        """Clients that get ticks row by row."""
        return [one.session for one in self._heads.values()]

    def play(self, chunk: Chunk, first: int, end: int) -> None:
        """Rows [first, end) have happened. A halt is no sample: it is told behind the rows that came before it."""
        for row in chunk.halts:
            if first <= row < end:
                self._stretch(chunk, first, row + 1)
                first = row + 1
                index = chunk.streams[row] >> 2
                if index not in self.dark:
                    for line in self.lines.values():
                        if line.listed.index == index:
                            line.halt(self.standing[index].halted)
        if first < end:
            self._stretch(chunk, first, end)

    def _stretch(self, chunk: Chunk, first: int, end: int) -> None:
        for client in self._heads.values():
            wall = b"" if client.session.tape_time else b"%d\0" % (self._wall_ns() // SECOND)
            client.session.send_bytes(self._frames(client.heads, chunk, first, end, wall))
        newest = dict(zip(chunk.streams[first:end], range(first, end), strict=True)).values()
        for row in sorted({*newest, *(row for row in range(first, end) if row in chunk.before)}):
            stream = chunk.streams[row]
            self.standing[stream >> 2].take(stream & 3, chunk, row)

    def sample(self, now_ns: int) -> None:
        """The market's time has come to `now_ns`: lines get what has changed, four times a second."""
        if now_ns < self._next_sample:
            return
        self._next_sample = now_ns - now_ns % SAMPLE_NS + SAMPLE_NS
        for line in self.lines.values():
            self._tell(line)

    def _tell(self, line: Line) -> None:
        index = line.listed.index
        if index is not None and index not in self.dark:
            now = self.standing[index]
            line.tell(now, now.last_ns if line.session.tape_time else self._wall_ns())

    def _arrange(self, session: Connection) -> None:
        heads = _Heads(session)
        for (number, _), one in self.streams.items():
            if number == session.number and one.listed.index is not None:
                key = 4 * one.listed.index + KINDS[one.kind][0]
                heads.heads.setdefault(key, []).append(one.head)
        self._heads.pop(session.number, None)
        if heads.heads:
            self._heads[session.number] = heads

    def _frames(self, heads: dict[int, list[bytes]], chunk: Chunk, first: int, end: int, wall: bytes) -> list[bytes]:
        """Messages 99 of rows [first, end); `wall` is their time field, empty for a client that goes by the tape."""
        streams, words, stamps, before = chunk.streams, chunk.words, chunk.stamps, chunk.before
        dark, out = self.dark, list[bytes]()
        for row in range(first, end):
            stream = streams[row]
            if dark and stream >> 2 in dark:
                continue
            time = wall or b"%d\0" % stamps[row]
            if row in before:
                for head in heads.get(stream - stream % 4 + QUOTES, ()):
                    body = head + time + before[row]
                    out += (_PREFIXES[len(body)], body)
            for head in heads.get(stream, ()):
                body = head + time + words[row]
                out += (_PREFIXES[len(body)], body)
        return out
