"""All guards of an instrument: what a row shows them, and what time alone brings.

Seconds of event time are one clock for those that sample. Everything timed is done in the order of its time, whether
the next row brings it or silence does, so that it does not matter which.
"""

import numpy as np

from bot.domain.market import ABSENT, Days, Events
from bot.kernel import Row, hot, part
from bot.signals import guard_band, guard_halt, guard_one_sided, guard_spread, guard_stuffing, guard_volatility

SECOND_NS = 1_000_000_000
ROW_EVENTS = 16
"""More than one row cannot give from all guards."""
BY_KIND = {
    "guard_volatility": guard_volatility,
    "guard_stuffing": guard_stuffing,
    "guard_band": guard_band,
    "guard_one_sided": guard_one_sided,
    "guard_spread": guard_spread,
    "guard_halt": guard_halt,
}
STATE = np.dtype(
    [
        ("wake", "i8"),  # nothing timed happens before the first row at or after this
        ("next_second", "i8"),
        ("seconds", "i8"),
        ("rows", "i8"),
        *((kind.removeprefix("guard_"), module.STATE) for kind, module in BY_KIND.items()),
    ],
    align=True,
)


@part
def begin(g: Row, ts: int) -> None:
    """The first row of a tape."""
    g.halt.last = ts
    g.next_second = (ts // SECOND_NS + 1) * SECOND_NS


@part
def reopen(g: Row) -> None:
    """Trading stopped or goes on after a while."""
    guard_volatility.restart(g.volatility)


@part
def set_alarm(g: Row) -> None:
    """Wake no later than for what is due. It happens before the first row after its stamp, hence one more."""
    due = min(min(g.next_second, g.spread.due), min(min(g.band.due, g.halt.off_due), g.one_sided.due))
    g.wake = min(g.wake, due + 1)


@part
def touch(g: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """Bid or ask moved; return how many events there are."""
    missing = 1 if tick.bid == ABSENT or tick.ask == ABSENT else 0
    if missing != g.one_sided.missing:
        guard_one_sided.turn(g.one_sided, missing, tick.ts)
    if not missing and tick.ask > tick.bid:
        g.volatility.known, g.volatility.mid = 1, tick.bid + tick.ask
        guard_spread.turn(g.spread, tick.ask - tick.bid, tick.ts)
    crossed = 1 if not missing and tick.ask < tick.bid else 0
    if g.band.banded and not crossed:
        found = guard_band.see(g.band, tick, row, out, found)
    set_alarm(g)
    return found


@hot
def quoted(g: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A quote; return how many events there are."""
    guard_stuffing.quote(g.stuffing, tick)
    if not g.stuffing.on and g.stuffing.quotes >= g.stuffing.limit and guard_stuffing.flood(g.stuffing):
        return guard_stuffing.flooded(g.stuffing, tick.ts, row, out, found)
    return found


@hot
def pause(g: Row, ts: int) -> None:
    """The time since the row before is over; every 16th such time is a sample of what is natural."""
    g.rows += 1
    if g.rows & 15 == 0:
        guard_halt.gap(g.halt, ts - g.halt.last)
    g.halt.last = ts


@part
def pass_time(g: Row, days: Days, now: int, arrival: int, row: int, out: Events, found: int) -> int:
    """Let time come to `now`; return how many events there are. A one-sided book is the walk's own business."""
    while g.next_second <= now:
        at = g.next_second
        while g.spread.due <= at:
            found = guard_spread.switch(g.spread, arrival, row, out, found)
        found = guard_stuffing.second(g.stuffing, at, arrival, row, out, found)
        found = guard_volatility.second(g.volatility, at, arrival, row, out, found)
        g.seconds += 1
        if g.seconds % guard_spread.SAMPLE_SECONDS == 0:
            guard_spread.sample(g.spread, at)
        g.next_second += SECOND_NS
    while g.spread.due <= now:
        found = guard_spread.switch(g.spread, arrival, row, out, found)
    if g.band.due <= now:
        found = guard_band.switch(g.band, guard_band.FAR, g.band.due, arrival, row, out, found)
    return guard_halt.elapse(g.halt, days, now, arrival, row, out, found)
