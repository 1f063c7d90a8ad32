"""G4, one-sided book: bid or ask is missing. Endless volume without progress there is the perfect fake absorption.

Definition
    On when a side has been missing for 250 ms after a whole book was seen; off when both have stood for 5 s. While it
    is on every detector is frozen and has forgotten its levels, and bars are marked LOCKED.
Source
    Specification of signals §11. A limit lock is one; a tape without any quotes is none.
"""

from bot.config.params import SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 4


class Params(guard.GuardParams):
    """How long a side may be missing, and how long a whole book must stand."""

    missing: Duration = SECOND_NS // 4
    whole: Duration = 5 * SECOND_NS


STATE = guard.state(
    Params,
    ("seen", "i8"),  # a whole book has been
    ("missing", "i8"),  # now
    ("due", "i8"),  # when it will switch if the book stays as it is
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, due=NEVER, missing=1)


@part
def turn(g: Row, missing: int, ts: int) -> None:
    """The book became whole, or a side of it went missing."""
    g.missing = missing
    g.seen |= 1 - missing
    g.due = NEVER
    if g.seen and missing != g.on:
        g.due = ts + (g.args.whole if g.on else g.args.missing)


@part
def switch(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """It is due: go on or off; return how many events there are."""
    waited = (g.args.whole if g.on else g.args.missing) / 1e9
    found = guard.switch(g, waited, waited, g.due, arrival, row, out, found)
    g.due = NEVER
    return found
