"""G6, halt or gap: trading stopped, or nothing has been heard for longer than is natural.

Definition
    On at a HALT row, or when no row has come for max(silence, 20 × the median gap) in session hours; the next row (or the
    RESUME) is the reopening, and it goes off one full minute after. Both reset what was absorbed and mark the bars.
    The median gap is a frugal estimate: every 16th gap moves it by 2 % up or down (Ma, Muthukrishnan & Sandler 2013).
Source
    Specification of signals §11. A bare silence blocks entries, never fills.
"""

import numpy as np

from bot.config import Params as Base
from bot.config.params import SECOND_NS, Duration
from bot.domain.market import HALT, RESUME, STATUS, Days, Events, Ticks
from bot.kernel import kernel
from bot.signals import guard
from bot.signals.args import args_dtype, args_row
from bot.signals.edges import HALTED, HALTS_MAX, RESUMED, add, day_of

NUMBER = 6
NEVER = int(np.iinfo(np.int64).max)
_STEP = 1.02


class Params(Base):
    """How long a silence is one, and how long its end is waited out."""

    silence: Duration = 30 * SECOND_NS
    gaps: float = 20.0
    release: Duration = 60 * SECOND_NS

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> "Params":
        """The same for every product."""
        return cls()


ARGS = args_dtype(Params)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),
        ("timeframe", "i8"),  # none
        ("reached", "i8"),
        ("on", "i8"),
        ("halted", "i8"),
        ("started", "i8"),
        ("last", "i8"),  # stamp of the newest row
        ("limit", "i8"),  # a longer gap is a silence
        ("rows", "i8"),
        ("gap", "f8"),
        ("off_due", "i8"),
        ("silent", "i8"),  # silence has been told already; the next row is the reopening
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["source"], state["kind"], state["limit"], state["off_due"] = source, kind, params.silence, NEVER
    return state


@kernel
def is_open(days: Days, ts: int) -> bool:
    """Whether a session is on."""
    day = days[day_of(days, ts)]
    return day.open <= ts < day.close


@kernel
def switch(g: np.void, due: int, ts: int, row: int, out: Events, found: int) -> int:
    """Go on or off; return how many events there are now."""
    value = 0.0 if g.halted or g.on else g.limit / 1e9
    guard.stamp(guard.edge(g, NUMBER, value, g.limit / 1e9, out, found), due, ts, row)
    g.off_due = NEVER
    return found + 1


@kernel
def gap(g: np.void, ts: int) -> None:
    """Let a gap move the median and with it the limit."""
    dt = ts - g.last
    g.rows += 1
    if g.rows % 16 == 0:
        if g.gap <= 0.0:
            g.gap = max(1.0, float(dt))
        elif dt > g.gap:
            g.gap *= _STEP
        elif dt < g.gap:
            g.gap /= _STEP
        g.limit = max(g.args.silence, np.int64(g.args.gaps * g.gap))
    g.last = ts


@kernel
def elapse(g: np.void, days: Days, now: int, arrival: int, row: int, out: Events, found: int) -> int:
    """What time alone brings by `now`: a silence begins (and puts off the release), or the release is over."""
    late = g.last + g.limit
    if g.off_due <= now and g.off_due < late:
        found = switch(g, g.off_due, arrival, row, out, found)
    if not g.silent and not g.halted and late <= now and is_open(days, g.last) and is_open(days, late):
        g.silent, g.off_due = 1, NEVER
        if not g.on:
            found = switch(g, late, arrival, row, out, found)
    if g.off_due <= now:
        found = switch(g, g.off_due, arrival, row, out, found)
    return found


@kernel
def busy(g: np.void, days: Days, tick: np.void, row: int, edges: np.void, out: Events, found: int) -> int:
    """A row at which something happens: a silence ends, the release is over, trading halts or goes on."""
    ts = tick.ts
    found = elapse(g, days, ts - 1, ts, row, out, found)
    if g.silent:
        add(edges, row, HALTED)
        add(edges, row, RESUMED)
        g.silent, g.off_due = 0, ts + g.args.release
    if tick.kind == STATUS and tick.flags & HALT and not g.halted:
        if not g.on:
            found = switch(g, ts, ts, row, out, found)
        g.halted, g.off_due = 1, NEVER
        add(edges, row, HALTED)
    if tick.kind == STATUS and tick.flags & RESUME and g.halted:
        g.halted, g.off_due = 0, ts + g.args.release
        add(edges, row, RESUMED)
    return found


@kernel
def scan(ticks: Ticks, stop: int, days: Days, edges: np.void, g: np.void, out: Events, found: int) -> int:
    """Read rows `[g.reached, stop)`; return how many events there are. `g.reached` < stop: out of room."""
    for i in range(g.reached, stop):
        tick = ticks[i]
        if not g.started:
            g.started, g.last = 1, tick.ts
        if tick.ts - g.last > g.limit or tick.kind == STATUS or tick.ts > g.off_due or g.silent:
            if found + guard.ROW_EVENTS > out.shape[0] or edges.count >= HALTS_MAX:
                g.reached = i
                return found
            found = busy(g, days, tick, i, edges, out, found)
        gap(g, tick.ts)
    g.reached = stop
    return found


@kernel
def silence(until: int, row: int, days: Days, g: np.void, out: Events, found: int) -> int:
    """What falls due by `until` with no row behind."""
    return elapse(g, days, until, NEVER, row, out, found) if g.started else found


class GuardHalt:
    """G6. Reads ticks."""

    kind = "guard_halt"
    Params = Params
