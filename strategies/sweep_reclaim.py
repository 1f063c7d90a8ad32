"""Sweep and reclaim: stops behind a level were run into somebody who took them, and price is back; enter with him.

    signal    sweep_absorption: a level of the stop map run in a burst and taken back, with an absorption at its
              furthest print. A sweep alone never trades: noise draws one or two an hour
    entry     a limit `offset_ticks` from the reclaimed level towards the market
    stop      one tick beyond the sweep's furthest print, or a fixed distance
    target    the next liquidity zone on the other side, or a fixed distance
    trends    the gate refuses to fade one (guard G11: market makers become takers), and breaks that are not taken back
              stay in the journal as `break_no_reclaim`
Source
    The lesson's TSLA sweep at 145.00 and the specification of signals §7, §9, §10. It is a hypothesis: one anecdote is
    no evidence of an edge.
"""

from collections.abc import Sequence

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile
from bot.config.brackets import bracket, need_size, stop_behind, stop_range, target_at
from bot.domain.decision import Proposal, Reason, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView


class Params(BaseParams):
    """[params] of a sweep and reclaim."""

    early: bool = True
    """Whether an absorption counts that was seen by selling that dried up, before price lifted away."""
    stop_atr_max: float = Field(1.5, gt=0)
    """The longest stop, in ATR of the trigger's bars (never less than 4 ticks)."""


class SweepReclaim:
    """One bracket at a time, from a sweep that was absorbed at its extreme."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        need_size(spec)
        self.name = spec.name
        self.instrument = spec.instrument
        self.wants = frozenset({"sweep_absorption"})
        self._spec, self._facts = spec, instrument
        self._params = Params(**spec.params)

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A bracket with who absorbed, or every reason why there can be none."""
        spec, side, seen = self._spec, signal.side, signal.evidence
        entry = int(seen["level"]) + side * spec.entry.offset_ticks
        stop = stop_behind(spec, side, entry, int(seen["extreme"]))
        target = target_at(spec, side, entry, seen["zone"])
        risk = side * (entry - stop)
        reasons = stop_range(spec, risk, seen["atr_ticks"], self._params.stop_atr_max, "the sweep's extreme")
        if seen["early"] and not self._params.early:
            facts = {"absorbed": int(seen["absorbed"]), "z": seen["z"]}
            reasons.append(Reason("EARLY_ABSORPTION", "price had not lifted away from where it was absorbed", facts))
        why = self._why(signal)
        return bracket(spec, self._facts, signal, desk, entry=entry, stop=stop, target=target, why=why, reasons=reasons)

    def _why(self, signal: Signal) -> str:
        seen, who = signal.evidence, "sellers" if signal.side > 0 else "buyers"
        level, absorbed = (self._facts.text(int(seen[name])) for name in ("level", "absorbed"))
        return (
            f"{level} was run by {seen['pen']:.0f} ticks in a burst of {seen['burst']:.1f}, {who} were absorbed at "
            f"{absorbed} ({seen['volume']:.0f} units, z {seen['z']:.1f}), and it was taken back in "
            f"{seen['reclaim_s']:.0f} s"
        )
