"""Random but busy little markets: enough happens within a few minutes that every kind of row gets into the journal."""

from pathlib import Path

import numpy as np

from tests.playing import strategy
from tests.tapes import Tape

DRILL = """
name = "drill-law"
strategy = "drill"
instrument = "ES"
timeframe = "1s"
time_stop = "9s"

[params]
every = 2

[bracket]
stop_ticks = 3
target_ticks = 4
contracts = 1

[entry]
ttl = "2s"
offset_ticks = -1

[hours]
session = "any"
"""


def drill(folder: Path) -> Path:
    """A drill that enters often: bars of a second, a bracket a few ticks wide."""
    return strategy(folder, DRILL)


MANAGED = (
    DRILL.replace("target_ticks = 4", "target_ticks = 9").replace('"9s"', '"40s"')
    + """
[manage]
breakeven_after_ticks = 2
trail_after_ticks = 3
trail_ticks = 2
"""
)


def managed(folder: Path) -> Path:
    """The same with stops that move."""
    return strategy(folder, MANAGED, "managed.toml")


def market(seed: int, rows: int = 300, start: str = "2026-05-27 10:00") -> Tape:
    """A walk of quotes and prints, some in one stamp, some after a pause; a gap now and then, one side gone, a halt."""
    chance = np.random.default_rng(seed)
    tape, bid = Tape(start=start), 16800
    for _ in range(rows):
        move = int(
            chance.choice([-3, -1, 0, 0, 0, 0, 0, 1, 3], p=[0.01, 0.1, 0.13, 0.13, 0.13, 0.13, 0.13, 0.23, 0.01])
        )
        move = move if chance.random() < 0.75 else -move
        bid += move
        sizes = (int(chance.integers(1, 9)), int(chance.integers(1, 9)))
        gone = chance.random()
        tape.quote(_text(bid) if gone > 0.004 else None, _text(bid + 1) if gone < 0.996 else None, *sizes)
        for _ in range(int(chance.integers(0, 4))):
            size = int(chance.integers(1, 9))
            (tape.sold if chance.random() < 0.5 else tape.bought)(
                size, _text(bid if chance.random() < 0.5 else bid + 1)
            )
            tape.step = int(chance.choice([0, 1, 40, 260])) * 1_000_000
        if chance.random() < 0.01:
            tape.halt().wait(0.3).resume()
        tape.now += int(chance.integers(0, 400)) * 1_000_000
    return tape


def _text(ticks: int) -> str:
    return str(ticks / 4)
