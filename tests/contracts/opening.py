"""Opens every adapter that ships, on a quarter of an hour of ES, and walks it as a desk does.

The one at IB stands at a simulated gateway in this process whose tape goes on only when it is told to: rows are played,
a question is asked, and its answer comes behind everything that the rows brought.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from adapters.gateway.server import Gateway
from adapters.ib.broker import IbBroker
from bot import plugins
from bot.config import instrument
from bot.domain.market import Ticks
from bot.domain.order import Known, Report
from bot.ports import Adapter, AdapterNeeds, Batch, Stop
from tests.gateways import gateway
from tests.laws.markets import market
from tests.tapes import SECOND

ACCOUNT = "REPLAY-contract"
PAPER = "DU1234567"
HOUSE = ("replay", "synthetic", "ib")


@dataclass
class Opening:
    """Opens adapters; what they hold open is let go of when the stack is closed."""

    name: str
    folder: Path
    stack: AsyncExitStack

    @property
    def account(self) -> str:
        """The account that the broker has to name."""
        return PAPER if self.name == "ib" else ACCOUNT

    def must_reduce_only(self) -> None:
        """Skips the test where a broker knows no order that only reduces; there the order manager alone sees to it."""
        if self.name == "ib":
            pytest.skip("IB has no reduce-only order: it sells what it is told to sell")

    async def __call__(self, batch: int = 500, latency_ms: int = 250) -> Adapter:
        """The adapter as the composition root opens it, with as much market as a test needs."""
        told: dict[str, Any] = {"speed": "max", "hours": 0.25, "seed": 5}
        far = None
        if self.name == "replay":
            told = {"tape": self._tape()}
        elif self.name == "ib":
            options = {"tapes": (self._tape(),), "speed": "hand", "fill_model": "touch", "latency_ms": latency_ms}
            far = await self.stack.enter_async_context(gateway(account=PAPER, **options))
            told = {"port": far.port}
        factory = plugins.find("adapters", self.name)
        model = plugins.params_of(factory)
        assert model is not None
        made = factory(model(**told), _needs(batch, latency_ms))
        adapter: Adapter = made if far is None else await made
        self.stack.push_async_callback(adapter.broker.close)
        return adapter if far is None else replace(adapter, market=Hand(adapter, far, batch))

    def _tape(self) -> str:
        tape = self.folder / "tape.parquet"
        return str(tape if tape.exists() else market(5, rows=1500).write(tape, contract="ESM2026"))


def _needs(batch: int, latency_ms: int) -> AdapterNeeds:
    return AdapterNeeds(
        ACCOUNT,
        lambda contract, tick: instrument(contract, None if tick is None else Decimal(tick)),
        batch=batch,
        fill_model="touch",
        latency_ns=latency_ms * 1_000_000,
        cancel_latency_ns=latency_ms * 1_000_000,
        products=("ES",),
        order_flow={"ES": ("absorption",)},
    )


class Hand:
    """The market of an adapter at a gateway, whose tape goes on by `batch` rows for each batch."""

    def __init__(self, adapter: Adapter, far: Gateway, batch: int) -> None:
        self._adapter, self._market, self._far, self._batch = adapter, adapter.market, far, batch
        self.instruments = self._market.instruments
        self.first_ns, self.last_ns = self._market.first_ns, self._market.last_ns

    @property
    def anomalies(self) -> Mapping[str, int]:
        """As the market has them."""
        return self._market.anomalies

    async def subscribe(self) -> None:
        """As the market does, once the broker is connected, and until the far end has heard of it."""
        await self._adapter.broker.connect()
        await self._market.subscribe()
        await self._answered()

    async def batches(self) -> AsyncIterator[Batch]:
        """One batch for so many rows of the tape."""
        final = False
        async with aclosing(cast(AsyncGenerator[Batch, None], self._market.batches())) as coming:
            while not final:
                await self._answered()  # what was sent has been taken before the tape goes on
                await self._far.play.advance(self._batch)
                await self._answered()
                batch = await anext(coming)
                final = batch.final
                yield batch

    async def _answered(self) -> None:
        """Everything that was said before has been heard, here and there: a question's answer comes behind it.

        The time is one message; a snapshot is so many that the wire's pace would hold them back for seconds.
        """
        answer = await cast(IbBroker, self._adapter.broker)._link.current_time()
        assert isinstance(answer, Known), answer


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
