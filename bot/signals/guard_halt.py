"""G6, halt or gap: trading stopped, or nothing has been heard for longer than is natural.

Definition
    On at a HALT row, or when no row has come for max(silence, 20 × the median gap) in session hours; the next row (or
    the RESUME) is the reopening, and it goes off one full minute after. Both reset what was absorbed and mark the bars.
    The median gap is a frugal estimate: every 16th gap moves it by 2 % up or down (Ma, Muthukrishnan & Sandler 2013),
    the first 64 of them by 10 %.
Source
    Specification of signals §11. A bare silence blocks entries, never fills.
"""

from pydantic import Field

from bot.config.params import SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import HALT, RESUME, STATUS, Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER, is_open

NUMBER = 6
_STEP, _HASTE, _HASTY, _LEAST_NS = 1.02, 1.1, 64, 1e7


class Params(guard.GuardParams):
    """How long a silence is one, and how long its end is waited out."""

    silence: Duration = Field(30 * SECOND_NS, ge=SECOND_NS)
    gaps: float = 20.0
    release: Duration = 60 * SECOND_NS


STATE = guard.state(
    Params,
    ("halted", "i8"),
    ("last", "i8"),  # stamp of the newest row
    ("limit", "i8"),  # a longer gap is a silence
    ("samples", "i8"),
    ("gap", "f8"),
    ("off_due", "i8"),
    ("silent", "i8"),  # silence has been told already; the next row is the reopening
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, limit=params.silence, off_due=NEVER)


@part
def switch(g: Row, due: int, ts: int, row: int, out: Events, found: int) -> int:
    """Go on or off; return how many events there are now."""
    g.off_due = NEVER
    value = 0.0 if g.halted or g.on else g.limit / 1e9
    return guard.switch(g, value, g.limit / 1e9, due, ts, row, out, found)


@part
def gap(g: Row, dt: int) -> None:
    """Let a gap between rows move the median and with it the limit."""
    g.samples += 1
    step = _STEP if g.samples > _HASTY else _HASTE
    if g.gap <= 0.0:
        g.gap = max(_LEAST_NS, float(dt))
    elif dt > g.gap:
        g.gap *= step
    elif dt < g.gap:
        g.gap /= step
    g.limit = max(g.args.silence, int(g.args.gaps * g.gap))


@part
def fell_silent(g: Row, days: Days, ts: int) -> bool:
    """Whether a silence began after the newest row and before `ts`, nothing being heard until then."""
    late = g.last + g.limit
    return bool(not g.halted and late < ts and is_open(days, g.last) and is_open(days, late))


@part
def elapse(g: Row, days: Days, now: int, arrival: int, row: int, out: Events, found: int) -> int:
    """What time alone brings by `now`: a silence begins (and puts off the release), or the release is over."""
    late = g.last + g.limit
    if g.off_due <= now and g.off_due < late:
        found = switch(g, g.off_due, arrival, row, out, found)
    if not g.silent and fell_silent(g, days, now + 1):
        g.silent, g.off_due = 1, NEVER
        if not g.on:
            found = switch(g, late, arrival, row, out, found)
    if g.off_due <= now:
        found = switch(g, g.off_due, arrival, row, out, found)
    return found


@part
def hear(g: Row, tick: Row, row: int, out: Events, found: int) -> tuple[int, bool]:
    """A row that may end a silence, halt trading or let it go on: (events, whether it did)."""
    touched = g.silent > 0
    if g.silent:
        g.silent, g.off_due = 0, tick.ts + g.args.release
    if tick.kind == STATUS and tick.flags & HALT and not g.halted:
        touched = True
        g.halted = 1
        if not g.on:
            found = switch(g, tick.ts, tick.ts, row, out, found)
        g.off_due = NEVER
    if tick.kind == STATUS and tick.flags & RESUME and g.halted:
        touched = True
        g.halted, g.off_due = 0, tick.ts + g.args.release
    return found, touched
