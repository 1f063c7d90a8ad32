"""The common task as a detector and a strategy of paperpit: what a third party would write.

Rule: at the close of a one-minute bar whose range is ≥ 8 ticks, a tail of ≥ 40 % of the range at one end, with ≥ 30 %
of that end's aggressive volume in its three outermost prices, asks for a bracket away from that end: in even minutes at
the market's price (here: a limit at the opposite touch), in odd minutes at the own touch, given up at the next close;
stop 6 ticks, target 12 ticks.
"""

from typing import Any

import numpy as np

from bot.config import Params, StrategyFile
from bot.domain.decision import Proposal, Signal
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, EVENT, Events, Ticks
from bot.kernel import kernel
from bot.ports import DeskView

MINUTE_NS = 60_000_000_000
LEVELS = 1_024
STATE = np.dtype(
    [
        ("end", "i8"),  # ns UTC at which the open bar closes; 0 before the first row
        ("base", "i4"),  # price of the middle of the ladders
        ("first", "i4"),
        ("last", "i4"),
        ("low", "i4"),
        ("high", "i4"),
        ("prints", "i4"),
        ("sold", "i8", (LEVELS,)),
        ("bought", "i8", (LEVELS,)),
    ],
    align=True,
)


@kernel
def close_bar(s: Any, out: Any, found: Any, row: Any, known: Any) -> Any:
    """Judge the bar that ended, write what it says, clear it."""
    if s.prints > 0 and s.high - s.low >= 8:
        width = s.high - s.low
        low, high = s.low - s.base, s.high - s.base
        sold, bought = s.sold[low : high + 1].sum(), s.bought[low : high + 1].sum()
        for side in (1, -1):
            tail = min(s.first, s.last) - s.low if side > 0 else s.high - max(s.first, s.last)
            near = s.sold[low : low + 3].sum() if side > 0 else s.bought[high - 2 : high + 1].sum()
            if tail >= 0.4 * width and near >= 0.3 * (sold if side > 0 else bought):
                event = out[found]
                event.ts, event.known, event.row, event.before = s.end, known, row, 1
                event.side, event.kind, event.timeframe = side, 0, MINUTE_NS
                event.price = s.low if side > 0 else s.high
                event.strength = tail / width
                found += 1
    if s.prints > 0:
        s.sold[s.low - s.base : s.high - s.base + 1] = 0
        s.bought[s.low - s.base : s.high - s.base + 1] = 0
    s.prints = 0
    return found


@kernel
def scan(ticks: Any, start: Any, until: Any, states: Any, out: Any) -> Any:
    """Fold rows from `start`; two events at most at a bar's close."""
    s = states[0]
    found = 0
    for i in range(start, ticks.shape[0]):
        tick = ticks[i]
        if tick.ts >= s.end:
            if found + 2 > out.shape[0]:
                return found, i
            found = close_bar(s, out, found, i, min(tick.ts, s.end + 250_000_000))
            s.end = (tick.ts // MINUTE_NS + 1) * MINUTE_NS
        if tick.kind == 1 and tick.flags == 0:
            if s.prints == 0:
                s.base = tick.price - LEVELS // 2
                s.first = s.low = s.high = tick.price
            s.prints += 1
            s.last = tick.price
            s.low, s.high = min(s.low, tick.price), max(s.high, tick.price)
            if tick.side > 0:
                s.bought[tick.price - s.base] += tick.size
            elif tick.side < 0:
                s.sold[tick.price - s.base] += tick.size
    if until >= s.end + 250_000_000 and s.prints > 0 and found + 2 <= out.shape[0]:
        found = close_bar(s, out, found, ticks.shape[0], s.end + 250_000_000)
    return found, ticks.shape[0]


class TailWithAbsorption:
    """The detector."""

    kind = "bench_tail"
    kinds = ("bench_tail",)
    EVIDENCE: tuple[str, ...] = ()
    Params = Params

    def __init__(self, *given: object, events_max: int = 256) -> None:
        self._states = np.zeros(1, STATE)
        self._out = np.zeros(events_max, EVENT)

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        found, reached = scan(ticks, start, until, self._states, self._out)
        return self._out[:found], reached


class CommonTask:
    """The strategy. Differs from the peers' only in this: a bracket here always has a limit as its entry."""

    Params = Params
    wants = frozenset({"bench_tail"})

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        self.name, self.instrument = spec.name, spec.instrument

    def decide(self, signal: Signal, desk: DeskView) -> tuple[Proposal, ...]:
        """One bracket, unless one is open."""
        if desk.open_brackets or desk.position or ABSENT in (desk.bid, desk.ask):
            return ()
        side = signal.side
        near, far = (desk.bid, desk.ask) if side > 0 else (desk.ask, desk.bid)
        entry = far if (signal.ts // MINUTE_NS - 1) % 2 == 0 else near
        return (
            Proposal(
                strategy=self.name,
                instrument=signal.instrument,
                side=side,
                quantity=1,
                entry=entry,
                stop=entry - 6 * side,
                target=entry + 12 * side,
                signal_id=signal.id,
                known=signal.known,
                ttl_ns=MINUTE_NS,
            ),
        )
