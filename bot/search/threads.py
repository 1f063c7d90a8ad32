"""Trials on threads of this process: the kernels hold no lock on the interpreter, and rows and signals are shared."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from bot.search.trial import Part, Scene, Tape, played
from bot.search.units import Unit


def on_threads(scene: Scene, units: Sequence[Unit], jobs: int) -> Iterator[tuple[Tape, Part]]:
    """What comes of each trial, in the order in which they end. Raises what a tape raises.

    Whoever stops listening ends it after the trials at hand.
    """
    if jobs == 1 or len(units) < 2:
        for unit in units:
            yield from ((unit.tape, part) for part in played(scene, unit.tape, unit.trials))
        return
    stop = Event()

    def work(unit: Unit) -> list[Part]:
        found = []
        for part in played(scene, unit.tape, unit.trials):
            found.append(part)
            if stop.is_set():
                break
        return found

    with ThreadPoolExecutor(jobs, "trial") as threads:
        try:
            begun = {threads.submit(work, unit): unit for unit in units}
            for done in as_completed(begun):
                yield from ((begun[done].tape, part) for part in done.result())
        finally:
            stop.set()
            threads.shutdown(wait=False, cancel_futures=True)
