"""What a person may tell the desk, and the health of the process that it runs in."""

from dataclasses import dataclass
from typing import Literal

Verb = Literal["status", "pause", "resume", "cancel-entries", "flatten", "stop"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command, numbered by `nonce` so that it takes effect at most once."""

    verb: Verb
    nonce: str
    ts: int
    reason: str = ""
    strategy: str = ""
    instrument: str = ""
    clear_kill: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Wall-clock facts the desk may act on. A tape clock reports them constant and good, so that replays agree."""

    clock_offset_ns: int = 0
    loop_lag_ns: int = 0
    commit_ns: int = 0


GOOD = Health()
