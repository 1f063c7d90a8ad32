"""What the exchange does: it halts trading and lets it go on, and it prints a block that was agreed upon elsewhere."""

from typing import Any

from adapters.synthetic.book import gap, print_at, quote, status, toward
from adapters.synthetic.chance import Rng, below
from adapters.synthetic.state import ASK, BID, HOLD, REST
from bot.domain.market import HALT, RESUME, Ticks
from bot.kernel import part

_BLOCK_ORDERS = 50


@part
def begin_halt(s: Any, p: Any, out: Ticks) -> None:
    """Nothing happens until it is over."""
    s.halted = 1
    status(s, HALT, out)
    p.phase = HOLD


@part
def end_halt(s: Any, rng: Rng, nature: Any, out: Ticks) -> None:
    """Trading goes on, somewhere near."""
    s.halted = 0
    status(s, RESUME, out)
    gap(s, below(rng, 2 * (s.reach // 16) + 1) - s.reach // 16, rng, nature)
    quote(s, out)


@part
def print_block(s: Any, p: Any, nature: Any, out: Ticks) -> None:
    """One print of fifty usual orders at the touch, that takes nothing from the queue."""
    k = ASK if p.side > 0 else BID
    p.price = s.price[k]
    print_at(s, k, s.price[k], nature.lot * _BLOCK_ORDERS * nature.mean // 10, out)
    quote(s, out)
    p.phase = REST


@part
def spike(s: Any, p: Any, nature: Any, out: Ticks) -> None:
    """One print far beyond a quote that nobody saw move: an error of the feed."""
    k = ASK if p.side > 0 else BID
    print_at(s, k, s.price[k] + toward(k) * max(40, 4 * s.reach // 16), nature.lot, out)
    quote(s, out)
