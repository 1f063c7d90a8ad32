"""Clients for the gateway's tests: ib_async as people use it, and its `Client` with every word written down."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from ib_async import IB, Contract, Future
from ib_async.client import Client

from adapters.gateway.server import Gateway

ES = Future("ES", exchange="CME", currency="USD")
HASTE_S = 60.0


@contextlib.asynccontextmanager
async def ib(far: Gateway, client_id: int = 17) -> AsyncIterator[IB]:
    """The library's façade, connected."""
    client = IB()
    await client.connectAsync("127.0.0.1", far.port, clientId=client_id, timeout=HASTE_S)
    try:
        yield client
    finally:
        client.disconnect()


@dataclass
class Heard:
    """Everything a connection has said, by the decoder's names, in order."""

    said: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    defaultTimezone = UTC

    class ib:
        """Where the decoder looks for a time zone."""

        TimezoneTWS = None

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith(("tcpData", "__")):
            raise AttributeError(name)
        return lambda *args: self.hear(name, args)

    def hear(self, name: str, args: tuple[Any, ...]) -> None:
        self.said.append((name, args))
        self.news.set()

    def setEventsDone(self) -> None:
        """Nothing waits on events."""

    def all(self, name: str) -> list[tuple[Any, ...]]:
        return [args for said, args in self.said if said == name]

    def codes(self) -> list[int]:
        """Of every error, in order."""
        return [args[1] for args in self.all("error")]

    async def until(
        self, name: str, count: int = 1, where: Callable[..., bool] = lambda *args: True
    ) -> tuple[Any, ...]:
        """The arguments of the `count`th message of that name for which `where` holds."""
        async with asyncio.timeout(HASTE_S):
            while len(found := [args for args in self.all(name) if where(*args)]) < count:
                self.news.clear()
                await self.news.wait()
        return found[count - 1]

    async def refusal(self, code: int, count: int = 1) -> tuple[Any, ...]:
        """The `count`th error of that code."""
        return await self.until("error", count, lambda _, there, *__: there == code)


class Raw(Client):
    """The library's client with a wrapper that only writes down."""

    def __init__(self, tape_time: bool = False) -> None:
        self.heard = Heard()
        super().__init__(self.heard)
        if tape_time:
            self.optCapab = "tape-time"

    async def contract(self, wanted: Contract, number: int = 900) -> Contract:
        """The nearest contract that fits."""
        self.reqContractDetails(number, wanted)
        await self.heard.until("contractDetailsEnd", where=lambda there: there == number)
        fitting = [details.contract for there, details in self.heard.all("contractDetails") if there == number]
        return min(fitting, key=lambda one: one.lastTradeDateOrContractMonth)


async def shut_out(far: Gateway, client_id: int = 17) -> list[int]:
    """The errors that somebody hears who is not let in."""
    client = Raw()
    entering = asyncio.create_task(client.connectAsync("127.0.0.1", far.port, client_id, timeout=HASTE_S))
    await client.heard.until("error")
    assert not client.isReady()
    entering.cancel()
    await asyncio.gather(entering, return_exceptions=True)
    client.disconnect()
    return client.heard.codes()


@contextlib.asynccontextmanager
async def raw(far: Gateway, client_id: int = 17, *, tape_time: bool = False) -> AsyncIterator[Raw]:
    """A raw client, connected."""
    client = Raw(tape_time)
    await client.connectAsync("127.0.0.1", far.port, client_id, timeout=HASTE_S)
    try:
        yield client
    finally:
        client.disconnect()
