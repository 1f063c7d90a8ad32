"""Round trips that have ended, in order: what each brought, and how many in a row have lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.order import Bracket, Order
from bot.risk.day import Day

WEEK_NS = 7 * 86_400_000_000_000
"""A loss older than this is no part of a row of losses any more."""


@dataclass(slots=True)
class Trip:
    """One bracket that came in and went out again."""

    bracket: Bracket
    ts: int  # of its last fill, ns UTC
    day: Day
    net: Decimal  # after commissions
    r: Decimal
    left_by: Order
    """What filled last."""
    forgiven: bool = False  # a person has let the strategy go on since
    forgiven_all: bool = False  # and the whole desk

    @property
    def strategy(self) -> str:
        """Whose it was."""
        return self.bracket.approved.proposal.strategy


class Trips:
    """The round trips of the last week by bracket, oldest first."""

    def __init__(self) -> None:
        self._trips: dict[str, Trip] = {}

    def __len__(self) -> int:
        return len(self._trips)

    def get(self, bracket_id: str) -> Trip | None:
        """The round trip of a bracket, if it has made one."""
        return self._trips.get(bracket_id)

    def ended(self, trip: Trip) -> None:
        """One has ended."""
        self._trips[trip.bracket.id] = trip
        trip.day.book_r(trip.r)

    def woke(self, bracket_id: str) -> None:
        """It had not ended after all: something of it filled late."""
        trip = self._trips.pop(bracket_id, None)
        if trip is not None:
            trip.day.book_r(-trip.r)

    def changed(self, trip: Trip, net: Decimal, r: Decimal) -> None:
        """A commission or a corrected execution has changed what one brought."""
        trip.day.book_r(r - trip.r)
        trip.net, trip.r = net, r

    def losses(self, strategy: str, now: int) -> int:
        """How many in a row have lost since a person last let the strategy go on; of all strategies without a name."""
        count = 0
        for trip in reversed(self._trips.values()):
            if trip.ts < now - WEEK_NS:
                break
            if trip.bracket.approved.proposal.quote:
                continue  # a maker loses often and little: its day has a limit, its inventory too
            if not strategy or trip.strategy == strategy:
                if trip.net >= 0 or (trip.forgiven if strategy else trip.forgiven_all):
                    break
                count += 1
        return count

    def forgive(self, strategy: str) -> None:
        """A person lets a strategy go on, or without a name everybody: rows of losses begin anew."""
        for trip in self._trips.values():
            trip.forgiven = trip.forgiven or strategy in ("", trip.strategy)
            trip.forgiven_all = trip.forgiven_all or not strategy

    def forget(self, before: int) -> None:
        """Let go of those that ended before a moment."""
        for name in [name for name, trip in self._trips.items() if trip.ts < before]:
            del self._trips[name]

    def since(self, ts: int) -> Iterable[tuple[str, Trip]]:
        """Those that ended at `ts` or later, in order."""
        return ((name, trip) for name, trip in self._trips.items() if trip.ts >= ts)
