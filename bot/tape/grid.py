"""From prices as sources tell them to whole ticks, and back to nothing lost.

Importers speak in units of 1e-9 points, which are exact for every price of at most nine decimals; a tape speaks in
ticks. What does not fit is kept and flagged where a row can hold it, and counted where it cannot:

    between two ticks, stock      the tick below, OFF_GRID, the rest in `remainder`
    between two ticks, future     the same, and QUARANTINED: such a print did not happen at an exchange
    no price, no or bad size      QUARANTINED; an absent size is ABSENT, so that it differs from zero
    quote between two ticks       widened to the grid (bid down, ask up) and counted; on a quote row OFF_GRID as well
    no time, unknown kind, a price or size beyond 32 bits: dropped and counted
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, STATUS, TICK, Ticks
from bot.errors import UsageError
from bot.tape.facts import UNITS, Remainder

Int64 = npt.NDArray[np.int64]
NONE = int(np.iinfo(np.int64).min)
"""An absent price, size or time in a Chunk."""
_FAR = 2.0**62
_MOST = int(np.iinfo(np.int32).max)
# Half of what separates two neighbouring float32 values is at most 2⁻²⁴ of them; one bit more for sums.
_SINGLE_BITS = 23


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a source, in its order: times in ns UTC, prices in 1e-9 points, NONE where there is nothing."""

    ts: Int64
    kind: npt.NDArray[np.uint8]  # PRINT, QUOTE, STATUS; 0 = not readable
    price: Int64
    size: Int64
    side: npt.NDArray[np.int8]
    side_method: npt.NDArray[np.uint8]
    bid: Int64
    ask: Int64
    bid_size: Int64
    ask_size: Int64
    flags: npt.NDArray[np.uint8]
    single: bool = False
    """Prices were float32, so 64.83 arrived as 64.8300018: the nearest tick within that error is meant."""
    advanced: int = 0
    """How much of the source has been read for this chunk, in the source's unit of progress."""

    def take(self, mask: npt.NDArray[np.bool_]) -> "Chunk":
        """Only the rows of `mask`."""
        columns = {name: getattr(self, name)[mask] for name in _COLUMNS}
        return replace(self, **columns)


_COLUMNS = ("ts", "kind", "price", "size", "side", "side_method", "bid", "ask", "bid_size", "ask_size", "flags")


@dataclass(frozen=True, slots=True)
class Grid:
    """How prices of one instrument step."""

    tick: Decimal
    future: bool

    @property
    def units(self) -> int:
        """1e-9 points per tick. Raises UsageError for a tick that is not a positive multiple of that."""
        units = self.tick * UNITS
        if units <= 0 or units != int(units):
            raise UsageError(f"a tick of {self.tick} points is not possible", allowed="a positive price step like 0.25")
        return int(units)


@dataclass(slots=True)
class Losses:
    """What could not be kept as it was, by cause, with counts."""

    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)


def units_of(prices: Any, scale: Decimal = Decimal(1)) -> Int64:
    """Float prices in 1e-9 points, NaN as NONE; exact for prices of up to nine decimals and below a million."""
    with np.errstate(over="ignore"):
        values = np.asarray(prices, np.float64) * float(scale * UNITS)
    absent = np.isnan(values)
    # What is too large for a tape stays too large, so that it is counted as such.
    units: Int64 = np.rint(np.clip(np.where(absent, 0, values), -_FAR, _FAR)).astype(np.int64)
    units[absent] = NONE
    return units


def to_rows(chunk: Chunk, grid: Grid, losses: Losses) -> tuple[Ticks, Remainder]:
    """TICK rows and remainders of a chunk; counts into `losses` what was dropped or changed."""
    chunk = _readable(chunk, grid, losses)
    step = grid.units
    rows: Ticks = np.zeros(len(chunk.ts), TICK)
    prints, quotes = chunk.kind == PRINT, chunk.kind == QUOTE
    price, remainder = _on_grid(chunk.price, step, chunk.single)
    bid, bid_rest = _on_grid(chunk.bid, step, chunk.single)
    ask, ask_rest = _on_grid(chunk.ask, step, chunk.single)
    ask = np.where(ask_rest > 0, ask + 1, ask)
    off = prints & (remainder > 0)
    off_quote = (bid_rest > 0) | (ask_rest > 0)
    bad = prints & ((chunk.price == NONE) | (chunk.size == NONE) | (chunk.size <= 0))
    losses.changed["quotes between two ticks were widened to the grid"] += int(off_quote.sum())

    off_row = off | (quotes & off_quote)
    flags = chunk.flags | np.where(off_row, OFF_GRID, 0)
    flags |= np.where(bad | (off_row & grid.future), QUARANTINED, 0)
    rows["flags"] = flags
    rows["ts"], rows["kind"] = chunk.ts, chunk.kind
    rows["price"] = np.where(prints, price, ABSENT)
    rows["size"] = np.where(prints, np.where(chunk.size == NONE, ABSENT, chunk.size), 0)
    rows["side"] = np.where(prints, chunk.side, 0)
    rows["side_method"] = np.where(prints, chunk.side_method, 0)
    for name, side in (("bid", bid), ("ask", ask)):
        rows[name] = side
        sizes = getattr(chunk, f"{name}_size")
        rows[f"{name}_size"] = np.where((side == ABSENT) | (sizes < 0) | (sizes > _MOST), 0, sizes)
    return rows, np.where(off, remainder, 0)


def _on_grid(units: Int64, step: int, single: bool) -> tuple[Int64, Int64]:
    """Ticks at or below, and what is above them; ABSENT and 0 where there is no price."""
    none = units == NONE
    units = np.where(none, 0, units)
    if single:
        units = _snapped(units, step)
    ticks = np.floor_divide(units, step)
    return np.where(none, ABSENT, ticks), np.where(none, 0, units - ticks * step)


def _snapped(units: Int64, step: int) -> Int64:
    """float32 prices as they were meant: on the grid when within float32's error, else on its hundredths."""
    error = (np.abs(units) >> _SINGLE_BITS) + 1
    meant = units
    for grid in (max(step // 100, 1), step):
        near = np.floor_divide(units + grid // 2, grid) * grid
        meant = np.where(np.abs(near - units) <= error, near, meant)
    return meant


def _readable(chunk: Chunk, grid: Grid, losses: Losses) -> Chunk:
    most = grid.units * (_MOST - 1)
    too_far = np.zeros(len(chunk.ts), np.bool_)
    for units in (chunk.price, chunk.bid, chunk.ask):
        too_far |= (units != NONE) & (np.abs(units) > most)
    faults = {
        "of an unknown kind": ~np.isin(chunk.kind, (PRINT, QUOTE, STATUS)),
        "without a readable time": chunk.ts == NONE,
        "with a size beyond 32 bits": (chunk.size != NONE) & (np.abs(chunk.size) > _MOST),
        "with a price beyond 32 bits of ticks": too_far,
    }
    keep = np.ones(len(chunk.ts), np.bool_)
    for cause, mask in faults.items():
        losses.dropped[cause] += int((keep & mask).sum())
        keep &= ~mask
    return chunk if keep.all() else chunk.take(keep)
