"""Who trades with a trend: a short unlabelled drift, and a run of more than half an hour against which nothing helps.

A run keeps to a straight line: whenever price is behind it, orders press on, so that little of the way is lost in going
back and forth (the efficiency ratio of its minutes is high).
"""

from typing import Any

from adapters.synthetic.agents.phase import enter
from adapters.synthetic.book import toward
from adapters.synthetic.orders import orders_for
from adapters.synthetic.state import ASK, BID, HOLD
from bot.kernel import part

_RUN_REACH = 14_000
"""How far a run goes, of a usual minute's range, per mille."""
_BEHIND_MAX = 6


@part
def begin_drift(s: Any, p: Any, nature: Any) -> None:
    """Price is pushed one way, for as long as the plant lasts."""
    k = BID if p.side > 0 else ASK
    s.boost[k] = 600
    s.extra[1 - k] = orders_for(2 * p.grade * s.cost // 16, 10, nature)


@part
def begin_run(s: Any, p: Any) -> None:
    """Aim at where the run ends."""
    k = ASK if p.side > 0 else BID
    p.from_price, p.aim = s.price[k], s.price[k] + toward(k) * (s.reach * _RUN_REACH // 16_000)
    enter(s, p, HOLD)


@part
def run(s: Any, p: Any, nature: Any) -> None:
    """One step of the run."""
    keep_to_line(s, ASK if p.side > 0 else BID, p.from_price, p.aim, s.ts - p.start, p.until - p.start, nature)


@part
def keep_to_line(s: Any, k: int, start: int, aim: int, elapsed: int, whole: int, nature: Any) -> None:
    """Orders that hit side k press where price is behind the straight way from `start` to `aim`, and rest where not."""
    due = start + (aim - start) * min(elapsed // 1_000, whole // 1_000) // (whole // 1_000)
    behind = (due - s.price[k]) * toward(k)
    s.boost[1 - k] = 600 if behind > 0 else 1_200
    s.boost[k] = 1_000 if behind > -2 else 600
    s.extra[k] = 0
    if behind > 0:
        s.extra[k] = orders_for(min(behind, _BEHIND_MAX) * max(s.cost // 16, s.usual // 60), 6, nature)
