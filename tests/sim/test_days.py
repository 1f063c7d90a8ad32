"""Three hundred days of the real desk between a simulated exchange, wire and disk; `make sim` plays more of them."""

import os

from tests.sim.runner import last_line, play_many, report

FIRST, DAYS = 1, 300


def test_days_under_faults_end_with_everything_in_its_place():
    days = play_many(FIRST, DAYS, os.cpu_count() or 1)
    print(f"seeds {FIRST}…{FIRST + DAYS - 1}: {last_line(days)}")
    assert [line for one in days.failures[:3] for line in report(one)] == []
