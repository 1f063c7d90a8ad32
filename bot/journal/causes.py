"""What differences may follow from: what two runs were made of, what one of them was told, what went otherwise before.

A cause reaches signals, decisions or fills: another calendar explains a refusal and never a signal.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.journal.row_diff import Difference

SIGNAL, DECISION, FILL = "signal", "decision", "fill"
CALENDAR, PAUSE, ROLL, WARM = "calendar", "pause", "roll", "warm"
MISSED_TICK, LATE_FILL, FILL_MODEL = "missed-tick", "late-fill", "fill-model"

EVERYTHING = frozenset({SIGNAL, DECISION, FILL})
AFTER_SIGNALS = frozenset({DECISION, FILL})
_REACH: Mapping[str, frozenset[str]] = {CALENDAR: AFTER_SIGNALS, FILL_MODEL: AFTER_SIGNALS}
_AFTER_SIGNALS = ("risk.", "daemon.", "dry")
"""How settings begin that no detector ever sees."""
_VERSIONS = "versions"
_NEAREST: Mapping[str, frozenset[str]] = {
    SIGNAL: frozenset({MISSED_TICK, WARM, ROLL}),
    FILL: frozenset({MISSED_TICK, FILL_MODEL}),
}
"""Kinds that speak of nothing else, where settings differ as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """A difference from which others may follow."""

    ts: int  # ns UTC; 0: from the start
    kind: str
    what: str  # "the short bracket in ES of 13:41:00.250Z"
    reach: frozenset[str] = AFTER_SIGNALS
    told: Difference | None = None
    """Only where it is no difference unless something follows from it: a command, for one."""


class Causes:
    """All that has been found by some moment, and which of it explained something."""

    def __init__(self, causes: Iterable[Cause]) -> None:
        self._all = list(causes)
        self.explained: dict[Cause, None] = {}

    def add(self, cause: Cause) -> None:
        """One more, from its moment on."""
        self._all.append(cause)

    def of(self, what: str, until: int, *kinds: str) -> Cause | None:
        """The newest that stood at `until` (ns UTC) and reaches signals, decisions or fills; of these kinds only."""
        return _newest(what, self._able(what, until, kinds))

    def standing(self, what: str, until: int, *kinds: str) -> Cause | None:
        """The same of what the runs were made of and were told, and not of what went otherwise in them."""
        return _newest(what, (one for one in self._able(what, until, kinds) if one.ts == 0 or one.told is not None))

    def _able(self, what: str, until: int, kinds: Sequence[str]) -> Iterator[Cause]:
        for one in self._all:
            if one.ts <= until and what in one.reach and (not kinds or one.kind in kinds):
                yield one

    def follows(self, difference: Difference, cause: Cause) -> Difference:
        """A difference as the consequence of another: it has that one's kind."""
        if cause.told is not None:
            self.explained[cause] = None
        why = f"{difference['why']}: a consequence of {cause.what}"
        return {**difference, "kind": cause.kind, "why": why, "follows": cause.what}


def _newest(what: str, causes: Iterable[Cause]) -> Cause | None:
    def blamed(one: Cause) -> tuple[int, bool, bool]:
        # Of several that stood from the start the nearest; another version of a program is the last of all.
        return one.ts, one.kind in _NEAREST.get(what, ()), not one.what.endswith(_VERSIONS)

    return max(causes, key=blamed, default=None)


def made_of(difference: Difference) -> Cause:
    """What two runs were not both made of, as a cause of whatever differs in them."""
    kind, what = difference["kind"], difference["why"].partition(":")[0].partition(" is ")[0]
    reach = AFTER_SIGNALS if what.startswith(_AFTER_SIGNALS) else _REACH.get(kind, EVERYTHING)
    words = {WARM: "the other memory", CALENDAR: "the other calendar", FILL_MODEL: "the other fill model"}
    own = f"the roll of {what}" if kind == ROLL else f"the other {what}"
    return Cause(0, kind, words.get(kind, own), reach)
