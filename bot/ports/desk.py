"""What the desk stands between: market and broker, clock, journal and schedule.

One moment of a tape is a `Stop`: everything before it has happened, nothing after it has. Order at one row: clock edges
with nominal time ≤ the row's, acknowledgements and fills, signals in order of configuration.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from bot.domain.command import Command, Health
from bot.domain.decision import Fact, Signal, Verdict
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks
from bot.domain.order import (
    AccountFacts,
    Adjustment,
    Amended,
    Bracket,
    BracketState,
    BrokerState,
    CommissionReport,
    Feed,
    FillReport,
    Known,
    Link,
    Order,
    OrderReport,
    OrderState,
    Protective,
    Quoted,
    Report,
    Unavailable,
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A place in a batch up to which the broker may report: rows < `row` wholly, and row `row` too if `through`.

    `ts` bounds what is timed and has no row of its own (acknowledgements): everything due at or before it.
    """

    row: int
    through: bool
    ts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some ticks in arrival order, and up to which time (ns UTC) the market is known to have been silent after them."""

    ticks: Ticks
    silent_until: int | None = None
    final: bool = False
    more: bool = False
    """Whether the rest of what the market has handed over at once comes next."""


class Market(Protocol):
    """Where ticks come from."""

    instruments: Sequence[Instrument]
    """TICK.instrument is an index into this."""
    first_ns: int
    """Stamp of the first tick to come; a live market says when it connected."""
    last_ns: int | None
    """Stamp of the last tick, where it is known."""

    @property
    def anomalies(self) -> Mapping[str, int]:
        """What was odd so far, by name."""

    async def subscribe(self) -> None:
        """Ask for the instruments' ticks. Raises Unreachable, InputMissing or DataDamaged."""

    def batches(self) -> AsyncIterator[Batch]:
        """Batches of any length (also empty) in arrival order; ends at the tape's end, live never."""


class Broker(Protocol):
    """Where brackets go. No method blocks the loop; each may raise Unreachable."""

    @property
    def link(self) -> Link:
        """How well it can be reached."""

    async def connect(self) -> AccountFacts:
        """Connect and prove the account to be paper. Raises NotPaper, Unreachable."""

    async def snapshot(self) -> Known[BrokerState] | Unavailable:
        """What the broker holds now. Silence is Unavailable, never an empty state."""

    async def place(self, bracket: Bracket) -> None:
        """Send entry, stop and target as one; idempotent by client order id. Acknowledgement comes by a report."""

    async def quote(self, quoted: Quoted) -> None:
        """Send one side of a maker's quote; idempotent by client order id. Raises ConfigError where none are taken.

        The orders of one bracket belong together: no stop or exit of `protect` takes out more than its quotes hold.
        """

    async def protect(self, order: Protective) -> None:
        """Send a reduce-only order. Needs no gate; idempotent by client order id."""

    async def amend(self, client_order_id: str, ts: int, *, stop_price: int | None, quantity: int | None) -> None:
        """Move a stop towards protection or change a quantity. Refused unless the link is up.

        `ts` is when the desk decided, ns UTC: a replay counts its latency from there.
        """

    async def cancel(self, client_order_id: str, ts: int) -> None:
        """Ask, at `ts` (ns UTC), for an order's end. Only a report ends it."""

    def ask(self) -> None:
        """Let a SnapshotReport come soon; a replay, which is never silent, has none to give."""

    async def settled(self, seconds: float) -> None:
        """Come back when all that was sent has been answered, or after so long; a replay at once."""

    async def close(self) -> None:
        """Let go of the broker in order; what works there goes on working."""

    def next_report(self, ticks: Ticks, row: int, stop: Stop) -> tuple[int, Report] | None:
        """The next report at or after `row` and not beyond `stop`, with its row; None when there is none.

        A replaying broker finds it on the tape; a live one hands out what has arrived. Called again until it says None.
        """


