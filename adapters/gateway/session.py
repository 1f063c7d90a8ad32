"""One client's connection: handshake, messages in, messages out in one write a turn."""

import asyncio
from collections.abc import Iterable
from typing import Protocol, cast

from adapters.gateway.protocol import (
    ERROR,
    OLDEST,
    START,
    VERSION,
    NotTheProtocol,
    Reader,
    frame,
    versions,
)
from adapters.gateway.seam import Field

STEP = 2198
"""Only to a client that asked for it: what came before this is a step."""
BEHIND_MAX = 64 << 20
"""Bytes that a client may leave unread before it is cut."""


class Server(Protocol):
    """What a connection asks of the gateway."""

    account: str

    def greeting(self, session: "Connection", version: int) -> tuple[Field, ...] | None:
        """The two fields of the handshake; None: it is not answered."""

    def started(self, session: "Connection", fields: list[str]) -> None:
        """The client has said who it is."""

    def heard(self, session: "Connection", fields: list[str]) -> None:
        """Any later message."""

    def left(self, session: "Connection", why: str) -> None:
        """The connection has ended."""

    def passes(self, session: "Connection", fields: tuple[Field, ...]) -> bool:
        """Whether a message may go out; faults of the wire hold some back."""


class Connection(asyncio.Protocol):
    """The Session of the seam over a socket."""

    def __init__(self, server: Server, number: int) -> None:
        self.client_id = -1
        self.number = number
        self.account = server.account
        self.version = 0
        self.tape_time = False
        self.tape_step = False
        """The tape waits for it, step by step."""
        self.connected = False
        """From START_API to the end."""
        self.data_type = 1
        """What the client asked for by reqMarketDataType."""
        self.counts: dict[str, int] = {}
        """Messages by id, both ways: `in 97`, `out 99`."""
        self._server = server
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._due = False
        self._why = "the client has gone"
        self._step = 0
        self._stepped = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    # From the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=1 << 20)

    def data_received(self, data: bytes) -> None:
        """Take what the socket had."""
        self._reader.feed(data)
        try:
            for fields in self._reader.messages():
                self._hear(fields)
                if self.closing:
                    break
        except NotTheProtocol as odd:
            self.cut(f"it does not speak the protocol: {odd}")

    def connection_lost(self, error: Exception | None) -> None:
        """The socket has ended."""
        self.connected = False
        self._out.clear()
        self._room.set()
        self._stepped.set()
        self._server.left(self, self._why)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._room.set()

    # To the client

    def send(self, *fields: Field) -> None:
        """One message, sent when the turn ends; nothing when the client has gone."""
        if self.closing or not self._server.passes(self, fields):
            return
        name = f"out {fields[0]}"
        self.counts[name] = self.counts.get(name, 0) + 1
        self.send_bytes([frame(fields)])

    def error(self, request_id: int, code: int, text: str) -> None:
        """Message 4."""
        more: tuple[Field, ...] = ("",) if self.version >= 166 else ()
        self.send(ERROR, 2, request_id, code, text, *more)

    def send_bytes(self, frames: Iterable[bytes]) -> None:
        """Ready-made bytes, in their turn."""
        self._out += frames
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Write what has gathered, at once."""
        self._due = False
        if self._out and self._transport is not None and not self.closing:
            self._transport.write(b"".join(self._out))
            if self._transport.get_write_buffer_size() > BEHIND_MAX:
                self.cut("it does not read what it is sent")
        self._out.clear()

    async def room(self) -> None:
        """Come back when the client has read most of what it was sent."""
        await self._room.wait()

    async def step(self) -> None:
        """Say that a step of the tape is over, and come back when the client has dealt with it, or has gone."""
        self._step += 1
        self._stepped.clear()
        self.error(-1, STEP, f"step {self._step}")
        self.flush()
        if not self.closing:
            await self._stepped.wait()

    def stepped(self, step: str) -> None:
        """The client has dealt with that step."""
        if step == str(self._step):
            self._stepped.set()

    @property
    def closing(self) -> bool:
        """Nothing can be sent any more."""
        return self._transport is None or self._transport.is_closing()

    def end(self, why: str) -> None:
        """Send what has gathered, then close."""
        self.flush()
        self._why = why
        if self._transport is not None:
            self._transport.close()

    def cut(self, why: str) -> None:
        """Close without a further byte."""
        self._why = why
        self._out.clear()
        if self._transport is not None:
            self._transport.abort()

    def _hear(self, fields: list[str]) -> None:
        if not self.version:
            self._shake(fields[0])
            return
        name = f"in {fields[0]}"
        self.counts[name] = self.counts.get(name, 0) + 1
        if self.connected:
            self._server.heard(self, fields)
        elif fields[0] == START and len(fields) > 2 and fields[2].isdecimal():
            self.client_id = int(fields[2])
            self._server.started(self, fields)
        else:
            raise NotTheProtocol(f"says {fields[0]!r} before it has said who it is")

    def _shake(self, hello: str) -> None:
        oldest, newest = versions(hello)
        version = min(newest, VERSION)
        if version < max(oldest, OLDEST):
            raise NotTheProtocol(f"speaks versions {oldest} to {newest}, this gateway {OLDEST} to {VERSION}")
        greeting = self._server.greeting(self, version)
        if greeting is not None:
            self.version = version
            self.send_bytes([frame(greeting)])
