"""What earlier runs of an account have left behind, as their journal tells it. A first start has an empty one.

Instruments are named by product here (`Past.products`, an index into it inside of orders and proposals): which index a
product has in the run to come is not known yet when a journal is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.decision import Fact, Proposal
from bot.domain.order import OVER, Adjustment, BracketState, CommissionReport, FillReport, Order, OrderState


@dataclass(frozen=True, slots=True)
class PastMove:
    """Another trigger of a stop."""

    price: int  # ticks
    reason: str
    ts: int


@dataclass(frozen=True, slots=True)
class PastOrder:
    """One order and the newest word on it. `intended`: nothing says that it was sent, nor that it was not."""

    order: Order
    state: OrderState
    broker_ids: tuple[str, ...] = ()
    named: PastMove | None = None
    """Where its stop was moved to last."""
    asked: PastMove | None = None
    """Where it was wanted since, without a word."""


@dataclass(frozen=True, slots=True)
class PastBracket:
    """One bracket with all that was written of it."""

    id: str
    proposal: Proposal
    approved_ns: int
    room: Mapping[str, Fact]
    contract: str
    state: BracketState
    orders: tuple[PastOrder, ...]
    """In the order of writing: entry, stop, target, then what was sent later."""
    fills: tuple[FillReport, ...] = ()
    """Those that stand: a correction is here, what it corrects is not."""
    taken: Mapping[str, int] = field(default_factory=dict)
    """Order → units that had filled and were taken back by corrections."""
    adjusted: int = 0
    """Units of its share that went without a fill of ours, as the position's change (signed)."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that the gate counts: `opened`, `fill`, `commission`, `adjusted`, `ended`, `woke`, or that a person let
    a strategy go on: `resumed`."""

    what: str
    bracket_id: str = ""
    report: FillReport | CommissionReport | Adjustment | None = None
    strategy: str = ""
    """Of a `resumed`: whose; empty: everybody's."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A state that outlives a run: the newest row of its key."""

    value: Fact
    why: str
    ts: int


@dataclass(frozen=True, slots=True)
class Past:
    """The fold of an account's runs."""

    account: str = ""
    products: tuple[str, ...] = ()
    tick_values: Mapping[str, Decimal] = field(default_factory=dict)
    """Product → money of one tick and unit, as its newest run had it."""
    brackets: tuple[PastBracket, ...] = ()
    """Those that have not ended, and those of the last days, in order of sending."""
    happened: tuple[Happening, ...] = ()
    """What the last days brought, for the gate's counters."""
    fills: Mapping[str, int] = field(default_factory=dict)
    """Execution id → signed units, of every execution that was ever written, also of those that were corrected."""
    positions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(product, contract) → signed units: Σ fills + Σ adjustments, where it is not nothing."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """Kill switch, pauses, a day that ended before its time: by key of `control`."""
    done: Mapping[str, str] = field(default_factory=dict)
    """Number of a command → what came of it."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Product → contract of a position or of a bracket that has not ended."""
    broker_ids: Mapping[str, str] = field(default_factory=dict)
    """Client order id → the broker's newest name for it, of every order that may still live."""
    last_broker_id: str = ""
    """The broker's newest name for any order of the account."""

    @property
    def trading(self) -> tuple[str, ...]:
        """Products of brackets that have not ended."""
        alive = (one.proposal.instrument for one in self.brackets if one.state not in OVER)
        return tuple(dict.fromkeys(self.products[at] for at in alive))
