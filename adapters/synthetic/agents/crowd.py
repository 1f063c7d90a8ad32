"""The crowd: for some minutes nearly everybody wants the same side, and makers meet them with more than usual."""

from typing import Any

from adapters.synthetic.state import ASK, BID
from bot.kernel import part

SHARE = (0, 805, 830, 860)
"""Of the volume on the dominant side, per mille, by grade."""
_MOOD = 2_300  # a one-sided bar is a busy one


@part
def begin_crowd(s: Any, p: Any) -> None:
    """Whoever meets the flow shows more."""
    s.makers[ASK if p.side > 0 else BID] = 1_400


@part
def steer(s: Any, p: Any) -> None:
    """Keep the share of the dominant side at its grade's."""
    k = ASK if p.side > 0 else BID
    total = p.volume[BID] + p.volume[ASK]
    short = 1_000 * p.volume[k] < SHARE[p.grade] * total
    s.mood = max(s.mood, _MOOD)
    s.boost[k] = 1_450 if short else 1_150
    s.boost[1 - k] = 150 if short else 1_000
