"""G10, stale or disordered feed: what is shown of the market is old or out of order, whatever the market does.

Definition
    On when no row of this instrument came for more than max(2 s, 20 × the usual gap) while another instrument
    ticked (the first row after shows it, `deal.py`; the silence itself is the gate's `stale` rule); or, at the end of
    a second, when at least 3 and more than 1 % of the rows of the last ten seconds (fading) bear a stamp that went
    backwards; or when the book has been crossed for a second. Off after ten clean seconds.
Source
    Specification of signals §11; the usual gap is ours: of two markets the slower is not stale (`guard_halt.py`
    estimates it).
"""

from pydantic import Field

from bot.config.params import SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import OVERTAKEN, TS_REGRESSED, Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 10
ODD = OVERTAKEN | TS_REGRESSED
_FADES = 0.9


class Params(guard.GuardParams):
    """What is too old, too disordered, crossed for too long, and what is clean."""

    stale: Duration = 2 * SECOND_NS
    gaps: float = 20.0
    """A silence is longer than so many usual gaps."""
    regressed_max: float = Field(0.01, ge=0)
    regressed_min: int = Field(3, ge=1)
    crossed: Duration = SECOND_NS
    clean_seconds: int = Field(10, ge=1)


STATE = guard.state(
    Params,
    ("dirty", "i8"),  # what was wrong in the running second
    ("backwards", "i8"),  # those that went backwards
    ("regressed", "f8"),  # of the last ten seconds
    ("rows", "f8"),
    ("counted", "i8"),  # rows of the tape before this second
    ("is_crossed", "i8"),
    ("due", "i8"),  # when it will go on if the book stays crossed
    ("clean", "i8"),  # seconds
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, due=NEVER)


@part
def begin(g: Row, value: float, threshold: float, due: int, arrival: int, row: int, out: Events, found: int) -> int:
    """Something is wrong: go on unless it is on already; return how many events there are."""
    g.clean = 0
    return found if g.on else guard.switch(g, value, threshold, due, arrival, row, out, found)


@part
def see(g: Row, tick: Row, silent: int, usual: float, row: int, out: Events, found: int) -> int:
    """A row that is odd, after a gap of `silent` ns where `usual` is; return how many events there are."""
    args = g.args
    if tick.flags & TS_REGRESSED:
        g.dirty += 1
        g.backwards += 1
    limit = max(float(args.stale), args.gaps * usual)
    if tick.flags & OVERTAKEN and usual > 0.0 and silent > limit:
        g.dirty += 1
        return begin(g, silent / 1e9, limit / 1e9, tick.ts, tick.ts, row, out, found)
    return found


@part
def turn(g: Row, crossed: int, ts: int) -> None:
    """The book became crossed, or is no more."""
    g.dirty += 1
    g.is_crossed, g.due = crossed, ts + g.args.crossed if crossed else NEVER


@part
def cross(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """The book has been crossed for too long; return how many events there are."""
    seconds, due = g.args.crossed / 1e9, g.due
    g.due = NEVER
    return begin(g, seconds, seconds, due, arrival, row, out, found)


@part
def second(g: Row, rows: int, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A second ended at `at`, the tape's `rows`-th row is its last; return how many events there are."""
    args = g.args
    g.regressed = g.regressed * _FADES + g.backwards
    g.rows = g.rows * _FADES + (rows - g.counted)
    g.counted = rows
    g.clean = 0 if g.dirty > 0 or g.is_crossed else g.clean + 1
    shuffled = g.backwards > 0
    g.dirty = g.backwards = 0
    if shuffled and g.regressed >= args.regressed_min and g.regressed > args.regressed_max * g.rows:
        found = begin(g, g.regressed / max(1.0, g.rows), args.regressed_max, at, arrival, row, out, found)
    if g.on and g.clean >= args.clean_seconds:
        return guard.switch(g, g.clean, args.clean_seconds, at, arrival, row, out, found)
    return found
