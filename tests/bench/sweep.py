"""256 trials over one tape: two threads and two processes beside one worker, and what a trial costs beside its rows.

Every fourth trial has detectors of its own, so that signals are looked for 64 times. What a trial costs beside its
kernel is its time on a tape of a thousand rows, where there is next to nothing to scan or to walk.

`python -P -m tests.bench.sweep FOLDER TAPE TRIALS` plays so many in a process of its own and prints its peak in MiB.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.config import instrument_texts, read_bot
from bot.risk.calendar import EventCalendar
from bot.search import trial as trial_room
from bot.search.cluster import LOCAL, dask_client, on_client
from bot.search.plan import Planned, plan
from bot.search.processes import on_processes
from bot.search.scans import Newest
from bot.search.space import read_space
from bot.search.sweep import Engine, Wanted
from bot.search.threads import on_threads
from bot.search.trial import Part, Scene, Tape
from bot.search.units import dealt
from bot.tape import TapeWriter, open_tape
from tests.bench.rows import Row
from tests.playing import UNLIMITED

WORKERS = 2
FEW, FEW_ROWS = 64, 1_000
SWEEP = """
name = "drill"
strategy = "drill"
instrument = "ES"
timeframe = "1m"
[params]
every = 10
[bracket]
stop_ticks = {{ grid = [6, 8, 10, 12] }}
target_ticks = 12
contracts = 1
[hours]
session = "any"
[detectors.absorption]
z_min = {{ grid = [{marks}] }}
"""


class Sweeping:
    """So many trials over one tape, by whichever engine."""

    def __init__(self, folder: Path, tape: Path, trials: int) -> None:
        self.folder, self.trials = folder, trials
        with open_tape(tape) as reader:
            self.tape = Tape(str(tape), tape, reader.facts.hash)
        bot = folder / "sweep-bot.toml"
        bot.write_text(UNLIMITED)
        self.scene = Scene(read_bot(bot), folder / "sweep.toml", EventCalendar.load("none"), instrument_texts())
        marks = ", ".join(f"{1.5 + number / 64:g}" for number in range(max(1, trials // 4)))
        space = read_space(SWEEP.format(marks=marks), "sweep.toml")
        self.planned: Sequence[Planned] = sorted(plan(space, None, 1), key=lambda one: one.number)[:trials]

    def seconds(self, engine: Engine) -> float:
        """Of all trials, with nothing known of the tape or its signals."""
        trial_room.GROUNDS = Newest(2)
        begun = time.perf_counter()
        parts = list(engine(self.scene, [(self.tape, self.planned)]))
        taken = time.perf_counter() - begun
        assert len(parts) == self.trials, "a trial is missing"
        assert all(part.error is None for _, part in parts), parts[0]
        return taken


def threads(jobs: int) -> Engine:
    """So many threads."""
    return lambda scene, wanted: on_threads(scene, dealt(wanted, jobs), jobs)


def processes(jobs: int) -> Engine:
    """So many processes, which are started for it."""
    return lambda scene, wanted: on_processes(scene, dealt(wanted, jobs), jobs)


def on_cluster(client: Any, scene: Scene, wanted: Wanted) -> Iterator[tuple[Tape, Part]]:
    """Processes that stand already."""
    return on_client(client, LOCAL, scene, dealt(wanted, WORKERS))


def measure(folder: Path, tape: Path, tenth: Path, rounds: int, trials: int) -> list[Row]:
    """Row P15: of so many trials on a tape; memory on one that is a tenth as long."""
    short = folder / "few.parquet"
    if not short.exists():
        _cut(tape, short)
    whole, few = Sweeping(folder, tape, trials), Sweeping(folder, short, FEW)
    with dask_client(LOCAL, WORKERS) as client:
        there = partial(on_cluster, client)
        for engine in (threads(WORKERS), there):
            few.seconds(engine)  # compiled and loaded, also by the workers
        spent = {
            name: _median(few, engine, rounds) / FEW for name, engine in (("threads", threads(1)), ("Dask", there))
        }
        begun = time.process_time()
        alone = whole.seconds(threads(1))
        busy = time.process_time() - begun
        engines = {"threads": threads(WORKERS), "processes": processes(WORKERS), "Dask processes": there}
        taken = {name: whole.seconds(engine) for name, engine in engines.items()}
    return [
        Row(f"sweep: {trials} trials, one after the other", alone, "s"),
        Row("sweep: processor time of a trial", busy / trials, "s"),
        *(
            Row(f"sweep: {WORKERS} {name}", seconds, "s", "one", alone / seconds, must=1.25, aim=1.7)
            for name, seconds in taken.items()
        ),
        Row("sweep: a trial beside its rows, threads", spent["threads"] * 1e3, "ms", must=5, less=True),
        Row("sweep: a trial beside its rows, Dask", spent["Dask"] * 1e3, "ms", must=20, less=True),
        *memory(folder, tenth, trials),
    ]


def memory(folder: Path, tape: Path, trials: int) -> list[Row]:
    """Peaks of a worker that plays a sixteenth, a quarter and all of so many trials."""
    counts = [max(1, trials // share) for share in (16, 4, 1)]
    peaks = [_peak(folder, tape, count) for count in counts]
    return [
        Row(f"sweep: peak memory of {counts[0]} trials", peaks[0], "MiB"),
        *(
            Row(f"sweep: peak memory, {more} trials beyond {few}", high - low, "MiB", must=16, aim=4, less=True)
            for (few, more), (low, high) in zip(pairwise(counts), pairwise(peaks), strict=True)
        ),
    ]


def _median(sweeping: Sweeping, engine: Engine, rounds: int) -> float:
    return statistics.median(sweeping.seconds(engine) for _ in range(rounds))


def _cut(tape: Path, short: Path) -> None:
    with open_tape(tape) as reader:
        facts, ticks = reader.facts, reader.group(0)[:FEW_ROWS].copy()
    with TapeWriter(
        short, instrument=facts.instrument, contract=facts.contract, tick=facts.tick, source="few", resolution_ns=1
    ) as writer:
        writer.append(ticks)


def _peak(folder: Path, tape: Path, trials: int) -> float:
    """MiB."""
    command = [sys.executable, "-P", "-m", "tests.bench.sweep", folder, tape, str(trials)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


if __name__ == "__main__":
    Sweeping(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])).seconds(threads(WORKERS))
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    print(int(found[1]) / 1024)
