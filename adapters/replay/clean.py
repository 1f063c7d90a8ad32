"""What a dirty tape needs before anybody reads it: stamps that never go backwards, and a count of what is odd."""

import numpy as np
import numpy.typing as npt

from bot.domain.market import ABSENT, OFF_GRID, QUARANTINED, QUOTE, TS_REGRESSED, Ticks
from bot.kernel import kernel

ANOMALIES = ("ts_regressed", "off_grid", "quarantined", "crossed", "locked", "one_sided")


@kernel
def _clean(ticks: Ticks, newest: int, counts: npt.NDArray[np.int64]) -> int:
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        if tick.ts < newest:
            tick.ts = newest
            tick.flags |= TS_REGRESSED
            counts[0] += 1
        else:
            newest = tick.ts
        if tick.flags & OFF_GRID:
            counts[1] += 1
        if tick.flags & QUARANTINED:
            counts[2] += 1
        if tick.kind == QUOTE and tick.bid >= tick.ask:
            # An absent bid is the smallest integer, so only an absent ask can come here one-sided.
            counts[3 + (2 if tick.ask == ABSENT else int(tick.bid == tick.ask))] += 1
        elif tick.kind == QUOTE and tick.bid == ABSENT:
            counts[5] += 1
    return newest


class Cleaner:
    """A fold over a tape's batches: clamps stamps to the newest one, counts anomalies by name."""

    def __init__(self) -> None:
        self._newest = np.iinfo(np.int64).min
        self._counts = np.zeros(len(ANOMALIES), np.int64)

    def clean(self, ticks: Ticks) -> Ticks:
        """The same rows, clamped in place."""
        self._newest = _clean(ticks, self._newest, self._counts)
        return ticks

    @property
    def anomalies(self) -> dict[str, int]:
        """How often each oddity was seen, without those never seen."""
        return {name: int(count) for name, count in zip(ANOMALIES, self._counts, strict=True) if count}
