"""G4, one-sided book: bid or ask is missing. Endless volume without progress there is the perfect fake absorption.

Definition
    On when a side has been missing for 250 ms after a whole book was seen; off when both have stood for 5 s. While it
    is on every detector is frozen and has forgotten its levels, and bars are marked LOCKED.
Source
    Specification of signals §11. A limit lock is one; a tape without any quotes is none.
"""

import numpy as np

from bot.config import Params as Base
from bot.config.params import SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.args import args_dtype, args_row
from bot.signals.epochs import NEVER

NUMBER = 4


class Params(Base):
    """How long a side may be missing, and how long a whole book must stand."""

    missing: Duration = SECOND_NS // 4
    whole: Duration = 5 * SECOND_NS

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> "Params":
        """The same for every product."""
        return cls()


ARGS = args_dtype(Params)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("name", guard.NAME),
        ("on", "i8"),
        ("seen", "i8"),  # a whole book has been
        ("missing", "i8"),  # now
        ("due", "i8"),  # when it will switch if the book stays as it is
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["name"], state["due"], state["missing"] = (NUMBER, source, kind), NEVER, 1
    return state


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
    g.on = 1 - g.on
    guard.tell(out[found], g.name, g.on, waited, waited, g.due, arrival, row)
    g.due = NEVER
    return found + 1
