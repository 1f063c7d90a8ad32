"""The demo tape that ships: three hours of a synthetic ES on a CPI morning, scripted to show every part at work.

What is staged when is written here by hand and the seed was chosen so that, among a handful of setups, some reach
their target and some their stop. It shows how the program works and nothing about an edge.
"""

from datetime import date, time
from pathlib import Path

from adapters.synthetic.flow import SECOND
from adapters.synthetic.market import Simulator
from adapters.synthetic.natures import NATURES, new_york_ns, pace_of_day, release
from adapters.synthetic.schedule import joined, plant
from adapters.synthetic.state import (
    ABSORPTION,
    CONFLUENCE,
    DRIFT,
    IMBALANCE,
    NEWS,
    ONE_SIDED,
    REJECTION,
    STUFFING,
    States,
)
from adapters.synthetic.synth import Progress, play
from bot.resources import shipped
from bot.tape import TapeFacts

DAY = date(2026, 11, 10)
"""Consumer prices came at 08:30; the front contract is ESZ2026."""
START, HOURS = time(7, 30), 3
RELEASE = time(8, 30)
SEED = 1
_WEAK, _MID, _STRONG = 1, 2, 3
_LONG, _SHORT = 1, -1

# What is staged: New York time, kind, side, grade, seconds at most (None = as long as its kind takes).
SCRIPT: tuple[tuple[str, int, int, int, int | None], ...] = (
    ("08:12:00", CONFLUENCE, _LONG, _STRONG, None),  # before the session's regular hours
    ("08:30:00", NEWS, _SHORT, _MID, None),
    ("08:35:00", IMBALANCE, _LONG, _WEAK, None),  # the lesson: 80 % at the ask, then a tail that is bought
    ("08:41:00", CONFLUENCE, _LONG, _STRONG, None),  # inside the CPI window
    ("09:34:00", STUFFING, _LONG, _WEAK, None),
    ("09:37:00", ONE_SIDED, _SHORT, _WEAK, None),
    ("09:40:00", IMBALANCE, _LONG, _MID, None),
    ("09:48:00", CONFLUENCE, _LONG, _STRONG, None),
    ("09:55:00", REJECTION, _SHORT, _MID, None),
    ("10:00:00", CONFLUENCE, _SHORT, _STRONG, None),
    ("10:05:30", ABSORPTION, _LONG, _MID, None),
    ("10:10:00", CONFLUENCE, _LONG, _STRONG, None),
    ("10:11:30", DRIFT, _SHORT, _MID, 60),  # this buyer is run over
    ("10:18:00", CONFLUENCE, _SHORT, _STRONG, None),
)


def script() -> States:
    """The demo's plants."""
    return joined(
        plant(kind, side, grade, new_york_ns(DAY, time.fromisoformat(at)), None if lasts is None else lasts * SECOND)
        for at, kind, side, grade, lasts in SCRIPT
    )


def write_demo(path: Path, *, progress: Progress | None = None) -> TapeFacts:
    """Write the demo tape at `path`, its labels beside it; always the same rows. `progress`: see `write_tape`."""
    nature, begin = NATURES["ES"], new_york_ns(DAY, START)
    seconds = HOURS * 3_600
    after = (new_york_ns(DAY, RELEASE) - begin) // SECOND
    pace = release(pace_of_day(START, seconds), after, 3_000)
    market = Simulator(nature.row(), pace, script(), begin=begin, price=nature.start_ticks, seed=SEED)
    return play(market, nature, path, product="ES", source=f"synthetic demo, seed {SEED}", progress=progress)


def ship() -> TapeFacts:
    """Write the demo where it ships from. For whoever changes the market or the script."""
    return write_demo(shipped("config/tapes/demo.parquet"))
