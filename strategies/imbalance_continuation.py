"""Imbalance continuation: for a quarter of an hour one side pressed; enter with it at the first shallow pull-back.

    signal    imbalance_pullback: a context window of lop-sided aggression with significance, then the first pull-back
              between two bounds, and a bar that closes with the pressure again
    entry     a limit `offset_ticks` beyond that bar's close
    stop      one tick beyond the pull-back's extreme, or a fixed distance
    target    the next liquidity zone, or a fixed distance
Source
    The lesson's AAPL on 15 minutes, "75 to 80 % at the ask", and the specification of signals §3.1, §9, §10: the push
    that makers sell into and the push that goes on look alike at first. It is a hypothesis without evidence of an edge.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile
from bot.config.brackets import bracket, need_size, stop_behind, stop_range, target_at
from bot.domain.decision import Proposal, Reason, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView


class Params(BaseParams):
    """[params] of an imbalance continuation."""

    reading: Literal["any", "pushed"] = "any"
    """"pushed": only where price went with the pressure by half an ATR of the window's bars or more."""
    stop_atr_max: float = Field(2.0, gt=0)
    """The longest stop, in ATR of the trigger's bars (never less than 4 ticks)."""


class ImbalanceContinuation:
    """One bracket at a time, with the pressure."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        need_size(spec)
        self.name = spec.name
        self.instrument = spec.instrument
        self.wants = frozenset({"imbalance_pullback"})
        self._spec, self._facts = spec, instrument
        self._params = Params(**spec.params)

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A bracket with the pressure, or every reason why there can be none."""
        spec, side, seen = self._spec, signal.side, signal.evidence
        entry = signal.price + side * spec.entry.offset_ticks
        stop = stop_behind(spec, side, entry, int(seen["pulled_to"]))
        target = target_at(spec, side, entry, seen["zone"])
        risk = side * (entry - stop)
        reasons = stop_range(spec, risk, seen["atr_ticks"], self._params.stop_atr_max, "the pull-back")
        if self._params.reading == "pushed" and seen["reading"] <= 0:
            facts = {"progress": seen["progress"], "reading": int(seen["reading"])}
            reasons.append(Reason("NOT_PUSHED", "price hardly went with the pressure", facts))
        why = self._why(signal)
        return bracket(spec, self._facts, signal, desk, entry=entry, stop=stop, target=target, why=why, reasons=reasons)

    def _why(self, signal: Signal) -> str:
        seen, where = signal.evidence, "ask" if signal.side > 0 else "bid"
        return (
            f"{100 * seen['share']:.0f} % at the {where} (z {seen['z']:.1f}), then a pull-back of {seen['depth']:.0f} "
            f"ticks from {self._facts.text(int(seen['extreme']))} within {seen['waited']:.0f} s, which is over"
        )
