"""G4, one-sided book: bid or ask is missing. Endless volume without progress there is the perfect fake absorption.

Definition
    On when a side has been missing for 250 ms after a whole book was seen; off when both have stood for 5 s. While it is
    on every detector is frozen and has forgotten its levels, and bars are marked LOCKED.
Source
    Specification of signals §11. A limit lock is one; a tape without any quotes is none.
"""

import numpy as np

from bot.config import Params as Base
from bot.config.params import SECOND_NS, Duration
from bot.domain.market import ABSENT, STATUS, Events, Ticks
from bot.kernel import kernel
from bot.signals import guard
from bot.signals.args import args_dtype, args_row
from bot.signals.edges import FREEZES_MAX, FROZEN, THAWED, add

NUMBER = 4
NEVER = int(np.iinfo(np.int64).max)


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
        ("source", "i8"),
        ("kind", "i8"),
        ("timeframe", "i8"),  # none
        ("reached", "i8"),
        ("on", "i8"),
        ("seen", "i8"),
        ("due", "i8"),  # when it will switch if the book stays as it is; NEVER when it will not
        ("owed", "i8"),  # an edge that silence made, for the next row
    ],
    align=True,
)


def fresh(params: Params, source: int, kind: int) -> Ticks:
    """One STATE without memory."""
    state = np.zeros(1, STATE)
    state["args"] = args_row(params, ARGS)
    state["source"], state["kind"], state["due"] = source, kind, NEVER
    return state


@kernel
def switch(g: np.void, ts: int, row: int, out: Events, found: int) -> int:
    """Go on or off, due by now; return what the edge is."""
    waited = g.args.missing if g.on == 0 else g.args.whole
    guard.stamp(guard.edge(g, NUMBER, waited / 1e9, waited / 1e9, out, found), g.due, ts, row)
    g.due = NEVER
    return FROZEN if g.on else THAWED


@kernel
def scan(ticks: Ticks, stop: int, edges: np.void, g: np.void, out: Events, found: int) -> int:
    """Read rows `[g.reached, stop)`; return how many events there are. `g.reached` < stop: out of room."""
    if g.owed and g.reached < stop:
        add(edges, g.reached, g.owed)
        g.owed = 0
    for i in range(g.reached, stop):
        tick = ticks[i]
        if tick.kind == STATUS:
            continue
        missing = tick.bid == ABSENT or tick.ask == ABSENT
        if not missing and not g.on and g.due == NEVER:
            g.seen = 1
            continue
        if found + guard.ROW_EVENTS > out.shape[0] or edges.count >= FREEZES_MAX:
            g.reached = i
            return found
        if tick.ts >= g.due:
            add(edges, i, switch(g, tick.ts, i, out, found))
            found += 1
        if missing == (g.on > 0) or not g.seen:
            g.due = NEVER
        elif g.due == NEVER:
            g.due = tick.ts + (g.args.whole if g.on else g.args.missing)
    g.reached = stop
    return found


@kernel
def silence(until: int, row: int, g: np.void, out: Events, found: int) -> int:
    """What falls due by `until` with no row behind; the edge is owed to the next row."""
    if g.due <= until:
        g.owed = switch(g, NEVER, row, out, found)
        found += 1
    return found


class GuardOneSided:
    """G4. Reads ticks."""

    kind = "guard_one_sided"
    Params = Params
