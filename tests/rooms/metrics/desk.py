"""A desk in a process of its own, with a port for metrics, and who asks it."""

import asyncio
import os
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.laws.markets import DRILL
from tests.patience import PATIENCE_S
from tests.playing import strategy
from tests.programs import Program, program
from tests.servers import free_port

LOOK_S = 0.1
CROSSING = DRILL.replace("offset_ticks = -1", "offset_ticks = 4")
"""A drill that takes what is offered."""


class Port:
    """Where a desk answers."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def get(self, path: str, host: str = "") -> tuple[int, str]:
        """Status and body of an answer."""
        return await asyncio.to_thread(self._get, path, host)

    def _get(self, path: str, host: str) -> tuple[int, str]:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.number}{path}", headers={"Host": host} if host else {})
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    async def json(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status of an answer, and the object that it holds."""
        code, text = await self.get(path)
        return code, msgspec.json.decode(text)

    async def samples(self) -> list[Sample]:
        """Everything that Prometheus would read."""
        code, text = await self.get("/metrics")
        assert code == 200, text
        return samples(text)

    async def until(self, wanted: Callable[[dict[str, Any], list[Sample]], bool]) -> list[Sample]:
        """Ask again and again, until what /readyz and /metrics say is what is wanted."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    (_, ready), found = await self.json("/readyz"), await self.samples()
                    if wanted(ready, found):
                        return found
                except OSError:  # it does not listen yet
                    pass
                await asyncio.sleep(LOOK_S)


def samples(text: str) -> list[Sample]:
    """What a text of Prometheus's format holds, by Prometheus's own reader."""
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def values(found: list[Sample], name: str, **labels: str) -> Iterator[float]:
    """The values of one name whose labels are these, whatever others there are."""
    for one in found:
        if one.name == f"paperpit_{name}" and labels.items() <= one.labels.items():
            yield one.value


@asynccontextmanager
async def desk(folder: Path, *sets: str, spec: str = CROSSING) -> AsyncIterator[tuple[Program, Port, str]]:
    """`paperpit run` on a synthetic market at sixty times its speed; its port, and its name."""
    port, name = Port(free_port()), f"metrics-{os.getpid()}"
    told = (f"metrics.port={port.number}", "adapters.synthetic.speed=60x", "record.enabled=false", *sets)
    async with program(
        *("run", "--adapter", "synthetic", "--strategy", strategy(folder, spec), "--calendar", "none"),
        *("--warm", "none", "--desk", name, "--journal", folder / "journal.db"),
        *(word for one in told for word in ("--set", one)),
    ) as one:
        yield one, port, name
