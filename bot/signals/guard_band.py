"""G3, limit band: the price is about to be locked at the exchange's limit, where volume without progress is no sign.

Definition
    On when bid or ask comes within `near_ticks` of a known band; off five minutes after the touch has left it. Bands
    are data (the instrument's `band_low`, `band_high`); without one this guard never speaks.
Source
    Specification of signals §11, without its half of a 15-minute ATR.
"""

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.args import args_dtype, args_row
from bot.signals.epochs import NEVER

NUMBER = 3
FAR = 1 << 40


class Params(Base):
    """How near is too near, and for how long after."""

    near_ticks: int = Field(10, ge=0)
    release: Duration = 5 * MINUTE_NS

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> "Params":
        """The same for every product."""
        return cls()


ARGS = args_dtype(Params)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("name", guard.NAME),
        ("on", "i8"),
        ("banded", "i8"),
        ("low", "i8"),
        ("high", "i8"),
        ("due", "i8"),  # when it will go off
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["name"], state["due"] = (NUMBER, source, kind), NEVER
    low, high = instrument.band_low, instrument.band_high
    state["banded"] = low is not None or high is not None
    state["low"], state["high"] = -FAR if low is None else low, FAR if high is None else high
    return state


@part
def switch(g: Row, distance: int, due: int, arrival: int, row: int, out: Events, found: int) -> int:
    """Go on or off; return how many events there are."""
    g.on = 1 - g.on
    guard.tell(out[found], g.name, g.on, distance, g.args.near_ticks, due, arrival, row)
    g.due = NEVER
    return found + 1


@part
def see(g: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A row's book; return how many events there are."""
    distance = FAR
    for touch in (tick.bid, tick.ask):
        if touch != ABSENT:
            distance = min(distance, min(g.high - touch, touch - g.low))
    if distance > g.args.near_ticks:
        if g.on and g.due == NEVER:
            g.due = tick.ts + g.args.release
        return found
    g.due = NEVER
    return found if g.on else switch(g, distance, tick.ts, tick.ts, row, out, found)
