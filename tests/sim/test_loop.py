"""The simulation's loop keeps its own promises."""

import asyncio
from random import Random

import pytest

from tests.sim.loop import Deadlock, Livelock, SimLoop
from tests.sim.plan import FaultPlan
from tests.sim.world import POINTS, World, folder, play


def run(work, *, seed: int = 1, turns: int = 10_000) -> SimLoop:
    loop = SimLoop(Random(seed), turns_max=turns)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(work())
    return loop


def test_a_sleep_of_a_day_passes_at_once():
    loop = run(lambda: asyncio.sleep(86_400))
    assert loop.now_ns == 86_400 * 10**9
    assert loop.turns < 20


def test_waiting_for_nobody_is_a_deadlock_and_no_hang():
    async def forever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run(forever)


def test_a_loop_without_end_is_told():
    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(Livelock):
        run(spin, turns=100)


def test_what_a_thread_would_do_takes_no_time_and_as_many_turns_each_time():
    def days() -> set[int]:
        return {run(lambda: asyncio.to_thread(sum, range(100_000))).turns for _ in range(3)}

    assert len(days()) == 1


def test_the_seed_draws_who_goes_first():
    def order(seed: int) -> list[int]:
        found: list[int] = []

        async def one(number: int) -> None:
            await asyncio.sleep(0)
            found.append(number)

        async def all_of_them() -> None:
            await asyncio.gather(*map(one, range(8)))

        run(all_of_them, seed=seed)
        return found

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(10)}) > 1


def day_of(plan: FaultPlan) -> tuple[int, list[tuple[str, str]]]:
    """What a day wrote, and how many turns it took."""
    rows: list[tuple[str, str]] = []

    def watch(world: World) -> None:
        world.wrote.append(lambda group: rows.extend((table, repr(row)) for table, held in group for row in held))

    world = play(plan, watch)
    return world.loop.turns, rows


@pytest.mark.parametrize("seed", [3, 12])
def test_the_same_seed_gives_the_same_day(seed):
    plan = FaultPlan.drawn(seed, POINTS)
    first, second = day_of(plan), day_of(FaultPlan.read(plan.text()))
    assert first[0] == second[0]
    assert first[1] == second[1]


def test_a_fault_that_is_left_out_moves_no_other():
    plan = FaultPlan.drawn(12, POINTS)
    dropped = plan.faults[:3]
    assert plan.without(dropped).faults == plan.faults[3:]
    assert plan.without(dropped).shape == plan.shape


def test_two_days_do_not_meet():
    with folder() as one, folder() as other:
        assert one != other
