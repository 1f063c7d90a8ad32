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
DOCUMENTED = 31
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


class Contest:
    """A far end and whoever connects to it. A context manager, so that all of them end."""

    def __init__(self, folder: Path, products: Sequence[str] = ("ES",)) -> None:
        self._folder, self._products = folder, products
        self._clients: dict[str, tuple[int, subprocess.Popen[str]]] = {}
        self._far = self._started("far_end", *products, stdin=subprocess.PIPE)
        assert self._far.stdout is not None
        self.port = int(json.loads(self._far.stdout.readline())["port"])

    def __enter__(self) -> "Contest":
        return self

    def __exit__(self, *ended: object) -> None:
        for process in (*(process for _, process in self._clients.values()), self._far):
            process.kill()
            process.communicate()

    def desk(self, durability: str, client: int) -> None:
        """Let the real desk in."""
        home = self._folder / f"desk-{durability}-{client}"
        settings(home, self.port, client, durability, self._products)
        self._clients[durability] = client, self._started("desk", str(home))
        # A first start compiles before anything else.
        self._ask(do="wait", client=client, streams=2 * len(self._products), seconds=600)

    def documented(self) -> None:
        """Let the bot of the documentation in."""
        (number,) = [
            one.con_id
            for one in Contracts(load_instruments(), listed(self._products[:1]), lambda: BEGIN_NS).all()
            if one.index is not None
        ]
        process = self._started("documented", str(self.port), str(number), str(DOCUMENTED))
        self._clients["documented"] = DOCUMENTED, process
        self._ask(do="wait", client=DOCUMENTED, streams=2)

    def round(self, name: str, **command: Any) -> dict[str, Any]:
        """One round of ticks and triggers for one of them; the others hear nothing."""
        return self._ask(client=self._clients[name][0], **command)

    def stop(self, name: str) -> dict[str, Any]:
        """Stop a desk in order; what it says of its run."""
        _, process = self._clients.pop(name)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        summary: dict[str, Any] = json.loads(said.splitlines()[-1])
        return summary

    def _ask(self, **command: Any) -> dict[str, Any]:
        assert self._far.stdin is not None
        assert self._far.stdout is not None
        self._far.stdin.write(json.dumps(command) + "\n")
        self._far.stdin.flush()
        line = self._far.stdout.readline()
        if not line:
            raise RuntimeError(f"the far end has ended at {command}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self, module: str, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
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
