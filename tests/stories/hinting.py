"""A market with hints in it: some prints say something of what comes, and a strategy buys after each of them.

    hints(tape, ...)    episodes of a few seconds: a hint, then the target or the stop

A hint is a print of 10 units or more. Its evidence: `z` from its size, `share`, `effort` from those of the touch.
"""

from collections.abc import Callable, Sequence

import numpy as np

from bot.config import Params, StrategyFile
from bot.domain.decision import Proposal, Refusal, Signal
from bot.domain.instrument import Instrument
from bot.domain.market import EVENT, PRINT, Events, Ticks
from bot.ports import DeskView
from tests.tapes import Tape, ns

HINT = 10
STOP, TARGET = 4, 6


class Hint:
    """A detector of others: every large print is a signal."""

    kind = "hint"
    kinds = ("hint",)
    EVIDENCE = ("z", "share", "effort")

    def __init__(self, instrument: Instrument, timeframe_ns: int, params: Params) -> None:
        pass

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        """All of the batch at once; nothing is remembered."""
        rows = start + np.flatnonzero((ticks["kind"][start:] == PRINT) & (ticks["size"][start:] >= HINT))
        found, seen = np.zeros(len(rows), EVENT), ticks[rows]
        found["ts"] = found["known"] = seen["ts"]
        found["row"], found["price"], found["side"] = rows, seen["price"], 1
        found["evidence"][:, 0] = (seen["size"] - HINT) / 10
        found["evidence"][:, 1] = seen["bid_size"] / 10
        found["evidence"][:, 2] = seen["ask_size"] / 10
        return found, len(ticks)


class Buyer:
    """Buys at the market after each hint, one bracket at a time."""

    def __init__(self, spec: StrategyFile, instrument: Instrument) -> None:
        self.name, self.instrument, self._ttl = spec.name, spec.instrument, spec.entry.ttl
        self.wants = frozenset({"hint"})

    def decide(self, signal: Signal, desk: DeskView) -> Sequence[Proposal | Refusal]:
        """A bracket a few ticks wide."""
        if desk.open_brackets:
            return ()
        entry = desk.ask
        wish = Proposal(
            strategy=self.name,
            instrument=signal.instrument,
            side=1,
            quantity=1,
            entry=entry,
            stop=entry - STOP,
            target=entry + TARGET,
            signal_id=signal.id,
            known=signal.known,
            ttl_ns=self._ttl,
        )
        return (wish,)


Wins = Callable[[float, float, float], bool]
"""Whether a hint of this z, share and effort is followed by the target."""


def hints(days: Sequence[str], each: int, wins: Wins, *, seed: int, shift: float = 0.0, quiet: int = 0) -> Tape:
    """So many hints on each of the days (New York dates), from 10:01 on; `shift` moves the sizes of the touch.

    After each of them so many quiet seconds pass.
    """
    chance, tape = np.random.default_rng(seed), Tape(start=f"{days[0]} 10:00")
    for day in days:
        tape.now = ns(f"{day} 10:00")
        tape.quote(*_touch(0), 20, 20)
        for _ in range(75):  # after a gap the halt guard waits for a whole quiet minute
            tape.bought(5, _touch(0)[1]).wait(1)
        for _ in range(each):
            _episode(tape, chance, wins, shift)
            for _ in range(quiet):
                tape.bought(5, _touch(0)[1]).wait(1)
    return tape


def _episode(tape: Tape, chance: np.random.Generator, wins: Wins, shift: float) -> None:
    size = HINT + int(chance.integers(0, 11))
    shown = [int(x) for x in np.clip(chance.normal(20 + 10 * shift, 4, 2), 2, 90)]
    won = wins((size - HINT) / 10, shown[0] / 10, shown[1] / 10)
    tape.quote(*_touch(0), *shown).bought(size, _touch(0)[1]).wait(0.4)
    for _ in range(3):  # the entry is filled by what is sold at its limit
        tape.sold(2, _touch(0)[1]).wait(0.2)
    for step in (3, TARGET + 2):
        at = step if won else -step
        tape.quote(*_touch(at), 20, 20)
        (tape.bought if won else tape.sold)(3, _touch(at)[1 if won else 0]).wait(1)
    tape.quote(*_touch(0), 20, 20).wait(12)  # no equal entry is approved twice within ten seconds


def _touch(ticks: int) -> tuple[str, str]:
    return f"{4200 + ticks * 0.25:.2f}", f"{4200.25 + ticks * 0.25:.2f}"
