"""Markets for a drill that enters at 9:35, 9:40, 9:45 and 9:50, long and short in turn: one knows what it will do."""

import numpy as np

from bot.config import instrument
from bot.domain.market import PRINT, QUOTE, SIDE_TRUE, TICK, Ticks
from bot.sessions import days_of
from tests.tapes import SECOND, Tape, ns

MINUTE = 60 * SECOND
BEGIN = ns("2026-02-02 12:00")
DRILL = """
name = "coin"
strategy = "drill"
instrument = "ES"
timeframe = "1m"
time_stop = "2m"

[params]
every = 5

[bracket]
stop_ticks = 4
target_ticks = 8
contracts = 1

[entry]
ttl = "20s"

[hours]
session = "any"
"""
STEPS = 2 * SECOND
RUN, LASTS = 11, 45 * SECOND
"""How many ticks price runs in favour of an entry that the market knows of, and within what."""


def coins(sessions: int, *, edge: float = 0, seed: int = 1) -> Tape:
    """Quotes and prints from 9:30 to 9:53 of so many sessions: a walk, which runs on with a share `edge` of entries."""
    chance = np.random.default_rng(seed)
    tape = Tape(start="2026-02-02 12:00")
    for day in days_of(instrument("ES"), BEGIN, BEGIN + 2 * sessions * 86_400 * SECOND)[1 : sessions + 1]:
        tape.then(_session(int(day["anchor"]), chance, edge))
    return tape


def _session(opens: int, chance: np.random.Generator, edge: float) -> Ticks:
    after = np.arange(0, 23 * MINUTE, STEPS)
    moves = chance.choice([-1, 0, 1], len(after), p=[0.2, 0.6, 0.2])
    for number in range(1, 5):
        side = 1 if number % 2 else -1
        begun = 5 * number * MINUTE + 2 * SECOND
        running = np.flatnonzero((after > begun) & (after <= begun + LASTS))
        if chance.random() < edge:
            moves[running] = 0
            moves[running[:: len(running) // RUN][:RUN]] = side
    bid = 16_800 + np.cumsum(moves)
    rows = np.zeros((len(after), 2), TICK)
    rows["ts"] = (opens + after)[:, None] + [0, 1]
    rows["bid"], rows["ask"] = bid[:, None], bid[:, None] + 1
    rows["bid_size"] = rows["ask_size"] = 20
    rows["kind"][:, 0], rows["kind"][:, 1] = QUOTE, PRINT
    sides = chance.choice([-1, 1], len(after))
    rows["price"][:, 0] = np.iinfo(np.int32).min
    rows["price"][:, 1] = np.where(sides > 0, bid + 1, bid)
    rows["size"][:, 1], rows["side"][:, 1], rows["side_method"][:, 1] = 30, sides, SIDE_TRUE
    told = rows.ravel()
    # Twenty bars have prints, so that each session begins with a long entry.
    return told[(told["kind"] == QUOTE) | (told["ts"] < opens + 20 * MINUTE)]
