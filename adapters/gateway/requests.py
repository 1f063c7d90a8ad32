"""What is asked of the gateway beside orders: contracts, rules, data, time. Every question is answered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from adapters.gateway import protocol as p
from adapters.gateway.contracts import CONTINUOUS, Contracts
from adapters.gateway.feed import KINDS, Feed, Stream
from adapters.gateway.options import Options
from adapters.gateway.play import Play
from adapters.gateway.sampled import RT_VOLUME_TICK, Line
from adapters.gateway.seam import Listed
from adapters.gateway.session import Connection
from adapters.gateway.wire_faults import DELAYED_SHOWN, NO_TICKS, WireFaults

NO_CONTRACT = (200, "No security definition has been found for the request")
NO_STREAM_LEFT = (10190, "Max number of tick-by-tick requests has been reached.")
NO_LINE_LEFT = (101, "Max number of tickers has been reached")
NO_HISTORY = (162, "Historical Market Data Service error message:HMDS query returned no data")
ENDED = (2199, "the tape has ended")
"""Only to a client that goes by the tape; no real gateway ever says it."""
SECOND = 1_000_000_000


class Site(Protocol):
    """What the answers are taken from."""

    options: Options
    contracts: Contracts
    feed: Feed
    faults: WireFaults
    play: Play

    def wall_ns(self) -> int:
        """ns UTC."""

    def clock_of(self, session: Connection) -> int:
        """The time that a client is told, ns UTC."""


class Requests:
    """Answers to clients, by the message's id."""

    def __init__(self, gateway: Site) -> None:
        self._gateway = gateway
        self.unread: dict[str, int] = {}
        """Messages that nobody here reads, by id."""
        self._streamed: dict[tuple[int, str], int] = {}
        self._known: Mapping[str, Callable[[Connection, Sequence[str]], None]] = {
            p.REQ_DATA: self._data,
            p.CANCEL_DATA: self._cancel_line,
            p.REQ_DETAILS: self._details,
            p.SERVER_LOG: self._nothing,
            p.REQ_ACCOUNTS: self._accounts,
            p.REQ_HISTORY: self._history,
            p.REQ_HISTORY_TICKS: self._history,
            p.CANCEL_HISTORY: self._nothing,
            p.REQ_TIME: self._time,
            p.REQ_DATA_TYPE: self._data_type,
            p.REQ_RULE: self._rule,
            p.REQ_TICKS: self._ticks,
            p.CANCEL_TICKS: self._cancel_stream,
        }

    def hear(self, session: Connection, fields: Sequence[str]) -> None:
        """Answer one message. Raises IndexError or ValueError for one that is not whole."""
        answer = self._known.get(fields[0])
        if answer is None:
            raise ValueError("is not read by this gateway")
        answer(session, fields)

    def refuse(self, session: Connection, fields: Sequence[str], why: str) -> None:
        """Count and refuse what cannot be read."""
        kind = fields[0][:20]
        self.unread[kind] = self.unread.get(kind, 0) + 1
        session.error(-1, 320, f"Error reading request. Message {kind!r}: {why}")

    def _nothing(self, session: Connection, fields: Sequence[str]) -> None:
        """Taken, and there is nothing to say."""

    def _accounts(self, session: Connection, fields: Sequence[str]) -> None:
        session.send(p.ACCOUNTS, 1, session.account)

    def _time(self, session: Connection, fields: Sequence[str]) -> None:
        session.send(p.TIME, 1, self._gateway.clock_of(session) // SECOND)

    def _data_type(self, session: Connection, fields: Sequence[str]) -> None:
        session.data_type = int(fields[2])

    def _history(self, session: Connection, fields: Sequence[str]) -> None:
        code, text = NO_HISTORY
        session.error(int(fields[1]), code, f"{text}: {fields[3]}@{fields[9]}")

    def _details(self, session: Connection, fields: Sequence[str]) -> None:
        request_id = int(fields[2])
        found = self._gateway.contracts.details(fields[3:15])
        if not found:
            session.error(request_id, *NO_CONTRACT)
            return
        for one in found:
            session.send(*self._gateway.contracts.message(request_id, one, session.version))
        session.send(p.DETAILS_END, 1, request_id)

    def _rule(self, session: Connection, fields: Sequence[str]) -> None:
        number = int(fields[1])
        rows = self._gateway.contracts.rule(number)
        if rows is None:
            session.error(-1, 321, f"Error validating request.-'bO' : cause - Invalid market rule id {number}")
            return
        session.send(p.RULE, number, len(rows), *(cell for row in rows for cell in row))

    def _contract(self, session: Connection, request_id: int, fields: Sequence[str]) -> Listed | None:
        """The one contract that is meant; else None, and why is said."""
        if len(fields) < 12:
            raise ValueError("it ends too soon")
        if fields[2] == CONTINUOUS:
            session.error(
                request_id, 321, "Error validating request.-'bO' : cause - Please enter a valid security type"
            )
            return None
        found = self._gateway.contracts.find(fields)
        if len(found) != 1:
            code, text = NO_CONTRACT
            ambiguous = f"The contract description specified for {fields[1] or fields[10]} is ambiguous."
            session.error(request_id, code, ambiguous if found else text)
            return None
        return found[0]

    def _taken(self, session: Connection, request_id: int) -> bool:
        feed, key = self._gateway.feed, (session.number, request_id)
        if key in feed.streams or key in feed.lines:
            session.error(request_id, 322, "Error processing request.-'bO' : cause - Duplicate ticker id")
            return True
        if self._gateway.faults.refused is not None:
            session.error(request_id, *self._gateway.faults.refused)
            return True
        return False

    def _ticks(self, session: Connection, fields: Sequence[str]) -> None:
        request_id, kind, gateway = int(fields[1]), fields[14], self._gateway
        one = self._contract(session, request_id, fields[2:14])
        if one is None or self._taken(session, request_id):
            return
        if kind not in KINDS:
            session.error(request_id, 321, f"Error validating request.-'bO' : cause - {kind!r} is not played here")
        elif gateway.faults.delayed:
            session.error(request_id, *NO_TICKS)
        elif len(gateway.feed.streams) >= gateway.options.tick_by_tick or self._too_soon(one, kind):
            session.error(request_id, *NO_STREAM_LEFT)
        else:
            gateway.feed.stream(Stream(session, request_id, one, kind))
            self._subscribed(session)

    def _too_soon(self, one: Listed, kind: str) -> bool:
        """The fault of that name: IB takes one such request within a quarter of a minute."""
        now, key = self._gateway.wall_ns(), (one.con_id, kind)
        last, self._streamed[key] = self._streamed.get(key, 0), now
        return now - last < self._gateway.faults.soon_ns

    def _data(self, session: Connection, fields: Sequence[str]) -> None:
        request_id, gateway = int(fields[2]), self._gateway
        one = self._contract(session, request_id, fields[3:15])
        if one is None or self._taken(session, request_id):
            return
        generic, snapshot = fields[16], fields[17] == "1"
        if len(gateway.feed.lines) >= gateway.options.lines:
            session.error(request_id, *NO_LINE_LEFT)
            return
        delayed = gateway.faults.delayed
        if delayed:
            session.error(request_id, *DELAYED_SHOWN)
        line = Line(session, request_id, one, RT_VOLUME_TICK in generic.split(","), delayed)
        line.parameters(gateway.contracts.tick(one))
        session.send(p.DATA_TYPE, 1, request_id, 3 if delayed else 1)
        gateway.feed.add(line)
        if snapshot:
            gateway.feed.cancel(session, request_id)
            session.send(p.SNAPSHOT_END, 1, request_id)
        else:
            self._subscribed(session)

    def _subscribed(self, session: Connection) -> None:
        self._gateway.play.subscribed()
        if self._gateway.play.over and session.tape_time:
            session.error(-1, *ENDED)

    def _cancel_stream(self, session: Connection, fields: Sequence[str]) -> None:
        self._cancel(session, int(fields[1]))

    def _cancel_line(self, session: Connection, fields: Sequence[str]) -> None:
        self._cancel(session, int(fields[2]))

    def _cancel(self, session: Connection, request_id: int) -> None:
        if not self._gateway.feed.cancel(session, request_id):
            session.error(request_id, 300, f"Can't find EId with tickerId:{request_id}")
