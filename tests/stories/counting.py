"""A stranger's detector that counts prints, and a strategy that answers whatever it is asked with a refusal."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.config import Params, StrategyFile
from bot.domain.decision import Proposal, Reason, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.domain.market import EVENT, PRINT, Events, Ticks
from bot.ports import DeskView


class Counting:
    """Every tenth print is a signal, every fifth between two of them falls short of one."""

    kind = "tenth"
    kinds = ("tenth", "fifth")
    candidates = frozenset({"fifth"})
    EVIDENCE = ("prints",)

    def __init__(self, instrument: Instrument, timeframe_ns: int, params: Params) -> None:
        self._prints = np.zeros(1, np.int64)

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        """All of the batch at once."""
        rows = start + np.flatnonzero(ticks["kind"][start:] == PRINT)
        counts = self._prints[0] + np.arange(1, len(rows) + 1)
        self._prints[0] += len(rows)
        rows, counts = rows[counts % 5 == 0], counts[counts % 5 == 0]
        found = np.zeros(len(rows), EVENT)
        found["ts"] = found["known"] = ticks["ts"][rows]
        found["row"], found["price"], found["side"] = rows, ticks["price"][rows], 1
        found["kind"], found["evidence"][:, 0] = counts % 10 != 0, counts
        return found, len(ticks)

    def save(self) -> Mapping[str, Any]:
        """The one number that it keeps."""
        return {"prints": self._prints}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on counting from there."""
        self._prints[:] = saved["prints"]


class Forgetful(Counting):
    """The same, which cannot be saved."""

    kind = "forgetful"
    kinds = ("forgetful", "forgetful_fifth")
    candidates = frozenset({"forgetful_fifth"})
    save = load = None  # type: ignore[assignment]


class Refusing:
    """Wants to hear of both, and refuses each, so that the journal shows what it was asked."""

    Params = Params

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        self.name, self.instrument = spec.name, spec.instrument
        self.wants = frozenset({"tenth", "fifth"})

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """No, and why."""
        no = Reason("asked", signal.kind)
        return (Refusal(self.name, signal.instrument, signal.side, signal.id, signal.known, (no,)),)
