"""One connection to a gateway: ib_async's framing, encoding and decoding, our own pacing. Thrown away at its end.

Source: TWS API at server version 178. Why `Client` and `Decoder` and not the library's `IB`: docs/decisions/0014.
"""

import asyncio
import logging
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ib_async.client import Client

DEADLINE_S = 10.0
"""For TCP, handshake and first words together: behind a container's proxy the port is open before anyone logs in."""
TICK_BY_TICK = b"99\0"
TAPE_TIME = "tape-time"
"""Capability that asks a simulated gateway for the tape's nanoseconds instead of the wall's seconds."""
_LENGTH = struct.Struct(">I")

# The library logs what it then raises or hands to us anyway; its words are not for a person's terminal.
logging.getLogger("ib_async").setLevel(logging.CRITICAL)


class Ears(Protocol):
    """Who hears what a connection says, in its order."""

    def ear(self, name: str) -> Callable[..., None] | None:
        """Who hears a message by the decoder's name for it; None: nobody.

        Beside the decoder's: `tick_by_tick(body)`, one message 99 without its length, and `read_ends()`, when all that
        the socket had has been handed on.
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


class Wire(Client):
    """A connection. What no ear is for is counted by name in `unheard`."""

    MaxRequests = 0  # our own pacing: the library's is one queue for orders and data alike

    def __init__(self, ears: Ears, *, tape_time: bool = True) -> None:
        super().__init__(_Wrapper(self, ears))
        self.unheard: dict[str, int] = {}
        self._tape_time = tape_time
        self._tick_by_tick = ears.ear("tick_by_tick") or self._hear
        self._read_ends = ears.ear("read_ends") or (lambda: None)
        self._buffer = bytearray()
        self._time_text = ""

    async def greet(self, host: str, port: int, client_id: int) -> Greeting:
        """Connect, shake hands, wait for accounts and first order id. Raises OSError, TimeoutError."""
        async with asyncio.timeout(DEADLINE_S):
            await self.connectAsync(host, port, client_id, timeout=DEADLINE_S)
        return Greeting(self.serverVersion(), self._time_text, tuple(self.getAccounts()), self._reqIdSeq)

    def close(self) -> None:
        """Close the socket; what works at the broker goes on working."""
        self.disconnect()

    def _onSocketHasData(self, data: bytes) -> None:
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, start)
            end = start + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[start + _LENGTH.size : end])
            start = end
            if self._apiReady and body.startswith(TICK_BY_TICK):
                self._tick_by_tick(body)
            else:
                self._hear(body)
        del self._buffer[:start]
        self._read_ends()

    def _hear(self, body: bytes) -> None:
        fields = body.decode(errors="backslashreplace").split("\0")[:-1]
        if not self._serverVersion and len(fields) == 2:
            self._shake(*fields)
            return
        if not self._apiReady:
            self._first_words(fields)
        self.decoder.interpret(fields)

    def _shake(self, version: str, time_text: str) -> None:
        self._serverVersion, self._time_text = int(version), time_text
        self.decoder.serverVersion = self._serverVersion
        self.connState = Client.CONNECTED
        if self._tape_time and time_text.endswith(" tape"):
            self.optCapab = TAPE_TIME
        self.startApi()

    def _first_words(self, fields: list[str]) -> None:
        if fields[0] == "9":
            self.updateReqId(int(fields[2]))
            self._hasReqId = True
        elif fields[0] == "15":
            self._accounts = [account for account in fields[2].split(",") if account]
        if self._hasReqId and self._accounts:
            self._apiReady = True
            self.apiStart.emit()


class _Wrapper:
    """What `Client` and `Decoder` ask of a wrapper: the ears, and a record of what no ear is for."""

    class ib:
        """Where the decoder looks for the gateway's time zone."""

        TimezoneTWS = None

    def __init__(self, wire: Wire, ears: Ears) -> None:
        from datetime import UTC

        self._wire, self._ears = wire, ears
        self.defaultTimezone = UTC

    def __getattr__(self, name: str) -> Any:
        # Optional hooks of the library are asked for at construction, before there are ears.
        if name.startswith("tcpData"):
            raise AttributeError(name)
        return self._ears.ear(name) or (lambda *args: self._unheard(name))

    def _unheard(self, name: str) -> None:
        self._wire.unheard[name] = self._wire.unheard.get(name, 0) + 1

    def setEventsDone(self) -> None:
        """Nothing waits on the library's events."""
