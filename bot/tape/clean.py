"""What dirty rows need before anybody reads them: stamps that never go back, a mark on what is no print, counts.

    ts_regressed  a stamp before the newest one: clamped to it and flagged; it is read, but confirms no signal
    far_time      a stamp more than a week ahead that the next row does not confirm                     quarantined
    bad_price     a print without a price                                                               quarantined
    bad_size      a print of a negative size or of none                                                 quarantined
    zero_size     a print of size zero                                                                  quarantined
    far_price     a print more than a million ticks from the last good one and from the last of any     quarantined
    off_grid      a price between two ticks; a future's is quarantined by whoever brought it
    quarantined   any other row that whoever brought it has quarantined
    crossed       a bid above the ask: no detector reads it; on a print only where no quote showed it before
    locked, one_sided   a quote whose bid is its ask, or that lacks one of them; read as they are

Each print is counted once, under the first of its faults. Every adapter passes its rows through one `Cleaner` for each
instrument; what is quarantined is used for nothing from then on.
"""

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, TS_REGRESSED, Ticks
from bot.kernel import Row, kernel, part

ANOMALIES = (
    "ts_regressed",
    "far_time",
    "bad_price",
    "bad_size",
    "zero_size",
    "far_price",
    "off_grid",
    "quarantined",
    "crossed",
    "locked",
    "one_sided",
)
REGRESSED, FAR_TIME, BAD_PRICE, BAD_SIZE, ZERO_SIZE, FAR_PRICE, OFF, SET_APART, CROSSED, LOCKED, ONE_SIDED = range(11)
FAR_TICKS = 1 << 20
"""A bar keeps a cell for each tick of its range: one print far off would ask for all the memory there is."""
FAR_NS = 7 * 86_400 * 1_000_000_000
"""So would the empty bars of decades, and every row after a stamp of the year 2100 would have gone backwards."""

NEVER = np.iinfo(np.int64).min
STATE = np.dtype(
    [
        ("newest", "i8"),  # stamp
        ("ahead", "i8"),  # stamp of the last row, if it was far ahead and waits for the next to confirm it; else 0
        ("good", "i8"),  # price of the last good print
        ("seen", "i8"),  # price of the last print of any price: two that agree are no error
        ("crossed", "i8"),  # the book in force is, and has been counted
    ],
    align=True,
)


@part
def fault(s: Row, tick: Row) -> int:
    """Which fault a print has, −1 when none."""
    if tick.price == ABSENT:
        return BAD_PRICE
    if tick.size < 0:
        return BAD_SIZE
    if tick.size == 0:
        return ZERO_SIZE
    good, seen = s.good, s.seen
    s.seen = tick.price
    if tick.flags & (OFF_GRID | QUARANTINED):
        return OFF if tick.flags & OFF_GRID else SET_APART
    if good != ABSENT and abs(tick.price - good) > FAR_TICKS and abs(tick.price - seen) > FAR_TICKS:
        return FAR_PRICE
    s.good = tick.price
    return -1


@part
def book(tick: Row) -> int:
    """What is odd about the book on a row, −1 when nothing."""
    if tick.bid == ABSENT or tick.ask == ABSENT:
        return ONE_SIDED
    return CROSSED if tick.bid > tick.ask else LOCKED if tick.bid == tick.ask else -1


@part
def stamp(s: Row, tick: Row) -> int:
    """Let no stamp go back or far ahead, in place; which fault it has, −1 when none."""
    ts = tick.ts
    if ts < s.newest:
        tick.ts = s.newest
        tick.flags |= TS_REGRESSED
        s.ahead = 0
        return REGRESSED
    if ts - s.newest > FAR_NS and s.newest > NEVER and not (s.ahead and abs(ts - s.ahead) <= FAR_NS):
        tick.ts, s.ahead = s.newest, ts
        tick.flags |= QUARANTINED
        return FAR_TIME
    s.newest, s.ahead = ts, 0
    return -1


@kernel
def _clean(ticks: Ticks, state: Ticks, counts: npt.NDArray[np.int64]) -> None:
    s = state[0]
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        late = stamp(s, tick)
        if late >= 0:
            counts[late] += 1
        if late == FAR_TIME:
            continue
        if tick.kind != PRINT and tick.kind != QUOTE:
            continue
        shape = book(tick)
        if tick.kind == PRINT:
            found = fault(s, tick)
            if found >= 0:
                counts[found] += 1
                if found != OFF:
                    tick.flags |= QUARANTINED
            if shape == CROSSED and not s.crossed:
                counts[CROSSED] += 1
        elif tick.flags & (OFF_GRID | QUARANTINED):
            counts[OFF if tick.flags & OFF_GRID else SET_APART] += 1
        elif shape >= 0:
            counts[shape] += 1
        s.crossed = 1 if shape == CROSSED else 0


class Cleaner:
    """A fold over the batches of one instrument: see above.

    `begin` (ns UTC), where it is known, is a stamp at which its rows are known to begin, or shortly before.
    """

    def __init__(self, begin: int = NEVER) -> None:
        self._state = np.zeros(1, STATE)
        self._state["newest"] = begin
        self._state["good"] = self._state["seen"] = ABSENT
        self._counts = np.zeros(len(ANOMALIES), np.int64)

    def clean(self, ticks: Ticks) -> Ticks:
        """The same rows, put right in place."""
        _clean(ticks, self._state, self._counts)
        return ticks

    @property
    def anomalies(self) -> dict[str, int]:
        """How often each oddity was seen, without those never seen."""
        return {name: int(count) for name, count in zip(ANOMALIES, self._counts, strict=True) if count}


def total(cleaners: "list[Cleaner]") -> dict[str, int]:
    """The counts of several, by name."""
    found: dict[str, int] = {}
    for cleaner in cleaners:
        for name, count in cleaner.anomalies.items():
            found[name] = found.get(name, 0) + count
    return found
