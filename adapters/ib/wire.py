"""One connection to a gateway: ib_async's decoding, our own reading, encoding and pacing. Thrown away at its end.

Source: TWS API at server version 178. Why `Client` and `Decoder` and not the library's `IB`: docs/decisions/0014.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Protocol

from ib_async.client import Client
from ib_async.contract import Contract

from adapters.ib.encode import Placing, encode
from adapters.ib.frames import Frames, Garbage, Unreadable
from adapters.ib.pace import Lane, Pace, Sending
from adapters.ib.stamps import seconds_of, zone_of
from bot.clock import WallClock

DEADLINE_S = 10.0
"""For TCP, handshake and first words together: behind a container's proxy the port is open before anyone logs in."""
TAPE_TIME = "tape-time tape-step"
"""Capabilities: a simulated gateway gives the tape's nanoseconds instead of the wall's seconds, and waits for us where
it plays as fast as it can."""
_STEPPED = "9001"
_LOOK_AGAIN_S = 0.02
ABOUT_ORDERS = frozenset({"3", "5", "11", "53", "55", "59", "61", "62"})
"""Messages that the books are made of: one that cannot be read means that they must be asked for anew."""
# By message id: cancels, and what recovery and the keep-alive ask. Orders name their own lane; the rest is data.
_LANES = {"3": Lane.TRADE, "4": Lane.PROTECT, "58": Lane.PROTECT} | dict.fromkeys(
    ("5", "7", "8", "16", "17", "49", "61", "71"), Lane.TRADE
)
_TOO_MANY_MESSAGES = "100"
_EXECUTION, _EXECUTION_TIME = "11", 15
_SECOND_NS = 1_000_000_000
_NO_GATEWAY = "what listens there does not speak the TWS API"
# What a message raises that is not as it should be; anything else is a fault of ours and is not caught.
_UNREADABLE = (ValueError, LookupError, ArithmeticError, TypeError, NameError)

# The library logs what it then raises or hands to us anyway; its words are not for a person's terminal.
logging.getLogger("ib_async").setLevel(logging.CRITICAL)


