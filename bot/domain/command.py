"""What a person may tell the desk, and the health of the process that it runs in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Verb = Literal["status", "pause", "resume", "cancel-entries", "flatten", "stop", "reload", "note", "tag", "model-reset"]

KILL, PAUSE, STRATEGY = "kill", "pause", "strategy"
"""Keys of `control` for what a person closed, and for strategies that failed: the newest row of a key holds."""
DAY_END = "day_end"
"""Key of `control` for the day's end before its time; the value is the trading day (yyyymmdd) that takes no entries."""

HEDGED = "hedge"
"""How the key of `control` begins that tells what of a strategy's inventory is not hedged."""

REFUSED = ".refused"
"""How a key of `control` ends that counts what was no command: nothing followed from it."""


def pause_key(strategy: str, product: str) -> str:
    """The key of a pause of one strategy, of one product, of both, or of everything (both empty)."""
    return f"{PAUSE}:{strategy}:{product}"


def paused(key: str) -> tuple[str, str] | None:
    """(strategy, product) of a pause's key; None for any other key."""
    what, *scope = key.split(":")
    return (scope[0], scope[1]) if what == PAUSE and len(scope) == 2 else None


def since(why: str, ts: int) -> str:
    """Why, and since when: what closes a desk is told with its age."""
    return f"{why}, since {datetime.fromtimestamp(ts // 1_000_000_000, UTC):%Y-%m-%d %H:%M} UTC"


def clock_text(ts: int) -> str:
    """The first whole second of UTC from a moment on, as people read it: 14:03:05Z."""
    return f"{datetime.fromtimestamp(-(-ts // 1_000_000_000), UTC):%H:%M:%S}Z"


def model_key(strategy: str) -> str:
    """The key of what a person has said of a strategy's model: that it may judge again."""
    return f"model.{strategy}"


def hedge_key(strategy: str) -> str:
    """The key of what of a strategy's inventory is not hedged, in units of its instrument; 0: little enough."""
    return f"{HEDGED}.{strategy}"


def strategy_key(name: str) -> str:
    """The key of what has gone wrong with a strategy: the number of its errors, or that it is asked no more."""
    return f"{STRATEGY}.{name}"


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
    who: str = ""
    """The user of the machine that says it."""
    subject: str = ""
    """Of a note or a tag: the id of a row, or a run."""
    text: str = ""
    tags: tuple[str, ...] = ()
    remove: bool = False
    """Take the tags off."""

    @property
    def ends_a_part(self) -> bool:
        """A `stop` of one strategy or instrument; the desk goes on."""
        return self.verb == "stop" and bool(self.strategy or self.instrument)


@dataclass(frozen=True, slots=True)
class Health:
    """Wall-clock facts the desk may act on. A tape clock reports them constant and good, so that replays agree."""

    clock_offset_ns: int = 0
    loop_lag_ns: int = 0
    commit_ns: int = 0
    journal: str = ""
    """Why the journal cannot be written; empty while it can."""


GOOD = Health()
