"""A detector that sees prints of one size, and a strategy that asks for a bracket at each, as third parties write them.

The entry stands away from the market and is given up after a moment, so that one trigger's bracket is gone before the
next one's and nothing is ever filled.
"""

from typing import Any

import numpy as np

from bot.config import Params, StrategyFile
from bot.domain.decision import Proposal, Signal
from bot.domain.instrument import Instrument
from bot.domain.market import EVENT, Events, Ticks
from bot.kernel import kernel
from bot.ports import DeskView

SIZE, AWAY, LIFE_NS = 4, 12, 100_000_000


@kernel
def scan(ticks: Any, start: Any, out: Any) -> Any:
    """One event a print of that size."""
    found = 0
    for i in range(start, ticks.shape[0]):
        tick = ticks[i]
        if tick.kind == 1 and tick.size == SIZE:
            if found == out.shape[0]:
                return found, i
            event = out[found]
            event.ts, event.known, event.row, event.before = tick.ts, tick.ts, i, 0
            event.side, event.kind, event.price, event.timeframe = 1, 0, tick.price, 0
            event.instrument, event.strength = tick.instrument, 1.0
            found += 1
    return found, ticks.shape[0]


class Trigger:
    """The detector."""

    kind = "bench_trigger"
    kinds = ("bench_trigger",)
    EVIDENCE: tuple[str, ...] = ()
    Params = Params

    def __init__(self, *given: object, events_max: int = 64) -> None:
        self._out = np.zeros(events_max, EVENT)

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        found, reached = scan(ticks, start, self._out)
        return self._out[:found], reached


class Answer:
    """The strategy."""

    Params = Params
    wants = frozenset({"bench_trigger"})

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        self.name, self.instrument = spec.name, spec.instrument
        self._stop, self._target = spec.bracket.stop_ticks, spec.bracket.target_ticks

    def decide(self, signal: Signal, desk: DeskView) -> tuple[Proposal, ...]:
        """One bracket."""
        entry = signal.price - AWAY
        return (
            Proposal(
                strategy=self.name,
                instrument=signal.instrument,
                side=1,
                quantity=1,
                entry=entry,
                stop=entry - self._stop,
                target=entry + self._target,
                signal_id=signal.id,
                known=signal.known,
                ttl_ns=LIFE_NS,
            ),
        )
