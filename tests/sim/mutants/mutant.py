"""A daemon that is broken on purpose: what is changed in it, and the invariant that must notice."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.sim.plan import Fault

Patch = pytest.MonkeyPatch
Wrapped = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Mutant:
    """M01 … M24 of the reliability notes, §4.6."""

    number: str
    what: str
    """What is wrong with this daemon."""
    killed_by: str
    """`I01` … `I26`, or `crash` where it cannot even live."""
    change: Callable[[Patch], None]
    """Breaks the daemon until the patch is undone."""
    history: Callable[[], list[str]] | None = None
    """A focused history where a simulated day does not reach: numbers of what was broken in it; a crash raises."""
    where: str = "simulated days"
    """What it is killed in."""
    note: str = ""
    aimed: tuple[Fault, ...] = ()
    """Faults that make a day hard for it: where only few days of chance kill it, a test need not look for one."""
