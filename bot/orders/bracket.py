"""One bracket while it lives: what of it has filled, what still works, how far price went for and against it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.decision import Approved
from bot.domain.market import ABSENT
from bot.domain.order import ENDED, Bracket, BracketState, FillReport, Order, OrderState, OrderType, Role

_WORKING = frozenset({OrderState.WORKING, OrderState.PARTIAL})
_WITHOUT_A_WORD = frozenset({OrderState.INTENDED, OrderState.SENT, OrderState.PENDING_UNKNOWN})


OPERATOR = "operator"
"""Reason of a trigger that nobody here asked for."""
NO_TARGET = "no target"
"""Flag of a position that stands under its stop alone."""


@dataclass(frozen=True, slots=True)
class Move:
    """Another trigger for a stop that was asked for, and of which there is no word yet."""

    price: int  # ticks
    reason: str
    ts: int


@dataclass(slots=True)
class Leg:
    """One order of a bracket and the broker's newest word on it."""

    order: Order
    state: OrderState = OrderState.INTENDED
    filled: int = 0
    taken: int = 0  # units that had filled and were taken back: it does not work again for them
    corrected: bool = False  # among them may be some of which nobody had heard
    told: int = 0  # its quantity as the broker holds it; 0: not told, a child follows what its parent has filled
    asked: int = 0  # the quantity that it was asked to have
    asked_ns: int = 0  # and when, the last time
    sent_ns: int = 0
    sent_wall_ns: int = 0
    changed_ns: int = 0  # when its state was told last
    broker_ids: set[str] = field(default_factory=set)
    cancelling: str = ""  # why its end was asked for
    cancel_ns: int = 0  # and when, the last time
    reached_ns: int = 0  # of a stop: since when the market stands at or beyond it
    concluded: bool = False  # the desk says that it ended, not the broker
    missed: int = 0  # so many answers of the broker, one after the other, did not have it
    silent_ns: int = 0  # when it had been without any word for too long
    said_filled: bool = False  # the broker has said that it filled whole
    trigger: int | None = None  # the stop in force, ticks: the one that the broker named last
    moved: str = ""  # why it is not the one that was sent
    move: Move | None = None
    role: Role = Role.ENTRY  # what it is to its bracket: a quote is an entry, or once something is held, a target
    approved: Approved | None = None  # of a quote: what the gate has said to it

    def __post_init__(self) -> None:
        if self.order.role is not Role.QUOTE:
            self.role = self.order.role
        if self.trigger is None:
            self.trigger = self.order.stop_price

    @property
    def alive(self) -> bool:
        """Whether it can still fill, for all that is known."""
        return self.state not in ENDED

    @property
    def left(self) -> int:
        """Units that it can still fill, if it can."""
        return (self.told or self.order.quantity) - self.filled - self.taken

    def spent(self, units: int) -> None:
        """The broker says how much of it has ever filled: what does not stand was taken back."""
        if self.corrected:
            self.taken = max(self.taken, units - self.filled)

    @property
    def doubtful(self) -> bool:
        """Whether an exit is not counted on any more, though it may live.

        Two answers in a row did not have it; or one, and no other came while it was waited for.
        """
        enough = 0 if self.silent_ns > self.changed_ns else 1
        return self.state is OrderState.PENDING_UNKNOWN and self.missed > enough

    @property
    def wordless(self) -> bool:
        """Whether it was sent and nobody has ever said anything of it."""
        return self.state in (OrderState.SENT, OrderState.PENDING_UNKNOWN) and self.changed_ns < self.sent_ns

    @property
    def working(self) -> bool:
        """Whether the broker has said that it works."""
        return self.state in _WORKING


