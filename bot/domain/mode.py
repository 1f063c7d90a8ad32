"""How much the desk may do just now: one word, the worst of all causes (reliability notes §5.4).

| mode         | entries          | protect, flatten                      |
|--------------|------------------|---------------------------------------|
| trading      | the gate decides | yes                                   |
| no-entries   | no               | yes                                   |
| protect-only | no               | yes                                   |
| blind        | no               | as soon as the broker is heard again  |
| refused      | no               | no: nothing is sent at all            |

A cause closes what it speaks of: everybody, one strategy, or one instrument.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal


class Mode(StrEnum):
    """From the mildest to the worst."""

    TRADING = "trading"
    NO_ENTRIES = "no-entries"
    PROTECT_ONLY = "protect-only"
    BLIND = "blind"
    REFUSED = "refused"


House = Literal["stall", "clock", "pacing", "maintenance"]
"""What closes entries beside rules and people: the loop stood still · the wall's clock jumped · the broker says that we
speak too fast · the broker's planned pause."""

Closed = Literal["journal", "stop"]
"""What closes more than entries and is no rule: the journal cannot be written · the desk is stopping."""

_WORDS = tuple(Mode)
_OF: dict[str, Mode] = {
    "link": Mode.BLIND,
    "kill_switch": Mode.PROTECT_ONLY,
    "journal": Mode.PROTECT_ONLY,
    "stop": Mode.PROTECT_ONLY,
}
UNSURE_NS = 30_000_000_000
"""What is uncertain for longer than this is more than a pause: nothing but protection, until it is known."""


def mode_of(what: str, lasting_ns: int = 0) -> Mode:
    """The mode that a rule's refusal or another cause brings, which has lasted so long."""
    if what == "reconciled" and lasting_ns >= UNSURE_NS:
        return Mode.PROTECT_ONLY
    return _OF.get(what, Mode.NO_ENTRIES)


def worst(modes: Iterable[Mode]) -> Mode:
    """The worst of them; without any, `trading`."""
    return max(modes, key=_WORDS.index, default=Mode.TRADING)
