"""The two clocks: the tape's is driven and constant in health, the wall's wakes at UTC moments and says how it is."""

import asyncio
import os
import subprocess
import sys
import time

import pytest

from bot.clock import SECOND_NS, Moved, TapeClock, WallClock
from bot.domain.command import GOOD, Health
from bot.ports import Clock


def test_both_are_clocks() -> None:
    clocks: list[Clock] = [TapeClock(), WallClock()]
    assert all(clock.health() == GOOD for clock in clocks)


def test_the_tape_drives_its_clock_and_never_back() -> None:
    clock = TapeClock(5)
    clock.advance_to(9)
    clock.advance_to(7)
    assert clock.now_ns() == 9


def test_the_tape_clock_still_knows_the_wall_for_started_and_ended() -> None:
    assert abs(TapeClock().wall_ns() - time.time_ns()) < SECOND_NS


async def test_the_alarm_rings_at_a_moment_and_not_before() -> None:
    async with WallClock() as clock:
        due = clock.now_ns() + SECOND_NS // 10
        clock.wake_at([due])
        await asyncio.wait_for(clock.alarm.wait(), 30)
        assert clock.now_ns() >= due


async def test_a_moment_that_has_passed_rings_at_once() -> None:
    async with WallClock() as clock:
        clock.wake_at([clock.now_ns() - 3600 * SECOND_NS])
        await asyncio.wait_for(clock.alarm.wait(), 30)


async def test_new_moments_replace_the_old_ones() -> None:
    async with WallClock() as clock:
        later = clock.now_ns() + 3600 * SECOND_NS
        clock.wake_at([clock.now_ns() + SECOND_NS // 5])
        clock.wake_at([later])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(clock.alarm.wait(), 0.5)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_an_edge_in_the_doubled_hour_wakes_once_whatever_the_zone_of_the_machine(zone: str) -> None:
    # 2026-11-01 01:30 New York comes twice; as UTC it is one moment, and it is the past or the future, not both.
    code = """
import asyncio, time
from datetime import UTC
from bot.clock import WallClock
async def main():
    async with WallClock() as clock:
        clock.wake_at([1_793_511_000_000_000_000, 1_793_514_600_000_000_000])
        jobs = clock._scheduler.get_jobs()
        print([(type(job.trigger).__name__, int(job.trigger.run_date.timestamp()), job.trigger.run_date.tzinfo is UTC)
               for job in jobs])
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "TZ": zone}
    )
    assert done.stdout.strip() == "[('DateTrigger', 1793511000, True), ('DateTrigger', 1793514600, True)]"


async def test_health_is_what_was_reported_last() -> None:
    clock = WallClock()
    clock.report(Health(clock_offset_ns=5))
    assert clock.health().clock_offset_ns == 5


def test_the_clock_does_not_load_the_scheduler_before_it_is_started() -> None:
    code = "import sys, bot.clock; print([name for name in sys.modules if name.startswith('apscheduler')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Set(WallClock):
    """A wall's clock that a test sets."""

    wall = steady = 1_000 * SECOND_NS

    def now_ns(self) -> int:
        return self.wall

    def steady_ns(self) -> int:
        return self.steady


@pytest.mark.parametrize("seconds", [3600, 2, -2, -3600])
def test_a_clock_that_was_set_is_seen_once(seconds: int) -> None:
    clock = Set()
    moved = Moved(clock)
    clock.wall, clock.steady = clock.wall + 5 * SECOND_NS, clock.steady + 5 * SECOND_NS
    assert moved.look() == 0
    clock.wall += seconds * SECOND_NS
    assert moved.look() == seconds * SECOND_NS
    assert moved.look() == 0
    clock.wall += SECOND_NS
    assert moved.look() == 0
