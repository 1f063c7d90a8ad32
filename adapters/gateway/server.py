"""The gateway: a port on loopback, its clients, its market, its exchange."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.gateway.contracts import Contracts
from adapters.gateway.feed import Feed
from adapters.gateway.options import LOOPBACK, Options
from adapters.gateway.play import Play
from adapters.gateway.protocol import ACCOUNTS, PLACE, REQ_IDS, STEPPED
from adapters.gateway.requests import ENDED, Requests
from adapters.gateway.seam import Exchange, Field, Listed
from adapters.gateway.session import Connection
from adapters.gateway.timing import HAND
from adapters.gateway.wire_faults import READ_ONLY, WireFaults
from bot.clock import WallClock
from bot.domain.instrument import Instrument
from bot.errors import Locked, UsageError

LOG = logging.getLogger("paperpit.gateway")
FARMS = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefil"),
)
ID_IN_USE = (326, "Unable to connect as the client id is already in use. Retry with a unique client id.")
TOO_FAST = (100, "Max rate of messages per second has been exceeded:max=50")


class Gateway:
    """The World of the seam. `play` and `exchange` are set by `opening` before it starts."""

    play: Play
    exchange: Exchange

    def __init__(self, options: Options, contracts: Contracts, instruments: Sequence[Instrument]) -> None:
        self.options = options
        self.account = options.account
        self.instruments = instruments
        self.contracts = contracts
        self.lost_ib_ns: int | None = None
        self.port = options.port
        self.faults = WireFaults(self)
        self.feed = Feed(len(instruments), self._wall_of_clients)
        self._requests = Requests(self)
        self._wall = WallClock()
        self._connections: dict[int, Connection] = {}
        self._rates: dict[int, list[int]] = {}
        self._number = 0
        self._server: asyncio.Server | None = None
        self._player: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen and let the market go. Raises UsageError for a host that is not loopback, Locked for a taken port."""
        if self.options.host not in LOOPBACK:
            raise UsageError(
                f"{self.options.host} is not loopback: whoever reaches this port can trade",
                where="--host",
                allowed=", ".join(LOOPBACK),
            )
        await self.play.prepare()
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._admit, self.options.host, self.options.port
            )
        except OSError as taken:
            raise Locked(
                f"the port cannot be had: {taken.strerror or taken}",
                where=f"{self.options.host}:{self.options.port}",
                do="stop what listens there (a gateway, TWS), or --port 0 for a free one",
            ) from taken
        self.port = self._server.sockets[0].getsockname()[1]
        if self.options.speed != HAND:
            wait = self.options.wait
            wait = self.play.timing.plays_a_tape if wait is None else wait
            self._player = asyncio.create_task(self.play.run(wait=wait), name="the gateway's market")

    async def stop(self) -> None:
        """Cut every client, stop the market, close the books."""
        if self._server is not None:
            self._server.close()
        if self._player is not None:
            self._player.cancel()
            await asyncio.wait((self._player,))
        for session in self.connections:
            session.end("the gateway stops")
        await asyncio.sleep(0)
        for session in self.connections:
            session.cut("the gateway stops")  # it does not read what it was sent last
        if self._server is not None:
            await self._server.wait_closed()
        await self.play.close()
        self.exchange.close()
        if self._player is not None and not self._player.cancelled():
            self._player.result()

    async def failed(self) -> None:
        """Come back when the market cannot go on, raising why; never when it just ends."""
        if self._player is not None:
            await asyncio.wait((self._player,))
            self._player.result()
        await asyncio.Event().wait()

    def describe(self) -> str:
        """What it plays, for a person."""
        options, names = self.options, ", ".join(one.contract or one.product for one in self.instruments)
        if options.tapes:
            begins = "" if options.wait is False else "; the tape begins with the first subscription"
            return f"playing {names} from {', '.join(options.tapes)} at speed {options.speed}{begins}"
        return f"{names} by hand" if options.silent else f"a synthetic market of {names}"

    def control(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """A command of the control socket that is the server's, or else the exchange's."""
        if command.get("do") == "fault":
            name, arg = str(command.get("name", "")), str(command.get("arg", ""))
            if self.faults.do(name, arg):
                LOG.info("fault: %s %s", name, arg)
                # Of a restart, a lost line or a clearing the exchange hears too.
                self.exchange.control(command)
                return {"ok": True}
        return self.exchange.control(command)

    def status(self) -> dict[str, Any]:
        """What is going on."""
        return {
            "port": self.port,
            "account": self.account,
            "tape": self.play.timing.plays_a_tape,
            "market_ns": self.now_ns(),
            "begun": self.play.begun.is_set(),
            "ended": self.play.over,
            "rows": self.play.rows,
            "lost_ib": self.lost_ib_ns is not None,
            "instruments": [one.contract or one.product for one in self.instruments],
            "sessions": [
                {
                    "number": one.number,
                    "client_id": one.client_id,
                    "version": one.version,
                    "tape_time": one.tape_time,
                    "streams": sum(number == one.number for number, _ in self.feed.streams),
                    "lines": sum(number == one.number for number, _ in self.feed.lines),
                    "messages": one.counts,
                }
                for one in self.sessions
            ],
            "unread": self._requests.unread,
        }

    # The World of the exchange

    @property
    def sessions(self) -> Sequence[Connection]:
        """Clients that have been let in, oldest first."""
        return [one for one in self._connections.values() if one.connected]

    @property
    def connections(self) -> list[Connection]:
        """Every open connection, oldest first."""
        return list(self._connections.values())

    def now_ns(self) -> int:
        """The market's time."""
        return self.play.timing.now_ns()

    def wall_ns(self) -> int:
        """The wall's time."""
        return self._wall.now_ns()

    def find(self, contract: Sequence[str]) -> Sequence[Listed]:
        """Contracts that fit the twelve fields of a request."""
        return self.contracts.find(contract)

    def listed(self, con_id: int) -> Listed | None:
        """The contract of that number."""
        return self.contracts.listed(con_id)

    # The Server of the connections

    def greeting(self, session: Connection, version: int) -> tuple[Field, ...] | None:
        """Version and time; a tape's time ends in the word `tape`."""
        if self.faults.mute_handshake or self.faults.mute:
            return None
        tape = self.play.timing.plays_a_tape
        now = self.now_ns() if tape else self._wall_of_clients()
        at = datetime.fromtimestamp(now // 1_000_000_000, UTC)
        return version, f"{at:%Y%m%d %H:%M:%S} {f'{self.options.fill_model} tape' if tape else 'UTC'}"

    def started(self, session: Connection, fields: list[str]) -> None:
        """START_API: let the client in, unless another one has its id."""
        held = self.wall_ns() < self.faults.held_until_ns
        if held or any(one.client_id == session.client_id for one in self.sessions):
            session.error(-1, *ID_IN_USE)
            session.end(f"client id {session.client_id} is in use")
            return
        capabilities = "".join(fields[3:4]).split() if self.play.timing.plays_a_tape else []
        session.tape_time, session.tape_step = "tape-time" in capabilities, "tape-step" in capabilities
        session.account = self.faults.next_account or self.account
        session.connected = True
        LOG.info("client %s is in (connection %s, version %s)", session.client_id, session.number, session.version)
        session.send(ACCOUNTS, 1, session.account)
        self.exchange.request(session, [REQ_IDS, "1", "1"])
        for code, text in FARMS:
            session.error(-1, code, text)
        if self.lost_ib_ns is not None:
            session.error(-1, 1100, "Connectivity between IB and Trader Workstation has been lost.")

    def heard(self, session: Connection, fields: list[str]) -> None:
        """A message of a client that is in."""
        if fields[0] == STEPPED:
            session.stepped("".join(fields[1:2]))
            return
        if self.faults.too_fast(self.wall_ns(), self._rates.setdefault(session.number, [])):
            session.error(-1, *TOO_FAST)
            return
        if self.faults.read_only and fields[0] == PLACE:
            session.error(int(fields[1]) if fields[1:] and fields[1].isdecimal() else -1, *READ_ONLY)
            return
        try:
            if not self.exchange.request(session, fields):
                self._requests.hear(session, fields)
        except (IndexError, ValueError) as odd:
            self._requests.refuse(session, fields, str(odd))

    def left(self, session: Connection, why: str) -> None:
        """A connection has ended."""
        LOG.info("connection %s of client %s has ended: %s", session.number, session.client_id, why)
        self._connections.pop(session.number, None)
        self._rates.pop(session.number, None)
        self.feed.forget(session)
        self.exchange.left(session)

    def passes(self, session: Connection, fields: tuple[Field, ...]) -> bool:
        """Whether a message may go out."""
        return self.faults.passes(session, fields)

    def clock_of(self, session: Connection) -> int:
        """The time that a client is told, ns UTC."""
        return self.now_ns() + self.faults.skew_ns if session.tape_time else self._wall_of_clients()

    def tape_ended(self) -> None:
        """No rows are left: clients that go by the tape are told."""
        if not self.play.timing.plays_a_tape:
            return
        LOG.info("the tape has ended after %s rows; start the gateway again to play it again", self.play.rows)
        for session in self.sessions:
            if session.tape_time:
                session.error(-1, *ENDED)

    def _wall_of_clients(self) -> int:
        return self.wall_ns() + self.faults.skew_ns

    def _admit(self) -> asyncio.BaseProtocol:
        self._number += 1
        session = Connection(self, self._number)
        if self.wall_ns() < self.faults.shut_until_ns:
            return _Shut()
        self._connections[self._number] = session
        return session


class _Shut(asyncio.Protocol):
    """A gateway that is restarting: nobody is let in."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Cut it."""
        transport.close()
