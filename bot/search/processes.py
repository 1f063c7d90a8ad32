"""Trials on processes of this machine: not only scans run side by side, the desk's own Python does, too.

A process is told what to play as values, one unit at a time, and answers trial by trial. So it is known what one that
is killed had in hand: another one plays that again, and what came before is kept. Each has rows and signals of its own.
"""

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from bot.errors import PaperpitError
from bot.search.trial import STRANGE, Part, Scene, Tape, played
from bot.search.units import Unit

TRIES = 3
"""Processes that one trial, or their own start, may cost."""
# Anew, not forked: this process has threads, and a copy of one that holds a lock would wait for it for ever.
_CONTEXT = multiprocessing.get_context("spawn")
_READY, _DONE = "ready", "done"
_STARTING = "", -1
"""What is at hand before there is a trial."""


@dataclass(slots=True)
class Worker:
    """A process, our end of the line to it, and what is left of the unit that it plays."""

    process: BaseProcess
    line: Connection
    ready: bool = False
    unit: Unit | None = None


def on_processes(scene: Scene, units: Sequence[Unit], jobs: int) -> Iterator[tuple[Tape, Part]]:
    """What comes of each trial, in the order in which they end. Raises what a tape raises, and PaperpitError.

    Whoever stops listening ends it at once.
    """
    left, killed = deque(units), Counter[tuple[str, int]]()
    workers: list[Worker] = []
    try:
        while busy := len(left) + sum(worker.unit is not None for worker in workers):
            workers += [_started(scene) for _ in range(min(jobs, busy) - len(workers))]
            for worker in workers:
                if worker.ready and worker.unit is None and left:
                    _give(worker, left.popleft())
            said = wait([worker.line for worker in workers])
            for worker in [worker for worker in workers if worker.line in said]:
                try:
                    part = _heard(worker)
                except (EOFError, OSError):
                    workers.remove(worker)
                    part = _lost(worker, killed)
                    if worker.unit is not None and worker.unit.trials:
                        left.appendleft(worker.unit)
                if part is not None:
                    yield part
    finally:
        for worker in workers:
            _ended(worker)


def _started(scene: Scene) -> Worker:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=work, args=(scene, theirs), name="trials", daemon=True)
    process.start()
    theirs.close()  # else nobody would notice that it has gone
    return Worker(process, ours)


def _ended(worker: Worker) -> None:
    worker.line.close()
    worker.process.kill()  # it holds nothing that somebody else would miss
    worker.process.join()


def _give(worker: Worker, unit: Unit) -> None:
    worker.unit = unit
    with suppress(OSError):  # it has gone meanwhile, which its line says next
        worker.line.send(unit)


def _heard(worker: Worker) -> tuple[Tape, Part] | None:
    """What a process says: a trial's part, or something about itself. Raises EOFError or OSError when it has gone."""
    said = worker.line.recv()
    if isinstance(said, Exception):
        raise said
    if said == _READY:
        worker.ready = True
    elif said == _DONE:
        worker.unit = None
    else:
        unit = worker.unit
        assert unit is not None
        worker.unit = replace(unit, trials=unit.trials[1:])
        return unit.tape, said
    return None


def _lost(worker: Worker, killed: Counter[tuple[str, int]]) -> tuple[Tape, Part] | None:
    """A process has gone: count it against the trial at hand, which has failed where it has cost too many.

    Raises PaperpitError where too many have gone before they had begun.
    """
    worker.line.close()
    worker.process.join()
    unit = worker.unit
    if not worker.ready:
        killed[_STARTING] += 1
        if killed[_STARTING] == TRIES:
            raise PaperpitError(f"processes for trials do not start (exit code {worker.process.exitcode})")
    if unit is None or not unit.trials:
        return None
    number, _ = unit.trials[0]
    killed[unit.tape.hash, number] += 1
    if killed[unit.tape.hash, number] < TRIES:
        return None
    worker.unit = replace(unit, trials=unit.trials[1:])
    return unit.tape, Part(number, error=f"every process that played it was killed ({TRIES} of them)")


def work(scene: Scene, line: Connection) -> None:
    """In such a process: play unit after unit, until nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for whoever began the sweep, who ends this one
    with suppress(EOFError, OSError):
        line.send(_READY)
        while True:
            unit: Unit = line.recv()
            try:
                for part in played(scene, unit.tape, unit.trials):
                    line.send(part)
            except (PaperpitError, *STRANGE) as error:
                line.send(error)  # it is raised where the sweep was begun
                return
            line.send(_DONE)
