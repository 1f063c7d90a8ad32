"""Hunts one mutant: plays days until the invariant that it names has been broken."""

import contextlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest

from tests.sim.checkers import INVARIANTS
from tests.sim.mutants.mutant import Mutant
from tests.sim.plan import Fault, FaultPlan
from tests.sim.watching import Broken, Watcher
from tests.sim.world import POINTS, Unsettled, World, folder

CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Kill:
    """What came of a hunt."""

    mutant: Mutant
    killed: bool
    seed: int | None = None
    days: int = 0
    said: str = ""
    """What the invariant said."""


def hunt(mutant: Mutant, seeds: Iterable[int], *, aimed: bool = False) -> Kill:
    """Play until it is killed, or the seeds are used up; `aimed`: on days that have its own faults besides.

    A day on which the invariant says something about the daemon itself proves nothing, and does not count.
    """
    if mutant.history is not None:
        with pytest.MonkeyPatch.context() as patch:
            mutant.change(patch)
            return _by_history(mutant)
    days = 0
    more = mutant.aimed if aimed else ()
    for seed in seeds:
        days += 1
        with pytest.MonkeyPatch.context() as patch:
            mutant.change(patch)
            said = _day(seed, mutant.killed_by, more)
        if said and not _day(seed, mutant.killed_by, more):
            return Kill(mutant, True, seed, days, said)
    return Kill(mutant, False, None, days)


def _by_history(mutant: Mutant) -> Kill:
    assert mutant.history is not None
    try:
        broken = mutant.history()
    except Exception as error:
        if mutant.killed_by != CRASH:
            raise
        return Kill(mutant, True, said=f"{type(error).__name__}: {error}")
    said = next((words for words in broken if words.startswith(mutant.killed_by)), "")
    return Kill(mutant, bool(said), said=said)


def _day(seed: int, number: str, more: tuple[Fault, ...]) -> str:
    """What the one invariant said on a day; empty where it held. The others do not look."""
    plan = FaultPlan.drawn(seed, POINTS)
    wanted = tuple(one for one in INVARIANTS if one.number == number)
    with folder() as place, contextlib.redirect_stderr(io.StringIO()):
        world = World(replace(plan, faults=(*plan.faults, *more)), place)
        watcher = Watcher(world, wanted)
        watcher.attach()
        try:
            world.play()
        except Broken as broken:
            return str(broken)
        except Unsettled:
            return watcher.last_word()
        except Exception as error:  # noqa: BLE001 - a broken daemon may die of anything
            return f"crash: {type(error).__name__}: {error}" if number == CRASH else ""
    return ""
