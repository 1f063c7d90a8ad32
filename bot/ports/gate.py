"""The gate as the desk and the orders know it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from bot.domain.decision import Approved, Fact, Proposal, Reason, Refusal, Signal, Verdict
from bot.domain.hedge import LegRisk
from bot.domain.mode import House
from bot.domain.order import Adjustment, Bracket, CommissionReport, Feed, FillReport, Link, Order
from bot.domain.past import Setting


class Gate(Protocol):
    """The one door for entries: judges proposals against every rule, and folds what the rules count."""

    def judge(self, proposal: Proposal | Refusal, now: int, *, sent: int = 0, signal: Signal | None = None) -> Verdict:
        """Approved, or Blocked with every reason. `sent`: when it would leave, if later; `signal`: what led to it."""

    def reset_model(self, strategy: str, ts: int) -> None:
        """A person lets a strategy's model judge again. Raises UsageError where it has none."""

    def standing(self, strategy: str, instrument: int, now: int, *, quote: bool = False) -> list[Reason]:
        """Every reason for which no entry (or `quote`) of a strategy would pass, whatever it wanted."""

    def hedged(self, strategy: str, leg: LegRisk | None, closed: str) -> None:
        """What of a strategy's inventory is not hedged (None: little enough), and why nothing could be now."""

    def shut(self, what: House, why: str) -> None:
        """Close entries for a cause of the house; an empty `why` opens them again."""

    def link(self, state: Link, why: str) -> None:
        """The link to the broker changed."""

    def feed(self, instrument: int, state: Feed, why: str) -> None:
        """What an instrument's data is worth changed."""

    def newest(self, instrument: int) -> int:
        """Stamp of an instrument's newest row that the gate was told of; 0 before the first."""

    def facts(self, instrument: int, now: int) -> Mapping[str, Fact]:
        """The day so far and what the account carries."""

    def room(self, now: int) -> Sequence[Mapping[str, Any]]:
        """What is used of each limit at `now`: rule, of whom, used, limit, unit."""

    def sent(self, now: int) -> Counter[str]:
        """Brackets that each strategy has sent in the session of `now`."""

    def readmit(self, proposal: Proposal, ts: int, facts: Mapping[str, Fact]) -> Approved:
        """What an earlier run approved, as its journal has it: nothing is judged, nothing counted."""

    def hold(self, instrument: int, why: str) -> None:
        """Close entries in an instrument while what is there is not certain; an empty `why` opens them again."""

    def foreign(self, instrument: int, why: str) -> None:
        """Somebody else has orders or units in an instrument; an empty `why`: nobody has, or they may stay."""

    def quote(self, instrument: int, ts: int, bid: int, ask: int) -> None:
        """The standing quote, ticks (ABSENT = none), and the stamp of the instrument's newest row."""

    def guard(self, instrument: int, number: int, on: bool, facts: Mapping[str, Fact]) -> None:
        """A regime guard went on or off."""

    def quoting(self, strategy: str, instrument: int, bid: int, ask: int, risk_ticks: int) -> None:
        """What works of a maker's quotes: units of each side, and the ticks × units that what may come in risks."""

    def opened(self, bracket: Bracket) -> None:
        """A bracket was sent."""

    def ended(self, bracket: Bracket) -> None:
        """A bracket has ended, with or without a round trip."""

    def woke(self, bracket: Bracket) -> None:
        """A bracket that had ended lives again: something of it filled late, or works after all."""

    def fill(self, fill: FillReport, order: Order) -> None:
        """An execution of one of our orders."""

    def commission(self, commission: CommissionReport) -> None:
        """What an execution cost."""

    def adjusted(self, adjustment: Adjustment) -> None:
        """A position changed without a fill of ours."""

    def elsewhere(self, ts: int, net: Decimal) -> None:
        """What a bracket in a product that is not traded here any more has brought, money after commissions."""

    def pause(self, on: bool, why: str, *, strategy: str = "", instrument: int | None = None) -> None:
        """Close or reopen entries, whole or in part."""

    def kill(self, on: bool, why: str) -> None:
        """Set or clear the kill switch."""

    def end_day(self, day: int, why: str) -> None:
        """A trading day (yyyymmdd) takes no more entries; nothing but the next one opens."""

    def closed(self) -> Mapping[str, Setting]:
        """What the gate has closed by itself since it was asked last, by key of `control`, to be written down."""
