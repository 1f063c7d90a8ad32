"""Drill: enters at every k-th closed bar, long and short in turn. It looks for no edge and will not find one.

What a careful person runs first on a new set-up: it shows that quotes, orders, fills and the journal work.
"""

from collections.abc import Sequence

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.errors import ConfigError
from bot.ports import DeskView


class Params(BaseParams):
    """[params] of a drill."""

    every: int = Field(5, ge=1)
    """Closed bars between two entries."""


class Drill:
    """Counts closed bars in which something traded; at every k-th it crosses the spread with a fixed bracket."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        stop, target = spec.bracket.stop_ticks, spec.bracket.target_ticks
        if not isinstance(stop, int) or not isinstance(target, int) or spec.bracket.contracts is None:
            raise ConfigError(
                "a drill needs fixed distances and a fixed size",
                where=spec.name,
                allowed="[bracket] stop_ticks = 8, target_ticks = 12, contracts = 1",
            )
        self.name = spec.name
        self.instrument = spec.instrument
        self.wants = frozenset({"bar"})
        self._every = Params(**spec.params).every
        self._spec = spec
        self._stop, self._target, self._contracts = stop, target, spec.bracket.contracts
        self._bars = 0
        self._side = 1

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A proposal at every k-th bar, if the book has two sides and nothing of ours is open."""
        # A bar without a print is silence, and nobody enters on silence.
        if signal.timeframe != self._spec.timeframe or not signal.evidence["volume"]:
            return ()
        self._bars += 1
        if self._bars % self._every or desk.open_brackets or ABSENT in (desk.bid, desk.ask):
            return ()
        side, self._side = self._side, -self._side
        touch = desk.ask if side > 0 else desk.bid
        entry = touch + side * self._spec.entry.offset_ticks
        return (
            Proposal(
                strategy=self.name,
                instrument=signal.instrument,
                side=side,
                quantity=self._contracts,
                entry=entry,
                stop=entry - side * self._stop,
                target=entry + side * self._target,
                signal_id=signal.id,
                known=signal.known,
                ttl_ns=self._spec.entry.ttl,
                time_stop_ns=self._spec.time_stop or 0,
                why=f"every {self._every} bars, in turn",
            ),
        )