class Ears(Protocol):
    """Who hears what a connection says, in its order."""

    def ear(self, name: str) -> Callable[..., None] | None:
        """Who hears a message by the decoder's name for it; None: nobody.

        Beside the decoder's: `read_ends()`, when all that the socket had has been handed on, and `on_broken(id, why)`,
        when a message about orders could not be read.
        """


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a gateway says of itself before anything is asked."""

    server_version: int
    time_text: str
    accounts: tuple[str, ...]
    next_order_id: int

    @property
    def plays_a_tape(self) -> bool:
        """Whether its market's time is not the wall's (only a simulated one says so)."""
        return self.time_text.endswith(" tape")

    @property
    def fill_model(self) -> str:
        """By which rules the gateway fills orders: a simulated one says so, a real one has but one for paper."""
        words = self.time_text.split()
        return words[-2] if self.plays_a_tape and len(words) > 3 else "ib-paper"


class Wire(Client):
    """A connection. Ticks of watched subscriptions become rows of `frames`; `rows` came before the message at hand.

    What no ear is for is counted by name in `unheard`, what cannot be read by message id in `broken`. `fault` says why
    it was closed, where we closed it or the gateway did.
    """

    def __init__(
        self,
        ears: Ears,
        *,
        tape_time: bool = True,
        frames: Frames | None = None,
        now_ns: Callable[[], int] | None = None,
    ) -> None:
        self._said: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        super().__init__(_Wrapper(self, ears))
        # Straight from the transport: the library's events between would log our own faults away.
        self.conn.data_received = self._onSocketHasData  # type: ignore[method-assign]
        self.conn.connection_lost = self._lost  # type: ignore[method-assign]
        self.decoder.logger = _Loud()  # type: ignore[assignment]
        self.unheard: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.fault = ""
        self.frames = frames or Frames()
        self.frames.begin()
        self.pace = Pace(self.conn.sendMsg, asyncio.get_running_loop())
        self._ears, self._tape_time = ears, tape_time
        self._now_ns = now_ns or WallClock().now_ns
        self._read_ends = ears.ear("read_ends") or (lambda: None)
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._time_text = ""
        self._zone: tzinfo = UTC
        self.reads = 0
        """How often the socket has brought anything: a sign of life, whatever it was."""
        self._over = False
        self._newest: Sending | None = None

    @property
    def rows(self) -> int:
        """How many rows came before the message at hand, since they were last taken."""
        return self.frames.rows

    async def greet(self, host: str, port: int, client_id: int) -> Greeting:
        """Connect, shake hands, wait for accounts and first order id. Raises OSError, TimeoutError."""
        self.clientId, self.connState = client_id, Client.CONNECTING
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self.conn.connectAsync(host, port)
                versions = f"v{self.MinClientVersion}..{self.MaxClientVersion}"
                self.conn.sendMsg(b"API\0" + self._prefix(versions.encode()))
                await self._ready
        except BaseException:
            self.close()
            raise
        return Greeting(self.serverVersion(), self._time_text, tuple(self.getAccounts()), self._reqIdSeq)

    def close(self) -> None:
        """Close the socket; what works at the broker goes on working, what waits to be sent is not."""
        self._end("closed by us")
        self.disconnect()

    def place(self, contract: Contract, orders: Sequence[Placing], *, protects: bool = False) -> Sending:
        """Send orders in one write, or amend them. `protects`: they go before everything else.

        Raises ConnectionError when nobody is connected, ValueError for a text that cannot be sent.
        """
        if not self._apiReady:
            raise ConnectionError("not connected")
        payload = encode(contract, orders, self.serverVersion())
        return self.pace.send(Lane.PROTECT if protects else Lane.TRADE, payload, len(orders))

    def stepped(self, step: str) -> None:
        """Tell a tape's gateway that we have dealt with all that came before this step, behind whatever we ordered."""
        if self._over:
            return
        if self.pace.waiting:
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_S, self.stepped, step)
        else:
            self.conn.sendMsg(self._prefix(f"{_STEPPED}\0{step}\0".encode()))

    def cancel(self, number: int) -> Sending:
        """Ask for an order's end. Raises ConnectionError when nobody is connected."""
        self.cancelOrder(number)
        assert self._newest is not None
        return self._newest

    def sendMsg(self, msg: str) -> None:
        """Any other message of the library's: each in the lane of its kind."""
        lane = _LANES.get(msg[: msg.index("\0")], Lane.DATA)
        self._newest = self.pace.send(lane, self._prefix(msg.encode()))

    # What comes

    def _onSocketHasData(self, data: bytes) -> None:
        if self._over:
            return
        self.reads += 1
        try:
            for part in self.frames.read(data, self._now_ns()):
                if isinstance(part, Unreadable):
                    self._broke("99", part.why)
                else:
                    self._hear(part)
                if self._over:
                    return
        except Garbage as error:
            strange = "the gateway sent garbage" if self._serverVersion else _NO_GATEWAY
            self._fail(f"{strange}: {error}")
            return
        self._read_ends()

    def _hear(self, body: bytes) -> None:
        fields = body.decode(errors="backslashreplace").split("\0")
        fields.pop()
        if not self._serverVersion:
            self._shake(fields)
        elif not fields or not (fields[0].isascii() and fields[0].isdecimal()):
            self._fail(f"the gateway sent garbage: a message that begins with {fields[:1]}")
        else:
            if not self._apiReady:
                self._first_words(fields)
            self._interpret(fields)

    def _shake(self, fields: list[str]) -> None:
        if len(fields) != 2 or not (fields[0].isascii() and fields[0].isdecimal()):
            self._fail(_NO_GATEWAY)
            return
        self._serverVersion, self._time_text = int(fields[0]), fields[1]
        if self._serverVersion < self.MinClientVersion:
            self._fail(f"the gateway is too old: server version {fields[0]}, {self.MinClientVersion} is needed")
            return
        if not self._time_text.endswith(" tape"):
            self._zone = zone_of(self._time_text, WallClock().now_ns() / _SECOND_NS)
        self.decoder.serverVersion = self._serverVersion
        self.connState = Client.CONNECTED
        if self._tape_time and self._time_text.endswith(" tape"):
            self.optCapab = TAPE_TIME
        self.startApi()

    def _first_words(self, fields: list[str]) -> None:
        if fields[0] == "9" and len(fields) > 2 and fields[2].isdecimal():
            self.updateReqId(int(fields[2]))
            self._hasReqId = True
        elif fields[0] == "15" and len(fields) > 2:
            self._accounts = [account for account in fields[2].split(",") if account]
        if self._hasReqId and self._accounts:
            self._apiReady = True
            if not self._ready.done():
                self._ready.set_result(None)

    def _interpret(self, fields: list[str]) -> None:
        """Decode, then tell: a message that breaks in the middle is told to nobody."""
        handler = self.decoder.handlers.get(int(fields[0]))
        if handler is None:
            self.unheard[f"message {fields[0]}"] += 1
            return
        if fields[0] == "4" and fields[3:4] == [_TOO_MANY_MESSAGES]:
            self.pace.complained()
        self._said.clear()
        number = fields[0]  # some of the library's handlers take from the list
        try:
            if number == _EXECUTION:  # the library takes a time without a zone for this machine's
                fields[_EXECUTION_TIME] = str(seconds_of(fields[_EXECUTION_TIME], self._zone))
            handler(fields)
            for ear, args in tuple(self._said):
                ear(*args)
        except _UNREADABLE as error:
            self._broke(number, f"{type(error).__name__}: {error}")

    def _broke(self, number: str, why: str) -> None:
        self.broken[number] += 1
        if number in ABOUT_ORDERS and (ear := self._ears.ear("on_broken")) is not None:
            ear(number, why)

    # How it ends

    def _fail(self, why: str) -> None:
        """Nothing more can be made of this connection: close it ourselves and say why."""
        was_ready = self._apiReady
        self._end(why)
        self.disconnect()
        if was_ready:
            self.wrapper.connectionClosed()

    def _end(self, why: str) -> None:
        self._over = True
        self.fault = self.fault or why
        self.pace.close()
        if not self._ready.done():
            self._ready.set_exception(ConnectionError(self.fault))
            self._ready.exception()  # whoever waits is told; if nobody does, that is no fault

    def disconnect(self) -> None:
        """Let go of the socket. The library would shut it down first, which raises when the far end was faster."""
        self.connState = Client.DISCONNECTED
        if self.conn.transport is not None:
            self.conn.transport.close()
        self.reset()

    def _lost(self, error: Exception | None) -> None:
        self.conn.transport = None
        self._end(str(error or "the gateway closed the connection"))
        self._onSocketDisconnected(str(error or ""))


class _Loud:
    """In the place of the decoder's logger: what it would log and forget is raised."""

    def exception(self, text: str) -> None:
        """A handler of the library's caught something."""
        raise ValueError(text)


class _Wrapper:
    """What `Client` and `Decoder` ask of a wrapper: who hears a message, and a record of what no ear is for."""

    class ib:
        """Where the decoder looks for the gateway's time zone."""

        TimezoneTWS = None

    def __init__(self, wire: Wire, ears: Ears) -> None:
        self._wire, self._ears = wire, ears
        self.defaultTimezone = UTC

    def __getattr__(self, name: str) -> Any:
        # Optional hooks of the library are asked for at construction, before there are ears.
        if name.startswith("tcpData"):
            raise AttributeError(name)
        ear = self._ears.ear(name) or self._nobody(name)
        return lambda *args: self._wire._said.append((ear, args))

    def _nobody(self, name: str) -> Callable[..., None]:
        def count(*args: object) -> None:
            self._wire.unheard[name] += 1

        return count

    def connectionClosed(self) -> None:
        """The socket is gone."""
        if (ear := self._ears.ear("connectionClosed")) is not None:
            ear()

    def setEventsDone(self) -> None:
        """Nothing waits on the library's events."""
