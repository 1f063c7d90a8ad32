"""Footprint bars: what was traded in each stretch of time, price by price, bought and sold apart.

Definition
    A time bar covers `[start, end)` on the grid `day.open + k·width`; a print at exactly `end` belongs to the next one.
    The session's close and the next session's open cut a bar short (PARTIAL). A bar without a print is EMPTY and is
    made only inside a session, so that a gap shows. A bar that ends at E is closed by the first row with ts ≥ E, or by
    silence: its time is E, it is known at min(ts, E + 250 ms).
    Off-grid prints count in the volume, side unknown, in no cell and no price; quarantined ones count nowhere.
Mechanism
    Prints go into the shortest bar only (the base, of the timeframes' common divisor); when it closes it is poured into
    the longer ones cell by cell, and each that ends there closes with it. A cell is found at `price & (size − 1)`; when
    a bar would span more prices than that, the scan returns GROW and goes on in a larger ladder.
Source
    Specification of signals §1; rulings 1, 2, 7, 9.
"""

import numpy as np

from bot.domain.market import ABSENT, SIDE_TICK, Days, Ticks
from bot.kernel import Row, hot, part
from bot.signals import clustering
from bot.signals.epochs import NEVER
from bot.signals.footprint import EMPTY, HALT_IN, LOCKED, OPENING, PARTIAL, clear, poc, pour, wipe

GRACE_NS = 250_000_000
OPENING_NS = 60_000_000_000
DONE, FULL, GROW = 0, 1, 2
"""Why a walk came back: all read; the buffer of closed bars or cells is full; a ladder is too short."""

TOTAL = np.dtype(
    [
        ("buy", "i8"),
        ("sell", "i8"),
        ("unknown", "i8"),
        ("prints", "i8"),
        ("squares", "f8"),
        ("unsure", "f8"),
        ("ofi", "i8"),
        ("depth", "i8"),
        ("quotes", "i8"),
        ("price", "i8"),  # of the last print; ABSENT before the first
    ],
    align=True,
)
"""What was traded, and quoted for, since the tape began; the difference of two is what was traded between."""
STATE = np.dtype(
    [
        ("frames", "i8"),
        ("hidden", "u1"),  # the base is nobody's timeframe
        ("started", "u1"),
        ("halted", "u1"),
        ("locked_from", "i8"),  # the newest time of a locked book; empty at first
        ("free_from", "i8"),
        ("day", "i8"),
        ("ordinal", "i8"),
        ("closed", "i8"),  # bars in the buffer of closed ones
        ("cells", "i8"),  # and their cells
        ("order_ts", "i8"),  # the order that the next print may belong to
        ("order_price", "i4"),
        ("order_side", "i4"),
        ("order_size", "i8"),
        ("total", TOTAL),  # in the base bars that have closed
        ("flow", clustering.STATE),
    ],
    align=True,
)


@part
def place(days: Days, s: Row, bar: Row, ts: int) -> None:
    """Put an empty bar on the grid so that it holds `ts`. The day must be the right one already."""
    clear(bar)
    day = days[s.day]
    start = day.open + (ts - day.open) // bar.timeframe * bar.timeframe
    end = start + bar.timeframe
    if ts >= day.close:
        start = max(start, day.close)
        if s.day + 1 < days.shape[0]:
            end = min(end, days[s.day + 1].open)
    elif ts >= day.open:
        end = min(end, day.close)
    if end - start < bar.timeframe:
        bar.flags |= PARTIAL
    if (start < day.open + OPENING_NS and end > day.open) or (start < day.anchor + OPENING_NS and end > day.anchor):
        bar.flags |= OPENING
    if s.halted:
        bar.flags |= HALT_IN
    if start < s.free_from and end > s.locked_from:
        bar.flags |= LOCKED
    bar.start, bar.end, bar.day = start, end, s.day


@part
def room(s: Row, frames: Ticks, ladders: Ticks, closed: Ticks, cells: Ticks) -> int:
    """Whether the base bar can close: DONE, FULL or GROW. Nothing is changed."""
    base = frames[0]
    need = 0 if base.open == ABSENT else base.high - base.low + 1
    for f in range(1, s.frames):
        bar = frames[f]
        if bar.open == ABSENT:
            need += 0 if base.open == ABSENT else base.high - base.low + 1
            continue
        high, low = bar.high, bar.low
        if base.open != ABSENT:
            high, low = max(high, base.high), min(low, base.low)
        if high - low >= ladders.shape[1]:
            return GROW
        need += high - low + 1
    if s.closed + s.frames > closed.shape[0] or s.cells + need > cells.shape[0]:
        return FULL
    return DONE


@part
def finish(days: Days, s: Row, bar: Row, ladder: Ticks, closed: Ticks, cells: Ticks, arrival: int, row: int) -> None:
    """Close one bar: stamp when it became known, copy it and its cells out, wipe its ladder."""
    if bar.open == ABSENT:
        bar.flags |= EMPTY
        outside = bar.start >= days[bar.day].close or bar.start < days[bar.day].open
        if outside and bar.unknown == 0:
            return
    bar.known = min(arrival, bar.end + GRACE_NS)
    bar.row, bar.before = row, 1 if bar.known < arrival else 0
    bar.cells_from = s.cells
    if bar.open != ABSENT:
        for p in range(bar.low, bar.high + 1):
            if ladder[p & (ladder.shape[0] - 1)].last > 0:
                cells[s.cells] = ladder[p & (ladder.shape[0] - 1)]
                s.cells += 1
        wipe(bar, ladder)
    bar.cells_to = s.cells
    bar.poc = poc(bar, cells, bar.cells_from, bar.cells_to)
    bar.clustering = clustering.deflator(s.flow)
    closed[s.closed] = bar
    s.closed += 1


