"""What Python costs in a replay: per bar close and per fill. A quiet tick must cost none.

Method: time every call of the engine, the tape's cleaner and the order manager's fills inside whole replays. What the
compiled scans took is given back; what they would have taken for nothing to scan (their call alone) is not. Nothing is
scanned ahead here, for then the two would run at the same time.
"""

import inspect
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

from bot.desk import Desk
from bot.domain.market import TICK
from bot.orders.manager import OrderManager
from bot.signals.engines import MultiEngine
from bot.tape.clean import Cleaner
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


@dataclass(frozen=True)
class Cost:
    """Of one replay: microseconds of Python per bar close and per fill, rows per second of the compiled scans alone."""

    bar: float
    fill: float
    scans: float


def once(replay: Replay) -> Cost:
    """Time one replay from the desk's first batch to its last."""
    with ExitStack() as timing, patch("bot.ahead.WORTH_A_THREAD", sys.maxsize):
        desk = timing.enter_context(timed(Desk, "run"))
        scan = timing.enter_context(timed(MultiEngine, "scan"))
        clean = timing.enter_context(timed(Cleaner, "clean"))
        fill = timing.enter_context(timed(OrderManager, "on_fill"))
        outcome = replay.run()
    empty, calls = np.zeros(0, TICK), 200
    start = time.perf_counter()
    for _ in range(calls):
        scan.owner.scan(empty, 0)
    for_nothing = (time.perf_counter() - start) / calls * scan.calls
    compiled = scan.seconds - for_nothing
    rest = desk.seconds - compiled - clean.seconds - fill.seconds
    return Cost(
        bar=1e6 * rest / outcome.tally.bars,
        fill=1e6 * fill.seconds / max(1, fill.calls),
        scans=outcome.tally.rows / compiled,
    )


def measure(folder: Path, rows: Path, rounds: int) -> list[Row]:
    """Rows P4, and what is left when Python is taken away."""
    replay = Replay(folder, rows)
    replay.run()
    costs = [once(replay) for _ in range(rounds)]
    bar, fill, scans = (median(getattr(cost, name) for cost in costs) for name in ("bar", "fill", "scans"))
    note = "all that is not compiled: signals, decisions, brackets and their rows, shared among the bars"
    return [
        Row("python: per bar close", bar, "µs", must=40, aim=20, less=True, note=note),
        Row("python: per fill", fill, "µs", must=60, aim=30, less=True),
        Row(
            "python: the compiled scans alone",
            scans / 1e6,
            "M rows/s",
            note="every detector, with its Python taken away",
        ),
    ]
