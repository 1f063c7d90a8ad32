"""A process that trades day after day at a gateway has the same size on its last day as when it had settled."""

import subprocess
import sys

from tests.servers import need_mosquitto


def test_five_short_days_leave_nothing_behind() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "tests.soak", "DAYS=5", "HOURS=0.05"), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("grown=nothing"), done.stdout


def test_a_day_at_full_rate_leaves_no_task_and_no_descriptor_behind_and_weighs_little() -> None:
    need_mosquitto("mosquitto")
    words = (sys.executable, "-P", "-m", "tests.soak.day", "COUNTS=24")
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "grown=nothing" in done.stdout
