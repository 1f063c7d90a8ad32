"""Opens every adapter that ships, on a quarter of an hour of ES, and walks it as a desk does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np

from bot import plugins
from bot.config import instrument
from bot.domain.market import Ticks
from bot.domain.order import Report
from bot.ports import Adapter, AdapterNeeds, Batch, Stop
from tests.laws.markets import market
from tests.tapes import SECOND

ACCOUNT = "REPLAY-contract"
HOUSE = ("replay", "synthetic")


def opened(name: str, folder: Path, batch: int = 500, latency_ms: int = 250) -> Adapter:
    """The adapter as the composition root opens it, with as much market as a test needs."""
    factory = plugins.find("adapters", name)
    model = plugins.params_of(factory)
    assert model is not None
    if name == "replay":
        tape = folder / "tape.parquet"
        told = {"tape": str(tape if tape.exists() else market(5, rows=1500).write(tape, contract="ESM2026"))}
    else:
        told = {"speed": "max", "hours": 0.25, "seed": 5}
    needs = AdapterNeeds(
        ACCOUNT,
        lambda contract, tick: instrument(contract, Decimal(tick)),
        batch=batch,
        fill_model="touch",
        latency_ns=latency_ms * 1_000_000,
        cancel_latency_ns=latency_ms * 1_000_000,
    )
    adapter: Adapter = factory(model(**told), needs)
    return adapter


async def batches(adapter: Adapter) -> list[Batch]:
    """Everything that its market says; rows are copied, so that none can change behind our back."""
    await adapter.market.subscribe()
    return [Batch(b.ticks.copy(), b.silent_until, b.final) async for b in adapter.market.batches()]


async def rows(adapter: Adapter) -> Ticks:
    """All rows of all batches."""
    return np.concatenate([batch.ticks for batch in await batches(adapter)])


@dataclass
class Walk:
    """The reports of a broker in order, each with the number of the row at which it was heard."""

    adapter: Adapter
    heard: list[tuple[int, Report]] = field(default_factory=list)
    ticks: Ticks | None = None

    async def on(self, *steps: Callable[["Walk"], Awaitable[None]]) -> "Walk":
        """Walk the whole market; after batch k step k is done."""
        await self.adapter.market.subscribe()
        base, todo, now = 0, list(steps), 0
        async for batch in self.adapter.market.batches():
            self.ticks = batch.ticks if len(batch.ticks) else self.ticks
            now = int(batch.ticks["ts"][-1]) if len(batch.ticks) else now + 60 * SECOND
            self._listen(batch.ticks, Stop(len(batch.ticks), False, now), base)
            base += len(batch.ticks)
            if todo:
                await todo.pop(0)(self)
        assert not todo, "the market was too short for the test"
        return self

    @property
    def now(self) -> int:
        """Stamp of the newest row."""
        assert self.ticks is not None
        return int(self.ticks["ts"][-1])

    @property
    def touch(self) -> tuple[int, int]:
        """Bid and ask of the newest two-sided row."""
        assert self.ticks is not None
        whole = self.ticks[self.ticks["bid"] < self.ticks["ask"]]
        whole = whole[whole["bid"] > 0]
        return int(whole["bid"][-1]), int(whole["ask"][-1])

    def said(self, kind: type[Report]) -> list[Report]:
        """The reports of one kind."""
        return [report for _, report in self.heard if isinstance(report, kind)]

    def _listen(self, ticks: Ticks, stop: Stop, base: int) -> None:
        row = 0
        while (found := self.adapter.broker.next_report(ticks, row, stop)) is not None:
            row, report = found
            self.heard.append((base + row, report))
