"""A market at a gateway in this process, and everything that it and the broker say, walked as a desk walks it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from adapters.gateway.server import Gateway
from adapters.ib import Params, open_ib
from bot.config import instrument
from bot.domain.market import TICK, Ticks
from bot.domain.order import FeedReport, Report
from bot.ports import Adapter, AdapterNeeds, Stop
from tests.gateways import gateway
from tests.patience import PATIENCE_S

FLOW = ("absorption",)


@dataclass
class Watched:
    """An adapter at a gateway, and what has come of it so far."""

    far: Gateway
    adapter: Adapter
    rows: list[Ticks] = field(default_factory=list)
    said: list[Report] = field(default_factory=list)
    finals: int = 0
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ticks(self) -> Ticks:
        """Every row so far."""
        return np.concatenate([np.zeros(0, TICK), *self.rows])

    @property
    def feeds(self) -> list[tuple[int, str, str]]:
        """(instrument, state, sentence) of every change of what data is worth."""
        return [(one.instrument, one.state, one.why) for one in self.said if isinstance(one, FeedReport)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Walk on until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._came.clear()
                await self._came.wait()

    async def walk(self) -> None:
        """As the desk does, to the market's end."""
        await self.adapter.market.subscribe()
        async for batch in self.adapter.market.batches():
            self.rows.append(batch.ticks.copy())
            self.finals += batch.final
            row = 0
            while found := self.adapter.broker.next_report(batch.ticks, row, Stop(len(batch.ticks), False, 2**62)):
                row, report = found
                self.said.append(report)
            self._came.set()


@asynccontextmanager
async def watched(
    *products: str, flow: tuple[str, ...] = FLOW, dry: bool = False, settings: dict[str, Any] | None = None, **far: Any
) -> AsyncIterator[Watched]:
    """A gateway with options `far`, and an adapter that watches `products` at it."""
    async with gateway(**far) as site:
        needs = AdapterNeeds(
            "",
            lambda name, tick: instrument(name, tick),
            products=products or ("ES",),
            order_flow=dict.fromkeys(products or ("ES",), flow),
            dry=dry,
        )
        adapter = await open_ib(Params(port=site.port, **(settings or {})), needs)
        one = Watched(site, adapter)
        try:
            await adapter.broker.connect()
            walking = asyncio.create_task(one.walk())
            yield one
            walking.cancel()
            await asyncio.gather(walking, return_exceptions=True)
            assert walking.cancelled() or walking.exception() is None, walking.exception()
        finally:
            await adapter.broker.close()


def tape(folder: Path, name: str, rows: int = 400, contract: str = "", seed: int = 5) -> str:
    """A tape of a product."""
    from tests.laws.markets import market

    made = market(seed, rows=rows)
    return str(made.write(folder / f"{name}.parquet", contract=contract or name))
