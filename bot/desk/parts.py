"""What a desk is made of, and what it counts."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from bot.domain.command import Command
from bot.domain.decision import Approved
from bot.domain.hedge import Hedge
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks
from bot.domain.order import (
    Bracket,
    BracketState,
    CommissionReport,
    FillReport,
    LinkReport,
    Order,
    OrderReport,
    OrderState,
    SnapshotReport,
)
from bot.ports import Broker, Clock, Engine, Gate, Journal, Market, Schedule, Strategy


class LiveLeg(Protocol):
    """One order of a live bracket and the newest word on it."""

    @property
    def order(self) -> Order: ...
    @property
    def state(self) -> OrderState: ...
    @property
    def filled(self) -> int: ...
    @property
    def trigger(self) -> int | None: ...


class Live(Protocol):
    """A bracket that has not ended."""

    @property
    def bracket(self) -> Bracket: ...
    @property
    def state(self) -> BracketState: ...
    @property
    def legs(self) -> Mapping[str, LiveLeg]: ...
    @property
    def side(self) -> int: ...
    @property
    def share(self) -> int: ...
    @property
    def flags(self) -> Sequence[str]: ...
    @property
    def filled_in(self) -> int: ...
    @property
    def entry_value(self) -> int: ...


class Quotes(Protocol):
    """What the desk knows of what makers have working."""

    def of(self, strategy: str, instrument: int) -> Live | None: ...
    def standing(self, strategy: str, instrument: int) -> Mapping[int, tuple[int, int]]: ...
    def alive(self, strategy: str, instrument: int) -> frozenset[int]: ...
    async def quote(
        self,
        strategy: str,
        instrument: int,
        keep: frozenset[int],
        wanted: Mapping[int, tuple[Approved, str]],
        now: int,
        closed: Mapping[int, str],
    ) -> None: ...


class Orders(Protocol):
    """What the desk knows of the order manager."""

    @property
    def quotes(self) -> Quotes: ...

    @property
    def holding(self) -> bool: ...
    @property
    def live(self) -> Sequence[Live]: ...
    @property
    def round_trips(self) -> int: ...
    def open_brackets(self, strategy: str) -> int: ...
    def position(self, instrument: int) -> int: ...
    def next_due(self) -> int | None: ...
    def watch(self, ticks: Ticks) -> None: ...
    def levels(self) -> Sequence[tuple[int, int, int]]: ...
    def next_move(self, ticks: Ticks) -> int | None: ...
    async def move(self, now: int) -> None: ...
    async def place(self, approved: Approved, decision_id: str, now: int) -> None: ...
    async def on_order(self, report: OrderReport) -> None: ...
    async def on_fill(self, fill: FillReport) -> None: ...
    def on_commission(self, commission: CommissionReport) -> None: ...
    async def on_link(self, report: LinkReport) -> None: ...
    async def on_snapshot(self, report: SnapshotReport) -> None: ...
    def allow(self, instrument: int | None = None) -> None: ...
    def clock_moved(self, ns: int) -> None: ...
    async def on_time(self, now: int) -> None: ...
    async def cancel_entries(
        self, now: int, why: str, *, instrument: int | None = None, strategy: str = ""
    ) -> None: ...
    async def flatten(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None: ...
    async def tighten(self, now: int, why: str, *, instrument: int | None = None, strategy: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Seat:
    """A strategy at the desk and the detectors that it hears (indices of `engine.sources`)."""

    strategy: Strategy
    instrument: int
    hears: frozenset[int]


@dataclass(slots=True)
class Tally:
    """What a run has seen and done."""

    rows: int = 0
    bars: int = 0
    signals: Counter[str] = field(default_factory=Counter)
    candidates: Counter[str] = field(default_factory=Counter)
    approved: int = 0
    blocked: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)  # strategy → why it is asked no more
    last_ns: int = 0
    ticks: Counter[int] = field(default_factory=Counter)
    """Instrument → its rows, where there are several instruments."""

    def came(self, ticks: Ticks, instruments: int) -> None:
        """A batch of a market of so many instruments."""
        self.rows += len(ticks)
        if instruments > 1:
            self.ticks.update(dict(enumerate(np.bincount(ticks["instrument"]).tolist())))


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a desk is made of."""

    instruments: Sequence[Instrument]
    market: Market
    broker: Broker
    engine: Engine
    seats: list[Seat]
    """In order of configuration; a reload puts others here."""
    gate: Gate
    orders: Orders
    journal: Journal
    schedule: Schedule
    clock: Clock
    """The time that the market goes by."""
    reload: Callable[[Command, int], Awaitable[str]]
    """Put in force what was read for a command as of a moment (ns UTC); what has changed. Raises PaperpitError."""
    hedges: Mapping[str, Hedge] = field(default_factory=dict)
    """Strategy → how its inventory is hedged."""
    later: frozenset[str] = frozenset()
    """Internal kinds that strategies of a repetition's later settings may want."""
    dry: bool = False
    account: str = ""
    rolls: Mapping[str, str] = field(default_factory=dict)
    """Product → ISO date from which its contract takes no entries."""