@dataclass(frozen=True, slots=True)
class Adapter:
    """What an adapter's factory hands over: a market and a broker that belong together.

    A factory is a function `(params, needs) -> Adapter`, or a coroutine function where a wire has to be opened first.
    """

    name: str
    market: Market
    broker: Broker
    fill_model: str = ""
    tapes: Sequence[Mapping[str, Any]] = ()
    clock: "Clock | None" = None
    """The time that a live market goes by, where it is not the wall's."""
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """Product → what its data is worth, where it is not `live`: detectors of order flow refuse sampled data."""
    open_hours: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """Product → its liquid hours by the broker, [from, to) in ns UTC, for the days that it tells of; a day on which it
    is closed is an empty one (from = to). `sessions.narrowed` takes both."""
    trading_hours: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """The same with all of the hours in which it trades."""
    rolls: Mapping[str, str] = field(default_factory=dict)
    """Product → ISO date from which no entry is sent in the contract at hand."""
    notes: Sequence[str] = ()
    """What a person should know before the run: a roll that is near, data that is only sampled."""
    wake: Callable[[], None] | None = None
    """Lets a live market hand out a batch at once, though nothing has come: the clock has brought an edge."""


@dataclass(frozen=True, slots=True)
class AdapterNeeds:
    """What the composition root gives an adapter's factory beside its own Params."""

    account: str
    """Name of the account where the adapter may choose it: a replay's is private to its run."""
    instrument: Callable[[str, Decimal | None], Instrument]
    """Facts of a contract or product by name; the tick serves where no facts are known, and None asks for those of
    instruments.toml alone. Raises ConfigError, also when they have another tick."""
    tapes: Sequence[str] = ()
    """Tapes named on the command line; empty: those of the adapter's Params."""
    batch: int = 65_536
    fill_model: str = "queue"
    latency_ns: int = 250_000_000
    cancel_latency_ns: int = 250_000_000
    products: Sequence[str] = ()
    """What the strategies trade, in order: an adapter without a tape of its own subscribes to these."""
    order_flow: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Product → the kinds that its strategies hear and that sampled data cannot give; absent: bars are enough."""
    dry: bool = False
    """Nothing will be sent: data that nobody may trade on will do, if it is marked as such."""
    rolls: Mapping[str, str] = field(default_factory=dict)
    """Product → its roll rule: `8d`, `volume`, or a date."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Product → contract in which the journal knows a position or a working order: it is not rolled."""
    broker_ids: Mapping[str, str] = field(default_factory=dict)
    """Client order id → the broker's own name for it, of every order that the journal believes to be live."""
    last_broker_id: str = ""
    """The broker's newest own name for an order of this account: numbers go on from there."""


class Clock(Protocol):
    """What time it is, for everybody. No other room asks the operating system."""

    def now_ns(self) -> int:
        """UTC nanoseconds: the wall's in a live run, the tape's in a replay."""

    def wall_ns(self) -> int:
        """UTC nanoseconds of the wall, for `started` and `ended` only."""

    def health(self) -> Health:
        """Wall-clock facts; constant and good in a replay."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the journal says about a run before it starts. Texts are exact; hashes are of those texts."""

    run: str
    adapter: str
    account: str
    tape: str
    tapes: Sequence[Mapping[str, Any]]
    config: Mapping[str, str]  # file name → text
    config_hash: str
    strategies: Sequence[str]
    seed: int
    fill_model: str
    calendar: str
    versions: Mapping[str, str]
    dry: bool = False
    warm: str = ""
    """SHA-256 of the snapshot that the detectors started with; empty: they started cold."""


