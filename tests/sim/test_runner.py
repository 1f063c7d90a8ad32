"""What the runner makes of a day that goes wrong: which of three ways, how to see it again, and the smallest plan."""

import gc
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from bot.domain.order import OrderType, Role
from bot.orders.manager import OrderManager
from bot.orders.recovery import Recovery
from tests.sim.__main__ import NIGHTLY, main, told
from tests.sim.exchange import Group, Placed
from tests.sim.loop import SECOND_NS
from tests.sim.naked import Naked, spread
from tests.sim.plan import Fault, FaultPlan, Shape
from tests.sim.runner import CRASH, KNOWN, UNCONVERGED, UNSEEN, Days, last_line, play_one, report, table
from tests.sim.shrink import shrunk
from tests.sim.world import POINTS, Told, World

PLAN = FaultPlan(3, Shape(signals=6, minutes=12), (Fault("word", 7, "late", 1.0), Fault("placed", 1, "cut", 3.0, 2.0)))
DIGEST = """
import hashlib
from tests.sim.plan import FaultPlan
from tests.sim.world import POINTS, play
rows = hashlib.sha256()
play(FaultPlan.drawn(12, POINTS), lambda world: world.wrote.append(lambda group: rows.update(repr(group).encode())))
print(rows.hexdigest())
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Plans of failed days are left below the folder at hand."""
    monkeypatch.chdir(tmp_path)


def dies_at_a_fill(self: OrderManager, fill: Any) -> Any:
    raise RuntimeError(f"nobody knows what to do with {fill.exec_id}")


def never_done(self: Recovery, report: Any) -> Any:
    async def nothing() -> None:
        """The answer is not looked at."""

    return nothing()


def test_a_day_without_faults_ends_well():
    days = play_one(FaultPlan(3, Shape(signals=6, minutes=12)))
    assert days.failures == []
    assert last_line(days).startswith("days=1 steps=")
    assert last_line(days).endswith(" faults=0 violations=0")
    assert days.told.brackets


def test_a_day_leaves_the_collector_alone():
    """Each start would look through all that is imported: half of a day's time."""
    frozen = {gc.get_freeze_count()}
    play_one(PLAN, [lambda world: world.checks.append(lambda _: frozen.add(gc.get_freeze_count()))])
    assert len(frozen) == 1


def test_a_crash_is_told_with_all_that_is_needed_to_see_it_again(monkeypatch):
    monkeypatch.setattr(OrderManager, "on_fill", dies_at_a_fill)
    (failure,) = play_one(PLAN).failures
    assert failure.code == CRASH
    text = "\n".join(report(failure))
    for part in ("a crash", "nobody knows", "seed 3", "commit ", "make sim SEED=3", "var/sim/3.json", "sent place"):
        assert part in text
    assert FaultPlan.read(failure.plan) == PLAN


def test_a_desk_that_stays_uncertain_does_not_come_to_rest(monkeypatch):
    monkeypatch.setattr(Recovery, "hear", never_done)
    (failure,) = play_one(PLAN).failures
    assert failure.code == UNCONVERGED
    assert "Unsettled" in failure.what


def test_what_is_not_needed_for_a_failure_is_left_out(monkeypatch):
    monkeypatch.setattr(OrderManager, "on_fill", dies_at_a_fill)
    (failure,) = play_one(PLAN).failures
    small = shrunk(PLAN, failure)
    assert small.faults == ()
    assert small.shape.signals < PLAN.shape.signals
    assert play_one(small).failures[0].code == CRASH


def test_the_exit_code_says_which_of_the_three_it_was(monkeypatch, capsys):
    assert main(["SEED=3"]) == 0
    monkeypatch.setattr(OrderManager, "on_fill", dies_at_a_fill)
    assert main(["SEED=3"]) == CRASH
    assert capsys.readouterr().out.splitlines()[-1].endswith("violations=1")


def test_a_long_run_that_never_saw_something_fails_and_names_it(capsys):
    seen = {title: Counter(names) for title, names in KNOWN.items()}
    # given all that can happen but one: a short run says nothing of it
    seen["points"] -= Counter(["exit-sent"])
    assert told(Days(NIGHTLY - 1, Told(**seen)), "seeds 7…9") == 0
    assert "never seen" not in capsys.readouterr().out
    # and a long one fails
    assert told(Days(NIGHTLY, Told(**seen)), "seeds 7…9") == UNSEEN
    printed = capsys.readouterr().out.splitlines()
    assert printed[-3].endswith("never seen in so many days: exit-sent")
    assert printed[-2] == "seeds 7…9"
    assert printed[-1].startswith("days=10000 steps=")
    # unless it was seen once
    seen["points"] += Counter(["exit-sent"])
    assert told(Days(NIGHTLY, Told(**seen)), "seeds 7…9") == 0


def test_the_table_has_a_line_for_all_that_can_happen():
    lines = list(table(Days()))
    assert all(f"  {name:<28}{0:>10}" in lines for names in KNOWN.values() for name in names)
    assert not any("intended" in line for line in lines)


def test_a_plan_is_the_same_when_it_is_read_again():
    plan = FaultPlan.drawn(77, POINTS)
    assert FaultPlan.read(plan.text()) == plan


def test_a_day_is_the_same_in_every_process(request):
    """Whatever order sets have."""
    told = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(request.config.rootpath)}
        run = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
        )
        told.add(run.stdout)
    assert len(told) == 1


def test_how_long_positions_were_naked_is_counted_in_steps():
    text = spread([50, 700, 700, 5_000])
    assert "4 times, p50 700 ms" in text
    assert "max 5000 ms" in text
    assert "≤1 s: 2" in text


def test_what_was_naked_for_long_is_told_with_its_day_and_what_went_wrong(tmp_path):
    # given a position that nothing covers, and an answer that does not come
    world = World(FaultPlan(7), tmp_path)
    naked, exchange = Naked(world), world.exchange
    group = exchange.groups["b1"] = Group("b1", came_in=1)
    group.entry = Placed("e", "p1", 0, Role.ENTRY, 1, OrderType.LIMIT, 1, 100, None, group, "filled", 1)
    exchange.positions[0] = 1
    naked._look(exchange)
    world.wire.seen["ask.silent"] += 1
    # when it has left after five seconds
    world.loop.now_ns += 5 * SECOND_NS
    group.went_out, exchange.positions[0] = 1, 0
    naked._look(exchange)
    # then that is in the summary
    days = Days()
    days.add(Days(1, naked_ms=naked.found_ms, naked_long=naked.long))
    assert "naked for 5.0 s: seed 7, bracket b1; meanwhile ask.silent 1" in list(table(days))
