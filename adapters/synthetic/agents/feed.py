"""A feed in disorder: stamps that went backwards, a crossed book for more than a second, one print from nowhere.

The market itself goes on as ever; what is told of it is wrong.
"""

from typing import Any

from adapters.synthetic.agents.exchange import spike
from adapters.synthetic.book import quote
from adapters.synthetic.state import HOLD, LIFT, PUSH, REST, SECOND
from bot.domain.market import Ticks
from bot.kernel import part

_CROSSED_FROM_NS, _CROSSED_NS, _SPIKE_NS = 4 * SECOND, 2 * SECOND, 10 * SECOND


@part
def begin_disorder(s: Any, p: Any) -> None:
    """Stamps are late from now on."""
    s.disorder = 1
    p.phase = PUSH


@part
def disorder(s: Any, p: Any, nature: Any, out: Ticks) -> None:
    """The book crosses and uncrosses, then the spike."""
    since = s.ts - p.first
    if p.phase == PUSH and since >= _CROSSED_FROM_NS:
        s.crossed, p.phase = 1, HOLD
        quote(s, out)
    elif p.phase == HOLD and since >= _CROSSED_FROM_NS + _CROSSED_NS:
        s.crossed, p.phase = 0, LIFT
        quote(s, out)
    elif p.phase == LIFT and since >= _SPIKE_NS:
        spike(s, p, nature, out)
        p.phase = REST
