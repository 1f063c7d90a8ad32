"""The walk through the bytes of one socket read: tick-by-tick messages straight into TICK rows.

Source: TWS API at server version 178, message 99 (types 1 Last, 2 AllLast, 3 BidAsk). A price is exact: its digits
become units of 1e-9 points, and those whole ticks; what is written in any other way is left to Python (frames.py).
"""

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, Ticks
from bot.kernel import Row, hot, kernel, part

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

LARGEST = 1 << 24
"""Bytes of a message. A longer one is no message: its length is somebody else's text, or we are out of step."""
HEADER = 4
TAPE_DIGITS = 19
"""Of a stamp in nanoseconds; seconds have ten."""
MOST = int(np.iinfo(np.int32).max)
_NONE = int(np.iinfo(np.int64).min)  # no price
_ODD = _NONE + 1  # a price that Python has to read
_NINE, _ZERO, _MINUS, _POINT = ord("9"), ord("0"), ord("-"), ord(".")
_DECIMALS = 9

# Where a walk stopped, and what for.
MORE, OTHER, STRANGE, FULL, GARBAGE = range(5)

# Plain integers, not records: numba unwraps those three times as fast, once a read.
# What is known of the bytes: how many there are, the next message, the body at hand (behind its length), the place in
# it, the arrival (ns UTC, never back), rows made, ticks for numbers that nobody asked with.
HELD, AT, START, STOP, CURSOR, NOW, ROWS, STRANGERS = range(8)
# A subscription: its number, instrument, tick in 1e-9 points, PRINT or QUOTE, flags of what lies between two ticks.
NUMBER, INSTRUMENT, UNITS, KIND, APART = range(5)
# An instrument's book in force.
BID, ASK, BID_SIZE, ASK_SIZE = range(4)
NO_BOOK = (ABSENT, ABSENT, 0, 0)


@hot
def _whole(data: Bytes, w: Ints) -> int:
    """A whole number of at most 19 digits and its end; −1 for anything else."""
    at, value = w[CURSOR], 0
    while at < w[STOP] and _ZERO <= data[at] <= _NINE and at - w[CURSOR] < TAPE_DIGITS:
        value = value * 10 + (data[at] - _ZERO)
        at += 1
    fine = at > w[CURSOR] and at < w[STOP] and data[at] == 0
    w[CURSOR] = at + 1
    return value if fine else -1


@part
def _price(data: Bytes, w: Ints) -> int:
    """Units of 1e-9 points, _NONE for an empty field, _ODD for what is written in another way or too large."""
    at, value, whole, decimals = w[CURSOR], 0, 0, 0
    negative = at < w[STOP] and data[at] == _MINUS
    if negative:
        at += 1
    while at < w[STOP] and _ZERO <= data[at] <= _NINE and whole <= _DECIMALS:
        value = value * 10 + (data[at] - _ZERO)
        whole, at = whole + 1, at + 1
    if at < w[STOP] and data[at] == _POINT:
        at += 1
        while at < w[STOP] and _ZERO <= data[at] <= _NINE and decimals <= _DECIMALS:
            value = value * 10 + (data[at] - _ZERO)
            decimals, at = decimals + 1, at + 1
        if decimals == 0:
            return _ODD
    if at >= w[STOP] or data[at] != 0 or whole > _DECIMALS or decimals > _DECIMALS:
        return _ODD
    w[CURSOR] = at + 1
    if whole == 0:
        return _ODD if negative or decimals else _NONE
    for _ in range(_DECIMALS - decimals):
        value *= 10
    return -value if negative else value


@part
def _size(data: Bytes, w: Ints) -> int:
    """A whole size, also as `3.0`; −1 for anything else."""
    at, value = w[CURSOR], 0
    while at < w[STOP] and _ZERO <= data[at] <= _NINE and value <= MOST:
        value = value * 10 + (data[at] - _ZERO)
        at += 1
    fine = at > w[CURSOR] and value <= MOST
    if at < w[STOP] and data[at] == _POINT:
        at += 1
        while at < w[STOP] and data[at] == _ZERO:
            at += 1
    fine = fine and at < w[STOP] and data[at] == 0
    w[CURSOR] = at + 1
    return value if fine else -1


@part
def _skip(data: Bytes, w: Ints) -> None:
    """Behind the end of a text."""
    at = w[CURSOR]
    while at < w[STOP] and data[at] != 0:
        at += 1
    w[CURSOR] = at + 1


