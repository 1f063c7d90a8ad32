"""What the journal keeps of sweeps: what was asked for, and what came of each trial on each tape.

A sweep is no run: its trials have journals of their own that are kept nowhere, and what is kept of them is their sum.
"""

from typing import NamedTuple


class Sweep(NamedTuple):
    """One start of a sweep, with what is needed to repeat it."""

    id: str
    started_ns: int  # wall
    strategy: str
    file: str  # its text
    tapes: str  # JSON: their hashes
    trials: int
    seed: int


class SweepTrial(NamedTuple):
    """One trial on one tape. The same settings on the same tape are never played twice."""

    trial: str  # digest of all that decides it but the tape
    tape: str  # hash
    sweep: str  # that played it
    setting: str  # digest of the strategy's settings, as a try is counted
    params: str  # JSON
    round_trips: int
    net_ticks: int
    result: str  # JSON
    journal_hash: str | None
    error: str | None


SWEEPS: dict[str, type[Sweep] | type[SweepTrial]] = {"sweep": Sweep, "sweep_trial": SweepTrial}
"""Table name → row. They have neither `seq` nor run."""

NAMED_BY: dict[str, tuple[str, ...]] = {"sweep": ("id",), "sweep_trial": ("trial", "tape")}
"""Columns that name one row for ever."""
