"""The smallest plan that fails in the same way: half of the faults left out, then single ones, then a shorter day."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.sim.plan import FaultPlan
from tests.sim.runner import Failure, play_one, watchers


def shrunk(plan: FaultPlan, failure: Failure, say: Callable[[str], None] = lambda text: None) -> FaultPlan:
    """Delta-debugging: whatever can be left out, is."""
    key = _key(failure)
    small, size = plan, max(1, len(plan.faults) // 2)
    while size:
        smaller = _without_some(small, size, key)
        if smaller is None:
            size //= 2
        else:
            small = smaller
    for smaller in _simpler(small):
        if _fails(smaller, key):
            small = smaller
    say(f"shrunk from {len(plan.faults)} faults to {len(small.faults)}, {small.shape.signals} signals")
    return small


def _without_some(plan: FaultPlan, size: int, key: str) -> FaultPlan | None:
    for first in range(0, len(plan.faults), size):
        smaller = plan.without(plan.faults[first : first + size])
        if _fails(smaller, key):
            return smaller
    return None


def _simpler(plan: FaultPlan) -> Iterator[FaultPlan]:
    """Fewer signals, from one up, and a plainer shape."""
    for signals in range(1, plan.shape.signals):
        yield replace(plan, shape=replace(plan.shape, signals=signals))


def _fails(plan: FaultPlan, key: str) -> bool:
    days = play_one(plan, watchers())
    return bool(days.failures) and _key(days.failures[0]) == key


def _key(failure: Failure) -> str:
    """What makes two failures the same: how it failed, and the first word of it (an invariant's number)."""
    lines = failure.what.splitlines()
    return f"{failure.code} {lines[-1].split(':')[0].split()[0] if lines else ''}"
