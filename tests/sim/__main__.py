"""`python -m tests.sim DAYS=1000 SEED=1 JOBS=2`; see runner.py."""

import os
import sys
from pathlib import Path

from tests.sim.plan import FaultPlan
from tests.sim.runner import Days, last_line, play_many, play_one, read_plan, report, table, unseen, watchers
from tests.sim.shrink import shrunk
from tests.sim.world import POINTS

REPORTED = 5
NIGHTLY = 10_000
"""From so many days on everything must have been seen."""


def main(words: list[str]) -> int:
    """Play, print, and say by the exit code what failed first: 127 a crash, 128 no rest, 129 an invariant."""
    asked = dict(word.split("=", 1) for word in words)
    jobs = int(asked.get("JOBS") or os.cpu_count() or 1)
    if "PLAN" in asked or ("SEED" in asked and "DAYS" not in asked):
        plan = read_plan(Path(asked["PLAN"])) if "PLAN" in asked else FaultPlan.drawn(int(asked["SEED"]), POINTS)
        days = play_one(plan, watchers())
        if days.failures and asked.get("SHRINK") == "1":
            small = shrunk(plan, days.failures[0], print)
            days = play_one(small, watchers())
            print(small.text())
    else:
        days = play_many(int(asked.get("SEED") or 1), int(asked.get("DAYS") or 300), jobs)
    _tell(days)
    return days.failures[0].code if days.failures else 0


def _tell(days: Days) -> None:
    print("\n".join(table(days)))
    for one in days.failures[:REPORTED]:
        print("\n".join(report(one)))
    if len(days.failures) > REPORTED:
        print(f"… and {len(days.failures) - REPORTED} more: seeds {[one.seed for one in days.failures[REPORTED:]]}")
    if days.days >= NIGHTLY and (missing := unseen(days)):
        print(f"never seen: {', '.join(missing)}")
    print(last_line(days))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
