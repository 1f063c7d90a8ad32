"""One connection over a real socket: how it greets, what it makes of messages, how it ends.

Method: a far end in this process that says what the test tells it to.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ib.pace import Lane
from adapters.ib.wire import Greeting, Wire
from bot.domain.market import PRINT
from tests.patience import PATIENCE_S
from tests.rooms.ib.messages import greeting, last, message
from tests.rooms.ib.test_encode import ENTRY, ES
from tests.rooms.ib.test_frames import PRINTS, TICK

HANDSHAKE = message("178", "20261123 23:30:00 UTC")
STATUS = message(3, 5, "Submitted", 0, 1, 0, 77, 0, 0, 17, "", 0)


class Heard:
    """Ears that note everything that is said, with the rows before it."""

    def __init__(self, *names: str) -> None:
        self.names, self.said, self.wire = names, list[tuple[str, int]](), None
        self.args: list[tuple[Any, ...]] = []
        self.ended = asyncio.Event()

    def ear(self, name: str) -> Callable[..., None] | None:
        if name == "connectionClosed":
            return self.ended.set
        return (lambda *args: self.note(name, args)) if name in self.names else None

    def note(self, name: str, args: tuple[Any, ...]) -> None:
        self.said.append((name, self.wire.rows if self.wire else 0))
        self.args.append(args)


class FarEnd:
    """Accepts one client, shakes hands as told, and sends what it is given."""

    def __init__(self, *first: bytes) -> None:
        self._first = first
        self.heard = bytearray()
        self.writer: asyncio.StreamWriter | None = None
        self.port = 0
        self.done = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        for words in self._first:
            await reader.read(1_000)
            writer.write(words)
        while data := await reader.read(65_536):
            self.heard += data
        writer.close()
        self.done.set()

    def say(self, *words: bytes) -> None:
        assert self.writer is not None
        self.writer.write(b"".join(words))

    def drop(self) -> None:
        assert self.writer is not None
        self.writer.close()


@asynccontextmanager
async def far_end(*first: bytes) -> AsyncIterator[FarEnd]:
    end = FarEnd(*first)
    server = await asyncio.start_server(end.serve, "127.0.0.1", 0)
    end.port = server.sockets[0].getsockname()[1]
    try:
        yield end
    finally:
        server.close()
        if end.writer is not None:
            end.writer.close()
            await end.done.wait()
        await server.wait_closed()


@asynccontextmanager
async def connected(*names: str) -> AsyncIterator[tuple[FarEnd, Wire, Heard]]:
    async with far_end(HANDSHAKE, greeting()) as end:
        heard = Heard(*names)
        wire = Wire(heard)
        heard.wire = wire  # type: ignore[assignment]
        await wire.greet("127.0.0.1", end.port, 17)
        try:
            yield end, wire, heard
        finally:
            wire.close()


async def settle(until: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not until():
            await asyncio.sleep(0)


async def test_a_gateway_says_who_it_is():
    async with far_end(HANDSHAKE, greeting("DU1,DF2", 42)) as end:
        wire = Wire(Heard())
        told = await wire.greet("127.0.0.1", end.port, 17)
        wire.close()
    assert (told.server_version, told.accounts, told.next_order_id) == (178, ("DU1", "DF2"), 42)
    assert not told.plays_a_tape


@pytest.mark.parametrize("asks", [True, False])
async def test_tape_time_is_asked_for_where_a_tape_is_played(asks: bool):
    async with far_end(message("178", "20231225 14:30:00 tape"), greeting()) as end:
        wire = Wire(Heard(), tape_time=asks)
        told = await wire.greet("127.0.0.1", end.port, 17)
        assert told.plays_a_tape
        assert wire.optCapab == ("tape-time tape-step" if asks else "")
        wire.close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "does not speak the TWS API"),
        (message("hello"), "does not speak the TWS API"),
        (message("x", "20261123"), "does not speak the TWS API"),
        (message("38", "20261123 23:30:00 UTC"), "too old"),
        (HANDSHAKE + message("fifteen", 1, "DU1"), "garbage"),
    ],
)
async def test_what_is_no_gateway_is_told_apart_at_once(words: bytes, why: str):
    async with far_end(words) as end:
        with pytest.raises(ConnectionError, match=why):
            await Wire(Heard()).greet("127.0.0.1", end.port, 17)


async def test_a_gateway_that_hangs_up_before_it_is_ready_is_not_waited_for():
    async with far_end(HANDSHAKE, message(4, 2, -1, 326, "client id in use", "")) as end:
        heard = Heard("error")
        greet = asyncio.ensure_future(Wire(heard).greet("127.0.0.1", end.port, 17))
        await settle(lambda: heard.said)
        end.drop()
        with pytest.raises(ConnectionError, match="closed the connection"):
            await greet
        assert heard.args[0][1] == 326


async def test_reports_know_the_rows_that_came_before_them():
    async with connected("orderStatus", "read_ends") as (end, wire, heard):
        wire.frames.watch(PRINTS, 0, TICK, PRINT)
        end.say(last(PRINTS, 1), last(PRINTS, 2), STATUS, last(PRINTS, 3))
        await settle(lambda: wire.rows == 3 and heard.said[-1][0] == "read_ends")
        assert ("orderStatus", 2) in heard.said
        assert wire.frames.take()["price"].tolist() == [4, 8, 12]


async def test_what_nobody_listens_to_is_counted():
    async with connected("currentTime") as (end, wire, heard):
        end.say(message(8, 1, "12:30"), message(999, 1), message(49, 1, 1_795_000_000))
        await settle(lambda: heard.said)
        assert wire.unheard == {"updateAccountTime": 1, "message 999": 1, "managedAccounts": 1, "nextValidId": 1}


@pytest.mark.parametrize(
    ("number", "broken"),
    [
        ("3", message(3, 5, "Submitted", "many", 1, 0, 77, 0, 0, 17, "", 0)),
        ("11", message(11, -1, 5, "cut short")),
        ("5", message(5, 5)),
        ("59", message(59, 1, "e1", "free", "USD", "", "", "")),
        ("61", message(61, 3, "DU1")),
    ],
)
async def test_t20_a_message_about_orders_that_cannot_be_read_is_told(number: str, broken: bytes):
    async with connected("on_broken", "currentTime", "orderStatus") as (end, wire, heard):
        end.say(broken, message(49, 1, 1_795_000_000))
        await settle(lambda: len(heard.said) == 2)
        assert [name for name, _ in heard.said] == ["on_broken", "currentTime"]
        assert heard.args[0][0] == number
        assert wire.broken == {number: 1}


async def test_a_tick_that_cannot_be_read_is_counted_and_asks_for_no_snapshot():
    async with connected("on_broken", "currentTime") as (end, wire, heard):
        wire.frames.watch(PRINTS, 0, TICK, PRINT)
        end.say(last(PRINTS, "x"), message(49, 1, 1_795_000_000))
        await settle(lambda: heard.said)
        assert (wire.broken, wire.rows) == ({"99": 1}, 0)
        assert [name for name, _ in heard.said] == ["currentTime"]


@pytest.mark.parametrize("words", [b"\xff\xff\xff\xff", message("x"), message("9x", 1), message("²", 1), b"\0\0\0\0"])
async def test_t20_garbage_closes_the_connection_and_says_why(words: bytes):
    async with connected("currentTime") as (end, wire, heard):
        end.say(words, message(49, 1, 1_795_000_000))
        async with asyncio.timeout(PATIENCE_S):
            await heard.ended.wait()
        assert "garbage" in wire.fault
        assert not heard.said
        assert not wire.isConnected()


async def test_a_fault_of_our_own_is_not_taken_for_a_broken_message():
    class Wrong(Heard):
        def note(self, name: str, args: tuple[Any, ...]) -> None:
            raise AssertionError(name)

    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    async with far_end(HANDSHAKE, greeting()) as end:
        wire = Wire(Wrong("currentTime"))
        await wire.greet("127.0.0.1", end.port, 17)
        end.say(message(49, 1, 1_795_000_000))
        await settle(lambda: told)
        assert isinstance(told[0]["exception"], AssertionError)
        assert wire.broken == {}


async def test_the_far_end_hangs_up():
    async with connected() as (end, wire, heard):
        end.drop()
        async with asyncio.timeout(PATIENCE_S):
            await heard.ended.wait()
        assert wire.fault == "the gateway closed the connection"
        with pytest.raises(ConnectionError):
            wire.place(ES, [ENTRY])
        with pytest.raises(ConnectionError):
            wire.cancel(7)


async def test_a_bracket_goes_in_one_piece_and_before_waiting_requests():
    async with connected() as (end, wire, _):
        for number in range(60):
            wire.reqMarketRule(number)
        sending = wire.place(ES, [ENTRY, replace(ENTRY, number=8), replace(ENTRY, number=9)])
        assert sending.sent
        assert wire.cancel(7).lane is Lane.PROTECT
        await settle(lambda: b"4\x001\x007\0\0" in end.heard)
        wire.close()
        assert len(wire.pace.waiting) == 40


async def test_code_100_makes_us_slower():
    async with connected("error") as (end, wire, heard):
        end.say(message(4, 2, -1, 100, "Max rate of messages per second has been exceeded", ""))
        await settle(lambda: heard.said)
        assert wire.pace.complaints == 1


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 2, 3, 4, 5, 6, 9, 10, 11, 15, 49, 53, 59, 61, 93, 97, 99, 101]),
            st.lists(st.text(max_size=6), max_size=30),
        ),
        max_size=8,
    ),
    st.binary(max_size=40),
)
def test_no_bytes_break_a_connection_in_a_way_that_is_not_told(messages: list[tuple[int, list[str]]], tail: bytes):
    async def listen() -> None:
        wire = Wire(Heard("orderStatus", "openOrder", "execDetails", "on_broken", "error"))
        wire._hear(HANDSHAKE[4:])
        wire._hear(greeting()[4:])
        for number, texts in messages:
            wire._onSocketHasData(message(number, *(text.replace("\0", "") for text in texts)))
        wire._onSocketHasData(tail)
        assert wire.fault == "" or "garbage" in wire.fault
        wire.close()

    asyncio.run(listen())


@pytest.mark.parametrize(
    ("time_text", "model"),
    [
        ("20231225 14:30:00 queue tape", "queue"),
        ("20231225 14:30:00 tape", "ib-paper"),
        ("20261123 23:30:00 UTC", "ib-paper"),
        ("20261123 23:30:00 Central European Standard Time", "ib-paper"),
    ],
)
def test_a_simulated_gateway_says_by_which_rules_it_fills(time_text: str, model: str) -> None:
    assert Greeting(178, time_text, ("DU1",), 1).fill_model == model