class Journal(Protocol):
    """Where everything is written, in order, by one writer; synchronous on purpose.

    Every method adds a row to the open group; `commit` makes the group durable. The desk commits an intent before the
    broker hears of it, and a fill before anyone acts on it. A replaying journal may hold groups back, never reorder.

    While a live run lasts an outage raises nothing: rows are kept in order, `down` says why, later commits try again.
    `commit` raises Locked when the journal is ours no more, and Unreachable where no more rows can be kept.
    Ids are `<run>-<ordinal>`; `next_id` hands out the one counter of the run.
    """

    run: str

    @property
    def commit_ns(self) -> int:
        """How long the newest write took."""

    @property
    def down(self) -> str:
        """Why the journal cannot be written; empty while it can. Nothing new is sent meanwhile, protection is."""

    def next_id(self) -> str: ...
    def signal(self, signal: Signal, timeframe: str, contract: str) -> None: ...
    def candidate(self, signal: Signal, timeframe: str, contract: str) -> None: ...
    def footprint(self, signal_id: str, bar: object) -> None: ...
    def decision(self, decision_id: str, verdict: Verdict, *, dry: bool = False) -> None: ...
    def bracket(self, bracket: Bracket, decision_id: str) -> None: ...
    def bracket_state(self, bracket_id: str, state: BracketState, ts: int, why: str) -> None: ...
    def order(self, order: Order) -> None: ...
    def amendment(
        self, client_order_id: str, word: Amended, stop_price: int | None, quantity: int | None, ts: int, reason: str
    ) -> None: ...
    def order_event(self, report: OrderReport) -> None: ...
    def order_state(self, client_order_id: str, state: OrderState, ts: int, message: str = "") -> None: ...
    def fill(self, fill_id: str, fill: FillReport, order: Order, contract: str) -> None: ...
    def adjustment(self, adjustment_id: str, adjustment: Adjustment, contract: str) -> None: ...
    def remember(self, broker_ids: Mapping[str, str]) -> None: ...
    def commission(self, commission: CommissionReport) -> None: ...
    def excursion(self, bracket_id: str, mae_ticks: int, mfe_ticks: int) -> None: ...
    def command(self, command: Command, result: str) -> None: ...
    def note(self, subject: str, text: str, ts: int, who: str) -> None: ...
    def tag(self, subject: str, name: str, ts: int, who: str, *, removed: bool = False) -> None: ...
    def mode_change(self, mode: str, causes: Sequence[str], ts: int) -> None: ...
    def link_event(self, state: Link, ts: int, code: str) -> None: ...
    def control(self, key: str, value: Fact, ts: int, why: str) -> None: ...
    def calendar_event(self, kind: str, from_ns: int, to_ns: int, source: str, ts: int) -> None: ...
    def config_revision(
        self,
        config: Mapping[str, str],
        config_hash: str,
        strategies: Sequence[str],
        calendar: str,
        ts: int,
        why: str,
        who: str,
    ) -> None: ...
    def anomaly(self, kind: str, count: int, first_ns: int) -> None: ...
    def heartbeat(self, ts: int) -> None: ...
    def commit(self) -> None: ...
    def finish(self, summary: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Renewal:
    """What came of a look at the calendar's files, where they had changed: a sentence for a person."""

    why: str
    text: str = ""
    """The calendar in force from here on; empty: the one before stays."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A moment that the clock brings, known in advance: a blackout begins, or it is time to be flat."""

    ts: int
    what: str  # "blackout-start", "flatten", "tighten", "session-end", "calendar" or "command"
    instrument: int
    strategy: str = ""  # empty: every strategy of the instrument
    kind: str = ""  # of the calendar's event; empty where no event is the cause
    from_ns: int = 0
    to_ns: int = 0
    source: str = ""
    command: Command | None = None  # one that is given again in a repetition of its run
    renewal: Renewal | None = None  # what came of a look at the calendar there, in a repetition of its run


class Schedule(Protocol):
    """The clock edges to come, in order."""

    def next_due(self) -> int | None:
        """When the next one is due, ns UTC."""

    def take(self) -> Edge:
        """Hand out the next one."""

    def upcoming(self, what: str) -> Edge | None:
        """The next one of a kind; it stays where it is."""

    def renew(self, edge: Edge) -> Renewal | None:
        """Look whether the calendar has changed, at an edge "calendar"; None when it has not."""
