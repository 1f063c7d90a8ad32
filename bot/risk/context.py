"""What a rule may know when it judges one proposal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.config.bot_file import RiskSettings
from bot.domain.command import GOOD, Health
from bot.domain.decision import Fact, Proposal, Reason
from bot.domain.hedge import LegRisk
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.domain.order import AccountFacts, Feed, Link
from bot.risk.blackout import Blackout
from bot.risk.day import Day
from bot.risk.hours import Hours, Sessions
from bot.risk.ledger import Ledger

Scope = tuple[str, int | None]
"""What a pause closes: (strategy or "", instrument or None)."""


@dataclass(slots=True)
class Book:
    """The standing quote of one instrument, in ticks, and the stamp of its newest row (ns UTC)."""

    ts: int = 0
    bid: int = ABSENT
    ask: int = ABSENT


@dataclass(slots=True)
class Control:
    """What people and the market's guards have closed. Empty means open."""

    kill: str | None = None
    """Why the kill switch is set; None when it is not."""
    pauses: dict[Scope, str] = field(default_factory=dict)
    holds: dict[int, str] = field(default_factory=dict)
    """Instrument → why nobody knows for certain what is there."""
    foreign: dict[int, str] = field(default_factory=dict)
    """Instrument → what somebody else has there."""
    day_end: tuple[int, str] | None = None
    """(trading day, why) of the newest day that ended before its time."""
    guards: dict[tuple[int, int], Mapping[str, Fact]] = field(default_factory=dict)
    """Active guards: (instrument, number) → its facts."""
    signals: set[tuple[str, str]] = field(default_factory=set)
    """(strategy, signal) that were approved once."""
    intents: dict[tuple[str, int, int, int], int] = field(default_factory=dict)
    """(strategy, instrument, side, entry) → when it was last approved."""
    house: dict[str, str] = field(default_factory=dict)
    """What the process or the broker's own doings have closed for a while, and why."""
    link: Link = "up"
    link_why: str = ""
    legs: dict[str, LegRisk | None] = field(default_factory=dict)
    """Strategy → what of its inventory is not hedged."""
    unhedgeable: dict[str, str] = field(default_factory=dict)
    """Strategy → why nothing could be hedged now that it might take on; empty: it could."""
    feeds: dict[int, tuple[Feed, str]] = field(default_factory=dict)
    """Instrument → what its data is worth and why, where it is not `live`."""


@dataclass(slots=True)
class Context:
    """One moment of one instrument, as every rule sees it."""

    now: int
    instrument: Instrument
    settings: RiskSettings
    account: AccountFacts
    book: Book
    sessions: Sessions
    hours: Hours
    blackout: Blackout
    ledger: Ledger
    day: Day
    control: Control
    health: Health = GOOD
    sent: int = 0
    """When an approved entry would leave, ns UTC; 0: at `now`, as on a tape."""
    order_flow: bool = True
    """Whether the strategy reads order flow, which sampled data does not show."""
    roll: str = ""
    """ISO date from which the contract at hand takes no entries; empty: no such date."""
    last_day: date | None = None
    """The last day on which the contract may be held; None: it has none, or nobody knows."""
    closes_on: int = 0
    """Trading day (yyyymmdd) from which that is too near for an entry."""
    equity: Decimal | None = None
    """What the account is worth; None: nobody says."""


class Rule:
    """One rule of the gate. A rule reads; only the gate writes."""

    name = ""

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Why this proposal may not pass, with the numbers that tripped it; None when it may."""
        raise NotImplementedError
