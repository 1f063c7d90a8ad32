"""The path of a tape's touch and its prints, as columns that can be asked for any time."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, STATUS, Days, Ticks

PAUSE_NS = 600_000_000_000
"""Nothing is said about a time on the other side of a longer silence."""

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Path:
    """A touch is a row of the tape that changed bid or ask; prints are those with a price of their own."""

    row: Ints  # of each touch, counted over the whole tape
    ts: Ints
    bid: Ints
    ask: Ints
    print_row: Ints
    print_ts: Ints
    price: Ints
    size: Ints
    side: Ints
    print_bid: Ints
    print_ask: Ints
    pauses: Ints
    """Where longer silences ended."""
    opens: Ints
    """Session opens."""
    last_ns: int

    def touch(self, at: Ints) -> tuple[Ints, Ints, Flags]:
        """Bid and ask in force at each time, and whether they are known and whole."""
        index = np.searchsorted(self.ts, at, "right") - 1
        bid, ask = self.bid[np.maximum(index, 0)], self.ask[np.maximum(index, 0)]
        return bid, ask, (index >= 0) & (bid != ABSENT) & (ask > bid) & (at <= self.last_ns)

    def later(self, at: Ints, by: int) -> tuple[Ints, Ints, Flags]:
        """The same `by` ns later, where no pause lies in between."""
        bid, ask, known = self.touch(at + by)
        same = np.searchsorted(self.pauses, at, "right") == np.searchsorted(self.pauses, at + by, "right")
        return bid, ask, known & same

    def session(self, at: Ints) -> Ints:
        """Number of the session of each time."""
        return np.searchsorted(self.opens, at, "right")


class Collect:
    """Takes a tape's batches one by one."""

    def __init__(self) -> None:
        self._touches: list[Ints] = []
        self._prints: list[Ints] = []
        self._pauses: list[Ints] = []
        self._before = np.array([[ABSENT, ABSENT]], np.int64)
        self._rows, self._newest = 0, 0

    def take(self, ticks: Ticks) -> None:
        """The next rows; their sides must be known by now as far as they ever will be."""
        if not len(ticks):
            return
        rows = self._rows + np.arange(len(ticks), dtype=np.int64)
        self._rows += len(ticks)
        stamps = np.concatenate(([self._newest or ticks["ts"][0]], ticks["ts"])).astype(np.int64)
        self._pauses.append(stamps[1:][np.diff(stamps) > PAUSE_NS])
        self._newest = int(stamps[-1])
        said = ticks["kind"] != STATUS
        book = np.stack((ticks["bid"][said], ticks["ask"][said]), axis=1).astype(np.int64)
        if len(book):
            changed = (book != np.concatenate((self._before, book[:-1]))).any(axis=1)
            self._before = book[-1:]
            where = np.flatnonzero(said)[changed]
            self._touches.append(np.stack((rows[where], ticks["ts"][where], *book[changed].T), axis=1))
        real = (ticks["kind"] == PRINT) & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0)
        names = ("ts", "price", "size", "side", "bid", "ask")
        columns = [rows[real], *(ticks[name][real].astype(np.int64) for name in names)]
        self._prints.append(np.stack(columns, axis=1))

    def path(self, days: Days) -> Path:
        """Everything, once the tape is over."""
        touches, prints = _joined(self._touches, 4), _joined(self._prints, 7)
        pauses = np.concatenate([np.zeros(0, np.int64), *self._pauses])
        row, ts, bid, ask = touches.T
        print_row, print_ts, price, size, side, print_bid, print_ask = prints.T
        opens = days["open"].astype(np.int64)
        return Path(
            row, ts, bid, ask, print_row, print_ts, price, size, side, print_bid, print_ask, pauses, opens, self._newest
        )


def _joined(parts: Iterable[Ints], width: int) -> Ints:
    return np.concatenate([np.zeros((0, width), np.int64), *parts])
