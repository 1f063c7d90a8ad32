"""Trials on this machine: on threads, or on processes where so much is to be played that starting them is worth it."""

from collections.abc import Iterator
from typing import Literal

from bot.search.processes import on_processes
from bot.search.sweep import Wanted
from bot.search.threads import on_threads
from bot.search.trial import Part, Scene, Tape
from bot.search.units import dealt

Workers = Literal["auto", "threads", "processes"]
WORTH_PROCESSES = 100_000_000
"""Rows to be walked, from which processes are faster: measured, `docs/decisions/0019-trials-on-processes.md`."""


def on_this_machine(scene: Scene, wanted: Wanted, jobs: int, workers: Workers) -> Iterator[tuple[Tape, Part]]:
    """What comes of each trial, in the order in which they end. Raises what a tape raises, and PaperpitError."""
    units = dealt(wanted, jobs)
    if workers == "auto":
        rows = sum(tape.rows * len(planned) for tape, planned in wanted)
        workers = "processes" if min(jobs, len(units)) > 1 and rows >= WORTH_PROCESSES else "threads"
    return (on_processes if workers == "processes" else on_threads)(scene, units, jobs)
