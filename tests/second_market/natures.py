"""What each product is like here.

Aims: ticks a minute of the specification of signals §0.1, spreads and rates of recorded tapes; a test says how near
they come.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tests.second_market.state import NATURE, Rows


@dataclass(frozen=True)
class Nature:
    """One product's market; see NATURE for the numbers."""

    contract: str
    tick: Decimal
    price: Decimal
    takes: float
    makes: float
    fades: float
    grid: int
    least: float
    mean: float = 3.0
    tail: float = 1.35
    largest: int = 120
    lot: int = 1
    wide: int = 1
    reach: float = 1.4
    pieces: float = 0.1
    slow: bool = False
    """Half of its days are staged in bars of a quarter of an hour instead of a minute."""
    opens: str = "09:30"

    def row(self, seed: int = 0, share: float = 0.5) -> Rows:
        """As the kernel takes it; `share` of buying the whole day."""
        row = np.zeros(1, NATURE)
        for name in NATURE.names or ():
            if name not in ("share", "bar"):
                row[name] = getattr(self, name)
        # Orders that excite the other side pull the share that comes out towards one half.
        row["share"] = 0.5 + (share - 0.5) / 0.55
        row["bar"] = 900.0 if self.slow and seed % 2 else 60.0
        return row


def _nature(contract: str, tick: str, price: str, *rates: float, **more: object) -> Nature:
    takes, makes, fades, grid, least = rates
    return Nature(contract, Decimal(tick), Decimal(price), takes, makes, fades, int(grid), least, **more)  # type: ignore[arg-type]


NATURES = {
    "ES": _nature("ESH2027", "0.25", "6850.00", 0.85, 17.0, 0.40, 20, 195, tail=1.6, reach=4.0),
    "NQ": _nature("NQH2027", "0.25", "25100.00", 1.3, 7.0, 0.85, 100, 26, mean=1.3, tail=1.8, largest=40, wide=2,
                  reach=5.0),
    "CL": _nature("CLG2027", "0.01", "61.50", 0.28, 5.0, 0.30, 50, 78, mean=2.2, tail=1.5, largest=60, reach=1.5,
                  slow=True, opens="09:00"),
    "GC": _nature("GCG2027", "0.10", "4120.0", 0.22, 5.0, 0.34, 50, 65, mean=1.7, tail=1.6, largest=50, wide=2,
                  reach=1.7, slow=True, opens="08:20"),
    "SPY": _nature("SPY", "0.01", "684.00", 0.5, 6.0, 0.35, 100, 5_200, mean=3.0, tail=1.4, largest=90, lot=100),
    "AAPL": _nature("AAPL", "0.01", "262.00", 0.30, 5.5, 0.34, 100, 2_600, mean=1.9, tail=1.5, largest=60, lot=50,
                    wide=2, reach=2.2, pieces=0.3),
    "TSLA": _nature("TSLA", "0.01", "410.00", 1.0, 6.5, 0.65, 100, 1_560, mean=1.6, tail=1.6, largest=60, lot=40,
                    wide=4, reach=5.0, pieces=0.3),
}  # fmt: skip


def pace(seconds: int, day_s: int = 23_400) -> Rows:
    """Activity for each second from the regular open: a U with mean near 1."""
    t = np.minimum(np.arange(max(seconds, 1)) / day_s, 1.0)
    return 0.68 + 1.5 * np.exp(-t / 0.09) + 0.9 * np.exp(-(1.0 - t) / 0.1)
