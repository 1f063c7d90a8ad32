"""The walk over the rows of a batch: everything that reads ticks, in one compiled call.

A row first lets time pass (`moments`: bars end, a day begins, a guard falls due), then shows its book, then its print
or quote. What is due is known beforehand as one stamp, so that a quiet row compares two numbers and goes on.
A walk that runs out of room comes back before the row that needs it; the engine makes room, and it goes on there.
"""

from typing import NamedTuple

import numpy as np

from bot.domain.market import (
    OFF_GRID,
    PRINT,
    QUOTE,
    STATUS,
    Days,
    Events,
    Ticks,
)
from bot.kernel import Row, hot, kernel, part
from bot.signals import (
    absorption,
    bars,
    gap,
    guard_halt,
    guard_one_sided,
    guards,
    makers,
    order_flow,
    quote_reaction,
    rolling,
    sweep,
)
from bot.signals.bars import DONE, GRACE_NS, GROW
from bot.signals.epochs import NEVER, epoch, next_epoch
from bot.signals.footprint import BAR
from bot.signals.guard_feed import ODD
from bot.signals.guards import SECOND_NS
from bot.signals.soundness import crossed, sound, void

FRAMES_MAX = 8
SHORT = 3
"""Why a walk came back, besides bars' DONE, FULL and GROW: the buffer of events is too short."""
ROW_EVENTS = 16
"""More than one row, or the silence before it, cannot give from all readers but absorption, makers and sweep."""
LOOK_NS = SECOND_NS
"""How often drying up is looked for, in event time: with the seconds, as coming back to a row costs more than one."""

WORLD = np.dtype(
    [
        ("row", "i8"),  # the next to be read
        ("found", "i8"),  # events in the buffer
        ("next_epoch", "i8"),
        ("next_look", "i8"),
        ("next_second", "i8"),
        ("bid", "i8"),  # the touch in force
        ("ask", "i8"),
        ("crossed", "i8"),  # the book of the newest row cannot be true; `bid` and `ask` are those before it
        ("resumed", "i8"),  # a memory was taken up and no row has been read since: ON_TAPE or LIVE of `gap.py`
        ("deaf", "i8"),  # no detector reads: trading is halted, or the book has one side only
        ("traded", bars.TOTAL),  # since the tape began, as it stood at the last whole second
        ("bars", bars.STATE),
        ("frames", BAR, (FRAMES_MAX,)),
        ("guards", guards.STATE),
        ("order_flow", order_flow.STATE),
        ("levels", quote_reaction.LEVELS),
    ],
    align=True,
)


class Readers(NamedTuple):
    """The memories of the detectors that read rows: of each kind an array of its STATE."""

    absorptions: Ticks
    rollings: Ticks
    sweeps: Ticks
    makers: Ticks


@part
def forget(readers: Readers) -> None:
    """Trading stopped or went on, or the book broke: levels die, breaches have failed."""
    for k in range(readers.absorptions.shape[0]):
        absorption.die(readers.absorptions[k])
    for k in range(readers.sweeps.shape[0]):
        sweep.interrupt(readers.sweeps[k])


@part
def interrupt(readers: Readers) -> None:
    """Trading stopped or went on: what was under way is over."""
    forget(readers)
    for k in range(readers.rollings.shape[0]):
        rolling.restart(readers.rollings[k])
    for k in range(readers.makers.shape[0]):
        makers.restart(readers.makers[k])


@part
def new_epoch(readers: Readers, days: Days, ts: int) -> None:
    """Statistics begin anew."""
    interrupt(readers)
    for k in range(readers.absorptions.shape[0]):
        absorption.new_day(readers.absorptions[k], epoch(days, ts))
    for k in range(readers.sweeps.shape[0]):
        sweep.new_day(readers.sweeps[k], days, ts)
    for k in range(readers.makers.shape[0]):
        makers.new_day(readers.makers[k])


