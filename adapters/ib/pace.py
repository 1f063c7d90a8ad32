"""Who may send now. IB cuts a client off that sends more than 50 messages a second; the library queues all in one line.

Three lanes, each in its own order: what protects may use all that there is, an entry leaves a part of it to that, and
requests for data leave a part to both. So a stop never waits behind a subscription, and what was not sent is known.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

TOTAL = 45
"""Messages in any second."""
DATA_RATE = 20
WINDOW_S = 1.0
PAUSE_S = 1.0
"""After the gateway has complained (code 100)."""


class Lane(IntEnum):
    """What a message is for; the lower goes first."""

    PROTECT = 0  # cancels, amendments, protective orders
    TRADE = 1  # entries with their children; what recovery and the keep-alive ask
    DATA = 2  # subscriptions, contracts, history


ROOM = {Lane.PROTECT: TOTAL, Lane.TRADE: 35, Lane.DATA: 30}
"""How many messages of a second may have been sent, all lanes together, when one of this lane is."""


@dataclass(slots=True, eq=False)
class Sending:
    """A payload of one or more messages that go in one write, and whether it has gone."""

    lane: Lane
    payload: bytes
    messages: int
    sent: bool = False


class Loop(Protocol):
    """What is asked of an event loop."""

    def time(self) -> float: ...
    def call_at(self, when: float, callback: Callable[[], None]) -> "Timer": ...


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None: ...


class Pace:
    """The lines in front of one connection. What waits when it is closed stays unsent, and its `sent` says so."""

    def __init__(self, write: Callable[[bytes], None], loop: Loop) -> None:
        self._write, self._loop = write, loop
        self._waiting: dict[Lane, deque[Sending]] = {lane: deque() for lane in Lane}
        self._times: deque[float] = deque()
        self._data_times: deque[float] = deque()
        self._timer: Timer | None = None
        self._paused_until = 0.0
        self._closed = False
        self.data_rate = DATA_RATE
        self.complaints = 0

    @property
    def waiting(self) -> tuple[Sending, ...]:
        """What has not been sent, in the order in which it would be."""
        return tuple(one for lane in Lane for one in self._waiting[lane])

    def send(self, lane: Lane, payload: bytes, messages: int = 1) -> Sending:
        """Write it now if its lane has room and nothing waits there, else as soon as it has."""
        assert messages <= ROOM[lane], "it would never fit"
        sending = Sending(lane, payload, messages)
        if self._closed:
            return sending
        self._waiting[lane].append(sending)
        self._flush()
        return sending

    def complained(self) -> None:
        """The gateway said code 100: a second's pause for all but what protects, and half the data from here on."""
        self.complaints += 1
        self._paused_until = self._loop.time() + PAUSE_S
        self.data_rate = max(1, self.data_rate // 2)

    def close(self) -> None:
        """Nothing goes any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self) -> None:
        now = self._loop.time()
        for times in (self._times, self._data_times):
            while times and times[0] + WINDOW_S <= now:
                times.popleft()
        for lane, waiting in self._waiting.items():
            while waiting and self._fits(waiting[0], now):
                self._go(waiting.popleft(), lane, now)
        if self._timer is not None:
            self._timer.cancel()
        due = [self._due(lane) for lane, waiting in self._waiting.items() if waiting]
        self._timer = self._loop.call_at(min(due), self._flush) if due else None

    def _due(self, lane: Lane) -> float:
        """When a lane may have room again."""
        freed = self._times[0] + WINDOW_S if self._times else 0.0
        return freed if lane is Lane.PROTECT else max(freed, self._paused_until)

    def _fits(self, sending: Sending, now: float) -> bool:
        if sending.lane is not Lane.PROTECT and now < self._paused_until:
            return False
        data = len(self._data_times)
        # A payload of more than the rate goes alone: else it would wait for ever.
        if sending.lane is Lane.DATA and data and data + sending.messages > self.data_rate:
            return False
        return len(self._times) + sending.messages <= ROOM[sending.lane]

    def _go(self, sending: Sending, lane: Lane, now: float) -> None:
        self._write(sending.payload)
        sending.sent = True
        self._times.extend([now] * sending.messages)
        if lane is Lane.DATA:
            self._data_times.extend([now] * sending.messages)
