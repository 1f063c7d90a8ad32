"""A process that trades day after day at a gateway has the same size on its last day as when it had settled."""

import subprocess
import sys


def test_five_short_days_leave_nothing_behind() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "tests.soak", "DAYS=5", "HOURS=0.05"), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("grown=nothing"), done.stdout
