"""Apple on 15 minutes: a quarter of an hour that is bought at the ask, a step back, and up again."""

from collections.abc import Sequence
from itertools import pairwise

from tests.tapes import SECOND, Tape

START = 26_000


def minutes(told: Tape, path: Sequence[int], bought: int) -> Tape:
    """A minute from each of these ticks to the next, a print every second, of ten of them so many `bought`."""
    for begin, end in pairwise(path):
        for k in range(60):
            bid, then = begin + (end - begin) * k // 60, told.now + SECOND
            told.quote(f"{bid / 100:.2f}", f"{(bid + 1) / 100:.2f}", 400, 400)
            if k * bought % 10 < bought:
                told.bought(100, f"{(bid + 1) / 100:.2f}")
            else:
                told.sold(100, f"{bid / 100:.2f}")
            told.now = then
    return told


def apple(*, bought: int = 8, back: int = 9, waits: int = 1) -> Tape:
    """Fifteen even minutes, fifteen with so many of ten `bought`, `waits` more, `back` ticks down, and up again."""
    told, top = Tape("AAPL", "0.01", "2026-05-27 09:30"), START + 15 * 8
    minutes(told, [START + 4 * (k % 2) for k in range(16)], 5)
    minutes(told, range(START, top + 1, 8), bought)
    minutes(told, range(top, top + 2 * waits + 1, 2), 5)
    top += 2 * waits
    minutes(told, (top, top - back, top - back + 5), 5)
    minutes(told, (top - back + 4, top - back + 4), 5)
    return minutes(told, range(top - back + 4, top + 90, 8), 6)
