"""Absorption reversal: sellers hit a level that held, the bar left it behind as a tail; enter with who absorbed.

    signal    absorption_rejection: absorption at a level, then the tail of a closed bar at the same place
    inventory what makers seem to hold; `inventory_max` in [params] says how much at most (0: the lesson's dip)
    context   the last context bar's imbalance, told with the signal; `context` in [params] says whether it must agree
    entry     a limit `offset_ticks` from the absorbed level towards the market
    stop      one tick beyond the cluster that was absorbed, or a fixed distance
    target    the next liquidity zone, or a fixed distance
Source
    The lesson's worked ES scalp (4200.50 / 4199.75 / 4202.00) and the specification of signals §6, §9, §10. It is a
    hypothesis: one anecdote is no evidence of an edge.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from bot.config import Params as BaseParams
from bot.config import StrategyFile
from bot.config.brackets import bracket, need_size, stop_behind, stop_range, target_at
from bot.domain.decision import Proposal, Reason, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView


class Params(BaseParams):
    """[params] of an absorption reversal."""

    context: Literal["any", "with", "against"] = "any"
    """Whether the last context bar's stronger side must be the signal's, its opposite, or may be either."""
    full_only: bool = False
    """Whether a minor rejection is enough."""
    inventory_max: float | None = None
    """The most that makers may hold on the signal's side, in usual five-minute flows: 0 = a long needs makers who are
    not long. Nobody asks unless it is set."""
    stop_atr_max: float = Field(1.5, gt=0)
    """The longest stop, in ATR of the trigger's bars (never less than 4 ticks)."""


class AbsorptionReversal:
    """One bracket at a time, from the confluence of absorption and rejection."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        need_size(spec)
        self.name = spec.name
        self.instrument = spec.instrument
        self._spec, self._facts = spec, instrument
        self._params = Params(**spec.params)
        asks = self._params.inventory_max is not None
        self.wants = frozenset({"absorption_rejection", *(["inventory"] if asks else [])})
        self._inventory: Mapping[str, float] = {}

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A bracket with the side that absorbed, or every reason why there can be none."""
        if signal.kind == "inventory":
            self._inventory = signal.evidence
            return ()
        side, seen = signal.side, signal.evidence
        entry = int(seen["level"]) + side * self._spec.entry.offset_ticks
        stop = self._stop(side, entry, seen["cluster_low"])
        target = target_at(self._spec, side, entry, seen["zone"])
        far = stop_range(self._spec, side * (entry - stop), seen["atr_ticks"], self._params.stop_atr_max, "the cluster")
        reasons, why = [*self._context(seen, side), *self._dip(side), *far], self._why(signal)
        return bracket(
            self._spec, self._facts, signal, desk, entry=entry, stop=stop, target=target, why=why, reasons=reasons
        )

    def _stop(self, side: int, entry: int, cluster_low: float) -> int:
        return stop_behind(self._spec, side, entry, int(cluster_low))

    def _context(self, seen: Mapping[str, float], side: int) -> list[Reason]:
        wanted, found = self._params.context, int(seen["imbalance_with"])
        facts = {"imbalance_with": found, "grade": seen["imbalance_grade"], "share": seen["imbalance_share"]}
        reasons = []
        if wanted != "any" and found != (1 if wanted == "with" else -1):
            reasons.append(Reason("CONTEXT", f"the context bar's stronger side is not {wanted} the signal", facts))
        if self._params.full_only and not seen["full"]:
            reasons.append(Reason("MINOR_REJECTION", "the tail is a minor one", {"tail": seen["tail"]}))
        return reasons

    def _dip(self, side: int) -> list[Reason]:
        """Whether makers hold no more on this side than they may. Zero asks for the sign only, which is known first."""
        most = self._params.inventory_max
        if most is None:
            return []
        q = self._inventory.get("q", math.nan)
        held = side * (self._inventory.get("q_hat", math.nan) if most == 0 and math.isnan(q) else q)
        if math.isnan(held):
            return [Reason("INVENTORY", "what makers hold is not known yet", {"inventory_max": most})]
        if held <= most:
            return []
        return [Reason("INVENTORY", "makers hold too much on this side", {"inventory": held, "inventory_max": most})]

    def _why(self, signal: Signal) -> str:
        seen, price = signal.evidence, self._facts.text(int(signal.evidence["level"]))
        hit, kind = ("sellers" if signal.side > 0 else "buyers"), ("full" if seen["full"] else "minor")
        return (
            f"{hit} absorbed at {price} ({seen['volume']:.0f} units, z {seen['z']:.1f}), then left behind by a {kind} "
            f"tail of {seen['tail']:.0f} ticks"
        )
