"""How a market stood at each second: the quote in force, for whoever looks for moments like another one."""

from collections.abc import Mapping, Sequence

import numpy as np

from adapters.replay.markouts import usable
from bot.domain.market import HALT, RESUME, STATUS, Ticks
from bot.domain.what_if import Stamps, Standing
from bot.ports import Market

SECOND_NS = 1_000_000_000
STALE_NS = 60 * SECOND_NS
"""A quote older than this is silence."""


async def standing(market: Market, also: Mapping[str, Sequence[int]]) -> dict[str, Standing]:
    """Product → the quotes in force before each full second, and before the stamps that are named beside them.

    In force is the newest row with a book of two sides that is not crossed. Seconds of silence and of a halt are left
    out. The market is read once.
    """
    products = [one.product for one in market.instruments]
    seen = [_Seen(np.unique(np.asarray(also.get(product, ()), np.int64))) for product in products]
    await market.subscribe()
    async for batch in market.batches():
        for index, one in enumerate(seen):
            one.read(batch.ticks[batch.ticks["instrument"] == index])
    return {product: one.told() for product, one in zip(products, seen, strict=True)}


class _Seen:
    """One instrument's quotes, batch by batch."""

    def __init__(self, also: Stamps) -> None:
        self._also = also
        self._until = -1  # the newest stamp that has been asked
        self._last = np.zeros((0, 3), np.int64)  # stamp, bid, ask of the newest usable row; empty without one
        self._halted = False
        self._found = [np.zeros((0, 3), np.int64)]

    def read(self, ticks: Ticks) -> None:
        """One more batch of its rows."""
        if not len(ticks):
            return
        rows = usable(ticks)
        known = np.concatenate(
            [self._last, np.stack([ticks[name][rows].astype(np.int64) for name in ("ts", "bid", "ask")], axis=1)]
        )
        stamps, at = self._asked(known[:, 0], int(ticks["ts"][0]), int(ticks["ts"][-1]))
        said = ~self._halts(ticks, stamps)
        self._found.append(np.stack([stamps, known[at, 1], known[at, 2]], axis=1)[said])
        self._last = known[-1:]

    def told(self) -> Standing:
        """What was found, in order of time."""
        found = np.concatenate(self._found)
        return Standing(found[:, 0], found[:, 1], found[:, 2])

    def _asked(self, known: Stamps, first: int, last: int) -> tuple[Stamps, Stamps]:
        """The stamps that this batch answers, up to its last one, and which of the known rows is in force at each."""
        begin = first if self._until < 0 else self._until
        seconds = np.arange(begin // SECOND_NS + 1, last // SECOND_NS + 1, dtype=np.int64) * SECOND_NS
        also = self._also[(self._also > self._until) & (self._also <= last)]
        self._until = last
        both = [(some, np.searchsorted(known, some, side="left") - 1) for some in (seconds, also)]
        fresh = [some[(at >= 0) & (some - known[at] <= STALE_NS)] if len(known) else some[:0] for some, at in both]
        stamps = np.union1d(*fresh)
        return stamps, np.searchsorted(known, stamps, side="left") - 1

    def _halts(self, ticks: Ticks, stamps: Stamps) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether trading was halted at each of these stamps."""
        said = ticks[(ticks["kind"] == STATUS) & (ticks["flags"] & (HALT | RESUME) != 0)]
        states = np.concatenate([[self._halted], said["flags"] & HALT != 0])
        self._halted = bool(states[-1])
        return np.asarray(states[np.searchsorted(said["ts"], stamps, side="left")])
