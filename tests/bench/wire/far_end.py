"""The far end of the latency bench: the simulated gateway, with ticks that come when the bench says, and a stopwatch.

usage: python -P -m tests.bench.wire.far_end [INSTRUMENT …]

Commands come as lines of JSON on standard input, answers go out the same way; the first line says the port. Market time
is a tape's, so that exchange hours do not depend on when somebody measures.

    {"do": "wait", "client": 17, "streams": 2}          until the client has subscribed
    {"do": "play", "client": 17, "rate": 1000, "triggers": 40, "every_s": 0.2}
    {"do": "burst", "client": 17, "ticks": 1000, "triggers": 40, "every_s": 0.2}

An answer holds, for each trigger, microseconds from the write that its print ends to the
arrival of the first and of the third order, how many ticks were sent in how many seconds, and how many triggers got no
bracket in time.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.gateway.contracts import Contracts
from adapters.gateway.exchange import Exchange
from adapters.gateway.feed import Stream
from adapters.gateway.options import Options
from adapters.gateway.protocol import LENGTH
from adapters.gateway.seam import Rules
from adapters.gateway.server import Gateway
from adapters.gateway.session import Connection
from bot.config import instrument
from bot.config.instruments import load_instruments
from bot.domain.instrument import Instrument

BEGIN_NS = int(datetime(2026, 11, 24, 15, 0, tzinfo=UTC).timestamp()) * 1_000_000_000
TRIGGER = 4
"""Size of a print that asks for a bracket."""
LATE_S = 5.0
ORDERS = 3


class TapeTime:
    """A tape's time that runs with the wall's. The Timing of the gateway."""

    plays_a_tape, waits = True, True

    def __init__(self) -> None:
        self._began = time.monotonic_ns()

    def begin(self) -> None:
        """It runs already."""

    def now_ns(self) -> int:
        """ns UTC."""
        return BEGIN_NS + time.monotonic_ns() - self._began

    def reached(self, ts: int) -> None:
        """It is what it is."""

    async def towards(self, ts: int) -> None:
        """Never asked: rows come by command."""
        raise NotImplementedError


class NoPlay:
    """In the place of the gateway's Play: what there is to know of a market without rows."""

    def __init__(self, timing: TapeTime) -> None:
        self.timing = timing
        self.rows, self.over, self.begun = 0, False, asyncio.Event()

    def subscribed(self) -> None:
        """Nobody waits for that here."""

    async def prepare(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to close."""


@dataclass
class Watch:
    """The stopwatch: when the newest read came, and when each order of the bracket at hand did."""

    read_ns: int = 0
    orders: list[int] = field(default_factory=list)
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    def order(self) -> None:
        """A placeOrder was in the newest read."""
        self.orders.append(self.read_ns)
        if len(self.orders) == ORDERS:
            self.whole.set()

    def clear(self) -> None:
        """The next bracket."""
        self.orders.clear()
        self.whole.clear()


class Stamped(Connection):
    """A connection that notes when it hears something."""

    def __init__(self, server: "FarEnd", number: int) -> None:
        super().__init__(server, number)
        self._watch = server.watch

    def data_received(self, data: bytes) -> None:
        """Look at the watch before anything else."""
        self._watch.read_ns = time.perf_counter_ns()
        super().data_received(data)


class FarEnd(Gateway):
    """The simulated gateway with a stopwatch and ticks by command."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self.watch = Watch()
        timing = TapeTime()
        options = Options(port=0, tick_by_tick=1_000, speed="hand")
        super().__init__(options, Contracts(load_instruments(), instruments, timing.now_ns), instruments)
        self.exchange = Exchange(self, Rules())
        self.play = NoPlay(timing)  # type: ignore[assignment]  # all of Play that is asked for
        self.sent = 0

    def heard(self, session: Connection, fields: list[str]) -> None:
        """Orders are what is waited for."""
        if fields[0] == "3":
            self.watch.order()
        super().heard(session, fields)

    def _admit(self) -> asyncio.BaseProtocol:
        self._number += 1
        session = self._connections[self._number] = Stamped(self, self._number)
        return session

    # The bench's commands

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked. Raises TimeoutError when nobody subscribes."""
        client = int(command["client"])
        if command["do"] == "wait":
            async with asyncio.timeout(float(command.get("seconds", 60))):
                while len(self._streams(client)) < int(command["streams"]):
                    self.exchange.at(self.now_ns())
                    await asyncio.sleep(0.01)
            return {"ok": True}
        self.sent, begun_s = 0, time.perf_counter()
        ticks = Ticks(self, self._streams(client))
        every_s, firsts, thirds, late = float(command["every_s"]), list[float](), list[float](), 0
        for _ in range(int(command["triggers"])):
            if command["do"] == "burst":
                await ticks.quiet(every_s, 100)
                begun = ticks.write(int(command["ticks"]) - 1, trigger=True)
            else:
                await ticks.quiet(every_s, float(command["rate"]))
                begun = ticks.write(0, trigger=True)
            took = await ticks.bracket(begun, float(command.get("rate", 100)))
            late += took is None
            if took is not None:
                firsts.append(took[0])
                thirds.append(took[1])
        return {
            "first": firsts,
            "third": thirds,
            "late": late,
            "ticks": self.sent,
            "seconds": time.perf_counter() - begun_s,
        }

    def _streams(self, client: int) -> list[Stream]:
        return [one for one in self.feed.streams.values() if one.session.client_id == client]


class Ticks:
    """Ticks for one client, in turns over its streams."""

    def __init__(self, far: FarEnd, streams: Sequence[Stream]) -> None:
        self._far, self._streams = far, streams
        self._session = streams[0].session
        self._prints = [one for one in streams if one.kind == "Last"]
        self._turn = 0
        self._trigger = 0

    async def quiet(self, seconds: float, rate: float) -> None:
        """Ticks without a trigger for so long."""
        begun, sent = time.perf_counter(), 0
        while (gone := time.perf_counter() - begun) < seconds:
            due = int(gone * rate)
            if due > sent:
                self.write(due - sent)
                sent = due
            self._far.exchange.at(self._far.now_ns())
            await asyncio.sleep(0.0005)

    async def bracket(self, begun: int, rate: float) -> tuple[float, float] | None:
        """Microseconds to the first and the third order, while ticks go on; None when they do not come."""
        watch, until = self._far.watch, time.perf_counter() + LATE_S
        while not watch.whole.is_set() and time.perf_counter() < until:
            await self.quiet(0.001, rate)
        return ((watch.orders[0] - begun) / 1e3, (watch.orders[2] - begun) / 1e3) if watch.whole.is_set() else None

    def write(self, ticks: int, *, trigger: bool = False) -> int:
        """So many ticks, and a trigger behind them, in one write; when that began, ns."""
        out = [self._tick(self._streams[(self._turn + index) % len(self._streams)]) for index in range(ticks)]
        self._turn += ticks
        if trigger:
            self._far.watch.clear()
            out.append(self._tick(self._prints[self._trigger % len(self._prints)], TRIGGER))
            self._trigger += 1
        self._far.sent += len(out)
        transport = self._session._transport
        if transport is None or transport.is_closing():
            raise ConnectionError("the client has gone")
        data = b"".join(out)
        # Before the write: who is woken by it may run before we do, and would be timed from then on.
        begun = time.perf_counter_ns()
        transport.write(data)
        return begun

    def _tick(self, one: Stream, size: int = 3) -> bytes:
        assert one.listed.index is not None
        tick = one.listed.instrument.tick
        price = tick * (16_800 + self._turn % 2)
        words = (
            f"{price:f}\0{size}\0000\0CME\0\0"
            if one.kind == "Last"
            else f"{price:f}\0{price + tick:f}\00012\0009\0000\0"
        )
        body = one.head + f"{self._far.now_ns()}\0{words}".encode()
        return LENGTH.pack(len(body)) + body


def listed(names: Sequence[str]) -> list[Instrument]:
    """Products as the contracts that are traded at the bench's time."""
    plain = [instrument(name) for name in names]
    found = Contracts(load_instruments(), plain, lambda: BEGIN_NS).all()
    fronts = {one.index: one.instrument for one in found if one.index is not None}
    return [fronts[index] for index in range(len(plain))]


async def serve(names: Sequence[str]) -> None:
    """Until standard input ends."""
    far = FarEnd(listed(names))
    await far.start()
    loop = asyncio.get_running_loop()
    print(json.dumps({"port": far.port}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await far.answer(json.loads(line))), flush=True)
    await far.stop()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:] or ["ES"]))
