"""A market with one maker whose inventory is known: takers come by chance, the more the nearer a quote is to the value.

    literature   Avellaneda & Stoikov 2008: both quotes move against the inventory, the width stays
    seed         the lesson's: with much inventory the bid is lowered and the offer raised
    none         the quotes follow the value, whatever is held
The value itself moves a tick now and then. What is shown is far more than anybody takes, so no level is ever consumed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.config.params import SECOND_NS
from bot.domain.market import ABSENT, BUY, PRINT, QUOTE, SELL, SIDE_TRUE, TICK, UNKNOWN, Ticks
from tests.tapes import ns

Model = Literal["literature", "seed", "none"]
STEP_NS = SECOND_NS // 10
SHOWN = 60
CONTRACTS_A_TICK = 40
"""Inventory for which a quote moves by one tick."""


@dataclass(frozen=True)
class MakerMarket:
    """A tape, and at each of its whole seconds what the maker held and how far he had moved bid and ask for it."""

    ticks: Ticks
    seconds: np.ndarray
    held: np.ndarray
    bid_moved: np.ndarray
    ask_moved: np.ndarray


def maker_market(model: Model, seed: int, hours: float = 2.0, start: str = "2026-05-27 10:00") -> MakerMarket:
    """One session of it, six takers in ten seconds on each side at the usual distance."""
    chance = np.random.default_rng(seed)
    rows, log, held, value, book = [], [], 0, 16800, (0, 0)
    first = ns(start)
    for k in range(round(hours * 36_000)):
        now = first + k * STEP_NS
        value += int(chance.choice((-1, 1))) if chance.random() < 0.004 else 0
        down, up = _moved(model, held)
        if k % 10 == 0:
            log.append((now, held, -down, up))
        if book != (value - down, value + 1 + up) or k % 10 == 0:
            book = (value - down, value + 1 + up)
            rows.append((now, ABSENT, 0, *book, SHOWN, SHOWN, 0, QUOTE, UNKNOWN, 0, 0))
        for side, distance in ((BUY, up), (SELL, down)):
            if chance.random() < 0.06 * np.exp(-0.35 * distance):
                size = int(chance.integers(1, 12))
                held -= side * size
                price = book[1] if side == BUY else book[0]
                rows.append((now + 1 + side, price, size, *book, SHOWN, SHOWN, 0, PRINT, side, SIDE_TRUE, 0))
    ticks = np.array(rows, TICK)
    seconds, owned, bids, asks = np.array(log).T
    return MakerMarket(ticks[np.argsort(ticks["ts"], kind="stable")], seconds, owned, bids, asks)


def _moved(model: Model, held: int) -> tuple[int, int]:
    """How many ticks the bid is lower and the ask higher than usual."""
    shift = round(held / CONTRACTS_A_TICK)
    if model == "literature":
        return shift, -shift
    return (abs(shift), abs(shift)) if model == "seed" else (0, 0)
