"""A side that nobody quotes: for a moment, or locked at a price limit, where volume without progress is no sign."""

from typing import Any

from adapters.synthetic.book import quote
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import ASK, BID, LOCK
from bot.domain.market import Ticks
from bot.kernel import part


@part
def begin_absence(s: Any, p: Any, nature: Any, out: Ticks) -> None:
    """The ask (side +1) or the bid is gone until the plant is over."""
    k = BID if p.side > 0 else ASK
    s.absent = 1 - k
    if p.kind == LOCK:
        s.size[k] *= 20
        s.boost[k] = 100  # who would sell at a limit waits
        s.extra[k] = orders_for(3 * s.cost // 16, 10, nature)
    quote(s, out)
