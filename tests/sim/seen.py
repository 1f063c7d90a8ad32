"""What a checker sees of one step: the exchange's truth, what left the desk, what is durable, what the desk remembers.

    Truth       the exchange's own books, as `mirror.py` copies them
    Sent        one thing that left the desk (or tried to)
    Durable     the journal, folded row by row as it became durable (`durable.py`)
    Mind        the desk's memory, taken where it is compared (`mind.py`)
    Flags       what is up and since when, and what the desk was told of it
    Day         what does not change: instruments, limits, blackouts

All of it grows in place and only by what is new; a `Seen` is one moment of it that says which step it is. Times are ns
of the virtual clock, prices ticks. A checker reads, and never asks the desk.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.config.bot_file import RiskSettings
from bot.domain.instrument import Instrument
from bot.domain.order import (
    ENDED,
    Bracket,
    BracketState,
    FillReport,
    Link,
    Order,
    OrderState,
    OrderType,
    Role,
)
from tests.sim.durable import Durable
from tests.sim.mind import Mind

SECOND = 1_000_000_000
NEVER = 2**63 - 1

EXITS = (Role.STOP, Role.TARGET, Role.FLATTEN)


@dataclass(slots=True)
class TrueOrder:
    """One order that has reached the exchange, or is on its way there."""

    name: str  # client order id; empty: somebody else's
    broker_id: str
    bracket_id: str
    instrument: int
    role: Role | None  # None: somebody else's
    side: int
    type: OrderType
    quantity: int
    price: int | None = None
    stop_price: int | None = None
    filled: int = 0
    state: OrderState = OrderState.SENT  # sent: on the wire, or waiting for its parent's fill
    group: str = ""  # orders of one group cancel each other; empty: nothing cancels it
    since: int = 0  # when it reached the exchange

    @classmethod
    def of(cls, order: Order, broker_id: str, state: OrderState, group: str, since: int) -> "TrueOrder":
        """One of ours, as it was intended."""
        return cls(
            order.client_order_id,
            broker_id,
            order.bracket_id,
            order.instrument,
            order.role,
            order.side,
            order.type,
            order.quantity,
            order.price,
            order.stop_price,
            state=state,
            group=group,
            since=since,
        )

    @property
    def rest(self) -> int:
        """Units that it can still fill."""
        return 0 if self.state in ENDED else self.quantity - self.filled

    @property
    def working(self) -> bool:
        """Whether it can fill now."""
        return self.state in (OrderState.WORKING, OrderState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of an order of ours, as the exchange knows it."""

    report: FillReport
    instrument: int
    bracket_id: str
    role: Role

    @property
    def units(self) -> int:
        """Signed."""
        return self.report.side * self.report.quantity


@dataclass(slots=True)
class Truth:
    """The exchange's books."""

    orders: dict[str, TrueOrder] = field(default_factory=dict)
    """Broker id → order, of every order that has not ended, somebody else's too; those on the wire as well."""
    executions: dict[str, Execution] = field(default_factory=dict)
    """Execution id → every execution of ours that ever was, also corrected ones."""
    account: dict[int, int] = field(default_factory=dict)
    """Instrument → signed units of the account, whoever traded them."""
    shares: dict[str, int] = field(default_factory=dict)
    """Bracket → signed units by the executions that stand."""
    ours: dict[int, int] = field(default_factory=dict)
    """Instrument → signed units by the executions of ours that stand."""
    given: dict[str, int] = field(default_factory=dict)
    """Bracket → signed units by which its share changed as somebody else took them out, and the desk wrote it."""
    wronged: set[str] = field(default_factory=set)
    """Brackets that the exchange itself wronged: it did not keep their exits within what is held."""
    forgotten: set[str] = field(default_factory=set)
    """Executions that were never reported and that the exchange does not tell of any more."""
    changes: int = 0
    """Counts what changed, so that nobody looks twice at what did not."""
    _gone: dict[int, int] = field(default_factory=dict)
    """Instrument → Σ `given`."""
    _lacking: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Instrument → (since when, signed units of ours that the account does not hold), in order."""

    def executed(self, execution: Execution) -> None:
        """Book one; a correction takes the place of what it corrects. The account's position is not touched."""
        report = execution.report
        self.executions[report.exec_id] = execution
        before = self.executions.get(report.corrects)
        units = execution.units - (before.units if before is not None else 0)
        self.shares[execution.bracket_id] = self.shares.get(execution.bracket_id, 0) + units
        self.ours[execution.instrument] = self.ours.get(execution.instrument, 0) + units
        self.changes += 1

    def settle(self, now: int) -> None:
        """Note what of ours the account does not hold."""
        for at in self.ours:
            lacking, noted = self.mine(at) - self.exposed(at), self._lacking.setdefault(at, [(0, 0)])
            if noted[-1][1] != lacking:
                noted.append((now, lacking))

    def adjusted(self, instrument: int, bracket_id: str, units: int, since: int) -> None:
        """The desk has written that units of a bracket are gone without a fill, or that they are there after all.

        They are gone only as far as the account lacked them at some time after `since`: what somebody trades later does
        not bring them back, it is somebody's.
        """
        before = self.given.get(bracket_id, 0)
        back = _towards(units, before)
        noted = self._lacking.get(instrument, [(0, 0)])
        ends = [ts for ts, _ in noted[1:]]
        lacked = [lacking for (_, lacking), end in zip(noted, [*ends, NEVER], strict=True) if end > since]
        gone = max((_towards(units - back, lacking) for lacking in lacked), key=abs, default=0)
        self.given[bracket_id] = before + back + gone
        self._gone[instrument] = self._gone.get(instrument, 0) + back + gone
        self.changes += 1

    def mine(self, instrument: int) -> int:
        """Signed units by our executions, without those that somebody else took out."""
        return self.ours.get(instrument, 0) + self._gone.get(instrument, 0)

    def exposed(self, instrument: int) -> int:
        """Signed units that are ours to protect, as far as the account really holds them."""
        ours, held = self.mine(instrument), self.account.get(instrument, 0)
        if ours * held <= 0:
            return 0
        return max(ours, held) if ours < 0 else min(ours, held)

    def overshot(self, instrument: int) -> int:
        """Signed units by which exits of wronged brackets took out more than had come in."""
        sides = {
            one.bracket_id: one.report.side
            for one in (self.executions.values() if self.wronged else ())
            if one.bracket_id in self.wronged and one.instrument == instrument and one.role is Role.ENTRY
        }
        return sum(min(0, side * self.shares[name]) * side for name, side in sides.items())

    def of_instrument(self, instrument: int) -> list[TrueOrder]:
        """Orders of ours there that have not ended."""
        return [one for one in self.orders.values() if one.instrument == instrument and one.name]

    def of_bracket(self, bracket_id: str) -> list[TrueOrder]:
        """Orders of one bracket that have not ended."""
        return [one for one in self.orders.values() if one.bracket_id == bracket_id and one.name]


