"""What nobody heard: bars that a silence cuts short, and rows that are missing where a memory was taken up.

A silence is guard 6's: longer than is natural, in a session. After a restart the rows between the snapshot and the
first one may be missing too; then the market is treated as after a halt, and WARMUP (`guard_warmup.py`) stands.
"""

from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard_halt, guard_warmup
from bot.signals.epochs import open_between
from bot.signals.footprint import HALT_IN

SECOND_NS = 1_000_000_000
ON_TAPE, LIVE = 1, 2
"""Where a memory was taken up: a live market goes on while nobody listens, on a tape only a long silence is a gap."""


@part
def spoil(w: Row, days: Days, ts: int) -> None:
    """Mark the bars that end by `ts` and in which a silence began: whether all was heard that was traded is not known.

    Those that are open when it ends are marked then.
    """
    h = w.guards.halt
    late = h.last + h.limit
    if guard_halt.fell_silent(h, days, ts):
        for f in range(w.bars.frames):
            bar = w.frames[f]
            if bar.start <= h.last and late < bar.end and bar.end <= ts:
                bar.flags |= HALT_IN


@part
def missed(w: Row, days: Days, ts: int) -> int:
    """Session time (ns) that nobody heard between a memory that was taken up and the row at `ts`; 0 = none is missing.

    Every bar that was open then lacks something.
    """
    h = w.guards.halt
    if w.resumed == ON_TAPE:
        return open_between(days, h.last, ts) if guard_halt.fell_silent(h, days, ts) else 0
    unheard = open_between(days, h.last, ts)
    if unheard > 0:
        for f in range(w.bars.frames):
            if w.frames[f].start <= h.last:
                w.frames[f].flags |= HALT_IN
    return unheard


@part
def warm_up(w: Row, absorptions: Ticks, unheard: int, ts: int, out: Events) -> None:
    """Rows are missing before this one: entries wait until what they touched is rebuilt."""
    g = w.guards
    due = ts + (g.volatility.args.seconds_min + 1) * SECOND_NS
    for k in range(absorptions.shape[0]):
        due = max(due, ts + absorptions[k].life)
    for f in range(w.bars.frames):
        if w.frames[f].timeframe <= g.warmup.args.longest:
            due = max(due, w.frames[f].end)
    w.found = guard_warmup.begin(g.warmup, unheard, due, ts, w.row, out, w.found)
    # Trading may have gone on while nobody listened; a row that is no halt says that it has.
    if w.resumed == LIVE and g.halt.halted:
        g.halt.halted, g.halt.off_due = 0, ts + g.halt.args.release
