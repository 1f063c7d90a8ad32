"""What a strategy wants (Proposal) and what the gate says to it (Approved or Blocked with every reason)."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field

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

    @property
    def risk_ticks(self) -> int:
        """Distance from entry to stop, positive when the stop protects."""
        return self.side * (self.entry - self.stop)

    @property
    def reward_ticks(self) -> int:
        """Distance from entry to target, positive when the target pays."""
        return self.side * (self.target - self.entry)


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
