"""What a strategy wants (Proposal) and what the gate says to it (Approved or Blocked with every reason)."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field

from bot.domain.market import ABSENT
from bot.domain.seal import SEAL

Fact = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Signal:
    """One EVENT in the desk's words. `evidence` holds the numbers that made it fire."""

    id: str
    ts: int  # ns UTC, nominal confirmation
    known: int  # ns UTC, when it could be acted on
    instrument: int
    kind: str
    side: int
    price: int  # ticks
    strength: float
    timeframe: int  # ns; 0 when none
    evidence: Mapping[str, float]
    params_hash: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A bracket that a strategy wants. Distances have become prices in ticks; `side` is +1 long, −1 short."""

    strategy: str
    instrument: int
    side: int
    quantity: int
    entry: int  # limit, ticks
    stop: int  # trigger, ticks
    target: int  # limit, ticks
    signal_id: str
    known: int  # ns UTC: when the signal could be acted on; freshness counts from here
    ttl_ns: int  # how long a resting entry may live
    time_stop_ns: int = 0  # leave this long after the entry fill; 0 = never
    why: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    quote: bool = False  # one side of a Quote: its target is where the other side stands, and no promise
    hedge: bool = False  # of a Quote that hedges what its strategy holds elsewhere

    @property
    def risk_ticks(self) -> int:
        """Distance from entry to stop, positive when the stop protects."""
        return self.side * (self.entry - self.stop)

    @property
    def reward_ticks(self) -> int:
        """Distance from entry to target, positive when the target pays."""
        return self.side * (self.target - self.entry)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a maker wants to have working: a bid, an ask, both or neither. Nothing else of its may work beside.

    A maker's side is one unit: of several one could fill in parts and the other whole, and nobody wanted what is held
    then. A hedge is one side only.
    Each side is judged by the gate as a Proposal of its own; whatever fills is kept under one stop for the net of it.
    """

    strategy: str
    instrument: int
    bid: int  # limit, ticks; ABSENT: no bid
    ask: int  # limit, ticks; ABSENT: no ask
    stop_ticks: int  # from the first fill of an inventory to its stop
    known: int  # ns UTC: when what it answers to could be acted on
    ttl_ns: int  # without another word of the strategy it works no longer
    signal_id: str = ""
    why: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    hedge: bool = False  # it hedges what the strategy holds in another instrument; the desk's, never a strategy's
    units: int = 1  # a hedge may want several

    def sides(self) -> "tuple[Proposal, ...]":
        """The bid as a long bracket, then the ask as a short one, so far as they are wanted.

        The target is the other side's price, or one tick beyond the own one where there is no other side.
        """
        found = []
        for name, side, price, other in (("bid", 1, self.bid, self.ask), ("ask", -1, self.ask, self.bid)):
            if price == ABSENT:
                continue
            target = other if other != ABSENT and side * other > side * price else price + side
            found.append(
                Proposal(
                    strategy=self.strategy,
                    instrument=self.instrument,
                    side=side,
                    quantity=self.units,
                    entry=price,
                    stop=price - side * self.stop_ticks,
                    target=target,
                    signal_id=self.signal_id,
                    known=self.known,
                    ttl_ns=self.ttl_ns,
                    why=self.why,
                    facts={"quote": name, **self.facts},
                    quote=True,
                    hedge=self.hedge,
                )
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A strategy would have traded but could not even propose (no target, stop out of range, size of zero)."""

    strategy: str
    instrument: int
    side: int
    signal_id: str
    known: int
    reasons: tuple["Reason", ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that said no, with the numbers that tripped it."""

    rule: str
    message: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A proposal that did not pass, with all its reasons, not only the first."""

    proposal: Proposal | Refusal
    ts: int  # ns UTC, when it was judged
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise TypeError("a blocked proposal has at least one reason")


@dataclass(frozen=True, slots=True)
class Approved:
    """A proposal that passed the gate. Only `bot.risk.gate` can make one."""

    proposal: Proposal
    ts: int  # ns UTC, when it was judged
    facts: Mapping[str, Fact]  # the room to each limit at that moment
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not SEAL:
            raise TypeError("only bot.risk.gate approves an order")


Verdict = Approved | Blocked
