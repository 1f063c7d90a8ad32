"""All guards of an instrument: what a row shows them, and what time alone brings.

Seconds of event time are one clock for those that sample. Everything timed is done in the order of its time, whether
the next row brings it or silence does, so that it does not matter which.
"""

import numpy as np

from bot.domain.market import ABSENT, Days, Events
from bot.kernel import Row, hot, part
from bot.signals import (
    guard_band,
    guard_block,
    guard_feed,
    guard_halt,
    guard_one_sided,
    guard_roll,
    guard_spread,
    guard_stuffing,
    guard_trend,
    guard_volatility,
    guard_warmup,
)

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
    "guard_block": guard_block,
    "guard_roll": guard_roll,
    "guard_feed": guard_feed,
    "guard_trend": guard_trend,
    "guard_warmup": guard_warmup,
}
"""All but G7, the blackout around news: that is the calendar's, not the tape's (`bot/risk/blackout.py`)."""
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
def begin(g: Row, ts: int, row: int, out: Events, found: int) -> int:
    """The first row of a tape; return how many events there are."""
    g.halt.last = ts
    g.next_second = (ts // SECOND_NS + 1) * SECOND_NS
    return guard_roll.begin(g.roll, ts, row, out, found)


@part
def plan(g: Row, days: Days) -> None:
    """Before a batch: what the sessions that are known say of the future."""
    guard_roll.plan(g.roll, days, g.halt.last)


@part
def reopen(g: Row) -> None:
    """Trading stopped or goes on after a while."""
    guard_volatility.restart(g.volatility)


@part
def set_alarm(g: Row) -> None:
    """Wake no later than for what is due. It happens before the first row after its stamp, hence one more."""
    due = min(min(g.next_second, g.spread.due), min(min(g.band.due, g.halt.off_due), g.one_sided.due))
    g.wake = min(g.wake, min(due, min(min(g.block.due, g.roll.due), min(g.feed.due, g.warmup.due))) + 1)


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
    if crossed != g.feed.is_crossed:
        guard_feed.turn(g.feed, crossed, tick.ts)
    if g.band.banded and not crossed:
        # The range is kept in half ticks.
        found = guard_band.see(g.band, tick, g.volatility.atr.value / 2, row, out, found)
    set_alarm(g)
    return found


@hot
def quoted(g: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A quote; return how many events there are."""
    guard_stuffing.quote(g.stuffing, tick)
    if not g.stuffing.on and g.stuffing.quotes >= g.stuffing.limit and guard_stuffing.flood(g.stuffing):
        return guard_stuffing.flooded(g.stuffing, tick.ts, row, out, found)
    return found


@part
def odd(g: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """A row that came late or out of order, before its pause; return how many events there are."""
    return guard_feed.see(g.feed, tick, tick.ts - g.halt.last, g.halt.gap, row, out, found)


@part
def block(g: Row, bars: Row, tick: Row, row: int, out: Events, found: int) -> int:
    """The order that the print belongs to is as large as a block; return how many events there are."""
    found = guard_block.see(g.block, bars, tick.ts, row, out, found)
    set_alarm(g)
    return found


@hot
def pause(g: Row, ts: int) -> None:
    """The time since the row before is over; every 16th such time is a sample of what is natural."""
    g.rows += 1
    if g.rows & 15 == 0:
        guard_halt.gap(g.halt, ts - g.halt.last)
    g.halt.last = ts


@part
def pass_time(g: Row, days: Days, bars: Row, now: int, arrival: int, row: int, out: Events, found: int) -> int:
    """Let time come to `now`; return how many events there are. A one-sided book is the walk's own business."""
    while g.next_second <= now:
        at = g.next_second
        found = fall_due(g, at, arrival, row, out, found)
        found = sampled(g, bars, at, arrival, row, out, found)
        g.next_second += SECOND_NS
    found = fall_due(g, now, arrival, row, out, found)
    if g.band.due <= now:
        found = guard_band.leave(g.band, arrival, row, out, found)
    if g.roll.due <= now:
        found = guard_roll.switch(g.roll, arrival, row, out, found)
    if g.warmup.due <= now:
        found = guard_warmup.end(g.warmup, arrival, row, out, found)
    return guard_halt.elapse(g.halt, days, now, arrival, row, out, found)


@part
def fall_due(g: Row, now: int, arrival: int, row: int, out: Events, found: int) -> int:
    """What falls due between two seconds and counts in them; return how many events there are."""
    while g.spread.due <= now:
        found = guard_spread.switch(g.spread, arrival, row, out, found)
    if g.feed.due <= now:
        found = guard_feed.cross(g.feed, arrival, row, out, found)
    if g.block.due <= now:
        found = guard_block.switch(g.block, arrival, row, out, found)
    return found


@part
def sampled(g: Row, bars: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A second ended at `at`: all that sample in event time do so; return how many events there are."""
    guard_block.second(g.block, g.stuffing.prints, bars.order_size)
    found = guard_stuffing.second(g.stuffing, at, arrival, row, out, found)
    found = guard_volatility.second(g.volatility, g.spread.on, at, arrival, row, out, found)
    found = guard_trend.second(g.trend, g.volatility, at, arrival, row, out, found)
    found = guard_feed.second(g.feed, g.rows, at, arrival, row, out, found)
    g.seconds += 1
    if g.seconds % guard_spread.SAMPLE_SECONDS == 0:
        guard_spread.sample(g.spread, at)
    return found
