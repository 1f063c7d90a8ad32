"""The market maker's true inventory, and what it does to his quotes: a shift, a wider spread, or nothing.

Method: a strict null; every five seconds the touch is held against its median of the minute before, steps in which a
print used a queue up left out; the truth is the simulator's own.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from adapters.synthetic.market import Simulator, no_plants
from adapters.synthetic.natures import nature_of, pace_of_day
from adapters.synthetic.state import LITERATURE, NO_MAKER, SECOND, SEED
from bot.domain.market import BUY, Ticks
from tests.rooms.synthetic.markets import BEGIN, OPEN, prints, quotes, rows

HOURS, STEP_S, MINUTE = 6, 5, 12
STEPS = HOURS * 3_600 // STEP_S
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Day:
    """A null day in steps of five seconds: true inventory, readings of the touch, and which steps count."""

    held: npt.NDArray[np.int64]
    down: Bools
    up: Bools
    wide: Bools
    counts: Bools

    @property
    def loaded(self) -> Bools:
        """The two fifths of all steps in which he holds most."""
        return np.abs(self.held) >= np.percentile(np.abs(self.held), 60)


@cache
def day(maker: int, seed: int = 1) -> Day:
    nature = nature_of("ES")
    pace = pace_of_day(OPEN, HOURS * 3_600)
    simulator = Simulator(
        nature.row(), pace, no_plants(), begin=BEGIN, price=nature.start_ticks, seed=seed, maker=maker
    )
    ticks = rows(simulator)
    bid, ask = (_off_the_minute(quotes(ticks), name) for name in ("bid", "ask"))
    return Day(
        held=simulator.truth[::STEP_S],
        down=(bid < 0) & (ask < 0),
        up=(bid > 0) & (ask > 0),
        wide=(bid < 0) & (ask > 0),
        counts=~_used_up(prints(ticks)),
    )


def _off_the_minute(quoted: Ticks, name: str) -> Any:
    """Time-weighted quote of each step less the median of the minute before, ticks."""
    edges = BEGIN + np.arange(STEPS + 1) * STEP_S * SECOND
    inside = np.maximum(np.searchsorted(quoted["ts"], edges, side="right") - 1, 0)
    stamps = np.concatenate([quoted["ts"], edges])
    values = np.concatenate([quoted[name], quoted[name][inside]]).astype(float)
    order = np.argsort(stamps, kind="stable")
    lasts, step = np.diff(stamps[order]), (stamps[order][:-1] - BEGIN) // (STEP_S * SECOND)
    step = np.minimum(step, STEPS - 1)
    mean = np.bincount(step, values[order][:-1] * lasts, STEPS) / np.bincount(step, lasts, STEPS)
    return mean - [np.median(mean[max(i - MINUTE, 0) : max(i, 1)]) for i in range(STEPS)]


def _used_up(traded: Ticks) -> Bools:
    queue = np.where(traded["side"] == BUY, traded["ask_size"], traded["bid_size"])
    ended = traded["ts"][traded["size"] >= queue]
    used = np.zeros(STEPS, bool)
    used[np.minimum((ended - BEGIN) // (STEP_S * SECOND), STEPS - 1)] = True
    return used


@pytest.mark.parametrize("seed", [1, 2])
def test_a_maker_of_the_literature_shifts_both_quotes_away_from_what_he_holds(seed: int) -> None:
    seen = day(LITERATURE, seed)
    shifted = seen.counts & seen.loaded & (seen.down | seen.up)
    right = np.where(seen.held > 0, seen.down, seen.up)[shifted]
    assert len(right) >= 100
    assert right.mean() >= 0.75
    assert seen.wide[seen.counts].mean() < 0.01


def test_a_maker_of_the_lesson_widens_when_he_is_loaded() -> None:
    seen = day(SEED)
    widened = seen.counts & seen.wide
    assert widened.sum() >= 50
    # Two steps in five are called loaded here; nearly all of the widening must come from them.
    assert seen.loaded[widened].mean() >= 0.7
    assert widened.sum() >= 20 * (day(LITERATURE).counts & day(LITERATURE).wide).sum()


def test_where_no_maker_cares_quotes_say_nothing_of_inventory() -> None:
    seen = day(NO_MAKER)
    shifted = seen.counts & seen.loaded & (seen.down | seen.up)
    assert np.where(seen.held > 0, seen.down, seen.up)[shifted].mean() == pytest.approx(0.5, abs=0.12)
    assert seen.wide[seen.counts].mean() < 0.01


def test_who_quotes_by_inventory_comes_back_to_none() -> None:
    for maker in (LITERATURE, SEED):
        held = day(maker).held
        assert abs(held.mean()) <= 0.5 * held.std()
        assert np.percentile(np.abs(held), 99) <= np.percentile(np.abs(day(NO_MAKER).held), 99)


def test_the_truth_is_what_resting_orders_were_left_with() -> None:
    nature = nature_of("ES")
    simulator = Simulator(
        nature.row(), pace_of_day(OPEN, 600), no_plants(), begin=BEGIN, price=nature.start_ticks, seed=3
    )
    traded = prints(rows(simulator))
    signed = np.where(traded["side"] == BUY, -traded["size"], traded["size"])
    for second in (1, 60, 300, 599):
        before = traded["ts"] < BEGIN + second * SECOND
        assert abs(int(simulator.truth[second]) - int(signed[before].sum()) // 2) <= 1
