"""The demo tape that ships: three hours of a synthetic ES on a CPI morning, scripted to show every part at work.

What is staged when is written here by hand and the seed was chosen so that, among a handful of setups, some reach
their target and some their stop. It shows how the program works and nothing about an edge.
"""

from datetime import date, time
from pathlib import Path

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
    SECOND,
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
SEED = 9
_WEAK, _MID, _STRONG = 1, 2, 3
_LONG, _SHORT = 1, -1

# What is staged: New York time, kind, side, grade, seconds (None = as long as its kind takes), ticks of a retest.
# A setup is a run, an absorption, a bounce, and two minutes later a second push that stops a tick short of the first.
SCRIPT: tuple[tuple[str, int, int, int, int | None, int], ...] = (
    ("08:08:30", DRIFT, _SHORT, _STRONG, 50, 0),  # before the regular hours
    ("08:09:35", ABSORPTION, _LONG, _MID, None, 0),
    ("08:11:30", DRIFT, _LONG, _WEAK, 25, 0),
    ("08:12:00", CONFLUENCE, _LONG, _MID, None, 1),
    ("08:30:00", NEWS, _LONG, _MID, None, 0),
    ("08:35:00", IMBALANCE, _SHORT, _WEAK, None, 0),  # the lesson's shape, all inside the CPI window: a bar of which
    ("08:40:05", ABSORPTION, _LONG, _MID, None, 0),  # 80 % hit the bid, then a tail that is bought
    ("08:41:30", DRIFT, _LONG, _WEAK, 25, 0),
    ("08:42:00", CONFLUENCE, _LONG, _MID, None, 1),
    ("09:34:00", STUFFING, _LONG, _WEAK, None, 0),
    ("09:37:00", ONE_SIDED, _SHORT, _WEAK, None, 0),
    ("09:44:30", DRIFT, _SHORT, _STRONG, 50, 0),
    ("09:45:35", ABSORPTION, _LONG, _MID, None, 0),
    ("09:47:30", DRIFT, _LONG, _WEAK, 25, 0),
    ("09:48:00", CONFLUENCE, _LONG, _MID, None, 1),
    ("09:49:05", DRIFT, _SHORT, _MID, 35, 0),  # price comes back to the level, and on from there as it will
    ("09:56:30", DRIFT, _LONG, _STRONG, 50, 0),
    ("09:57:35", ABSORPTION, _SHORT, _MID, None, 0),
    ("09:59:30", DRIFT, _SHORT, _WEAK, 25, 0),
    ("10:00:00", CONFLUENCE, _SHORT, _MID, None, 1),
    ("10:01:05", DRIFT, _LONG, _MID, 35, 0),
    ("10:07:30", DRIFT, _SHORT, _STRONG, 50, 0),
    ("10:08:35", ABSORPTION, _LONG, _MID, None, 0),
    ("10:10:30", DRIFT, _LONG, _WEAK, 25, 0),
    ("10:11:00", CONFLUENCE, _LONG, _MID, None, 1),
    ("10:12:05", DRIFT, _SHORT, _MID, 35, 0),
    ("10:17:30", DRIFT, _LONG, _STRONG, 50, 0),
    ("10:18:35", ABSORPTION, _SHORT, _MID, None, 0),
    ("10:20:30", DRIFT, _SHORT, _WEAK, 25, 0),
    ("10:21:00", CONFLUENCE, _SHORT, _MID, None, 1),
    ("10:22:05", DRIFT, _LONG, _MID, 35, 0),
)


def script() -> States:
    """The demo's plants."""
    return joined(
        plant(
            kind,
            side,
            grade,
            new_york_ns(DAY, time.fromisoformat(at)),
            None if lasts is None else lasts * SECOND,
            retest,
        )
        for at, kind, side, grade, lasts, retest in SCRIPT
    )


def write_demo(path: Path, *, progress: Progress | None = None) -> TapeFacts:
    """Write the demo tape at `path`, its labels beside it; always the same rows. `progress`: see `write_tape`."""
    nature, begin = NATURES["ES"], new_york_ns(DAY, START)
    seconds = HOURS * 3_600
    after = (new_york_ns(DAY, RELEASE) - begin) // SECOND
    pace = release(pace_of_day(START, seconds), after, 2_400) * 4 // 5
    market = Simulator(nature.row(), pace, script(), begin=begin, price=nature.start_ticks, seed=SEED)
    return play(market, nature, path, product="ES", source=f"synthetic demo, seed {SEED}", progress=progress)


def ship() -> TapeFacts:
    """Write the demo where it ships from. For whoever changes the market or the script."""
    return write_demo(shipped("config/tapes/demo.parquet"))
