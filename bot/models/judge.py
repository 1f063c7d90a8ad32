"""One strategy's guard at the desk: what its model says of each proposal. Numpy only; it reads no clock and no file.

Its memory is a fold of what the journal has: words, outcomes and resets in their order (`hear`), so that a start goes
on where the last run ended. It lasts over another model: an alarm about outcomes is lifted by a new model *and* a
person, in either order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from bot.domain.abstain import DISTANCE, MODEL, P0, P1, SAYS, Abstain, Heard, Outcome, P, Reset, Spoken
from bot.domain.decision import Fact, Proposal, Signal
from bot.models.betting import finite
from bot.models.features import numbers
from bot.models.monitor import Monitor
from bot.models.novelty import POINT, Stream, p_value
from bot.models.record import File, Model

STALE_NS = 30 * 86_400_000_000_000
WIDEST = 0.15
ECE_MOST = 0.08
SKILL_LEAST = 1.645
"""Standard errors by which a model has to be better than the base rate, one-sided 5 %: less has learned nothing."""


class Judge:
    """`file` is None while there is no model; `pinned` is the hash that the strategy's TOML names, if it names one."""

    def __init__(self, file: File | None, pinned: str = "") -> None:
        self._monitors: defaultdict[str, Monitor] = defaultdict(Monitor)
        self._counted: set[str] = set()
        self._spoken_of: list[Spoken] = []
        self._reset_ns = -1
        self._take(file, pinned)

    def _take(self, file: File | None, pinned: str) -> None:
        self._file, self._pinned = file, pinned
        self._hash = file.hash if file is not None else ""
        self._stream = Stream(file.model.distances if file is not None else ())
        for one in self._spoken_of:
            self._listen(one)

    def swap(self, file: File | None, pinned: str = "") -> None:
        """Another model; what was heard stays."""
        self._take(file, pinned)

    def hear(self, what: Iterable[Heard]) -> None:
        """What has happened, in order. A bracket is counted once, however often its end is told."""
        for one in what:
            if isinstance(one, Spoken):
                self._spoken(one)
            elif isinstance(one, Outcome):
                if one.bracket_id not in self._counted:
                    self._counted.add(one.bracket_id)
                    self._monitors[one.model].add(one.promised, one.won, one.ts)
            else:
                self._reset(one)

    def _spoken(self, one: Spoken) -> None:
        self._spoken_of.append(one)
        self._listen(one)

    def _listen(self, one: Spoken) -> None:
        if one.model == self._hash:
            self._stream.add(one.distance, one.ts)

    def _reset(self, one: Reset) -> None:
        self._reset_ns = one.ts
        self._spoken_of.clear()
        self._stream.reset()

    @property
    def alarm(self) -> bool:
        """Whether outcomes close it: this model's, or an earlier one's that no person has reset since."""
        return self._alarm_ns is not None

    @property
    def _alarm_ns(self) -> int | None:
        alarms = ((name, it.alarm_ns) for name, it in self._monitors.items() if it.alarm_ns is not None)
        return min((ts for name, ts in alarms if name == self._hash or ts > self._reset_ns), default=None)

    def shut(self, now: int) -> Mapping[Abstain, int | None]:
        """What makes it abstain from everything at `now` → since when, ns UTC; None: as long as there is this file."""
        file = self._file
        if file is None:
            return {Abstain.NOT_TRAINED: None}
        if self._strange(file):
            return {Abstain.MODEL_HASH_MISMATCH: None}
        stream = {Abstain.NOVEL_STREAM: self._stream.alarm_ns} if self._stream.alarm else {}
        return {**self._of_model(file.model, now), **stream}

    @property
    def state(self) -> dict[str, object]:
        """What it remembers, as plain values to compare."""
        monitors = {name: (it.outcomes, it.e, it.alarm_ns) for name, it in sorted(self._monitors.items())}
        return {"monitors": monitors, "stream": (self._stream.seen, self._stream.alarm), "reset": self._reset_ns}

    def says(
        self, proposal: Proposal, signal: Signal | None, break_even: float, *, guarded: bool
    ) -> Mapping[str, Fact]:
        """Its words on a proposal and the numbers behind them, as facts; the stream has one candidate more.

        `break_even` is the win rate at which the bracket earns nothing; `guarded`: a regime guard is on.
        """
        file, model = self._file, self._file.model if self._file is not None else None
        found: dict[str, Fact] = {MODEL: self._hash}
        words = [Abstain.REGIME_GUARD] if guarded else []
        if model is None or file is None:
            words.append(Abstain.NOT_TRAINED)
        elif self._other(file, signal):
            words.append(Abstain.MODEL_HASH_MISMATCH)
        else:
            words += self._of_model(model, proposal.known)
            words += self._of_candidate(model, proposal, signal, break_even, found)
        found[SAYS] = ", ".join(word for word in Abstain if word in words) or Abstain.OK.value
        return found

    def _other(self, file: File, signal: Signal | None) -> bool:
        """Whether the file is not what was meant, or was trained on signals of other parameters."""
        return self._strange(file) or (signal is not None and signal.params_hash not in file.model.params)

    def _strange(self, file: File) -> bool:
        """Whether the file is not what was meant, whatever it is asked about."""
        return not file.whole or bool(self._pinned and self._pinned != file.hash)

    def _of_model(self, model: Model, now: int) -> dict[Abstain, int | None]:
        """What is against the model itself → since when."""
        words: dict[Abstain, int | None] = {}
        if model.tested.skill < SKILL_LEAST:
            words[Abstain.NOT_TRAINED] = None
        if now - model.until_ns > STALE_NS:
            words[Abstain.STALE_MODEL] = model.until_ns + STALE_NS
        if model.tested.venn_abers.ece > ECE_MOST:
            words[Abstain.CALIBRATION_BAD] = None
        if (alarm_ns := self._alarm_ns) is not None:
            words[Abstain.OUTCOME_ALARM] = alarm_ns
        return words

    def _of_candidate(
        self, model: Model, proposal: Proposal, signal: Signal | None, break_even: float, found: dict[str, Fact]
    ) -> list[Abstain]:
        evidence = signal.evidence if signal is not None else {}
        features = numbers(model.features, evidence, proposal.known)
        missing = [name for name, value in zip(model.features, features, strict=True) if not np.isfinite(value)]
        if missing:
            found["model_missing"] = ", ".join(missing)
            return [Abstain.FEATURE_MISSING]
        z = model.standardised(features)
        distance, (p0, p1) = model.distance(z), model.interval(z)
        novel = p_value(model.distances, distance)
        self._spoken(Spoken(proposal.strategy, self._hash, distance, proposal.known))
        monitor = self._monitors.get(self._hash)
        found |= {
            P0: p0,
            P1: p1,
            P: p1 / (1 - p0 + p1),
            "model_break_even": break_even,
            DISTANCE: distance,
            "model_novelty_p": novel,
            "model_martingale": finite(self._stream.martingale),
            "model_e": finite(monitor.e) if monitor is not None else 1.0,
        }
        words = [Abstain.NOVEL_POINT] if novel < POINT else []
        words += [Abstain.NOVEL_STREAM] if self._stream.alarm else []
        words += [Abstain.INTERVAL_WIDE] if p1 - p0 > WIDEST else []
        if p0 <= break_even:
            words.append(Abstain.STRADDLES_BREAKEVEN if p1 > break_even else Abstain.BELOW_BREAKEVEN)
        return words