@part
def pass_seconds(w: Row, readers: Readers, now: int, arrival: int, out: Events) -> None:
    """Whole seconds up to `now` are over: those that sample in event time are told, before any row of that stamp.

    Bars that end up to `now` have closed already, also those that end after the second told of.
    """
    # Counted: how often a while would turn LLVM works out in 128 bits, whose division no linker here knows.
    for _ in range((now - w.next_second) // SECOND_NS + 1):
        bars.add_up(w.bars, w.frames[0], w.traded)
        order_flow.advance(w.order_flow, w.traded, w.next_second)
        for k in range(readers.rollings.shape[0]):
            w.found = rolling.second(
                readers.rollings[k], w.bars, w.order_flow, w.traded, w.next_second, arrival, w.row, out, w.found
            )
        for k in range(readers.sweeps.shape[0]):
            sweep.second(readers.sweeps[k], w.next_second)
        for k in range(readers.makers.shape[0]):
            w.found = makers.second(
                readers.makers[k],
                w.order_flow,
                w.levels.taken,
                w.traded,
                w.guards.rows,
                w.next_second,
                arrival,
                w.row,
                out,
                w.found,
            )
        w.next_second += SECOND_NS


@part
def roll(
    w: Row, days: Days, readers: Readers, ladders: Ticks, closed: Ticks, cells: Ticks, ts: int, arrival: int
) -> int:
    """Close the bars that end at or before `ts`, and tell the readers of each. DONE, or what it was short of."""
    first = w.bars.closed
    if w.frames[0].end <= ts:
        gap.spoil(w, days, ts)
    code = bars.roll(days, w.bars, w.frames, ladders, closed, cells, ts, arrival, w.row)
    if w.bars.closed > first:
        bars.add_up(w.bars, w.frames[0], w.traded)
    for i in range(first, w.bars.closed):
        order_flow.stamp(w.order_flow, w.traded, closed[i])
        for k in range(readers.rollings.shape[0]):
            if readers.rollings[k].timeframe == closed[i].timeframe:
                rolling.on_bar(readers.rollings[k], closed[i])
        for k in range(readers.makers.shape[0]):
            if readers.makers[k].timeframe == closed[i].timeframe:
                makers.on_bar(readers.makers[k], closed[i], w.guards.rows)
    return code


@part
def turn_book(w: Row, readers: Readers, arrival: int, out: Events) -> None:
    """One side has been missing for too long, or both have stood for long enough."""
    g = w.guards.one_sided
    at = g.due
    w.found = guard_one_sided.switch(g, arrival, w.row, out, w.found)
    forget(readers)
    bars.lock(w.bars, w.frames, g.on, at)


@part
def moments(
    w: Row, days: Days, readers: Readers, ladders: Ticks, closed: Ticks, cells: Ticks, tick: Row, out: Events
) -> int:
    """Let time come to a row's stamp, before the row is read. DONE, or what the end of a bar is short of."""
    ts = tick.ts
    if not w.bars.started:
        bars.begin(days, w.bars, w.frames, ts)
        w.found = guards.begin(w.guards, ts, w.row, out, w.found)
        w.next_second = w.guards.next_second
        order_flow.begin(w.order_flow, ts)
    missed = gap.missed(w, days, ts) if w.resumed else 0
    if ts > w.guards.one_sided.due:
        turn_book(w, readers, ts, out)
    code = roll(w, days, readers, ladders, closed, cells, ts, ts)
    if code != DONE:
        return code
    pass_seconds(w, readers, ts, ts, out)
    if ts >= w.next_epoch:
        w.next_epoch = next_epoch(days, ts)
        new_epoch(readers, days, ts)
        w.order_flow.broken = 1
    w.found = guards.pass_time(w.guards, days, w.bars, ts - 1, ts, w.row, out, w.found)
    if missed > 0:
        gap.warm_up(w, readers.absorptions, missed, ts, out)
    w.resumed = 0
    w.found, touched = guard_halt.hear(w.guards.halt, tick, w.row, out, w.found)
    if touched or missed > 0:
        guards.reopen(w.guards)
        interrupt(readers)
        w.order_flow.broken = 1
        bars.halt(w.bars, w.frames, w.guards.halt.halted)
    for k in range(readers.sweeps.shape[0]):
        if readers.sweeps[k].cut:
            w.found = sweep.take_up(readers.sweeps[k], tick, w.row, out, w.found)
    w.deaf = w.guards.halt.halted | w.guards.one_sided.on
    w.guards.wake = min(w.next_second, min(w.frames[0].end, w.next_epoch))
    guards.set_alarm(w.guards)
    if any_ripe(readers.absorptions):
        if ts >= w.next_look and tick.kind != STATUS and sound(tick):
            w.next_look = (ts // LOOK_NS + 1) * LOOK_NS
            for k in range(readers.absorptions.shape[0]):
                w.found = absorption.on_look(readers.absorptions[k], tick, w.row, out, w.found)
        w.guards.wake = min(w.guards.wake, w.next_look)
    return DONE


@part
def any_ripe(absorptions: Ticks) -> bool:
    """Whether any level is worth a look."""
    ripe = 0
    for k in range(absorptions.shape[0]):
        ripe += absorptions[k].sides[0].ripe + absorptions[k].sides[1].ripe
    return ripe > 0


@part
def touch(w: Row, tick: Row, out: Events) -> None:
    """Bid or ask moved."""
    quote_reaction.moved(w.levels, w.order_flow, tick, w.bars.total.quotes + w.frames[0].quotes)
    order_flow.touch(w.order_flow, tick)
    if tick.kind == PRINT:
        order_flow.update(w.order_flow, w.frames[0], tick, w.guards.stuffing.on)
    w.bid, w.ask = tick.bid, tick.ask
    w.found = guards.touch(w.guards, tick, w.row, out, w.found)


@part
def cross(w: Row, tick: Row, out: Events) -> None:
    """The book became crossed, or is no more. Only the guards hear of it: nothing can be measured on such a book."""
    w.crossed = 1 - w.crossed
    w.found = guards.touch(w.guards, tick, w.row, out, w.found)


@hot
def quoted(w: Row, readers: Readers, tick: Row, out: Events) -> None:
    """Read a quote."""
    w.found = guards.quoted(w.guards, tick, w.row, out, w.found)
    order_flow.update(w.order_flow, w.frames[0], tick, w.guards.stuffing.on)
    for j in range(0 if w.deaf else readers.absorptions.shape[0]):
        absorption.on_quote(readers.absorptions[j], tick)
    for j in range(0 if w.deaf else readers.sweeps.shape[0]):
        w.found = sweep.on_quote(readers.sweeps[j], tick, w.row, out, w.found)


@hot
def printed(w: Row, readers: Readers, ladder: Ticks, tick: Row, sure: float, out: Events) -> None:
    """Read a print."""
    if tick.flags & OFF_GRID:
        w.frames[0].unknown += tick.size
        return
    w.guards.stuffing.prints += 1
    bars.take(w.bars, w.frames[0], ladder, tick, sure)
    quote_reaction.hit(w.levels, w.bars.total.quotes + w.frames[0].quotes, tick)
    heard = 0 if w.deaf or w.crossed else readers.absorptions.shape[0]
    if w.bars.order_size >= w.guards.block.reach:
        heard = blocked(w, readers, tick, heard, out)
    for j in range(heard):
        a = readers.absorptions[j]
        absorption.tick_on(a, tick.ts)
        w.found = absorption.on_print(a, tick, sure, w.row, out, w.found)
        if (a.sides[0].ripe > 0) | (a.sides[1].ripe > 0):
            w.guards.wake = min(w.guards.wake, w.next_look)
    for j in range(0 if w.deaf else readers.sweeps.shape[0]):
        w.found = sweep.on_print(readers.sweeps[j], tick, sure, w.row, out, w.found)


@part
def blocked(w: Row, readers: Readers, tick: Row, heard: int, out: Events) -> int:
    """A print of an order as large as a block: it breaks levels like any other, but none has absorbed it.

    Returns how many absorptions are still to hear of it: none, if it is a block, else the `heard` that there are.
    """
    for j in range(heard):
        # One of many into a level that holds is what an absorption is made of; a block comes alone.
        if absorption.attacked(readers.absorptions[j], tick, w.bars.order_size):
            return heard
    w.found = guards.block(w.guards, w.bars, tick, w.row, out, w.found)
    if not w.guards.block.on:
        return heard
    for j in range(heard):
        absorption.pass_by(readers.absorptions[j], tick)
    return 0


@part
def read_rows(
    ticks: Ticks,
    sure: Ticks,
    days: Days,
    w: Row,
    readers: Readers,
    ladders: Ticks,
    closed: Ticks,
    cells: Ticks,
    out: Events,
) -> int:
    """Read rows from where the world stands. DONE, or what the next row is short of."""
    room = out.shape[0] - guards.ROW_EVENTS - ROW_EVENTS
    room -= absorption.ROW_EVENTS * readers.absorptions.shape[0] + sweep.ROW_EVENTS * readers.sweeps.shape[0]
    room -= makers.ROW_EVENTS * readers.makers.shape[0]
    for i in range(w.row, ticks.shape[0]):
        tick = ticks[i]
        w.row = i
        if void(tick):
            continue
        if w.found > room:
            return SHORT
        if tick.ts >= w.guards.wake or tick.kind == STATUS:
            code = moments(w, days, readers, ladders, closed, cells, tick, out)
            if code != DONE:
                return code
        if tick.kind != STATUS and crossed(tick) != w.crossed:
            cross(w, tick, out)
        if w.crossed and tick.kind == QUOTE:
            continue
        if tick.kind == PRINT and not bars.fits(w.frames[0], tick.price, ladders.shape[1]):
            return GROW
        if tick.flags & ODD:
            w.found = guards.odd(w.guards, tick, i, out, w.found)
        guards.pause(w.guards, tick.ts)
        if tick.kind == STATUS:
            continue
        if not w.crossed and (tick.bid != w.bid or tick.ask != w.ask):
            touch(w, tick, out)
        if tick.kind == PRINT:
            printed(w, readers, ladders[0], tick, sure[i] if sure.shape[0] else 1.0, out)
        elif tick.kind == QUOTE:
            quoted(w, readers, tick, out)
    w.row = ticks.shape[0]
    return SHORT if w.found > room else DONE


@part
def silence(
    until: int, days: Days, w: Row, readers: Readers, ladders: Ticks, closed: Ticks, cells: Ticks, out: Events
) -> int:
    """Let time come to `until` with no row behind."""
    # Whether it was silent while nobody listened shows with the first row.
    if w.bars.started and w.resumed != gap.LIVE:
        if w.guards.one_sided.due <= until:
            turn_book(w, readers, NEVER, out)
        if w.frames[0].end + GRACE_NS <= until:
            code = roll(w, days, readers, ladders, closed, cells, until - GRACE_NS, until + 1)
            if code != DONE:
                return code
        pass_seconds(w, readers, until - GRACE_NS, until + 1, out)
        w.found = guards.pass_time(w.guards, days, w.bars, until, NEVER, w.row, out, w.found)
        # What silence has brought is taken up by the next row.
        w.guards.wake = 0 if until > 0 else w.guards.wake
    w.row = 0
    return DONE


@kernel
def read(
    ticks: Ticks,
    sure: Ticks,
    until: int,
    days: Days,
    world: Ticks,
    readers: Readers,
    ladders: Ticks,
    closed: Ticks,
    cells: Ticks,
    out: Events,
) -> int:
    """Read a batch from where the world stands, then the silence after it. DONE, or what it is short of.

    `sure` holds how certain the side of each print is; it is empty when all are certain.
    """
    guards.plan(world[0].guards, days)
    code = read_rows(ticks, sure, days, world[0], readers, ladders, closed, cells, out)
    return silence(until, days, world[0], readers, ladders, closed, cells, out) if code == DONE else code
