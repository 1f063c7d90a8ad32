"""Whose time the market goes by: the wall's, or the tape's at some speed, or the tape's as fast or as far as told."""

import asyncio
from decimal import Decimal
from typing import Protocol

from bot.clock import PacedClock, TapeClock, WallClock

MAX, HAND = "max", "hand"
_SECOND = 1_000_000_000
_LEAST_S, _MOST_S = 0.001, 0.02
"""A wait is never shorter, so that rows of one millisecond leave in one write; never longer, so that the exchange hears
what time it is."""


class Timing(Protocol):
    """The market's time."""

    plays_a_tape: bool
    """It is not the wall's."""
    waits: bool
    """Rows have a time to come at; else they come as soon as they are asked for."""

    def begin(self) -> None:
        """From here on time runs."""

    def now_ns(self) -> int:
        """ns UTC."""

    def reached(self, ts: int) -> None:
        """A row of that stamp has happened."""

    async def towards(self, ts: int) -> None:
        """Come back when it is `ts` or, if that is sooner, after a moment."""


class Wall:
    """The wall's time."""

    plays_a_tape, waits = False, True

    def __init__(self) -> None:
        self._clock = WallClock()

    def begin(self) -> None:
        """It runs always."""

    def now_ns(self) -> int:
        """ns UTC."""
        return self._clock.now_ns()

    def reached(self, ts: int) -> None:
        """It is what it is."""

    async def towards(self, ts: int) -> None:
        """Come back when it is `ts` or, if that is sooner, after a moment."""
        await _sleep((ts - self.now_ns()) / _SECOND)


class Paced:
    """A tape's time, `speed` times as fast as the wall's."""

    plays_a_tape, waits = True, True

    def __init__(self, first_ns: int, last_ns: int | None, speed: Decimal) -> None:
        self._clock, self._last, self._speed = PacedClock(first_ns, speed), last_ns, speed

    def begin(self) -> None:
        """From here on time runs."""
        self._clock.begin()

    def now_ns(self) -> int:
        """ns UTC; it ends with the tape."""
        now = self._clock.now_ns()
        return now if self._last is None else min(now, self._last)

    def reached(self, ts: int) -> None:
        """Time runs by itself."""

    async def towards(self, ts: int) -> None:
        """Come back when it is `ts` or, if that is sooner, after a moment."""
        await _sleep((ts - self.now_ns()) / _SECOND / float(self._speed))


class Driven:
    """A tape's time as its rows tell it."""

    plays_a_tape, waits = True, False

    def __init__(self, first_ns: int) -> None:
        self._clock = TapeClock(first_ns)

    def begin(self) -> None:
        """It goes from row to row."""

    def now_ns(self) -> int:
        """ns UTC."""
        return self._clock.now_ns()

    def reached(self, ts: int) -> None:
        """A row of that stamp has happened."""
        self._clock.advance_to(ts)

    async def towards(self, ts: int) -> None:
        """At once."""


async def _sleep(wait_s: float) -> None:
    await asyncio.sleep(min(max(wait_s, _LEAST_S), _MOST_S))
