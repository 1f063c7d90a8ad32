"""A `reqMktData` line: what has changed since the last sample, a quarter of a second ago. Prints in between are summed.

Source: TWS API, tick types 0–8, 45 (last timestamp), 48 (RTVolume), 49 (halted); 66–71 and 74 when data is delayed.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from adapters.gateway.protocol import TICK_GENERIC, TICK_PARAMS, TICK_PRICE, TICK_SIZE, TICK_STRING
from adapters.gateway.seam import Listed
from adapters.gateway.session import Connection
from adapters.gateway.source import HALTS, PRINTS, Chunk

BID, ASK, LAST, BID_SIZE, ASK_SIZE, LAST_SIZE, VOLUME = 1, 2, 4, 0, 3, 5, 8
DELAYED = {BID: 66, ASK: 67, LAST: 68, BID_SIZE: 69, ASK_SIZE: 70, LAST_SIZE: 71, VOLUME: 74}
LAST_TIME, RT_VOLUME, HALTED = 45, 48, 49
RT_VOLUME_TICK = "233"


@dataclass(slots=True)
class Standing:
    """An instrument's market as of the newest row that has happened."""

    stamp: int = 0
    quote: bytes | None = None
    """In the words of the wire: bid, ask, their sizes, mask."""
    last: bytes = b""
    """Price and size of the last print."""
    last_ns: int = 0
    last_ticks: int = 0
    volume: int = 0
    turnover: int = 0
    """Σ price × size, ticks."""
    halted: bool = False
    bid: int | None = None
    """Ticks, for prices that are pushed by hand."""
    ask: int | None = None
    sizes: tuple[int, int] = (0, 0)

    def take(self, kind: int, chunk: Chunk, row: int) -> None:
        """The newest row of a stream."""
        self.stamp = max(self.stamp, chunk.stamps[row])
        if kind == HALTS:
            self.halted = chunk.words[row] == b"1"
            return
        tick = chunk.ticks[row]
        if kind == PRINTS:
            self.last = chunk.words[row]
            self.last_ns, self.last_ticks = chunk.stamps[row], int(tick["price"])
            self.volume, self.turnover = chunk.volumes[row], chunk.turnovers[row]
            if row in chunk.before:
                self._quoted(chunk.before[row], tick)
        else:
            self._quoted(chunk.words[row], tick)

    def _quoted(self, words: bytes, tick: object) -> None:
        self.quote = words
        self.bid, self.ask = int(tick["bid"]), int(tick["ask"])  # type: ignore[index]  # a row of a numpy array
        self.sizes = int(tick["bid_size"]), int(tick["ask_size"])  # type: ignore[index]  # the same


@dataclass(slots=True)
class Line:
    """A subscription. `delayed` sends the delayed tick types."""

    session: Connection
    request_id: int
    listed: Listed
    rt_volume: bool = False
    delayed: bool = False
    _told: dict[int, str] = field(default_factory=dict)
    _volume: int = -1
    _turnover: int = 0

    def parameters(self, tick: Decimal) -> None:
        """Say what prices come in: at the start, and when it changes."""
        self.session.send(TICK_PARAMS, self.request_id, tick, "a60001", 3)

    def tell(self, now: Standing, last_ns: int) -> None:
        """Send what has changed; `last_ns` is when the last print was, by the client's clock."""
        if now.quote is not None:
            bid, ask, bid_size, ask_size = now.quote.decode().split("\0")[:4]
            self._price(BID, BID_SIZE, bid, bid_size)
            self._price(ASK, ASK_SIZE, ask, ask_size)
        if now.last and now.volume != self._volume:
            price, size = now.last.decode().split("\0")[:2]
            seconds = str(last_ns // 1_000_000_000)
            if self._told.get(LAST_TIME) != seconds:
                self._told[LAST_TIME] = seconds
                self.session.send(TICK_STRING, 6, self.request_id, LAST_TIME, seconds)
            self._price(LAST, LAST_SIZE, price, size)
            self._changed(VOLUME, str(now.volume))
            if self.rt_volume:
                self._summary(now, last_ns, price, size)
            self._volume, self._turnover = now.volume, now.turnover
        self.halt(now.halted)

    def halt(self, on: bool) -> None:
        """Say that trading is halted or goes on, if that is news."""
        halted = "2" if on else "0"
        if self._told.get(HALTED, "0") != halted:
            self._told[HALTED] = halted
            self.session.send(TICK_GENERIC, 6, self.request_id, HALTED, halted)

    def _price(self, kind: int, size_kind: int, price: str, size: str) -> None:
        if self._told.get(kind) != price:
            self._told[kind], self._told[size_kind] = price, size
            self.session.send(TICK_PRICE, 6, self.request_id, self._type(kind), price, size, 1 if kind != LAST else 0)
            self.session.send(TICK_SIZE, 6, self.request_id, self._type(size_kind), size)
        else:
            self._changed(size_kind, size)

    def _changed(self, kind: int, size: str) -> None:
        if self._told.get(kind) != size:
            self._told[kind] = size
            self.session.send(TICK_SIZE, 6, self.request_id, self._type(kind), size)

    def _summary(self, now: Standing, last_ns: int, price: str, size: str) -> None:
        """RTVolume: the last price, what was traded since the last sample, and the day so far."""
        since = now.volume - max(self._volume, 0)
        mean = Decimal(now.turnover) / max(now.volume, 1) * self.listed.instrument.tick
        words = f"{price};{since};{last_ns // 1_000_000};{now.volume};{mean:.8f};{str(since == int(size)).lower()}"
        self.session.send(TICK_STRING, 6, self.request_id, RT_VOLUME, words)

    def _type(self, kind: int) -> int:
        return DELAYED[kind] if self.delayed else kind
