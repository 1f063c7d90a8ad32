"""The exchange closes and opens: nothing in between, then a gap, and the session before becomes yesterday."""

from typing import Any

from adapters.synthetic.book import gap, quote
from adapters.synthetic.chance import Rng, below
from adapters.synthetic.levels import turn_day
from adapters.synthetic.state import ASK, BID, SECOND
from bot.domain.market import Ticks
from bot.kernel import part

_NIGHT_NS = 2 * 3_600 * SECOND
_GAP_BREAK, _GAP_NIGHT = 1, 4
"""How far price may be away after a short break and after a night, in usual minute ranges."""


@part
def open_or_close(s: Any, pace: int, rng: Rng, nature: Any, out: Ticks) -> None:
    """Follow the clock: a pace of 0 closes the exchange, any other opens it again."""
    if pace == 0 and s.closed == 0:
        s.closed = s.ts
    elif pace > 0 and s.closed > 0:
        far = 1 + s.reach // 16 * (_GAP_NIGHT if s.ts - s.closed >= _NIGHT_NS else _GAP_BREAK)
        turn_day(s)
        s.stock = 0  # whoever makes a market goes home flat
        s.closed = 0
        gap(s, below(rng, 2 * far + 1) - far, rng, nature)
        s.high = s.low = s.day[BID] = s.price[BID]
        s.day[ASK] = s.price[ASK]
        s.minute = s.ts // (60 * SECOND) * (60 * SECOND) + 60 * SECOND
        quote(s, out)
