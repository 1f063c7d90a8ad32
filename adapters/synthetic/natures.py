"""What each product is like: contract, price, how busy, how deep; and how activity runs through a New York day.

Orders of magnitude from recorded tapes, on the calm side: prints by size have median 1 and 99th percentile near 30, the
spread is one tick 95 times of 100 on ES. Busier than a holiday evening, calmer than a real opening.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from adapters.synthetic.book import PRINT_OCTAVES
from adapters.synthetic.chance import mean_heavy_x10
from adapters.synthetic.following import FOLLOWERS
from adapters.synthetic.market import Pace
from adapters.synthetic.state import NATURE, SECOND, States
from bot.errors import UsageError

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Nature:
    """One product's market. Rates are millihertz at a pace of 1000 per mille, shares per mille, sizes lots."""

    contract: str
    tick: Decimal
    price: Decimal
    prints: int
    book: int
    depth: int
    round: int
    lot: int = 1
    wide: int = 1
    slow: int = 1
    span: int = 1
    carry: int = 600
    again: int = 416
    excite: int = 380
    flash: int = 80
    infect: int = 50
    split: int = 20
    closing: int = 50_000
    sway: int = 1_000
    memory: int = 3 * SECOND // 2

    def row(self) -> States:
        """As the kernels take it."""
        nature = np.zeros(1, NATURE)
        for name in NATURE.names or ():
            if name != "mean":
                nature[name] = getattr(self, name)
        nature["mean"] = mean_heavy_x10(self.again, PRINT_OCTAVES)
        return nature

    @property
    def start_ticks(self) -> int:
        """The first bid."""
        return int(self.price / self.tick)


NATURES = {
    "ES": Nature("ESZ2026", Decimal("0.25"), Decimal("6850.00"), prints=1_450, book=6_000, depth=25, round=20),
    "NQ": Nature(
        "NQZ2026",
        Decimal("0.25"),
        Decimal("25100.00"),
        prints=2_600,
        book=8_000,
        depth=4,
        round=100,
        wide=2,
        again=300,
        split=650,
        closing=14_000,
        sway=250,
    ),
    "CL": Nature(
        "CLF2027",
        Decimal("0.01"),
        Decimal("61.50"),
        prints=900,
        book=4_000,
        depth=10,
        round=50,
        again=380,
        split=200,
        sway=600,
        slow=15,
        span=4,
    ),
    "GC": Nature(
        "GCG2027",
        Decimal("0.10"),
        Decimal("4120.0"),
        prints=800,
        book=4_000,
        depth=5,
        round=50,
        wide=2,
        again=340,
        split=450,
        sway=250,
        slow=15,
        span=4,
    ),
    "SPY": Nature(
        "SPY",
        Decimal("0.01"),
        Decimal("684.00"),
        prints=1_600,
        book=5_000,
        depth=14,
        round=100,
        lot=100,
        split=600,
        sway=700,
    ),
    "AAPL": Nature(
        "AAPL",
        Decimal("0.01"),
        Decimal("262.00"),
        prints=1_000,
        book=4_000,
        depth=6,
        round=100,
        lot=50,
        wide=2,
        split=450,
        sway=300,
    ),
    "TSLA": Nature(
        "TSLA",
        Decimal("0.01"),
        Decimal("410.00"),
        prints=1_400,
        book=5_000,
        depth=5,
        round=100,
        lot=40,
        wide=4,
        split=450,
        sway=250,
    ),
}


PRODUCTS = (*NATURES, *FOLLOWERS)
"""All that can be made: what has a market of its own, then what follows another's."""


def nature_of(product: str) -> Nature:
    """The product's market; what follows another has that one's but for the contract. Raises UsageError, naming all."""
    if product not in PRODUCTS:
        known = ", ".join(PRODUCTS)
        raise UsageError(f"the synthetic market has no {product!r}", where="--instrument", allowed=known)
    follower = FOLLOWERS.get(product)
    return NATURES[product] if follower is None else replace(NATURES[follower.leader], contract=follower.contract)


# (minute of the New York day, pace): the opening and the close are busy, the night and noon are not.
_DAY = (
    (0, 200),
    (450, 280),
    (505, 300),
    (510, 600),
    (540, 450),
    (565, 600),
    (570, 800),
    (570, 4_500),
    (574, 3_000),
    (580, 2_300),
    (600, 1_800),
    (630, 1_500),
    (750, 900),
    (840, 1_000),
    (900, 1_400),
    (950, 2_400),
    (960, 4_000),
    (960, 700),
    (1_440, 200),
)


def pace_of_day(start: time, seconds: int) -> Pace:
    """Activity per second from `start` (New York) on, per mille, straight between the points of the day."""
    at = np.arange(seconds, dtype=np.int64) + start.hour * 3_600 + start.minute * 60
    at %= 86_400
    minutes = np.array([minute for minute, _ in _DAY], np.int64) * 60
    paces = np.array([pace for _, pace in _DAY], np.int64)
    left = np.searchsorted(minutes, at, side="right") - 1
    span = np.maximum(minutes[left + 1] - minutes[left], 1)
    return np.asarray(paces[left] + (paces[left + 1] - paces[left]) * (at - minutes[left]) // span, np.int64)


def release(pace: Pace, second: int, height: int) -> Pace:
    """The same, with a scheduled release at `second`: a jump of `height` that halves in a minute and fades slowly."""
    after = np.arange(len(pace), dtype=np.int64) - second
    return pace + np.where(after >= 0, height * 60 // (60 + np.maximum(after, 0)), 0)


def new_york_ns(day: date, at: time) -> int:
    """A New York date and time as ns UTC."""
    return int(datetime.combine(day, at, NEW_YORK).timestamp()) * SECOND
