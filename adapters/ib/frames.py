"""What a connection's reads bring: TICK rows for the desk, and every other message as it stands, in one order.

IB sends no aggressor, so no row has one; whole seconds are all that it says of time, so a row's stamp is its arrival,
except where a simulated gateway gives nanoseconds of its tape. What the compiled walk (ticking.py) leaves, because it
is written in an unusual way, becomes the same row here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from adapters.ib.ticking import (
    APART,
    AT,
    FULL,
    HEADER,
    HELD,
    INSTRUMENT,
    KIND,
    MORE,
    MOST,
    NO_BOOK,
    NOW,
    NUMBER,
    OTHER,
    ROWS,
    START,
    STOP,
    STRANGE,
    STRANGERS,
    TAPE_DIGITS,
    UNITS,
    Bytes,
    Ints,
    walk,
)
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, STATUS, TICK, Ticks

NANO = Decimal(1_000_000_000)
_FIRST_BYTES, _FIRST_ROWS = 1 << 18, 4_096
_BOOK = ("bid", "ask", "bid_size", "ask_size")


class Garbage(ValueError):
    """What came is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A tick-by-tick message that makes no row, and why."""

    body: bytes
    why: str


class Frames:
    """What has come and is not handed on: rows for the desk, and the half message at the end of a read."""

    def __init__(self) -> None:
        self._bytes = bytearray(_FIRST_BYTES)
        self._data: Bytes = np.frombuffer(self._bytes, np.uint8)
        self._walk = np.zeros(8, np.int64)
        # Python reads and writes single numbers of it ten times as fast as the array's.
        self._at = self._walk.data
        self._table = np.zeros((0, 5), np.int64)
        self._books = np.array([NO_BOOK], np.int64)
        self._rows_bytes = memoryview(b"")
        self._room(_FIRST_ROWS)

    @property
    def rows(self) -> int:
        """How many rows came before the message at hand, since the last `take`."""
        return self._at[ROWS]

    @property
    def newest(self) -> int:
        """Stamp of the newest row that has not been taken; 0 when there is none."""
        return int(self._rows[self.rows - 1]["ts"]) if self.rows else 0

    @property
    def strangers(self) -> int:
        """Ticks for numbers that nobody watches: those of a subscription just cancelled may still come."""
        return self._at[STRANGERS]

    def watch(self, request_id: int, instrument: int, tick: Decimal, kind: int, *, off_grid: bool = False) -> None:
        """Turn the ticks of a subscription into rows; `kind` is PRINT or QUOTE.

        `off_grid`: prints between two ticks are real (stocks); else they are quarantined. Raises ValueError for a tick
        that is no multiple of 1e-9 points.
        """
        units = tick * NANO
        if units <= 0 or units != int(units):
            raise ValueError(f"a tick of {tick} points")
        self.forget(request_id)
        row = (request_id, instrument, int(units), kind, 0 if off_grid else QUARANTINED)
        self._table = np.concatenate([self._table, np.array([row], np.int64)])
        self._know(instrument)

    def forget(self, request_id: int) -> None:
        """Its ticks are a stranger's from here on."""
        self._table = self._table[self._table[:, NUMBER] != request_id]

    def begin(self) -> None:
        """A new connection: no half message, no subscription, no book in force. Rows that came stay to be taken."""
        self._at[HELD] = self._at[AT] = 0
        self._table = self._table[:0]
        self._books[:] = NO_BOOK

    def take(self) -> Ticks:
        """The rows that came since the last time, in their order."""
        # Bytes: numpy copies a structured array field by field.
        rows = np.frombuffer(bytearray(self._rows_bytes[: self.rows * TICK.itemsize]), TICK)
        self._at[ROWS] = 0
        return rows

    def not_before(self, ts: int) -> None:
        """No row to come is stamped earlier, whatever the wall's clock does."""
        self._at[NOW] = max(self._at[NOW], ts)

    def read(self, data: bytes, now_ns: int) -> Iterator[bytes | Unreadable]:
        """Each message that is no tick, and each tick that is unreadable, in order; read it to its end.

        `rows` counts the rows before the message at hand. Raises Garbage: nothing behind that can be read.
        """
        self._keep(data, now_ns)
        while (found := walk(self._data, self._walk, self._table, self._books, self._rows)) != MORE:
            if found == OTHER:
                yield self._body()
            elif found == STRANGE:
                body = self._body()
                try:
                    self._add(body)
                except (ValueError, ArithmeticError) as error:
                    yield Unreadable(body, str(error) or type(error).__name__)
            elif found == FULL:
                self._room(2 * len(self._rows))
            else:
                at = self._at[AT]
                raise Garbage(f"a message of {int.from_bytes(self._bytes[at : at + HEADER]):,} bytes")

    def add(self, instrument: int, ts: int, kind: int, **fields: int) -> None:
        """A row that came in another way (sampled data, a halt), behind all that came before it.

        `fields` as TICK has them; a quote's become the book in force, a print gets the one in force.
        """
        self._know(instrument)
        if self.rows == len(self._rows):
            self._room(2 * len(self._rows))
        book, row = self._books[instrument], self._rows[self.rows]
        if kind == QUOTE:
            book[:] = [fields.get(name, int(old)) for name, old in zip(_BOOK, book, strict=True)]
        row["ts"], row["instrument"], row["kind"] = max(ts, self._at[NOW]), instrument, kind
        row["price"], row["size"] = fields.get("price", ABSENT), fields.get("size", 0)
        row["side"], row["side_method"], row["flags"] = 0, 0, fields.get("flags", 0)
        for name, value in zip(_BOOK, NO_BOOK if kind == STATUS else book, strict=True):
            row[name] = value
        self._at[ROWS] += 1

    def _know(self, instrument: int) -> None:
        missing = instrument + 1 - len(self._books)
        if missing > 0:
            self._books = np.concatenate([self._books, np.array([NO_BOOK] * missing, np.int64)])

    def _room(self, rows: int) -> None:
        """Room for so many rows; those that are there stay."""
        room = bytearray(rows * TICK.itemsize)
        if self.rows:
            room[: len(self._rows_bytes)] = self._rows_bytes
        self._rows_bytes = memoryview(room)
        self._rows: Ticks = np.frombuffer(room, TICK)

    def _keep(self, data: bytes, now_ns: int) -> None:
        """Behind what is held of a half message; room doubles, and only such a rest is ever moved."""
        at, held = self._at[AT], self._at[HELD]
        if at:
            rest = self._bytes[at:held]
            self._bytes[: len(rest)] = rest
            held, self._at[AT] = len(rest), 0
        end = held + len(data)
        if end > len(self._bytes):
            room = bytearray(2 * end)
            room[:held] = self._bytes[:held]
            self._bytes, self._data = room, np.frombuffer(room, np.uint8)
        self._bytes[held:end] = data
        self._at[HELD] = end
        self._at[NOW] = max(self._at[NOW], now_ns)

    def _body(self) -> bytes:
        return bytes(self._bytes[self._at[START] : self._at[STOP]])

    def _add(self, body: bytes) -> None:
        """A row from a message in which something is written in an unusual way. Raises ValueError, ArithmeticError."""
        _, number, kind, time, *fields = body.decode("ascii").removesuffix("\0").split("\0")
        found = np.flatnonzero(self._table[:, NUMBER] == int(number))
        if not len(found):
            self._at[STRANGERS] += 1
            return
        watched = self._table[found[0]]
        if kind not in (("1", "2") if watched[KIND] == PRINT else ("3",)):
            raise ValueError(f"type {kind} was not asked for")
        made = _read_print(fields, watched) if watched[KIND] == PRINT else _read_quote(fields, watched)
        ts = int(time) if len(time) == TAPE_DIGITS else self._at[NOW]
        self.add(int(watched[INSTRUMENT]), ts, int(watched[KIND]), **made)


