"""The far end of the wire, word for word: for what needs an exact order of messages. The simulated gateway is another.

It answers questions from its tables, and says nothing by itself: a test says what is said, and when.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.patience import PATIENCE_S

Fields = list[str]
CON_ID = 495512563
ES = (CON_ID, "ES", "FUT", "20261218", "0", "", "50", "CME", "USD", "ESZ6", "ES")
TIME = "20261123 14:30:00 US/Eastern"
OPEN_ORDERS, EXECUTIONS, POSITIONS, CURRENT_TIME, PLACE, CANCEL = "16", "7", "61", "49", "3", "4"
# Where placeOrder's fields stand at server version 178, and where they go in openOrder.
NUMBER, ACTION, UNITS, TYPE, LIMIT, TRIGGER, TIF, GROUP, ACCOUNT, REF, TRANSMIT, PARENT, OUTSIDE = (
    *(1, 16, 17, 18, 19, 20, 21, 22, 23, 26, 27, 28, 33),
)
GROUP_TYPE = 46


def frame(*fields: object) -> bytes:
    """One message."""
    body = "".join(f"{int(one) if isinstance(one, bool) else one}\0" for one in fields).encode()
    return struct.pack(">I", len(body)) + body


@dataclass
class Held:
    """An order as this gateway knows it."""

    placed: Fields
    perm: int
    client: int = 17
    status: str = "PreSubmitted"
    group: str = ""
    filled: int = 0

    @property
    def number(self) -> int:
        return int(self.placed[NUMBER])

    @property
    def ref(self) -> str:
        return self.placed[REF]

    def shown(self) -> list[object]:
        """As openOrder, 135 fields."""
        p = self.placed
        told: list[object] = [""] * 135
        told[0:2] = [5, p[NUMBER]]
        told[2:13] = ES
        told[13:21] = [p[ACTION], p[UNITS], p[TYPE], p[LIMIT], p[TRIGGER], p[TIF], self.group or p[GROUP], p[ACCOUNT]]
        told[21:27] = ["O", "0", p[REF], self.client, self.perm, p[OUTSIDE]]
        told[27:29], told[53], told[57] = ["0", "0"], p[GROUP_TYPE] or "0", p[PARENT]
        told[61] = "None"
        for at in (78, 79, 80, 89, 110, 92):
            told[at] = "0"
        told[93] = self.status
        return told

    def said(self) -> list[object]:
        """As orderStatus."""
        left = int(self.placed[UNITS]) - self.filled
        return [3, p_number(self), self.status, self.filled, left, 0, self.perm, 0, 0, self.client, "", 0]


def p_number(held: Held) -> int:
    """The number that its own client knows; another client sees none."""
    return held.number


@dataclass
class Peer:
    """A scripted gateway. `mute` holds message ids that are not answered; `hook` may take a request for itself."""

    accounts: str = "DU1234567"
    next_id: int = 1
    version: str = "178"
    time_text: str = "20261123 14:30:00 UTC"
    acknowledge: bool = True
    greet: bool = True
    clock: Callable[[], int] = lambda: 1_800_000_000
    first_words: list[list[object]] = field(default_factory=list)
    instead: list[list[object]] = field(default_factory=list)  # said in the place of accounts and first id
    host: str = "127.0.0.1"
    port: int = 0
    received: list[Fields] = field(default_factory=list)
    connections: int = 0
    held: dict[int, Held] = field(default_factory=dict)
    executions: list[list[object]] = field(default_factory=list)
    costs: list[list[object]] = field(default_factory=list)
    positions: list[list[object]] = field(default_factory=list)
    mute: set[str] = field(default_factory=set)
    hook: Callable[["Peer", Fields], bool] | None = None
    _writer: asyncio.StreamWriter | None = None
    _perm: int = 700_000
    _tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = writer
        self._heard.set()
        try:
            assert await reader.readexactly(4) == b"API\0"
            await self._read(reader)
            if not self.greet:
                await reader.read()
                return
            writer.write(frame(self.version, self.time_text))
            while True:
                self._answer(await self._read(reader))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Fields:
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        return (await reader.readexactly(length)).decode().split("\0")[:-1]

    def _answer(self, fields: Fields) -> None:
        self.received.append(fields)
        self._heard.set()
        if fields[0] in self.mute or (self.hook is not None and self.hook(self, fields)):
            return
        match fields[0]:
            case "71":
                self.say(*(self.instead or [[15, 1, self.accounts], [9, 1, self.next_id], *self.first_words]))
            case "16":
                self.show()
            case "7":
                told = [[*one[:1], fields[2], *one[2:]] for one in self.executions]
                self.say(*told, *self.costs, [55, 1, fields[2]])
            case "61":
                self.say(*self.positions, [62, 1])
            case "49":
                self.say([49, 1, self.clock()])
            case "3":
                self._place(fields)
            case "4":
                self._cancel(int(fields[2]))

    def _place(self, fields: Fields) -> None:
        number = int(fields[NUMBER])
        if number in self.held:
            self.held[number].placed = fields
            fresh = [self.held[number]]
        else:
            self._perm += 1
            fresh = [self.held.setdefault(number, Held(fields, self._perm))]
        if fields[TRANSMIT] == "1" and fields[PARENT] != "0":
            family = (int(fields[PARENT]), number)
            fresh = [one for one in self.held.values() if one.number in family or one.placed[PARENT] == fields[PARENT]]
        if fields[TRANSMIT] == "1" and self.acknowledge:
            for one in fresh:
                self.say(one.shown(), one.said())

    def _cancel(self, number: int) -> None:
        for one in list(self.held.values()):
            if number in (one.number, int(one.placed[PARENT])):
                self.status(one, "Cancelled")
                del self.held[one.number]

    # What a test says

    def say(self, *messages: list[object]) -> None:
        """Write these messages in one piece."""
        assert self._writer is not None
        self._writer.write(b"".join(frame(*message) for message in messages))

    def raw(self, data: bytes) -> None:
        """Write these bytes."""
        assert self._writer is not None
        self._writer.write(data)

    def show(self) -> None:
        """All open orders with their end marker."""
        told = [part for one in self.held.values() for part in (one.shown(), one.said())]
        self.say(*told, [53, 1])

    def status(self, held: Held, status: str) -> None:
        """An order's status changes, and is said."""
        held.status = status
        self.say(held.said())

    def error(self, request: int, code: int, text: str = "in IB's words") -> None:
        """Message 4."""
        self.say([4, 2, request, code, text, ""])

    def drop(self) -> None:
        """Cut the connection."""
        assert self._writer is not None
        self._writer.close()

    async def hang_up(self) -> None:
        """Cut every connection and wait until all is quiet."""
        for writer in self._tasks.values():
            writer.close()
        await asyncio.gather(*self._tasks)

    def execution(
        self, held: Held, exec_id: str, price: str = "4200.25", units: int = 1, **told: object
    ) -> list[object]:
        """Message 11 of an order."""
        side = told.get("side", "BOT" if held.placed[ACTION] == "BUY" else "SLD")
        account = told.get("account", held.placed[ACCOUNT])
        return [
            *(11, -1, held.number, *ES, exec_id, told.get("time", TIME), account, "CME", side, units, price, held.perm),
            *(held.client, 0, held.filled + units, price, told.get("ref", held.ref), "", "", "", 1, ""),
        ]

    def cost(self, exec_id: str, amount: str = "2.25") -> list[object]:
        """Message 59."""
        return [59, 1, exec_id, amount, "USD", "1.7976931348623157E308", "", ""]

    def position(self, units: int, con_id: int = CON_ID) -> list[object]:
        """Message 61."""
        return [61, 3, "DU1234567", con_id, *ES[1:], units, "0"]

    def sent(self, message: str) -> list[Fields]:
        """What has been received of one kind, over all connections."""
        return [fields for fields in self.received if fields[0] == message]

    def one(self, ref: str) -> Held:
        """An order by our id."""
        return next(one for one in self.held.values() if one.ref == ref)

    async def until(self, what: Callable[[], Any]) -> None:
        """Wait until something received makes it true."""
        async with asyncio.timeout(PATIENCE_S):
            while not what():
                self._heard.clear()
                await self._heard.wait()


@asynccontextmanager
async def listening(peer: Peer | None = None) -> AsyncIterator[Peer]:
    """The peer on a free port of its own."""
    peer = peer or Peer()
    server = await asyncio.start_server(peer, peer.host, peer.port)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        await peer.hang_up()
        await server.wait_closed()
