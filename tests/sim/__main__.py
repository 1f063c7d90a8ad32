"""`python -m tests.sim DAYS=1000 SEED=1 JOBS=2`; see runner.py."""

import os
import sys
from pathlib import Path

from tests.sim.plan import FaultPlan
from tests.sim.runner import UNSEEN, Days, last_line, play_many, play_one, read_plan, report, table, unseen, watchers
from tests.sim.shrink import shrunk
from tests.sim.world import POINTS

REPORTED = 5
NIGHTLY = 10_000
"""From so many days on everything must have been seen."""


def main(words: list[str]) -> int:
    """Play, print, and say by the exit code what failed first: 127 a crash, 128 no rest, 129 an invariant.

    Nothing failed, but a long run never saw all that can happen: 126.
    """
    asked = dict(word.split("=", 1) for word in words)
    jobs = int(asked.get("JOBS") or os.cpu_count() or 1)
    if "PLAN" in asked or ("SEED" in asked and "DAYS" not in asked):
        plan = read_plan(Path(asked["PLAN"])) if "PLAN" in asked else FaultPlan.drawn(int(asked["SEED"]), POINTS)
        days = play_one(plan, watchers())
        if days.failures and asked.get("SHRINK") == "1":
            small = shrunk(plan, days.failures[0], print)
            days = play_one(small, watchers())
            print(small.text())
        return told(days, f"seed {plan.seed}")
    first, count = int(asked.get("SEED") or 1), int(asked.get("DAYS") or 300)
    return told(play_many(first, count, jobs), f"seeds {first}…{first + count - 1}")


def told(days: Days, seeds: str) -> int:
    """Print what came of days, and which they were; the exit code."""
    print("\n".join(table(days)))
    for one in days.failures[:REPORTED]:
        print("\n".join(report(one)))
    if len(days.failures) > REPORTED:
        print(f"… and {len(days.failures) - REPORTED} more: seeds {[one.seed for one in days.failures[REPORTED:]]}")
    missing = unseen(days) if days.days >= NIGHTLY else []
    if missing:
        print(f"sim: FAILED: never seen in so many days: {', '.join(missing)}")
    print(seeds)
    print(last_line(days))
    return days.failures[0].code if days.failures else UNSEEN if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
