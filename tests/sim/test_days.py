"""Three hundred days of the real desk between a simulated exchange, wire and disk; `make sim` plays more of them."""

import os

from tests.sim.naked import MAX_MS, spread
from tests.sim.runner import last_line, play_many, report
from tests.sim.world import POINTS

FIRST, DAYS = 1, 300
STATES = ("void", "partial", "exiting", "rejected", "pending-unknown", "unverified", "naked", "flattening", "stuck")
"""States of a bracket that an ordinary day does not bring."""


def test_days_under_faults_end_with_everything_in_its_place():
    days = play_many(FIRST, DAYS, os.cpu_count() or 1)
    print(f"seeds {FIRST}…{FIRST + DAYS - 1}: {last_line(days)}")
    print(spread(days.naked_ms))
    assert [line for one in days.failures[:3] for line in report(one)] == []
    assert [point for point in POINTS if not days.told.points[point]] == []
    assert [state for state in STATES if not days.told.states[state]] == []
    assert max(days.naked_ms, default=0) <= MAX_MS