@part
def add_up(s: Row, base: Row, into: Row) -> None:
    """What was traded since the tape began, the open base bar included."""
    t = s.total
    into.buy, into.sell, into.unknown = t.buy + base.buy, t.sell + base.sell, t.unknown + base.unknown
    into.prints = t.prints + base.prints
    into.squares, into.unsure = t.squares + base.squares, t.unsure + base.unsure
    into.ofi, into.depth, into.quotes = t.ofi + base.ofi, t.depth + base.depth, t.quotes + base.quotes
    into.price = t.price if base.open == ABSENT else base.close


@part
def roll(
    days: Days,
    s: Row,
    frames: Ticks,
    ladders: Ticks,
    closed: Ticks,
    cells: Ticks,
    ts: int,
    arrival: int,
    row: int,
) -> int:
    """Close every bar that ends at or before `ts` and open those that hold it. DONE, or why it must be called again.

    `arrival` is the stamp of `row`, which makes the ends known if the grace has not done so before.
    """
    base = frames[0]
    while ts >= base.end:
        code = room(s, frames, ladders, closed, cells)
        if code != DONE:
            return code
        if base.open != ABSENT:
            ladders[0, base.close & (ladders.shape[1] - 1)].dwell += base.end - base.last_ts
        for f in range(1, s.frames):
            pour(base, ladders[0], frames[f], ladders[f])
        add_up(s, base, s.total)
        end = base.end
        if s.hidden:
            wipe(base, ladders[0])
        else:
            finish(days, s, base, ladders[0], closed, cells, arrival, row)
        at = following(days, s, end, ts)
        for f in range(1, s.frames):
            if frames[f].end <= at:
                finish(days, s, frames[f], ladders[f], closed, cells, arrival, row)
        for f in range(s.frames):
            if frames[f].end <= at:
                place(days, s, frames[f], at)
    return DONE


@part
def following(days: Days, s: Row, end: int, ts: int) -> int:
    """Where the bar after `end` lies: in a session the next one, even empty; outside it the one that holds `ts`."""
    while s.day + 1 < days.shape[0] and end >= days[s.day + 1].open:
        s.day += 1
    if days[s.day].open <= end < days[s.day].close:
        return end
    at = ts
    if s.day + 1 < days.shape[0] and ts >= days[s.day + 1].open:
        s.day += 1
        at = days[s.day].open
    return at


@part
def begin(days: Days, s: Row, frames: Ticks, ts: int) -> None:
    """Open the first bars of a tape."""
    while s.day + 1 < days.shape[0] and ts >= days[s.day + 1].open:
        s.day += 1
    for f in range(s.frames):
        place(days, s, frames[f], ts)
    s.started = 1


@part
def halt(s: Row, frames: Ticks, halted: int) -> None:
    """Trading stopped or went on: every bar that this touches shows it."""
    s.halted = halted
    for f in range(s.frames):
        frames[f].flags |= HALT_IN


@part
def lock(s: Row, frames: Ticks, locked: int, at: int) -> None:
    """The book was locked or set free at `at`, which may lie beyond the end of the open bars."""
    if not locked:
        s.free_from = at
        return
    s.locked_from, s.free_from = at, NEVER
    for f in range(s.frames):
        if frames[f].end > at:
            frames[f].flags |= LOCKED


@hot
def fits(bar: Row, price: int, size: int) -> bool:
    """Whether a ladder of `size` prices can hold the bar with a print at `price`."""
    return bool(bar.open == ABSENT or max(bar.high, price) - min(bar.low, price) < size)


@hot
def take(s: Row, bar: Row, ladder: Ticks, tick: Row, sure: float) -> None:
    """Count one print; `sure` is how certain its side is."""
    mask = ladder.shape[0] - 1
    p, size = tick.price, int(tick.size)
    cell = ladder[p & mask]
    s.ordinal += 1
    if bar.open == ABSENT:
        bar.open = bar.high = bar.low = p
    else:
        ladder[bar.close & mask].dwell += tick.ts - bar.last_ts
    bar.close, bar.last_ts = p, tick.ts
    cell.price, cell.last = p, s.ordinal
    # By arithmetic, for on a live tape a branch on the side is a toss of a coin.
    bought, sold = size * (tick.side > 0), size * (tick.side < 0)
    cell.buy, cell.sell = cell.buy + bought, cell.sell + sold
    bar.buy, bar.sell = bar.buy + bought, bar.sell + sold
    delta = bar.buy - bar.sell
    bar.delta_min, bar.delta_max = min(bar.delta_min, delta), max(bar.delta_max, delta)
    if tick.side == 0:
        cell.unknown += size
        bar.unknown += size
    if p <= bar.low:
        bar.low, bar.low_buy, bar.low_sell = p, bar.buy, bar.sell
    if p >= bar.high:
        bar.high, bar.high_buy, bar.high_sell = p, bar.buy, bar.sell
    if sure < 1.0 and tick.side != 0:
        bar.unsure += size * (1.0 - sure)
        if tick.side_method == SIDE_TICK:
            bar.by_tick_rule += size
    # Orders are counted, not prints: those of one stamp, price and side are one.
    if tick.ts == s.order_ts and p == s.order_price and tick.side == s.order_side:
        bar.squares += size * (2 * s.order_size + size)
        s.order_size += size
        return
    s.order_ts, s.order_price, s.order_side, s.order_size = tick.ts, p, tick.side, size
    bar.prints += 1
    cell.prints += 1
    if tick.side != 0:
        bar.squares += size * size
        clustering.push(s.flow, tick.side)
