"""What the two halves of the gateway know of each other: the server (sessions, contracts, market) and the exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from bot.domain.instrument import Instrument
from bot.domain.market import Ticks

Field = str | int | Decimal | bool | None
"""What a message is made of; None is an empty field (unset)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A contract as IB lists it."""

    con_id: int
    instrument: Instrument
    """Its facts; `instrument.contract` is its name here (`ESZ2026`)."""
    index: int | None
    """TICK.instrument in the market's rows; None when the market has no rows of it."""
    symbol: str
    sec_type: str
    """FUT or STK."""
    expiry: str
    """Last trading day as yyyymmdd; empty for a stock."""
    multiplier: str
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str

    def fields(self) -> tuple[Field, ...]:
        """conId … tradingClass without primaryExchange: the eleven fields of executions, orders and positions."""
        known = (self.con_id, self.symbol, self.sec_type, self.expiry, "0", "", self.multiplier)
        return (*known, self.exchange, self.currency, self.local_symbol, self.trading_class)


class Session(Protocol):
    """One connected client."""

    client_id: int
    number: int
    """Of the connection, counted from 1 since the gateway's start."""
    account: str
    version: int
    """Of the protocol, as agreed."""
    tape_time: bool
    """It goes by the tape's clock."""
    connected: bool

    def send(self, *fields: Field) -> None:
        """One message, sent when the turn ends; nothing when the client has gone."""

    def error(self, request_id: int, code: int, text: str) -> None:
        """Message 4; `request_id` is an order's number, a question's, or −1."""


class World(Protocol):
    """What the exchange may ask of the server."""

    account: str
    instruments: Sequence[Instrument]
    """TICK.instrument is an index into this."""
    lost_ib_ns: int | None
    """When 1100 was told, ns UTC by the wall, until 1101 or 1102."""

    @property
    def sessions(self) -> Sequence[Session]:
        """Clients that have been let in, oldest first."""

    def now_ns(self) -> int:
        """The market's time: the tape's, or the wall's."""

    def wall_ns(self) -> int:
        """The wall's time, for records."""

    def find(self, contract: Sequence[str]) -> Sequence[Listed]:
        """Contracts that fit the twelve fields conId … tradingClass of a request."""

    def listed(self, con_id: int) -> Listed | None:
        """The contract of that number."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the exchange treats orders and where it keeps its books."""

    fill_model: str = "ib-paper"
    latency_ns: int = 0
    state: Path | None = None
    ledger: Path | None = None


class Exchange(Protocol):
    """Orders, executions, positions, account: all that a client asks for beside contracts and data."""

    def request(self, session: Session, fields: Sequence[str]) -> bool:
        """A client's message; False when it is not the exchange's. The first one of a connection is `8` (reqIds)."""

    def walk(self, ticks: Ticks, row: int, end: int) -> int:
        """Match rows from `row`; stop after the first row at which something happened. Returns the next row.

        That is `row` itself when what was under way has arrived before it: then it is called again.
        """

    def flush(self) -> None:
        """Send what has been queued: the ticks of the rows that were walked have been sent."""

    def at(self, ts: int) -> None:
        """The market's time has come to `ts` (ns UTC): what was under way arrives."""

    def left(self, session: Session) -> None:
        """A client has gone."""

    def control(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """A command of the control socket: `fault`, `verdict`, `status`. Unknown ones answer `{"error": …}`."""

    def close(self) -> None:
        """Let go of the books' files."""
