"""How long a person waits: for a replay's first tick, kernels compiled or not, and for `paperpit --help`."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.rows import Row

PAPERPIT = Path(sys.executable).with_name("paperpit")


def first_tick(folder: Path, kernels: Path) -> float:
    """Seconds from the start of `paperpit replay demo` to the end of its first 4,096 rows."""
    env = {**os.environ, "PAPERPIT_KERNEL_CACHE": str(kernels)}
    command = [sys.executable, "-P", "-m", "tests.bench.first_tick", f"sqlite:///{folder}/start.db"]
    start = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=folder, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1]) - start


def help_seconds() -> float:
    """Seconds of `paperpit --help`."""
    start = time.perf_counter()
    subprocess.run([PAPERPIT, "--help"], check=True, capture_output=True)
    return time.perf_counter() - start


def measure(folder: Path, rounds: int) -> list[Row]:
    """Rows P8."""
    cold = [first_tick(folder, folder / f"kernels-{number}") for number in range(max(1, rounds // 2))]
    warm = [first_tick(folder, folder / "kernels-0") for _ in range(rounds)]
    helps = [help_seconds() for _ in range(3 * rounds)]
    return [
        Row("start: first tick, kernels not compiled", statistics.median(cold), "s", must=3, aim=2, less=True),
        Row("start: first tick, kernels compiled", statistics.median(warm), "s", must=1, aim=0.7, less=True),
        Row("start: paperpit --help", statistics.median(helps), "s", must=0.15, aim=0.15, less=True),
    ]