@part
def _print(data: Bytes, w: Ints, watched: Ints, book: Ints, tick: Row) -> int:
    """Fill a print's row; 1 when it is readable."""
    units = _price(data, w)
    if units == _ODD or watched[KIND] != PRINT:
        return 0
    size = _size(data, w)
    mask = -1 if size < 0 else _whole(data, w)
    if mask < 0:
        return 0
    _skip(data, w)
    _skip(data, w)
    price, flags = ABSENT, 0
    if units != _NONE and not (size == 0 and (units == 0 or units == -1_000_000_000)):
        price = units // watched[UNITS]
        if price < -MOST or price > MOST:
            return 0
        if price * watched[UNITS] != units:
            flags = OFF_GRID | watched[APART]
    tick.price, tick.size, tick.kind = price, size, PRINT
    tick.flags = flags | (QUARANTINED if mask & 2 else 0)
    tick.bid, tick.ask, tick.bid_size, tick.ask_size = book[BID], book[ASK], book[BID_SIZE], book[ASK_SIZE]
    return 1


@part
def _quote(data: Bytes, w: Ints, watched: Ints, book: Ints, tick: Row) -> int:
    """Fill a quote's row and let it be the book in force; 1 when it is readable."""
    bid_units = _price(data, w)
    if bid_units == _ODD or watched[KIND] != QUOTE:
        return 0
    ask_units = _price(data, w)
    if ask_units == _ODD:
        return 0
    bid_size = _size(data, w)
    ask_size = -1 if bid_size < 0 else _size(data, w)
    if ask_size < 0 or _whole(data, w) < 0 or w[CURSOR] != w[STOP]:
        return 0
    bid, ask, flags = ABSENT, ABSENT, 0
    if bid_units != _NONE and not (bid_size == 0 and (bid_units == 0 or bid_units == -1_000_000_000)):
        bid = bid_units // watched[UNITS]
        if bid * watched[UNITS] != bid_units:
            flags = OFF_GRID | watched[APART]
    if ask_units != _NONE and not (ask_size == 0 and (ask_units == 0 or ask_units == -1_000_000_000)):
        ask = ask_units // watched[UNITS]
        if ask * watched[UNITS] != ask_units:
            ask, flags = ask + 1, OFF_GRID | watched[APART]
    if bid < ABSENT or bid > MOST or ask < ABSENT or ask > MOST:
        return 0
    book[BID], book[BID_SIZE] = bid, 0 if bid == ABSENT else bid_size
    book[ASK], book[ASK_SIZE] = ask, 0 if ask == ABSENT else ask_size
    tick.price, tick.size, tick.kind, tick.flags = ABSENT, 0, QUOTE, flags
    tick.bid, tick.ask, tick.bid_size, tick.ask_size = book[BID], book[ASK], book[BID_SIZE], book[ASK_SIZE]
    return 1


@part
def _tick(data: Bytes, w: Ints, watched: Ints, books: Ints, tick: Row) -> int:
    """Fill a row from what stands behind a subscription's number; 1 when it is readable."""
    kind = _whole(data, w)
    begun = w[CURSOR]
    time = _whole(data, w)
    digits = w[CURSOR] - begun - 1
    if time < 0 or kind < 1 or kind > 3:
        return 0
    book = books[watched[INSTRUMENT]]
    if kind == 3:
        fine = _quote(data, w, watched, book, tick)
    else:
        fine = _print(data, w, watched, book, tick)
    if fine == 0 or w[CURSOR] != w[STOP]:
        return 0
    tick.ts = time if digits == TAPE_DIGITS else w[NOW]
    tick.instrument = watched[INSTRUMENT]
    tick.side, tick.side_method = 0, 0
    return 1


@kernel
def walk(data: Bytes, w: Ints, table: Ints, books: Ints, rows: Ticks) -> int:
    """Go through the held messages until one of them is Python's; says which way."""
    while True:
        at = w[AT]
        if w[HELD] - at < HEADER:
            return MORE
        length = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]
        if length == 0 or length > LARGEST:
            return GARBAGE
        if w[HELD] - at - HEADER < length:
            return MORE
        w[START], w[STOP] = at + HEADER, at + HEADER + length
        if length < 3 or data[at + 4] != _NINE or data[at + 5] != _NINE or data[at + 6] != 0:
            w[AT] = w[STOP]
            return OTHER
        if w[ROWS] == rows.shape[0]:
            return FULL
        w[AT], w[CURSOR] = w[STOP], w[START] + 3
        number, found = _whole(data, w), -1
        for i in range(table.shape[0]):
            if table[i, NUMBER] == number:
                found = i
                break
        if number >= 0 and found < 0:
            w[STRANGERS] += 1
            continue
        if found < 0 or _tick(data, w, table[found], books, rows[w[ROWS]]) == 0:
            return STRANGE
        w[ROWS] += 1