def _read_print(fields: list[str], watched: Ints) -> dict[str, int]:
    price, size, mask, _exchange, _conditions = fields
    contracts = _contracts(size)
    ticks, between = _ticks(price, contracts, watched)
    flags = (OFF_GRID | int(watched[APART]) if between else 0) | (QUARANTINED if int(mask) & 2 else 0)
    return {"price": ticks, "size": contracts, "flags": flags}


def _read_quote(fields: list[str], watched: Ints) -> dict[str, int]:
    bid, ask, bid_size, ask_size, mask = fields
    bids, asks = max(0, _contracts(bid_size)), max(0, _contracts(ask_size))
    int(mask)
    bid_ticks, below = _ticks(bid, bids, watched)
    ask_ticks, above = _ticks(ask, asks, watched)
    return {
        "bid": bid_ticks,
        "ask": ask_ticks + above,
        "bid_size": 0 if bid_ticks == ABSENT else bids,
        "ask_size": 0 if ask_ticks == ABSENT else asks,
        "flags": OFF_GRID | int(watched[APART]) if below or above else 0,
    }


def _ticks(text: str, size: int, watched: Ints) -> tuple[int, bool]:
    """Whole ticks at or below, and whether there is more; what a double adds behind nine decimals is noise."""
    if not text:
        return ABSENT, False
    try:
        units = round(Decimal(text) * NANO)
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(f"a price of {text}") from error
    if size == 0 and units in (0, -NANO):
        return ABSENT, False
    ticks, rest = divmod(units, int(watched[UNITS]))
    if abs(ticks) >= MOST:
        raise ValueError(f"a price of {text}")
    return ticks, rest > 0


def _contracts(text: str) -> int:
    """A size, towards zero where it is broken into parts; as many as a row can hold."""
    try:
        size = int(Decimal(text or "0"))
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(f"a size of {text}") from error
    return max(-MOST, min(size, MOST))
