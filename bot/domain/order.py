"""Orders and brackets as plain values, and the reports that a broker makes about them. Prices are ticks."""

from dataclasses import dataclass
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
    PENDING_UNKNOWN = "pending-unknown"
    NAKED = "naked"
    FLATTENING = "flattening"


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
    reason: str = ""  # why, where the role does not say it: "time", "blackout", "session", "tape-end", "flatten"


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


@dataclass(frozen=True, slots=True)
class Protective:
    """A reduce-only order (stop or market exit) that needs no gate. Only `bot.orders` builds one."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderReport:
    """The broker's word on one order."""

    client_order_id: str
    state: OrderState
    ts: int
    broker_id: str = ""
    message: str = ""


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


@dataclass(frozen=True, slots=True)
class CommissionReport:
    """What one execution cost, in the instrument's currency, as decimal text."""

    exec_id: str
    amount: str
    currency: str


Link = Literal["up", "degraded", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class LinkReport:
    """The link to the broker changed."""

    state: Link
    ts: int
    code: str = ""


Report = OrderReport | FillReport | CommissionReport | LinkReport


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the broker said about the account when we connected. `paper` is the typed proof, made by the adapter."""

    account: str
    paper: bool
    proof: str  # why it is paper, in words
    clock_offset_ns: int = 0


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """An answer that the broker gave. There is no truth value: match on the type."""

    value: T
    asked_ns: int
    answered_ns: int
    connection: int = 0


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer. Never "nothing there", never "rejected"."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BrokerState:
    """All that the broker holds for us: working orders, executions, positions by instrument index."""

    account: str
    orders: tuple[OrderReport, ...]
    fills: tuple[FillReport, ...]
    positions: tuple[tuple[int, int], ...]
