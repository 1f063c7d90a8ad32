"""How fast one side is selling: exponential rates over two seconds and over five minutes.

Definition
    r(t) = Σ size · exp(−(t − t_i) / tau) / tau over the sales of that side. The slow rate forgets at whole seconds,
    which is right to a third of a percent, and is divided by what it would have reached had every second sold one
    unit, so that it is a rate from the first second on and not only after ten minutes.
Mechanism
    A sale is written into a ring, which costs next to nothing; the fast rate is worked out from there when somebody
    asks, and carried on from sale to sale for as long as somebody does.
"""

import math

import numpy as np

from bot.config.params import SECOND_NS
from bot.kernel import Row, hot, part

SALES = 256
"""Newest sales that are remembered one by one."""
FAST_NS, SLOW_S = 2 * SECOND_NS, 300.0
_STEP = math.exp(-1.0 / SLOW_S)
_FORGOTTEN_NS = 10 * FAST_NS

SALE = np.dtype([("ts", "i8"), ("size", "i8")], align=True)
STATE = np.dtype(
    [
        ("count", "i8"),
        ("since", "i8"),  # count when the ring began anew
        ("seconds", "i8"),  # whole ones since then
        ("open", "i8"),  # sold in this second
        ("slow", "f8"),  # decayed volume at the last whole second, and what one unit a second would have come to
        ("unit", "f8"),
        ("fast", "f8"),  # decayed volume at `fast_ts`
        ("fast_ts", "i8"),  # 0: nobody has asked
        ("sales", SALE, (SALES,)),
    ],
    align=True,
)


@part
def forget(s: Row) -> None:
    """Begin anew."""
    s.since, s.seconds, s.open, s.fast_ts = s.count, 0, 0, 0
    s.slow = s.unit = s.fast = 0.0


@hot
def sold(s: Row, ts: int, size: int) -> None:
    """Remember a sale."""
    sale = s.sales[s.count & (SALES - 1)]
    sale.ts, sale.size = ts, size
    s.count += 1
    s.open += size


@part
def second(s: Row) -> None:
    """A whole second has passed."""
    s.slow = s.slow * _STEP + s.open
    s.unit = s.unit * _STEP + 1.0
    s.open = 0
    s.seconds += 1


@part
def warm(s: Row, ts: int) -> None:
    """Work the fast rate out from the newest sales."""
    s.fast = 0.0
    for k in range(min(s.count - s.since, SALES)):
        sale = s.sales[(s.count - 1 - k) & (SALES - 1)]
        if ts - sale.ts > _FORGOTTEN_NS:
            return
        s.fast += sale.size * math.exp((sale.ts - ts) / FAST_NS)


@part
def rates(s: Row, ts: int, size: int) -> tuple[float, float]:
    """(r2, r300) in units per second at a sale of `size` that is remembered already.

    To be asked at every sale from one on; before that one `fast_ts` is 0.
    """
    if s.fast_ts > 0:
        s.fast = s.fast * math.exp((s.fast_ts - ts) / FAST_NS) + size
    else:
        warm(s, ts)
    s.fast_ts = ts
    return s.fast / (FAST_NS / 1e9), (s.slow + s.open) / (s.unit + 1.0)
