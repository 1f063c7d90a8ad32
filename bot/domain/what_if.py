"""What was wanted and not done, and what a fill model says would have come of it. Prices are ticks, times ns UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

HORIZONS_S = (1, 5, 15, 30, 60, 300, 900)
"""So many seconds later it is looked where the price stands."""
NOT_FILLED, NOT_PRICED, STILL_OPEN = "unfilled", "unpriced", "open"
"""Ends without a round trip: the entry never filled; there was no bracket, only a refusal; the tape did not tell."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The bracket that was proposed."""

    quantity: int
    entry: int  # limit
    stop: int  # trigger
    target: int  # limit
    ttl_ns: int
    time_stop_ns: int  # 0: never


@dataclass(frozen=True, slots=True)
class Moment:
    """When the desk would have ended entries (`cancel`), positions as well (`flatten`), or drawn stops near."""

    ts: int
    what: Literal["cancel", "flatten", "tighten"]
    why: str  # "blackout" or "session"
    from_ns: int = 0
    to_ns: int = 0  # of the window that is the cause; 0: none is


@dataclass(frozen=True, slots=True)
class Wish:
    """One proposal, or a refusal that was never priced."""

    id: str
    strategy: str
    product: str
    side: int  # +1 long, −1 short, 0 not told
    known_ns: int  # when its signal could be acted on
    until_ns: int  # when its session closes
    at_first: bool  # known with the first row of the stamp `known_ns`, as the end of a bar is; else with the last
    terms: Terms | None = None  # None: it was refused before it had prices


@dataclass(frozen=True, slots=True)
class Made:
    """What would have come of a wish, alone in the market."""

    end: str
    """Why the position would have been left (as a round trip's `exit_reason`), or why there would have been none."""
    units: int = 0
    entry_ns: int = 0
    exit_ns: int = 0
    paid: int = 0  # Σ price × quantity of the entry fills
    left: int = 0  # the same of the exit fills
    side: int = 0
    stop: int = 0
    from_mid: tuple[float | None, ...] = ()
    """Ticks from the mid at `known`, in the wish's favour, at each of HORIZONS_S; None: censored."""
    from_fill: tuple[float | None, ...] = ()
    """Likewise from the first fill's price and time; empty where nothing would have filled."""

    def vwap(self, value: int) -> Fraction:
        """The mean price of `paid` or `left`."""
        return Fraction(value, self.units)

    @property
    def filled(self) -> bool:
        """Whether it would have been a round trip."""
        return self.units > 0 and self.end != STILL_OPEN

    @property
    def ticks(self) -> Fraction | None:
        """Gained for one unit, before commission."""
        return Fraction(self.side * (self.left - self.paid), self.units) if self.filled else None

    @property
    def risk(self) -> Fraction:
        """|entry VWAP − stop|, for one unit."""
        return abs(self.vwap(self.paid) - self.stop) if self.units else Fraction(0)

    @property
    def r(self) -> Fraction | None:
        """Ticks ÷ risk; None where the entry would have filled on its stop."""
        return self.ticks / self.risk if self.ticks is not None and self.risk else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What would have come of a run's wishes, and by which fill model."""

    fill_model: str
    made: Mapping[str, Made]
    """By the wish's id; a wish whose product is not on the tape has none."""


Stamps = npt.NDArray[np.int64]
"""Times in order, or one number for each of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The quotes of one instrument in force before each of some stamps, in order of time."""

    ts: Stamps
    bid: Stamps
    ask: Stamps


@dataclass(frozen=True, slots=True)
class Draw:
    """How entries are drawn at random that are like those that were wanted."""

    each: int = 50  # random entries to one that was wanted
    seed: int = 1
    apart_ns: int = 120_000_000_000  # from anything that the strategy wanted


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of one bracket at random: ticks gained and risked, for one unit; no risk where it did not fill."""

    ticks: float
    risk: float
