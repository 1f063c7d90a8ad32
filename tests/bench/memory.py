"""Peak memory of a whole replay from a file, in a process of its own each time: it must not grow with the tape."""

import statistics
import subprocess
import sys
from pathlib import Path

from tests.bench.rows import Row


def peak(folder: Path, tape: Path) -> float:
    """MiB."""
    command = [sys.executable, "-P", "-m", "tests.bench.child", folder, tape]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def measure(folder: Path, short: Path, long: Path, rounds: int) -> list[Row]:
    """Rows P7."""
    peak(folder, short)  # compiling is not replaying
    peaks = {tape: statistics.median(peak(folder, tape) for _ in range(rounds)) for tape in (short, long)}
    grown = peaks[long] - peaks[short]
    return [
        Row("memory: peak of a replay of 5 M rows", peaks[short], "MiB", must=320, aim=260, less=True),
        Row("memory: peak of 20 M rows beyond that", grown, "MiB", must=16, aim=4, less=True),
    ]
