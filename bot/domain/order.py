"""Orders and brackets as plain values, and the reports that a broker makes about them. Prices are ticks."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from bot.domain.decision import Approved

T = TypeVar("T")


class Role(StrEnum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    FLATTEN = "flatten"
    QUOTE = "quote"


HEDGE = "hedge"
"""Reason of an order that hedges what its strategy holds in another instrument."""


def enters(role: str, side: int, way: int) -> bool:
    """Whether an order enlarges a position held `way` (+1 long, −1 short): an entry, or a quote of that side."""
    return role == Role.ENTRY or (role == Role.QUOTE and side == way)


class OrderType(StrEnum):
    """How an order is priced."""

    LIMIT = "limit"
    STOP = "stop"
    MARKET = "market"


class OrderState(StrEnum):
    """What is known of one order; the broker's word, never ours, ends it."""

    INTENDED = "intended"
    SENT = "sent"
    WORKING = "working"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    PENDING_UNKNOWN = "pending-unknown"


ENDED = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED})


class BracketState(StrEnum):
    """States of a bracket (reliability notes §5.1); `bot.orders.table` says how they follow each other."""

    INTENDED = "intended"
    SENT = "sent"
    WORKING = "working"
    PARTIAL = "partial"
    OPEN = "open"
    EXITING = "exiting"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    VOID = "void"
    PENDING_UNKNOWN = "pending-unknown"  # something was sent and there is no word of it
    UNVERIFIED = "unverified"  # was certain, and the link was lost since, or the desk was
    NAKED = "naked"
    FLATTENING = "flattening"
    STUCK = "stuck"  # cannot be flattened now (halted, closed): tried again and again, and a person is wanted


OVER = frozenset({BracketState.CLOSED, BracketState.CANCELLED, BracketState.REJECTED, BracketState.VOID})
"""States of a bracket that has ended; only a late fill wakes it."""
IN_DANGER = frozenset({BracketState.NAKED, BracketState.STUCK})
"""States in which a position has no working stop, or cannot be left: a person should know."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it was intended. `client_order_id` is unique for ever and is the idempotency key at the broker."""

    client_order_id: str
    bracket_id: str
    instrument: int
    role: Role
    side: int  # +1 buy, −1 sell
    type: OrderType
    quantity: int
    price: int | None  # limit, ticks
    stop_price: int | None  # trigger, ticks
    created_ns: int
    reason: str = ""  # why, where the role does not say it: "time", "blackout", "session", "tape-end", "flatten", HEDGE


@dataclass(frozen=True, slots=True)
class Bracket:
    """Entry, stop and target of one approved proposal; stop and target cancel each other."""

    id: str
    approved: Approved
    entry: Order
    stop: Order
    target: Order

    @property
    def orders(self) -> tuple[Order, Order, Order]:
        """Entry, stop, target: the order in which they are journalled and sent."""
        return (self.entry, self.stop, self.target)


NO_QUOTES = (
    "takes no quotes of a market maker: a paper account fills a quote as soon as the other side touches it, with no"
    " queue before it, so that nothing would be learned"
)
"""Why an adapter takes no quotes."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """One side of a maker's quote as it is sent: a resting limit that the gate has approved.

    `order.bracket_id` names the inventory that it fills into: all quotes of it, its stop and its exits belong together.
    """

    approved: Approved
    order: Order


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A position that changed without a fill of ours: somebody else traded, or the broker's memory was too short."""

    instrument: int
    quantity: int  # signed: what must be added to our fills to have the broker's position
    ts: int
    reason: str  # a sentence
    bracket_id: str = ""  # the bracket whose share it took; empty: nobody's


@dataclass(frozen=True, slots=True)
class Protective:
    """A reduce-only order (stop, market exit, a target once more) that needs no gate. Only `bot.orders` builds one."""

    order: Order
    beside: tuple[str, ...] = ()
    """Client order ids of all that would take the same units out: when one has filled, a broker ends the rest."""


@dataclass(frozen=True, slots=True)
class OrderReport:
    """The broker's word on one order."""

    client_order_id: str
    state: OrderState
    ts: int
    broker_id: str = ""
    message: str = ""
    quantity: int = 0  # as the broker holds it, filled part included; 0: not told, it follows what its parent fills
    stop_price: int | None = None  # trigger as the broker holds it, ticks; None: not told


