"""Accumulation breakout: for hours sellers hit a range that did not give; enter where it was left, on the way back.

    signal    accumulation (side −1: distribution): delta against price in a range, its edge defended, left by a close
    entry     a limit `offset_ticks` beyond the edge that was left: it waits there for price to come back to it
    stop      `stop_percent` of the range back inside it: who is back there has not left it. Or a fixed distance
    target    `target_percent` of the range beyond the edge, or a fixed distance
Source
    The lesson's accumulation and distribution phases of CL and GC on 15-minute and daily bars; the measured move is as
    old as charts. It is a hypothesis without evidence of an edge.
"""

from collections.abc import Sequence

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile
from bot.config.brackets import bracket, need_size
from bot.domain.decision import Proposal, Reason, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView


class Params(BaseParams):
    """[params] of an accumulation breakout."""

    stop_percent: int = Field(50, ge=1, le=100)
    """How far back into the range the stop stands, in percent of the range."""
    target_percent: int = Field(100, ge=1)
    """How far beyond the edge the target stands, in percent of the range."""
    beyond_max_percent: int = Field(50, ge=0)
    """A close further beyond the edge than this, in percent of the range, is not run after."""


class AccumulationBreakout:
    """One bracket at a time, with who accumulated."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        need_size(spec)
        self.name = spec.name
        self.instrument = spec.instrument
        self.wants = frozenset({"accumulation"})
        self._spec, self._facts = spec, instrument
        self._params = Params(**spec.params)

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A bracket at the edge that was left, or every reason why there can be none."""
        spec, side, seen = self._spec, signal.side, signal.evidence
        low, high = int(seen["low"]), int(seen["high"])
        edge, width = (high if side > 0 else low), high - low
        entry = edge + side * spec.entry.offset_ticks
        # Whole ticks nearer to the edge: the stop towards protection, the target towards being reached.
        stop = edge - side * (width * self._params.stop_percent // 100)
        target = edge + side * (width * self._params.target_percent // 100)
        if spec.bracket.stop_ticks != "cluster":
            stop = entry - side * spec.bracket.stop_ticks
        if spec.bracket.target_ticks != "zone":
            target = entry + side * spec.bracket.target_ticks
        beyond, reasons = int(seen["beyond"]), []
        if 100 * beyond > width * self._params.beyond_max_percent:
            facts = {
                "beyond_ticks": beyond,
                "range_ticks": width,
                "beyond_max_percent": self._params.beyond_max_percent,
            }
            reasons.append(Reason("TOO_FAR_GONE", f"it closed {beyond} ticks beyond a range of {width}", facts))
        far = target if side * (target - entry) >= spec.bracket.min_target_ticks else None
        why = self._why(signal, width)
        return bracket(spec, self._facts, signal, desk, entry=entry, stop=stop, target=far, why=why, reasons=reasons)

    def _why(self, signal: Signal, width: int) -> str:
        seen, text = signal.evidence, self._facts.text
        what, who = ("accumulation", "sold") if signal.side > 0 else ("distribution", "bought")
        return (
            f"{what} between {text(int(seen['low']))} and {text(int(seen['high']))} ({seen['bars']:.0f} bars, {width} "
            f"ticks): {-seen['cvd']:.0f} more were {who} than the other way (z {seen['z']:.1f}), and it was left "
            f"by {seen['beyond']:.0f} ticks"
        )