@dataclass(slots=True)
class LiveBracket:
    """The facts of one bracket. `state` follows the table; `filled_in` and `filled_out` come from executions only."""

    bracket: Bracket
    legs: dict[str, Leg]
    state: BracketState = BracketState.INTENDED
    filled_in: int = 0
    filled_out: int = 0
    adjusted: int = 0  # units of its share that left without a fill of ours; below 0: that came in without one
    adjusted_ns: int = 0  # when that was found last
    entry_value: int = 0  # Σ price × quantity of the entry fills, ticks
    exit_value: int = 0  # the same of the exit fills
    opened_ns: int = 0  # time of the first entry fill
    low: int | None = None
    high: int | None = None
    exit_reason: str = ""
    leaving: str = ""  # why it is being flattened, also while that cannot be sent
    flags: list[str] = field(default_factory=list)
    """What a person should see of it, once each."""
    losses: int = 0  # how often its stop was lost
    tightening: str = ""  # why its stop is wanted nearer, until that was asked for
    flipped_ns: int = 0  # when more had gone out than came in, for all that had been heard
    naked_ns: int = 0  # since when nothing covers it
    yielded: bool = False  # a person took its stop away, and is to have it so
    attempts: int = 0  # how often a market exit was refused
    retry_ns: int = 0  # when it is tried again
    unsent: bool = False  # journalled by an earlier run, and nothing says that it was ever sent
    counted: bool = False  # among the round trips
    fill_ids: set[str] = field(default_factory=set)
    executions: dict[str, FillReport] = field(default_factory=dict)  # those that stand
    wanted: dict[int, Approved] = field(default_factory=dict)
    """Of a maker: side → the quote to come as soon as the one before has ended."""
    until_ns: int = 0  # of a maker: how long its quotes may work without another word of it

    @classmethod
    def of(cls, bracket: Bracket) -> "LiveBracket":
        """A bracket that was journalled and has not been sent."""
        return cls(bracket, {order.client_order_id: Leg(order) for order in bracket.orders})

    @property
    def side(self) -> int:
        """+1 for a long bracket, −1 for a short one."""
        return self.bracket.entry.side

    @property
    def quoted(self) -> bool:
        """Whether a maker's quotes make it: its side is that of its first fill."""
        return self.bracket.approved.proposal.quote

    @property
    def quotes(self) -> list[Leg]:
        """A maker's bids and asks that have not ended."""
        return [leg for leg in self.legs.values() if leg.order.role is Role.QUOTE and leg.alive]

    @property
    def entry(self) -> Leg:
        """Its first order."""
        return self.legs[self.bracket.entry.client_order_id]

    @property
    def exits(self) -> tuple[str, ...]:
        """Client order ids of what may still take something out."""
        return tuple(name for name, leg in self.legs.items() if leg.alive and leg is not self.entry)

    @property
    def share(self) -> int:
        """Units that this bracket holds in its own direction; below 0 when exits took out more than came in."""
        return self.filled_in - self.filled_out - self.adjusted

    @property
    def flipped(self) -> bool:
        """Whether more went out than came in, or more came in than was wanted: it is brought to nothing."""
        if self.quoted:
            return self.share < 0
        most = max(self.entry.order.quantity, self.entry.told)
        return self.share < 0 or (self.share > 0 and self.filled_in > most)

    @property
    def whole(self) -> bool:
        """Whether the entry has filled in full: no execution of it can be late."""
        return self.entry.filled >= self.entry.order.quantity

    @property
    def cover(self) -> int:
        """Units that stops or exits which are known to work would take out.

        A stop whose quantity the broker has not told counts for all that is held: it follows its parent.
        """
        working = [leg for leg in self.legs.values() if leg.working]
        stops = [leg for leg in working if leg.role is Role.STOP]
        if any(not leg.told for leg in stops):
            return max(self.share, 0)
        exits = [leg for leg in working if leg.role is Role.FLATTEN]
        return sum(leg.left for leg in stops + exits)

    @property
    def coming(self) -> int:
        """Units that stops or exits would take out of which there is no word yet, for a while or for too long."""
        return self.on_its_way(-1)

    def on_its_way(self, since_ns: int) -> int:
        """Of those, units of what was sent after `since_ns`."""
        legs = (leg for leg in self.legs.values() if leg.sent_ns > since_ns and not leg.doubtful)
        return sum(leg.left for leg in legs if leg.state in _WITHOUT_A_WORD and leg.role in (Role.STOP, Role.FLATTEN))

    @property
    def uncovered(self) -> int:
        """Units that nothing would take out which is known to work."""
        return self.share - self.cover

    @property
    def untold(self) -> bool:
        """Whether an order of it is said to have filled whole, by executions that were not heard."""
        return any(leg.said_filled and leg.alive and leg.left > 0 for leg in self.legs.values())

    @property
    def unheard(self) -> int:
        """Units that have come in without an execution that was heard, at most.

        The entry is said to have filled, or is not to be found while exits work: those die with an entry that did not.
        """
        exits = any(leg.working for leg in self.legs.values() if leg.role is not Role.ENTRY)
        lost = [
            leg
            for leg in self.of_role(Role.ENTRY)
            if leg.said_filled or (exits and leg.state is OrderState.PENDING_UNKNOWN)
        ]
        return max(0, sum(leg.left for leg in lost) + min(0, self.adjusted))

    def of_role(self, role: Role) -> list[Leg]:
        """Legs of one role that have not ended."""
        return [leg for leg in self.legs.values() if leg.role is role and leg.alive]

    def unknown(self) -> list[Leg]:
        """Legs that were sent and of which there is no word, for too long."""
        return [leg for leg in self.legs.values() if leg.state is OrderState.PENDING_UNKNOWN]

    @property
    def lost_exit(self) -> bool:
        """Whether the market exit that was sent last never arrived, by the broker's word: it refused nothing."""
        exits = [leg for leg in self.legs.values() if leg.role is Role.FLATTEN]
        return bool(exits) and not exits[-1].alive and exits[-1].concluded

    def flag(self, words: str) -> bool:
        """Let a person see something of it; False when that stands there already."""
        if words in self.flags:
            return False
        self.flags.append(words)
        return True

    @property
    def last_stop(self) -> Leg:
        """The stop that was placed last; before it was, the one that is to come."""
        return ([leg for leg in self.legs.values() if leg.role is Role.STOP] or [Leg(self.bracket.stop)])[-1]

    @property
    def moved(self) -> str:
        """Why the newest stop is not where the first one was."""
        return self.last_stop.moved or self.last_stop.order.reason

    def legal(self, touch: tuple[int, int]) -> int | None:
        """Where another stop may be placed: where the last one stood, or behind the touch that is past it; ticks.

        One that stood behind the touch is no reason to risk more than was approved when the market is back.
        """
        near, wanted = touch[0] if self.side > 0 else touch[1], self.last_stop.trigger
        approved = self.bracket.stop.stop_price
        if wanted is not None and approved is not None and self.side * (approved - wanted) > 0:
            wanted = approved
        if wanted is None or near == ABSENT or self.side * (near - wanted) > 0:
            return wanted
        return near - self.side

    def book(self, fill: FillReport) -> None:
        """Count an execution in; one that corrects another takes its place."""
        self.fill_ids.add(fill.exec_id)
        if fill.corrects:
            self.fill_ids.add(fill.corrects)
        if (before := self.executions.pop(fill.corrects, None)) is not None:
            self.executions[fill.exec_id] = fill
            self.legs[fill.client_order_id].taken += before.quantity - fill.quantity
            self._recount()
        else:
            self.executions[fill.exec_id] = fill
            if fill.quantity:
                self._count(fill)
            self.legs[fill.client_order_id].corrected |= bool(fill.corrects)

    def _recount(self) -> None:
        """All sums anew, from the executions that stand. No order works again for what was taken back of it."""
        before = {name: leg.state for name, leg in self.legs.items()}
        self.filled_in = self.filled_out = self.entry_value = self.exit_value = 0
        for leg in self.legs.values():
            leg.filled = 0
        for fill in self.executions.values():
            if fill.quantity:
                self._count(fill)
        for name, leg in self.legs.items():
            if before[name] is OrderState.FILLED and leg.filled < leg.order.quantity:
                leg.state, leg.concluded = OrderState.CANCELLED, True
            elif before[name] in (OrderState.CANCELLED, OrderState.REJECTED):
                leg.state = before[name]

    def _count(self, fill: FillReport) -> None:
        leg = self.legs[fill.client_order_id]
        leg.filled += fill.quantity
        whole = leg.filled + leg.taken >= leg.order.quantity
        # A fill that is heard late does not wake what the broker has ended.
        ended = leg.state in (OrderState.CANCELLED, OrderState.REJECTED) and not leg.concluded
        if whole or not ended:
            leg.state = OrderState.FILLED if whole else OrderState.PARTIAL
        # The fill itself is the first price that was for or against us.
        self.low = fill.price if self.low is None else min(self.low, fill.price)
        self.high = fill.price if self.high is None else max(self.high, fill.price)
        if leg.role is Role.ENTRY:
            if not self.filled_in:
                self.opened_ns = fill.ts
            self.filled_in += fill.quantity
            self.entry_value += fill.price * fill.quantity
        else:
            # What brings a share back that went below nothing counts the other way.
            units = -fill.side * self.side * fill.quantity
            self.filled_out += units
            self.exit_value += fill.price * units
            self.exit_reason = leg.moved or leg.order.reason or leg.role.value

    def watch(self, low: int, high: int) -> None:
        """Fold the lowest and highest print that came while the position was held into its excursion."""
        if self.low is not None and self.high is not None:
            self.low, self.high = min(self.low, low), max(self.high, high)

    @property
    def net_ticks(self) -> int:
        """Σ ticks × quantity of a bracket that is flat again, before commission."""
        return self.side * (self.exit_value - self.entry_value)

    def excursion(self) -> tuple[int, int]:
        """(MAE, MFE) in whole ticks per unit from the entry's average price, towards the larger; both ≥ 0."""
        assert self.low is not None
        assert self.high is not None
        worst, best = (self.low, self.high) if self.side > 0 else (self.high, self.low)
        if self.exit_reason == Role.TARGET.value and self.bracket.target.price is not None and not self.quoted:
            # The print that went through the target filled us there; what lay beyond was never ours.
            best = self.side * min(self.side * best, self.side * self.bracket.target.price)
        against = self.side * (self.entry_value - worst * self.filled_in)
        in_favour = self.side * (best * self.filled_in - self.entry_value)
        return max(0, -(-against // self.filled_in)), max(0, -(-in_favour // self.filled_in))

    def implied(self) -> BracketState:
        """The state that the facts imply, whatever the messages said (order states of the reliability notes, §5.2)."""
        entry = self.of_role(Role.ENTRY)
        if self.share:
            if self.of_role(Role.FLATTEN):
                return BracketState.FLATTENING
            if self.uncovered > 0 and any(leg.role is Role.STOP and not leg.doubtful for leg in self.unknown()):
                return BracketState.PENDING_UNKNOWN
            if self.uncovered > 0 or self.flipped:
                return BracketState.NAKED
            if self.filled_out:
                return BracketState.EXITING
            return BracketState.PARTIAL if entry else BracketState.OPEN
        if self.filled_in or self.filled_out:
            return BracketState.EXITING if entry else BracketState.CLOSED
        if self.quotes:
            return BracketState.WORKING
        state = _OF_ENTRY[self.entry.state]
        return BracketState.VOID if self.unsent and state is BracketState.CANCELLED else state


def build(approved: Approved, next_id: Callable[[], str], now: int) -> Bracket:
    """Entry, stop and target of what the gate approved, made at `now`."""
    wish, bracket_id = approved.proposal, next_id()

    def order(role: Role, side: int, kind: OrderType, price: int | None, stop: int | None) -> Order:
        return Order(next_id(), bracket_id, wish.instrument, role, side, kind, wish.quantity, price, stop, now)

    return Bracket(
        bracket_id,
        approved,
        order(Role.ENTRY, wish.side, OrderType.LIMIT, wish.entry, None),
        order(Role.STOP, -wish.side, OrderType.STOP, None, wish.stop),
        order(Role.TARGET, -wish.side, OrderType.LIMIT, wish.target, None),
    )


_OF_ENTRY = {
    OrderState.INTENDED: BracketState.PENDING_UNKNOWN,
    OrderState.SENT: BracketState.SENT,
    OrderState.WORKING: BracketState.WORKING,
    OrderState.PARTIAL: BracketState.WORKING,
    OrderState.FILLED: BracketState.CLOSED,
    OrderState.CANCELLED: BracketState.CANCELLED,
    OrderState.REJECTED: BracketState.REJECTED,
    OrderState.PENDING_UNKNOWN: BracketState.PENDING_UNKNOWN,
}
"""What a bracket is of which nothing has filled, by its entry. A filled one here was corrected to nothing."""
