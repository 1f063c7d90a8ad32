"""Several tapes as one stream, ordered by (stamp, order of the tapes), in memory that does not grow with them."""

from collections.abc import Iterator

import numpy as np

from bot.domain.market import TICK, Ticks
from bot.tape.facts import joined

_FAR = np.iinfo(np.int64).max


class _Source:
    def __init__(self, index: int, batches: Iterator[Ticks]) -> None:
        self._index = index
        self._batches = batches
        self.ticks: Ticks = np.zeros(0, TICK)
        self.done = False

    def more(self) -> None:
        """Append the tape's next batch."""
        batch = next(self._batches, None)
        if batch is None:
            self.done = True
            return
        batch["instrument"] = self._index
        self.ticks = joined([self.ticks, batch]) if len(self.ticks) else batch

    def before(self, ts: int) -> Ticks:
        """Take the rows with a stamp below `ts`."""
        cut = int(np.searchsorted(np.ascontiguousarray(self.ticks["ts"]), ts))
        head, self.ticks = self.ticks[:cut], self.ticks[cut:]
        return head


def merged(sources: list[Iterator[Ticks]]) -> Iterator[Ticks]:
    """Batches of all sources in order; each source's own stamps must not go backwards."""
    tapes = [_Source(index, source) for index, source in enumerate(sources)]
    while True:
        horizon = _FAR
        for tape in tapes:
            # A batch that is one stamp from end to end says nothing about what follows: ask for more.
            while not tape.done and (not len(tape.ticks) or tape.ticks["ts"][0] == tape.ticks["ts"][-1]):
                tape.more()
            if not tape.done:
                horizon = min(horizon, int(tape.ticks["ts"][-1]))
        parts = [tape.before(horizon) if horizon != _FAR else tape.ticks for tape in tapes]
        rows = joined(parts)
        if len(rows):
            yield rows[np.argsort(rows["ts"], kind="stable")]
        if horizon == _FAR:
            return


def cut(batches: Iterator[Ticks], rows: int) -> Iterator[Ticks]:
    """The same rows in batches of exactly `rows`, the last one shorter."""
    rest: Ticks = np.zeros(0, TICK)
    for batch in batches:
        rest = joined([rest, batch]) if len(rest) else batch
        while len(rest) >= rows:
            yield rest[:rows]
            rest = rest[rows:]
    if len(rest):
        yield rest
