"""One trading day of the account: what it brought, its worst and its best, and how often it was tried."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class Day:
    """One exchange session of the whole account. Money after commissions, in the account's currency."""

    net: Decimal = ZERO
    """Realised result."""
    worst: Decimal = ZERO
    """The lowest that `net` has been, 0 at most."""
    best: Decimal = ZERO
    """The highest that `net` has been, 0 at least."""
    fallen: Decimal = ZERO
    """The most that `net` has been below the best before it."""
    r: Decimal = ZERO
    """Σ R of the round trips that ended in it, after commissions."""
    worst_r: Decimal = ZERO
    """The lowest that `r` has been, 0 at most."""
    brackets: int = 0
    """Brackets sent."""
    sent: Counter[str] = field(default_factory=Counter)
    """The same by strategy."""

    def book(self, amount: Decimal) -> None:
        """Something was won or lost."""
        self.net += amount
        self.best = max(self.best, self.net)
        self.worst = min(self.worst, self.net)
        self.fallen = max(self.fallen, self.best - self.net)

    def book_r(self, r: Decimal) -> None:
        """A round trip's R, or a change of it."""
        self.r += r
        self.worst_r = min(self.worst_r, self.r)
