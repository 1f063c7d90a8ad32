"""WARMUP, a gap in what was heard: after a restart, until what the missing rows touched has been rebuilt.

Definition
    On at the first row after a memory was taken up, if rows of a session are missing between the two: live after any
    session time at all, on a tape after a silence that is none by nature (guard 6). Off when every level of before
    would have died (4·tau of each absorption), the volatility guard has its samples again, and every bar that was open
    at that row has closed, those longer than `longest` aside (a day's bar would close the whole day).
    With it the bars that the gap touched are marked like those of a halt, so that no candle and no imbalance is read
    from them; levels die, windows begin anew. Averages that reach further back lack what the gap would have taught.
    Value is the session time that was missed in seconds, threshold how many seconds it stays on.
Source
    Own rule; the veto's name is that of the specification of signals §4. Decision 12.
"""

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.args import args_dtype, args_row
from bot.signals.epochs import NEVER

NUMBER = 0


class Params(Base):
    """Which bars are waited for."""

    longest: Duration = Field(30 * MINUTE_NS, ge=0)
    """Longer bars are marked and not waited for."""

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = 0) -> "Params":
        """The same for every product."""
        return cls()


ARGS = args_dtype(Params)
STATE = np.dtype([("args", ARGS), ("name", guard.NAME), ("on", "i8"), ("due", "i8"), ("missed", "i8")], align=True)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["name"], state["due"] = (NUMBER, source, kind), NEVER
    return state


@part
def begin(g: Row, missed: int, due: int, ts: int, row: int, out: Events, found: int) -> int:
    """The first row after a gap of `missed` ns; return how many events there are."""
    g.missed, g.due = missed, due
    if g.on:
        return found
    g.on = 1
    guard.tell(out[found], g.name, 1, missed / 1e9, (due - ts) / 1e9, ts, ts, row)
    return found + 1


@part
def end(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """All is rebuilt; return how many events there are."""
    guard.tell(out[found], g.name, 0, g.missed / 1e9, 0.0, g.due, arrival, row)
    g.on, g.due = 0, NEVER
    return found + 1
