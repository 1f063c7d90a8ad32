"""The contestants of the latency bench: the far end, the real desk at each durability, the documented bot."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.gateway.contracts import Contracts
from bot.config.instruments import load_instruments
from tests.bench.wire.desk import INSTRUMENTS, settings
from tests.bench.wire.far_end import BEGIN_NS, listed

ROOT = Path(__file__).resolve().parents[3]
DESK, DOCUMENTED = 17, 31
AHEAD = -10
"""Nice value of everybody in the contest, where that may be set: neighbours come after."""
BLOCK = 4_096


@dataclass
class Took:
    """What triggers took, µs from the last byte of the tick to the last byte of the bracket."""

    thirds: list[float] = field(default_factory=list)
    late: int = 0
    """Triggers without a bracket in time."""
    ticks: int = 0

    @property
    def p50(self) -> float:
        """Half of them took no longer."""
        return statistics.median(self.thirds) if self.thirds else float("nan")

    @property
    def p99(self) -> float:
        """All but one in a hundred took no longer."""
        return sorted(self.thirds)[int(0.99 * len(self.thirds))] if self.thirds else float("nan")

    def add(self, answer: dict[str, Any]) -> None:
        """Count a round in."""
        self.thirds += answer["third"]
        self.late += answer["late"]
        self.ticks += answer["ticks"]


class Far:
    """A far end, and the one who is connected to it: an account has one desk."""

    def __init__(self, products: Sequence[str]) -> None:
        self._process = _started("far_end", *products, stdin=subprocess.PIPE)
        self.port = int(self._line()["port"])
        self.client = 0
        self.guest: subprocess.Popen[str] | None = None

    def ask(self, **command: Any) -> dict[str, Any]:
        """Have something done about its client."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"client": self.client, **command}) + "\n")
        self._process.stdin.flush()
        return self._line()

    def end(self) -> None:
        """Both, at once."""
        for process in (self.guest, self._process):
            if process is not None:
                process.kill()
                process.communicate()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the far end has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Contest:
    """Desks and the documented bot, each with a far end of its own. A context manager, so that all of them end."""

    def __init__(self, folder: Path, products: Sequence[str] = ("ES",)) -> None:
        self._folder, self._products = folder, products
        self._sides: dict[str, Far] = {}

    def __enter__(self) -> "Contest":
        return self

    def __exit__(self, *ended: object) -> None:
        for far in self._sides.values():
            far.end()

    def desk(self, durability: str) -> None:
        """Let the real desk in."""
        far = self._sides[durability] = Far(self._products)
        home = self._folder / f"desk-{durability}"
        settings(home, far.port, DESK, durability, self._products)
        far.client, far.guest = DESK, _started("desk", str(home))
        # A first start compiles before anything else.
        far.ask(do="wait", streams=2 * len(self._products), seconds=600)

    def documented(self) -> None:
        """Let the bot of the documentation in."""
        far = self._sides["documented"] = Far(self._products)
        (number,) = [
            one.con_id
            for one in Contracts(load_instruments(), listed(self._products[:1]), lambda: BEGIN_NS).all()
            if one.index is not None
        ]
        far.client, far.guest = DOCUMENTED, _started("documented", str(far.port), str(number), str(DOCUMENTED))
        far.ask(do="wait", streams=2)

    def round(self, name: str, **command: Any) -> dict[str, Any]:
        """One round of ticks and triggers for one of them; the others hear nothing."""
        return self._sides[name].ask(**command)

    def stop(self, name: str) -> dict[str, Any]:
        """Stop a desk in order; what it says of its run."""
        process = self._sides[name].guest
        assert process is not None
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        summary: dict[str, Any] = json.loads(said.splitlines()[-1])
        return summary


def _started(module: str, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", f"tests.bench.wire.{module}", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PAPERPIT_CONFIG": str(INSTRUMENTS.with_name("bot.toml"))},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, process.pid, AHEAD)
    return process


def disk(folder: Path, times: int) -> list[float]:
    """Microseconds of appending a block and fdatasync, the least that a durable commit can take."""
    took = []
    with (folder / "appended").open("ab", buffering=0) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(bytes(BLOCK))
            os.fdatasync(file.fileno())
            took.append(1e6 * (time.perf_counter() - begun))
            time.sleep(0.002)
    return took
