"""G3, limit band: the price is about to be locked at the exchange's limit, where volume without progress is no sign.

Definition
    On when bid or ask comes within max(10 ticks, 2 average minute ranges) of a known band; off five minutes after the
    touch has left it. Bands are data (the instrument's `band_low`, `band_high`); without one this guard never speaks.
Source
    Specification of signals §11. Its half of a 15-minute range is 2 minute ranges here: √15 / 2, for range grows with
    the root of time.
"""

from pydantic import Field

from bot.config.params import MINUTE_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 3
FAR = 1 << 40


class Params(guard.GuardParams):
    """How near is too near, and for how long after."""

    near_ticks: int = Field(10, ge=0)
    near_atr: float = Field(2.0, ge=0)
    """Average minute ranges, where that is more."""
    release: Duration = 5 * MINUTE_NS


STATE = guard.state(
    Params,
    ("banded", "i8"),
    ("low", "i8"),
    ("high", "i8"),
    ("due", "i8"),  # when it will go off
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    low, high = instrument.band_low, instrument.band_high
    reach = {"low": -FAR if low is None else low, "high": FAR if high is None else high}
    banded = low is not None or high is not None
    return guard.first(STATE, params, NUMBER, source, kind, due=NEVER, banded=banded, **reach)


@part
def leave(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """The touch left the band long enough ago: go off; return how many events there are."""
    found = guard.switch(g, FAR, g.args.near_ticks, g.due, arrival, row, out, found)
    g.due = NEVER
    return found


@part
def see(g: Row, tick: Row, range_ticks: float, row: int, out: Events, found: int) -> int:
    """A row's book, where minutes have that range; return how many events there are."""
    near = max(float(g.args.near_ticks), g.args.near_atr * range_ticks)
    distance = FAR
    for touch in (tick.bid, tick.ask):
        if touch != ABSENT:
            distance = min(distance, min(g.high - touch, touch - g.low))
    if distance > near:
        if g.on and g.due == NEVER:
            g.due = tick.ts + g.args.release
        return found
    g.due = NEVER
    return found if g.on else guard.switch(g, distance, near, tick.ts, tick.ts, row, out, found)
