"""A journal of a live run whose model said a chance of winning of every proposal, and was right."""

from pathlib import Path

import numpy as np

from bot.domain.abstain import MODEL as HASH
from bot.domain.abstain import P0, P1, SAYS, P
from bot.domain.decision import Fact
from tests.rooms.journal.build import Told, writer

MODEL = "9f2c41d07be85a13"
DAY_S = 86_400
FRIDAYS = 5
"""Weekdays of a week; the first session is a Thursday."""


def saying(p: float) -> dict[str, Fact]:
    """The facts of a proposal of which a model said that."""
    return {HASH: MODEL, SAYS: "OK", P0: p - 0.05, P: p, P1: p + 0.05}


def promising(path: Path, *, sessions: int = 24, each: int = 4, seed: int = 1) -> None:
    """So many round trips of each session, and one at the end that a person ended."""
    chance = np.random.default_rng(seed)
    with writer(str(path), run="live", adapter="ib", fill_model="", account="DU1") as journal:
        told, day = Told(journal), 0
        for session in range(sessions):
            day = session + 2 * ((session + 3) // FRIDAYS)
            for number in range(each):
                p = round(float(chance.uniform(0.35, 0.75)), 3)
                told.facts = saying(p)
                trip(told, day * DAY_S + 660 + 1800 * number, won=bool(chance.random() < p))
        at = day * DAY_S + 12_000
        bracket = told.bracket(at)
        told.fill(bracket.entry, at + 1, 16802)
        told.fill(told.flatten(bracket, at + 2, "flatten"), at + 3, 16802)
        told.closed(bracket, at + 3, 1, 1, "flatten")
        journal.finish({"rows": 360})


def trip(told: Told, at: float, *, won: bool) -> None:
    """One that reached its target, or its stop."""
    bracket = told.bracket(at)
    told.fill(bracket.entry, at + 1, 16802)
    order, price = (bracket.target, 16808) if won else (bracket.stop, 16799)
    told.fill(order, at + 60, price)
    told.closed(bracket, at + 60, 3, 6, order.role.value)
