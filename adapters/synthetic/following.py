"""A product whose market follows another's: the micro of a future, so that one can be hedged by the other.

Its quote is the leader's, a little later, now and then a tick beside it or a tick wider; its prints are a share of the
leader's, at its own touch, in sizes of its own. Chance is drawn for spells of 100 ms and for numbered rows, so that the
same seed gives the same rows however the leader's come cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adapters.synthetic.market import Simulator
from adapters.synthetic.state import SECOND, States
from bot.domain.market import ABSENT, PRINT, QUOTE, STATUS, UNKNOWN, Ticks

SPELL = SECOND // 10
_STRAY, _WIDE, _PRINT, _SIZE, _DEPTH = range(1, 6)
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Follower:
    """One following product. Shares are per mille, `lag` ns; tick and session are the leader's."""

    leader: str
    contract: str
    lag: int = SECOND // 500
    stray: int = 150
    """Spells in which it stands a tick beside its leader."""
    wide: int = 100
    """Spells in which its spread is a tick wider."""
    prints: int = 400
    """The leader's prints that have one of its own."""


FOLLOWERS = {"MES": Follower("ES", "MESZ2026")}


class Following:
    """A whole market that follows a simulated one. Nothing is staged in it: what is, was staged in its leader."""

    def __init__(self, leader: Simulator, follower: Follower, seed: int) -> None:
        self._leader, self._follower, self._seed = leader, follower, seed
        self.plants: States = leader.plants[:0]

    @property
    def now(self) -> int:
        """How far its leader has come, ns UTC."""
        return self._leader.now

    def batches(self) -> Iterator[Ticks]:
        """Its rows, in batches as its leader's come."""
        return follow(self._leader.batches(), self._follower, self._seed)


def follow(leader: Iterator[Ticks], follower: Follower, seed: int) -> Iterator[Ticks]:
    """The follower's rows, batch by batch, for the leader's."""
    number, bid, ask = 0, ABSENT, ABSENT
    for rows in filter(len, leader):
        made = rows.copy()
        quotes = _quotes(made, follower, seed)
        # What stands before each row: the newest quote up to there, else that of the batch before.
        newest = np.maximum.accumulate(np.where(rows["kind"] == QUOTE, np.arange(len(rows)), -1))
        before = np.concatenate([[-1], newest[:-1]]).astype(np.int64)
        old = [np.where(before < 0, carried, side[before]) for carried, side in zip((bid, ask), quotes, strict=True)]
        quoted, printed = made["kind"] == QUOTE, made["kind"] == PRINT
        for name, side, own in zip(("bid", "ask"), quotes, old, strict=True):
            made[name] = np.where(quoted, side, own)
            made[f"{name}_size"] = np.where(made[name] == ABSENT, 0, 5 + _dice(seed, _DEPTH, rows["ts"] // SPELL) % 40)
        numbers = number + np.arange(len(rows))
        made["price"] = np.where(printed, np.where(made["side"] > 0, old[1], old[0]), ABSENT)
        made["size"] = np.where(printed, 1 + _dice(seed, _SIZE, numbers) % 9, 0)
        drawn = (_dice(seed, _PRINT, numbers) < follower.prints) & (made["side"] != UNKNOWN) & (made["price"] != ABSENT)
        changed = quoted & ((quotes[0] != old[0]) | (quotes[1] != old[1]))
        if newest[-1] >= 0:
            bid, ask = int(quotes[0][newest[-1]]), int(quotes[1][newest[-1]])
        number += len(rows)
        made["ts"] += follower.lag
        yield made[changed | (printed & drawn) | (made["kind"] == STATUS)]


def _quotes(rows: Ticks, follower: Follower, seed: int) -> tuple[Numbers, Numbers]:
    """Bid and ask of the follower by the leader's on each row."""
    spells = rows["ts"] // SPELL
    stray, wide = _dice(seed, _STRAY, spells), _dice(seed, _WIDE, spells)
    aside = np.where(stray < follower.stray, np.where(stray % 2 == 0, 1, -1), 0)
    wider = np.where(wide < follower.wide, 1, 0)
    bid = np.where(rows["bid"] == ABSENT, ABSENT, rows["bid"].astype(np.int64) + aside - wider * (wide % 2))
    ask = np.where(rows["ask"] == ABSENT, ABSENT, rows["ask"].astype(np.int64) + aside + wider * (1 - wide % 2))
    return bid, ask


def _dice(seed: int, what: int, numbers: Numbers) -> Numbers:
    """0 to 999 for each number, the same on every machine (splitmix64: Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        x = numbers.astype(np.uint64) + np.uint64((seed * 31 + what) * 0x9E3779B97F4A7C15 % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((x ^ (x >> np.uint64(31))) % np.uint64(1000), np.int64)
