"""Builders that write a tape as a trader would tell it.

    es = Tape("ES", tick="0.25", start="2026-05-27 09:30").quote("4200.25", "4200.50")
    es.sold(40, "4200.25").wait(3).bought(10, "4200.50").rows()

Prices are text and refused off the grid. On a print row stand the bid and ask in force just before it. `lesson()` is
the worked ES trade row by row (`lesson.csv`, New York times of 25 May 2023).
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from bot.domain.market import ABSENT, BUY, HALT, PRINT, QUOTE, RESUME, SELL, SIDE_TRUE, STATUS, TICK, UNKNOWN, Ticks

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
NEW_YORK = ZoneInfo("America/New_York")
LESSON = Path(__file__).with_name("lesson.csv")
LESSON_START = "2023-05-25 09:30"


def ns(text: str) -> int:
    """A New York time, `"2023-05-25 09:30:05.250"`, as ns UTC."""
    at = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond * 1000


@dataclass(frozen=True)
class Book:
    """The touch in force; ABSENT where a side is empty."""

    bid: int = ABSENT
    ask: int = ABSENT
    bid_size: int = 0
    ask_size: int = 0


class Tape:
    """Ticks of one instrument, told in order. Every telling returns the tape, so that they chain."""

    def __init__(self, instrument: str = "ES", tick: str = "0.25", start: str = "2026-05-27 09:30", step_ms: int = 1):
        self.instrument, self.tick, self.step = instrument, Decimal(tick), step_ms * MILLISECOND
        self.now = ns(start)
        self.book = Book()
        self._rows: list[tuple[int, ...]] = []

    def ticks(self, price: str) -> int:
        """The price as a count of ticks; a price off the grid fails the test that told it."""
        count = Decimal(price) / self.tick
        assert count == int(count), f"{price} is not a multiple of {self.tick}"
        return int(count)

    def at(self, time: str) -> "Tape":
        """Go on at this New York time of the same day; never backwards."""
        there = ns(f"{datetime.fromtimestamp(self.now // SECOND, NEW_YORK):%Y-%m-%d} {time}")
        assert there >= self.now, f"{time} has passed"
        self.now = there
        return self

    def quote(self, bid: str | None, ask: str | None, bid_size: int = 50, ask_size: int = 50) -> "Tape":
        """A new touch; None for a side that is empty."""
        self.book = Book(
            ABSENT if bid is None else self.ticks(bid),
            ABSENT if ask is None else self.ticks(ask),
            0 if bid is None else bid_size,
            0 if ask is None else ask_size,
        )
        return self._row(QUOTE)

    def bought(self, size: int, price: str) -> "Tape":
        """A print that a buyer caused."""
        return self._row(PRINT, self.ticks(price), size, BUY)

    def sold(self, size: int, price: str) -> "Tape":
        """A print that a seller caused."""
        return self._row(PRINT, self.ticks(price), size, SELL)

    def printed(self, size: int, price: str) -> "Tape":
        """A print of which the feed does not say who caused it."""
        return self._row(PRINT, self.ticks(price), size)

    def wait(self, seconds: float) -> "Tape":
        """Let time pass, and say the standing quote again as a market does."""
        self.now += int(seconds * SECOND)
        return self._row(QUOTE)

    def halt(self) -> "Tape":
        """Trading is halted from here on."""
        return self._row(STATUS, flags=HALT)

    def resume(self) -> "Tape":
        """Trading goes on from here."""
        return self._row(STATUS, flags=RESUME)

    def then(self, other: Ticks) -> "Tape":
        """Rows told elsewhere, as they are."""
        self._rows.extend(other.tolist())
        if len(other):
            last = other[-1]
            self.now = max(self.now, int(last["ts"]) + self.step)
            self.book = Book(*(int(last[name]) for name in ("bid", "ask", "bid_size", "ask_size")))
        return self

    def rows(self) -> Ticks:
        """All that was told, as TICK rows."""
        return np.array(self._rows, TICK)

    def mirrored(self, about_ticks: int) -> "Tape":
        """The same tape in a mirror: `p` becomes `2·about_ticks − p`; bid and ask, buyer and seller change places."""
        tape = Tape(self.instrument, str(self.tick), step_ms=self.step // MILLISECOND)
        tape.now = self.now
        return tape.then(mirrored(self.rows(), about_ticks))

    def write(self, path: Path, *, contract: str = "", side_known: bool = True, resolution_ns: int = 1) -> Path:
        """The tape as a Parquet file."""
        from bot.tape import TapeWriter

        with TapeWriter(
            path,
            instrument=self.instrument,
            contract=contract or self.instrument,
            tick=self.tick,
            source="told by a test",
            side_known=side_known,
            resolution_ns=resolution_ns,
        ) as writer:
            writer.append(self.rows())
        return path

    def _row(self, kind: int, price: int = ABSENT, size: int = 0, side: int = UNKNOWN, flags: int = 0) -> "Tape":
        b = self.book
        method = SIDE_TRUE if side else 0
        self._rows.append((self.now, price, size, b.bid, b.ask, b.bid_size, b.ask_size, 0, kind, side, method, flags))
        self.now += self.step
        return self


def mirrored(ticks: Ticks, about_ticks: int) -> Ticks:
    """TICK rows mirrored at a price: `p` becomes `2·about_ticks − p`, bid and ask, buyer and seller change places."""
    other = ticks.copy()
    for name, source in (("price", "price"), ("bid", "ask"), ("ask", "bid")):
        other[name] = np.where(ticks[source] == ABSENT, ABSENT, 2 * about_ticks - ticks[source])
    other["bid_size"], other["ask_size"] = ticks["ask_size"], ticks["bid_size"]
    other["side"] = -ticks["side"]
    return other


def lesson(start: str = LESSON_START) -> Tape:
    """The worked ES trade: 360 rows, 348 prints. `start` is the New York time at which its 09:30 stands instead."""
    tape = Tape("ES", "0.25", start)
    shift = ns(start) - ns(LESSON_START)
    rows: list[tuple[int, ...]] = []
    with LESSON.open(newline="") as file:
        for line in csv.DictReader(file):
            first = ns(f"2023-05-25 {line['t0_et']}") + shift
            bid, ask = tape.ticks(line["bid"]), tape.ticks(line["ask"])
            sizes = (int(line["bid_size"]), int(line["ask_size"]))
            for j in range(int(line["n"])):
                at, by = first + j * int(line["step_ms"]) * MILLISECOND, j * int(line["dtick"])
                if line["kind"] == "Q":
                    rows.append((at, ABSENT, 0, bid + by, ask + by, *sizes, 0, QUOTE, UNKNOWN, 0, 0))
                    continue
                price, side = tape.ticks(line["price"]) + by, BUY if line["side"] == "B" else SELL
                rows.append((at, price, int(line["size"]), bid + by, ask + by, *sizes, 0, PRINT, side, SIDE_TRUE, 0))
    return tape.then(np.array(rows, TICK))
