"""The quote stuffer: hundreds of quotes a second put in and taken out, and nobody dares to trade."""

from typing import Any

from adapters.synthetic.state import ASK, BID
from bot.kernel import part

_RATE = 800_000


@part
def begin_stuffing(s: Any) -> None:
    """Flicker until the plant is over."""
    s.flicker = _RATE
    s.boost[BID] = s.boost[ASK] = 30
