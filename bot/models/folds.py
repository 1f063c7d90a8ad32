"""Days kept apart, so that nothing is tested on what it was made of.

Purge: a candidate whose time (from known to its end) reaches into the days that are held out is not trained on.
Embargo: nor is one of the trading day next to them, on either side.

Source
    M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
EMBARGO_DAYS = 1


@dataclass(frozen=True, slots=True)
class Times:
    """When candidates began and ended, in order: trading day (yyyymmdd), known and end (ns UTC)."""

    day: NDArray[np.int64]
    known: NDArray[np.int64]
    end: NDArray[np.int64]

    @property
    def days(self) -> NDArray[np.int64]:
        """The different days, ascending."""
        return np.unique(self.day)


def blocks(times: Times, count: int) -> list[Index]:
    """The candidates in `count` runs of whole days with about as many candidates in each; none is empty."""
    days, sizes = np.unique(times.day, return_counts=True)
    middles = np.cumsum(sizes) - sizes / 2
    of_day = np.minimum((middles * count / sizes.sum()).astype(int), count - 1)
    block = of_day[np.searchsorted(days, times.day)]
    return [found for number in range(count) if len(found := np.flatnonzero(block == number))]


def apart(times: Times, train: Index, held: Index) -> Index:
    """Those of `train` that neither reach into the held-out days nor lie in the trading day next to them."""
    if not len(held):
        return train
    numbers = np.searchsorted(times.days, times.day)
    first, last = numbers[held].min(), numbers[held].max()
    near = (numbers[train] >= first - EMBARGO_DAYS) & (numbers[train] <= last + EMBARGO_DAYS)
    reaches = (times.end[train] >= times.known[held].min()) & (times.known[train] <= times.end[held].max())
    kept: Index = train[~(near | reaches)]
    return kept


def split(times: Times, some: Index, share: float) -> tuple[Index, Index]:
    """The first `share` of candidates by whole days, kept apart from the rest: to train on, and to calibrate on."""
    day = times.day[some]
    days, sizes = np.unique(day, return_counts=True)
    cut = int(np.searchsorted(np.cumsum(sizes), share * len(some)))
    later = some[day > days[min(cut, len(days) - 2)]] if len(days) > 1 else some[:0]
    return apart(times, np.setdiff1d(some, later), later), later


def forward(times: Times, count: int, first: int) -> Iterator[tuple[Index, Index]]:
    """Walk forward: (all candidates before, kept apart; the next block) for each block from number `first` on."""
    parts = blocks(times, count)
    for number in range(first, len(parts)):
        before = np.concatenate(parts[:number])
        yield apart(times, before, parts[number]), parts[number]
