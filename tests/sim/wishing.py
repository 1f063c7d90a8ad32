"""The strategy of the simulated days: it wants what the signal says."""

from collections.abc import Sequence

from bot.config import StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.ports import DeskView

SECOND_NS = 1_000_000_000


class Wishing:
    """ports.Strategy: a bracket at each signal of its instrument, as the signal's evidence has it."""

    wants = frozenset({"sim"})

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        self.name, self.instrument = spec.name, spec.instrument

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """The bracket of the script."""
        told = {name: int(value) for name, value in signal.evidence.items()}
        side = told["side"]
        near, far = (desk.bid, desk.ask) if side > 0 else (desk.ask, desk.bid)
        entry = far if told["offset"] < 0 else near - side * told["offset"]
        return (
            Proposal(
                strategy=self.name,
                instrument=signal.instrument,
                side=side,
                quantity=told["quantity"],
                entry=entry,
                stop=entry - side * told["stop"],
                target=entry + side * told["target"],
                signal_id=signal.id,
                known=signal.known,
                ttl_ns=told["ttl_s"] * SECOND_NS,
                time_stop_ns=told["time_stop_s"] * SECOND_NS,
            ),
        )
