"""The bid cluster: the levels at and below an absorption that took the selling, under which a stop belongs.

Definition (long; mirrored by `sign`)
    Contiguous levels at or below the absorption level whose volume sold in the last six minutes is at least a quarter
    of the largest among the levels at or below it. The cluster's low is the lowest of them; the stop stands one tick
    lower.
Source
    Specification of signals §9.
"""

from bot.domain.market import Ticks
from bot.kernel import part

WINDOW_NS = 360_000_000_000
FRACTION = 0.25


@part
def absorbed(bars: Ticks, last: int, cells: Ticks, since: int, sign: int, price: int) -> int:
    """Volume that hit `price` in the bars of the last one's timeframe that began at or after `since`."""
    total = 0
    for k in range(last, -1, -1):
        bar = bars[k]
        if bar.timeframe != bars[last].timeframe:
            continue
        if bar.start < since:
            break
        for j in range(bar.cells_from, bar.cells_to):
            if cells[j].price == price:
                total += cells[j].sell if sign > 0 else cells[j].buy
    return total


@part
def cluster_low(bars: Ticks, last: int, cells: Ticks, sign: int, level: int) -> tuple[int, int]:
    """(lowest price of the cluster, largest volume of a level) under `level`, as bar `last` has closed."""
    since = min(bars[last].end - WINDOW_NS, bars[last].start)
    lowest = level
    for k in range(last, -1, -1):
        if (
            bars[k].timeframe == bars[last].timeframe
            and bars[k].start >= since
            and bars[k].cells_to > bars[k].cells_from
        ):
            edge = bars[k].low if sign > 0 else bars[k].high
            lowest = min(lowest, edge) if sign > 0 else max(lowest, edge)
    largest = 0
    for d in range(sign * (level - lowest) + 1):
        largest = max(largest, absorbed(bars, last, cells, since, sign, level - sign * d))
    low = level
    while low != lowest and absorbed(bars, last, cells, since, sign, low - sign) >= FRACTION * largest:
        low -= sign
    return low, largest
