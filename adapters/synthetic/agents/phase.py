"""How a plant goes from one phase to the next."""

from typing import Any

from adapters.synthetic.state import ASK, BID
from bot.kernel import part


@part
def enter(s: Any, p: Any, phase: int) -> None:
    """The next phase begins now; what is counted is counted from here."""
    p.phase, p.phase_at = phase, s.ts
    p.volume[BID] = p.volume[ASK] = 0
