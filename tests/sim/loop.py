"""An event loop in which time is a number: it jumps to the next timer, and nothing is ever waited for.

Unmodified asyncio runs in it. Whoever is ready at one moment goes in an order drawn by the seed. A loop that could only
wait for ever says so, and one that turns without end, too.
"""

import asyncio
import math
import selectors
from collections.abc import Callable
from random import Random
from typing import Any

SECOND_NS = 1_000_000_000


class Deadlock(RuntimeError):
    """Everybody waits, and nothing will ever come."""


class Livelock(RuntimeError):
    """More turns than any day should take."""


class _Selector(selectors.SelectSelector):
    """Lets time pass instead of waiting for a file."""

    loop: "SimLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        """Nothing is ever ready but by time."""
        self.loop.turn(timeout)
        return []


class SimLoop(asyncio.SelectorEventLoop):
    """`now_ns` counts from 0; `turned` is called once a turn, after everything that was ready has run."""

    def __init__(self, chance: Random | None = None, *, turns_max: int = 200_000) -> None:
        selector = _Selector()
        selector.loop = self
        self.now_ns = self.turns = 0
        self._chance, self._turns_max = chance, turns_max
        self.turned: Callable[[], None] | None = None
        super().__init__(selector)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.now_ns / SECOND_NS

    def block(self, seconds: float) -> None:
        """Let time pass while nobody else runs, as a slow disk does."""
        self.now_ns += math.ceil(seconds * SECOND_NS)

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: object) -> "asyncio.Task[Any]":
        """What a thread would do is done in a turn of its own: no seed could say when a real one is ready."""

        async def done() -> Any:
            return func(*args)

        return self.create_task(done())

    def turn(self, timeout: float | None) -> None:
        """One turn is over: look at what it made, mix who is next, and let time pass if nobody is."""
        self.turns += 1
        if self.turned is not None:
            self.turned()
        if self.turns > self._turns_max:
            raise Livelock(f"{self.turns} turns and no end")
        ready: Any = self._ready  # type: ignore[attr-defined]  # asyncio's own queue; it has no other door
        if len(ready) > 1 and self._chance is not None:
            mixed = list(ready)
            self._chance.shuffle(mixed)
            ready.clear()
            ready.extend(mixed)
        if timeout is None:
            raise Deadlock("everybody waits, and no timer is set")
        self.now_ns += math.ceil(timeout * SECOND_NS)
