"""Short ways to a synthetic market for tests."""

from datetime import date, time

import numpy as np

from adapters.synthetic.market import Simulator, no_plants
from adapters.synthetic.natures import nature_of, new_york_ns, pace_of_day
from adapters.synthetic.state import SECOND, States
from bot.domain.market import PRINT, QUOTE, Ticks

OPEN = time(9, 30)
BEGIN = new_york_ns(date(2026, 11, 17), OPEN)


def market(*, product: str = "ES", seed: int = 1, minutes: int = 60, plants: States | None = None) -> Simulator:
    """A market from the opening on."""
    nature, pace = nature_of(product), pace_of_day(OPEN, minutes * 60)
    staged = no_plants() if plants is None else plants
    return Simulator(nature.row(), pace, staged, begin=BEGIN, price=nature.start_ticks, seed=seed)


def rows(simulator: Simulator, batch: int = 65_536) -> Ticks:
    """All of its rows."""
    return np.concatenate([ticks.copy() for ticks in simulator.batches(batch)])


def at(minutes: float) -> int:
    """ns UTC of a moment after the opening."""
    return BEGIN + int(minutes * 60 * SECOND)


def prints(ticks: Ticks) -> Ticks:
    """Its prints."""
    return ticks[ticks["kind"] == PRINT]


def quotes(ticks: Ticks) -> Ticks:
    """Its quotes."""
    return ticks[ticks["kind"] == QUOTE]
