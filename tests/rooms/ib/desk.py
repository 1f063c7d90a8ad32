"""Our side of the wire as a desk sees it: a broker that is connected, and what it has reported."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

import numpy as np
from ib_async.contract import Contract

from adapters.ib.broker import IbBroker
from adapters.ib.link import Link, Waits
from adapters.ib.params import Params
from bot.config import instrument
from bot.domain.market import TICK
from bot.domain.order import OrderReport, OrderState, Report
from bot.ports import Stop
from tests.patience import PATIENCE_S
from tests.rooms.ib.peer import CON_ID, Peer, listening

NONE = np.zeros(0, TICK)
HURRY = Waits(
    greeting=20,
    answer=20,
    heartbeat=60,
    heartbeat_answer=0.1,
    clock_step=60,
    clock_again=60,
    snapshot=60,
    unsure=60,
    again=0.01,
    backoff=0.01,
    backoff_most=0.02,
    held=0.01,
    held_most=0.02,
    held_in_all=0.05,
)
# Where an answer comes, it may come as late as a loaded machine likes; only a test of silence waits it out.
SILENT = replace(HURRY, greeting=0.5, answer=0.5)
T = TypeVar("T", bound=Report)


def contract() -> Contract:
    """ES December 2026 with everything that contract details tell."""
    return Contract(
        conId=CON_ID,
        symbol="ES",
        secType="FUT",
        lastTradeDateOrContractMonth="20261218",
        multiplier="50",
        exchange="CME",
        currency="USD",
        localSymbol="ESZ6",
        tradingClass="ES",
    )


@dataclass
class Desk:
    """A broker and its reports so far."""

    broker: IbBroker
    link: Link
    reports: list[Report] = field(default_factory=list)
    foreign: int = 0

    def listen(self) -> list[Report]:
        """Take what has come."""
        while (found := self.broker.next_report(NONE, 0, Stop(0, False, 0))) is not None:
            self.reports.append(found[1])
        return self.reports

    def of(self, kind: type[T]) -> list[T]:
        """The reports of one kind so far."""
        return [one for one in self.listen() if isinstance(one, kind)]

    def states(self, ref: str) -> list[OrderState]:
        """What has been said about one order."""
        return [one.state for one in self.of(OrderReport) if one.client_order_id == ref]

    async def until(self, what: Callable[[], object]) -> None:
        """Wait until the reports make it true."""
        async with asyncio.timeout(PATIENCE_S):
            while not what():
                self.link.wake.clear()
                if what():
                    return
                await self.link.wake.wait()


@asynccontextmanager
async def desk(
    peer: Peer | None = None, waits: Waits = HURRY, *, broker_ids: dict[str, str] | None = None, last: str = ""
) -> AsyncIterator[tuple[Desk, Peer]]:
    """Both ends, connected."""
    async with listening(peer) as far, joined(far, waits, broker_ids=broker_ids, last=last) as near:
        yield near, far


@asynccontextmanager
async def joined(
    peer: Peer, waits: Waits = HURRY, *, broker_ids: dict[str, str] | None = None, last: str = ""
) -> AsyncIterator[Desk]:
    """Our end, connected to that peer."""
    link = Link(Params(port=peer.port, client_id=17), waits)
    one = instrument("ESZ2026", Decimal("0.25"))
    broker = IbBroker(link, [one], [contract()], broker_ids=broker_ids, last_broker_id=last)
    try:
        await link.open()
        await broker.connect()
        yield Desk(broker, link)
    finally:
        await broker.close()
