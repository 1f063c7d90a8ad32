"""Level 1 as it is sampled, four times a second or so: quotes as they change, prints where the gateway sums them up.

A print is what RTVolume says (`price;size;ms;total;vwap;single`, generic tick 233), or in delayed data, which has no
RTVolume, the last price with what the day's volume has grown by. Both are summaries: bars can be made of them, order
flow cannot. Source: TWS API, tick types 0-8, 48, 49, 66-76.
"""

from decimal import Decimal, InvalidOperation

from adapters.ib.frames import Frames
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE

BID, ASK, BID_SIZE, ASK_SIZE = {1, 66}, {2, 67}, {0, 69}, {3, 70}
DELAYED_LAST, DELAYED_VOLUME = 68, 74
RT_VOLUME, HALTED = 48, 49
RT_VOLUME_TICK = "233"
MILLISECOND_NS = 1_000_000
_MOST = 2**31 - 1


class Sampled:
    """One instrument's level 1, as rows among those of the streams."""

    def __init__(self, frames: Frames, instrument: int, facts: Instrument) -> None:
        self._frames, self._instrument, self._facts = frames, instrument, facts
        self._book = {"bid": ABSENT, "ask": ABSENT, "bid_size": 0, "ask_size": 0}
        self._last = ABSENT
        self._last_flags = 0
        self._volume: int | None = None

    def begin(self) -> None:
        """A new subscription: what was known is old."""
        self._book = {"bid": ABSENT, "ask": ABSENT, "bid_size": 0, "ask_size": 0}
        self._last, self._volume = ABSENT, None

    def price(self, kind: int, price: float, size: float, ts: int) -> None:
        """A price with its size (message 1)."""
        if kind in BID or kind in ASK:
            side = "bid" if kind in BID else "ask"
            absent = price == -1 and size == 0
            ticks, flags = (ABSENT, 0) if absent else self._ticks(Decimal(repr(price)))
            above = 1 if side == "ask" and flags & OFF_GRID else 0
            self._quote({side: ticks + above, f"{side}_size": 0 if absent else _whole(size)}, ts)
        elif kind == DELAYED_LAST:
            self._last, self._last_flags = self._ticks(Decimal(repr(price)))

    def size(self, kind: int, size: float, ts: int) -> None:
        """A size (message 2)."""
        if kind in BID_SIZE or kind in ASK_SIZE:
            side = "bid" if kind in BID_SIZE else "ask"
            if self._book[side] != ABSENT:
                self._quote({f"{side}_size": _whole(size)}, ts)
        elif kind == DELAYED_VOLUME:
            before, self._volume = self._volume, _whole(size)
            grown = 0 if before is None else self._volume - before
            if grown > 0 and self._last != ABSENT:
                self._frames.add(self._instrument, ts, PRINT, price=self._last, size=grown, flags=self._last_flags)

    def text(self, kind: int, value: str, ts: int) -> None:
        """A text (message 46): RTVolume is a print. One without a price is no trade that anybody reports."""
        if kind != RT_VOLUME:
            return
        price, size, *_ = value.split(";")
        try:
            ticks, flags = self._ticks(Decimal(price))
            count = _whole(float(size))
        except (InvalidOperation, ValueError):
            return
        if count > 0:
            self._frames.add(self._instrument, ts, PRINT, price=ticks, size=count, flags=flags)

    def _quote(self, fields: dict[str, int], ts: int) -> None:
        if any(self._book[name] != value for name, value in fields.items()):
            self._book |= fields
            self._frames.add(self._instrument, ts, QUOTE, **self._book)

    def _ticks(self, price: Decimal) -> tuple[int, int]:
        """Whole ticks at or below, and the flags of what lies between two."""
        ticks, rest = divmod(price, self._facts.tick)
        if rest < 0:  # Decimal's division goes towards zero
            ticks, rest = ticks - 1, rest + self._facts.tick
        apart = 0 if self._facts.kind == "stock" else QUARANTINED
        return int(ticks), (OFF_GRID | apart if rest else 0)


def stamp_of(value: str) -> int:
    """The time of an RTVolume in ns UTC; 0 when it has none."""
    parts = value.split(";")
    return int(parts[2]) * MILLISECOND_NS if len(parts) > 2 and parts[2].isdecimal() else 0


def _whole(size: float) -> int:
    return int(min(max(size, 0), _MOST))
