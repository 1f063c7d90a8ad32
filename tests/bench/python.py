"""What Python costs in a replay: per bar close and per fill. A quiet tick must cost none.

Method: time every call of the engine, the tape's cleaner and the order manager's fills inside whole replays. What the
compiled scans took is given back; what they would have taken for nothing to scan (their call alone) is not.
"""

import inspect
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bot.signals.engine import MultiEngine

from adapters.replay.clean import Cleaner
from bot.domain.market import TICK
from bot.orders.manager import OrderManager
from tests.bench.rows import Row
from tests.bench.whole import Replay


@dataclass
class Timer:
    """How often something was called, how long it took in all, and the object that it was called on."""

    calls: int = 0
    seconds: float = 0.0
    owner: Any = None


@contextmanager
def timed(cls: type, name: str) -> Iterator[Timer]:
    """Time every call of a method while the context lasts."""
    timer, method = Timer(), getattr(cls, name)

    def note(owner: object, start: float) -> None:
        timer.seconds += time.perf_counter() - start
        timer.calls, timer.owner = timer.calls + 1, owner

    def plain(self: Any, *args: Any, **named: Any) -> Any:
        start = time.perf_counter()
        found = method(self, *args, **named)
        note(self, start)
        return found

    async def waiting(self: Any, *args: Any, **named: Any) -> Any:
        start = time.perf_counter()
        found = await method(self, *args, **named)
        note(self, start)
        return found

    wrapper: Callable[..., Any] = waiting if inspect.iscoroutinefunction(method) else plain
    setattr(cls, name, wrapper)
    try:
        yield timer
    finally:
        setattr(cls, name, method)


def once(replay: Replay) -> tuple[float, float]:
    """Microseconds of Python per bar close and per fill in one replay."""
    with ExitStack() as timing:
        scan = timing.enter_context(timed(MultiEngine, "scan"))
        clean = timing.enter_context(timed(Cleaner, "clean"))
        fill = timing.enter_context(timed(OrderManager, "on_fill"))
        outcome = replay.run()
    empty, calls = np.zeros(0, TICK), 200
    start = time.perf_counter()
    for _ in range(calls):
        scan.owner.scan(empty, 0)
    for_nothing = (time.perf_counter() - start) / calls * scan.calls
    rest = outcome.seconds - scan.seconds - clean.seconds - fill.seconds + for_nothing
    return 1e6 * rest / outcome.tally.bars, 1e6 * fill.seconds / max(1, fill.calls)


def measure(folder: Path, rows: Path, rounds: int) -> list[Row]:
    """Rows P4."""
    replay = Replay(folder, rows)
    replay.run()
    bars, fills = zip(*(once(replay) for _ in range(rounds)), strict=True)
    note = "all that is not compiled, the run's opening and the journal's end included, shared among the bars"
    return [
        Row("python: per bar close", statistics.median(bars), "µs", must=40, aim=20, less=True, note=note),
        Row("python: per fill", statistics.median(fills), "µs", must=60, aim=30, less=True),
    ]