@dataclass(frozen=True, slots=True)
class OrderFact:
    """One order as a broker's snapshot shows it. A foreign one (not of ours) has no `client_order_id`."""

    client_order_id: str
    state: OrderState
    ts: int
    broker_id: str = ""
    instrument: int = 0  # index into the run's instruments; −1: another one
    side: int = 0  # +1 buy, −1 sell; 0: not told
    quantity: int = 0  # whole, filled part included; 0: not told
    filled: int = 0
    price: int | None = None  # limit, ticks
    stop_price: int | None = None  # trigger, ticks


@dataclass(frozen=True, slots=True)
class FillReport:
    """One execution. `exec_id` is the broker's and unique for ever."""

    client_order_id: str
    exec_id: str
    ts: int
    side: int  # +1 bought, −1 sold
    quantity: int
    price: int  # ticks
    model: str = ""  # which fill model made it; empty for a broker's own
    source: Literal["live", "recovered"] = "live"  # recovered: heard in an answer to our asking
    corrects: str = ""  # exec_id of the execution that this one replaces: quantity and price, not in addition
    exchange_ns: int = 0  # the broker's own stamp where it gives one; IB's are whole seconds
    instrument: int = -1  # index where the broker tells it: of an order that no journal knows there is no other word


@dataclass(frozen=True, slots=True)
class CommissionReport:
    """What one execution cost, in the instrument's currency, as decimal text."""

    exec_id: str
    amount: str
    currency: str


Amended = Literal["asked", "named", "refused"]
"""What is said about other terms of a working order."""
Link = Literal["up", "degraded", "down", "unknown"]
"""Up: everything may be sent. Degraded: the gateway lost the exchange. Down: nobody hears us."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """The link to the broker changed."""

    state: Link
    ts: int
    code: str = ""  # why, in the broker's words or ours: "1100", "socket closed"


SILENT, NO_PAPER = "something takes the connection and does not answer", "is not a paper account"
NEEDS_LOGIN = (SILENT, NO_PAPER)
"""Words of an adapter with which it says that a person has to log in where it connects to."""

Feed = Literal["live", "sampled", "stale", "delayed", "refused"]
"""Live: every tick. Sampled: summaries, no order flow. The others are closed to entries."""


@dataclass(frozen=True, slots=True)
class FeedReport:
    """What an instrument's market data is worth from here on."""

    instrument: int
    state: Feed
    ts: int
    why: str = ""  # a sentence for a person


@dataclass(frozen=True, slots=True)
class ClockReport:
    """The broker's clock was measured against ours: `offset_ns` is theirs minus ours."""

    offset_ns: int
    ts: int


@dataclass(frozen=True, slots=True)
class PauseReport:
    """The broker wants no entries for a while, or has planned to be away. Nothing else changes."""

    what: Literal["pacing", "maintenance"]
    ts: int
    until_ns: int
    why: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the broker said about the account when we connected. `paper` is the typed proof, made by the adapter."""

    account: str
    paper: bool
    proof: str  # why it is paper, in words
    clock_offset_ns: int = 0
    net_liquidation: Decimal | None = None  # what it is worth, where the broker says so
    simulated_at: str = ""  # where a simulated gateway keeps it: another gateway's account of that name is another one


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """An answer that the broker gave. There is no truth value: match on the type."""

    value: T
    asked_ns: int
    answered_ns: int
    connection: int = 0


UnavailableReason = Literal["timeout", "link_down", "gateway_lost_ib", "rejected", "paced", "inconsistent"]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer. Never "nothing there", never "rejected"."""

    reason: UnavailableReason
    detail: str = ""
    missing: tuple[str, ...] = ()  # end markers that did not come


@dataclass(frozen=True, slots=True)
class BrokerState:
    """All that the broker holds for us: working orders, executions, positions by instrument index."""

    account: str
    orders: tuple[OrderFact, ...]
    fills: tuple[FillReport, ...]
    positions: tuple[tuple[int, int], ...]
    over: tuple[OrderFact, ...] = ()
    """Orders of ours that were cancelled while nobody listened, where the broker can tell."""


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """What a broker holds, asked by the adapter itself: after each reconnect, and again and again while anything lives.

    Its executions have been reported before it.
    """

    answer: Known[BrokerState] | Unavailable
    ts: int


Report = (
    OrderReport | FillReport | CommissionReport | LinkReport | FeedReport | ClockReport | PauseReport | SnapshotReport
)  # fmt: skip
