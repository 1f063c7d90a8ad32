"""News: makers step back, the spread jumps, price runs one way for the better part of a minute."""

from typing import Any

from adapters.synthetic.book import give_way, quote
from adapters.synthetic.chance import Rng
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import ASK, BID
from bot.domain.market import Ticks
from bot.kernel import part


@part
def begin_news(s: Any, p: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    """Three levels are gone at once; orders follow."""
    k = BID if p.side > 0 else ASK
    s.wide = nature.wide + 2 + p.grade
    give_way(s, k, rng, nature)
    give_way(s, 1 - k, rng, nature)
    give_way(s, 1 - k, rng, nature)
    s.extra[1 - k] = orders_for(6 * p.grade * s.cost // 16, 10, nature)
    quote(s, out)