def _towards(units: int, held: int) -> int:
    """As much of `units` as takes out what is held."""
    if units * held >= 0:
        return 0
    return max(units, -held) if units < 0 else min(units, -held)


What = Literal["place", "protect", "amend", "cancel"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing that the desk handed to the broker."""

    what: What
    ts: int
    step: int
    orders: tuple[Order, ...] = ()  # of place and protect
    bracket: Bracket | None = None
    name: str = ""  # of amend and cancel
    stop_price: int | None = None
    quantity: int | None = None
    refused: bool = False  # it was told "unreachable": nothing left

    @property
    def entry(self) -> bool:
        """Whether it can open a position."""
        return self.what == "place" and not self.refused


@dataclass(slots=True)
class Flags:
    """What is up. `…_since` is when it became so, ns; what the desk cannot know is not held against it."""

    link: Link = "up"
    link_since: int = 0
    """Since when the link is up, answers, and has lost nothing; counts while `link` is up."""
    heard_link: Link = "up"
    """What the desk was told last."""
    heard_link_ns: int = 0
    """And when."""
    open: dict[int, bool] = field(default_factory=dict)
    """Instrument → whether its market trades (not halted); absent: it does."""
    open_since: dict[int, int] = field(default_factory=dict)
    up: bool = True
    """Whether the desk runs and has recovered."""
    up_since: int = 0
    writable: bool = True
    """Whether the journal takes what is written."""
    writable_since: int = 0
    reconciled: bool = True
    """Whether the broker has said what it holds since the link was lost last, and the desk was told."""
    paper: bool = True
    """Whether this connection is proven to be to a paper account."""
    calendar: bool = True
    """Whether the calendar covers now."""
    clock_offset_ns: int = 0
    """As the desk was told last."""
    touch: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Instrument → bid and ask by the newest row that the desk has walked, ticks."""
    quoted: dict[int, int] = field(default_factory=dict)
    """Instrument → stamp of the newest row that the desk was given."""

    def calm(self, instrument: int) -> int:
        """Since when link, market, desk and journal have all been up there; NEVER when one of them is not."""
        if self.link != "up" or not self.up or not self.writable or not self.open.get(instrument, True):
            return NEVER
        return max(self.link_since, self.up_since, self.writable_since, self.open_since.get(instrument, 0))


@dataclass(frozen=True, slots=True)
class Blackedout:
    """One window in which an instrument takes no entry, [from, to) in ns."""

    instrument: int
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class Day:
    """What does not change while a day is simulated."""

    instruments: Sequence[Instrument]
    risk: RiskSettings = field(default_factory=RiskSettings)
    blackouts: Sequence[Blackedout] = ()
    trading_day: Callable[[int, int], int] = lambda instrument, ts: 0
    """(instrument, ns) → the exchange's trading day, as a number."""
    messages_a_minute: int = 0
    """Bound of all that may leave in 60 s; 0: none. Entries have their own among the settings."""
    canary: str = ""
    """A secret that stands in the configuration and nowhere else."""

    def index(self, product: str) -> int:
        """Index of a product."""
        return next(at for at, one in enumerate(self.instruments) if one.product == product)

    def blacked_out(self, instrument: int, ts: int) -> bool:
        """Whether no entry may be sent at `ts`."""
        return any(one.instrument == instrument and one.from_ns <= ts < one.to_ns for one in self.blackouts)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A command whose result a person was told."""

    nonce: str
    verb: str
    strategy: str = ""
    instrument: str = ""
    clear_kill: bool = False


@dataclass(slots=True)  # one is made at every step, and a frozen one takes five times as long
class Seen:
    """One moment. What it refers to goes on growing: look now, keep nothing of it."""

    step: int
    now: int
    truth: Truth
    durable: Durable
    flags: Flags
    day: Day
    sent: Sequence[Sent]
    """All that left since the day began, in order."""
    delivered: Mapping[str, FillReport]
    """Execution id → fills that were handed to the running desk one by one and are not durable yet."""
    acknowledged: Sequence[Acknowledged]
    lasting: Callable[[Hashable, bool], int]
    """(name of a condition, whether it holds now) → for how long it has held without a break, ns."""
    mind: Mind | None = None
    """The desk's memory, where this moment is one at which it is compared."""


OVER = frozenset({BracketState.CLOSED, BracketState.CANCELLED, BracketState.REJECTED, BracketState.VOID})
