"""P9: what one tick-by-tick message costs until it is a row, beside the library's own path to its ticker.

Method: the same bytes, two quotes to a print, given to both as a socket would, so many messages a read; the best of
many reads, taken in turns. The library's side is its `Client`, `Decoder`, `Wrapper` and the event at the end of a read;
ours ends with the rows in the desk's hands. What stands on the way out is measured beside: three orders as bytes.
"""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal

from ib_async import IB, Contract, LimitOrder, StopOrder
from ib_async.client import Client
from ib_async.ticker import Ticker

from adapters.ib.encode import VERSION, Placing, encode
from adapters.ib.frames import Frames
from bot.domain.market import PRINT, QUOTE
from tests.bench.rows import Row, in_turns

PRINTS, QUOTES = 7, 8
READS = (1, 100, 3_000)
GOALS = {1: (0.6, 0.4), 100: (1 / 3, 1 / 20), 3_000: (1 / 3, 1 / 20)}
NOW = 1_795_000_000_000_000_000
SPENT_S = 0.2


def stream(messages: int) -> bytes:
    """One read's bytes."""
    bodies = [
        f"99\0{PRINTS}\0001\0001795000000\0004200.25\0003\0000\0CME\0\0"
        if index % 3 == 2
        else f"99\0{QUOTES}\0003\0001795000000\0004200.25\0004200.50\00012\0009\0000\0"
        for index in range(messages)
    ]
    return b"".join(len(body).to_bytes(4) + body.encode() for body in bodies)


def ours() -> Callable[[bytes], object]:
    """Frames, as a connection of ours reads."""
    frames = Frames()
    frames.watch(PRINTS, 0, Decimal("0.25"), PRINT)
    frames.watch(QUOTES, 0, Decimal("0.25"), QUOTE)

    def read(data: bytes) -> object:
        for _ in frames.read(data, NOW):
            raise AssertionError("every message of this stream is a tick")
        return frames.take()

    return read


def library() -> Callable[[bytes], object]:
    """ib_async as it is documented: a ticker, and an event after each read."""
    ib = IB()
    client = ib.client
    client._serverVersion, client._apiReady, client.connState = VERSION, True, Client.CONNECTED
    client.decoder.serverVersion = VERSION
    contract = Contract(conId=1, symbol="ES")
    for number, kind in ((PRINTS, "Last"), (QUOTES, "BidAsk")):
        ib.wrapper.startTicker(number, contract, kind)
    seen: list[Ticker] = []
    ib.pendingTickersEvent += seen.extend
    return client._onSocketHasData


def best(read: Callable[[bytes], object], data: bytes, messages: int) -> float:
    """Microseconds a message in the best of the reads that fit into a moment."""
    read(data)  # what is compiled, is compiled at the first
    least, until = float("inf"), time.perf_counter() + SPENT_S
    while time.perf_counter() < until:
        begun = time.perf_counter()
        read(data)
        least = min(least, time.perf_counter() - begun)
    return 1e6 * least / messages


def orders() -> dict[str, Callable[[], float]]:
    """Microseconds until a bracket's three orders are bytes."""
    contract = Contract(conId=1, symbol="ES", secType="FUT", exchange="CME", currency="USD", localSymbol="ESZ6")
    price = Decimal("4200.25")
    ours_ = [
        Placing(7, "r-1", "DU1", 1, 1, "LMT", "DAY", price=price, transmit=False),
        Placing(8, "r-2", "DU1", -1, 1, "STP", "GTC", trigger=price, transmit=False, parent=7),
        Placing(9, "r-3", "DU1", -1, 1, "LMT", "GTC", price=price, parent=7),
    ]
    theirs = [LimitOrder("BUY", 1, 4200.25), StopOrder("SELL", 1, 4200.25), LimitOrder("SELL", 1, 4200.25)]
    client = Client(IB().wrapper)
    client._serverVersion, client.connState = VERSION, Client.CONNECTED
    client.MaxRequests = 0

    def encoded() -> object:
        return encode(contract, ours_, VERSION)

    def placed() -> None:
        for number, order in enumerate(theirs):
            client.placeOrder(number, contract, order)

    return {
        "ours": lambda: best(lambda _: encoded(), b"", 1),
        "ib_async": lambda: best(lambda _: placed(), b"", 1),
    }


async def _measured(rounds: int) -> list[Row]:
    rows = []
    for messages in READS:
        data, (must, aim) = stream(messages), GOALS[messages]
        sides = {"ours": ours(), "ib_async": library()}
        spent = in_turns({name: _taking(read, data, messages) for name, read in sides.items()}, rounds)
        rows.append(
            Row(
                f"P9 a tick read, {messages} a read",
                spent["ours"],
                "µs",
                "ib_async",
                spent["ours"] / spent["ib_async"],
                must,
                aim,
                less=True,
                note=f"ib_async {spent['ib_async']:.2f} µs",
            )
        )
    spent = in_turns(orders(), rounds)
    note = f"ib_async's Client {spent['ib_async']:.0f} µs"
    ratio = spent["ours"] / spent["ib_async"]
    return [
        *rows,
        Row("a bracket's three orders as bytes", spent["ours"], "µs", "ib_async", ratio, less=True, note=note),
    ]


def _taking(read: Callable[[bytes], object], data: bytes, messages: int) -> Callable[[], float]:
    return lambda: best(read, data, messages)


def measure(rounds: int) -> list[Row]:
    """Rows P9."""
    return asyncio.run(_measured(rounds))
