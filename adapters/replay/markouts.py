"""Where the price stood some seconds after a moment: middles of the quotes, asked for in any order, read in one pass.

A middle is that of the newest usable row at or before the moment. There is none (the markout is censored) beyond the
end of the session or of the tape, and where trading was halted at any time from the first moment to the last.

Source: signals.md E2; a markout is side × (mid(t + h) − reference), ticks.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, HALT, OFF_GRID, QUARANTINED, RESUME, STATUS, Ticks
from bot.ports import Market

Answer = Callable[[float | None], None]
_NEVER = np.iinfo(np.int64).max


class Middles:
    """The middle of each instrument's book over the batches of a tape."""

    def __init__(self, instruments: int) -> None:
        self._asked: list[list[tuple[int, int, int, Answer]]] = [[] for _ in range(instruments)]
        self._last: list[float | None] = [None] * instruments
        self._halts: list[list[tuple[int, int]]] = [[] for _ in range(instruments)]
        self._numbered = 0

    def ask(self, instrument: int, since: int, ts: int, answer: Answer) -> None:
        """Have `answer` told the middle at `ts`, None where trading was halted in [since, ts] or it was not told."""
        heapq.heappush(self._asked[instrument], (ts, self._numbered, since, answer))
        self._numbered += 1

    def read(self, ticks: Ticks, until: int) -> None:
        """One more batch; what is asked for before `until`, up to which all is told by now, is answered."""
        for instrument, asked in enumerate(self._asked):
            mine = ticks[ticks["instrument"] == instrument]
            self._status(instrument, mine)
            rows = usable(mine)
            stamps, middles = mine["ts"][rows], (mine["bid"][rows].astype(np.float64) + mine["ask"][rows]) / 2
            # An answer may ask for more.
            while asked and asked[0][0] < until:
                ts, _, since, answer = heapq.heappop(asked)
                row = int(np.searchsorted(stamps, ts, side="right")) - 1
                middle = float(middles[row]) if row >= 0 else self._last[instrument]
                answer(None if self._halted_within(instrument, since, ts) else middle)
            if len(middles):
                self._last[instrument] = float(middles[-1])

    def end(self, last_ns: int) -> None:
        """The tape has ended: what lies at its last row is known, what lies beyond is not."""
        for instrument, asked in enumerate(self._asked):
            while asked:
                ts, _, since, answer = heapq.heappop(asked)
                halted = self._halted_within(instrument, since, ts)
                answer(None if halted or ts > last_ns else self._last[instrument])

    def _status(self, instrument: int, ticks: Ticks) -> None:
        for tick in ticks[ticks["kind"] == STATUS]:
            halts, ts = self._halts[instrument], int(tick["ts"])
            if tick["flags"] & HALT and not (halts and halts[-1][1] == _NEVER):
                halts.append((ts, _NEVER))
            elif tick["flags"] & RESUME and halts and halts[-1][1] == _NEVER:
                halts[-1] = halts[-1][0], ts

    def _halted_within(self, instrument: int, since: int, ts: int) -> bool:
        return any(begun <= ts and since < ended for begun, ended in self._halts[instrument])


async def middles_at(market: Market, wanted: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], float | None]:
    """(product, moment) → the middle there, for the moments (ns UTC) that are wanted; the market is read once."""
    products, found = [one.product for one in market.instruments], dict[tuple[str, int], float | None]()
    middles, last_ns = Middles(len(products)), 0

    def said(product: str, ts: int) -> Answer:
        return lambda middle: found.update({(product, ts): middle})

    for index, product in enumerate(products):
        for ts in wanted.get(product, ()):
            middles.ask(index, ts, ts, said(product, ts))
    await market.subscribe()
    async for batch in market.batches():
        if len(batch.ticks):
            last_ns = int(batch.ticks["ts"][-1])
            middles.read(batch.ticks, last_ns)
    middles.end(last_ns)
    return found


def usable(ticks: Ticks) -> npt.NDArray[np.intp]:
    """The rows that have a book of two sides which is not crossed."""
    good = (ticks["kind"] != STATUS) & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0)
    good &= (ticks["bid"] != ABSENT) & (ticks["ask"] != ABSENT) & (ticks["bid"] <= ticks["ask"])
    return np.flatnonzero(good)


class Markouts:
    """The markouts of one moment, as they become known."""

    def __init__(self, middles: Middles, instrument: int, side: int, since: int, until: int) -> None:
        self._middles, self._instrument, self._side = middles, instrument, side
        self._since, self._until = since, until
        self.ticks: list[float | None] = []

    def from_price(self, price: float, horizons_ns: Sequence[int]) -> None:
        """Ask for them, counted from `price`."""
        self.ticks = [None] * len(horizons_ns)
        for at, horizon in enumerate(horizons_ns):
            ts = self._since + horizon
            if ts <= self._until:
                self._middles.ask(self._instrument, self._since, ts, self._said(at, price))

    def from_middle(self, horizons_ns: Sequence[int]) -> None:
        """Ask for them, counted from the middle at the moment itself."""
        self.ticks = [None] * len(horizons_ns)

        def begin(middle: float | None) -> None:
            if middle is not None:
                self.from_price(middle, horizons_ns)

        self._middles.ask(self._instrument, self._since, self._since, begin)

    def _said(self, at: int, price: float) -> Answer:
        def said(middle: float | None) -> None:
            self.ticks[at] = None if middle is None else self._side * (middle - price)

        return said
