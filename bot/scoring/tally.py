"""What is counted of a tape, so that it can be added to another's: a report pools many seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from bot.scoring.kinds import COUNTED
from bot.scoring.matching import Matched
from bot.scoring.watch import Span, Watched
from bot.tape.labels import Label

Flag = tuple[int, int]
"""Number of a guard, and how long after the decoy's start it was on (ns)."""


@dataclass(frozen=True, slots=True)
class KindTally:
    """The counts of one kind."""

    labels: tuple[tuple[float, bool], ...] = ()
    """Strength of each, and whether it was hit."""
    delays: tuple[tuple[int, int], ...] = ()
    """Of each hit: known time minus the label's start, and minus its end (ns)."""
    hits: int = 0
    false: int = 0
    duplicates: int = 0
    crossed: int = 0
    unjudged: int = 0
    """On a tape of which nobody knows what happened."""
    vetoed: int = 0
    lost: int = 0
    """Labels that were missed only because a guard vetoed what saw them."""
    false_in_decoys: int = 0

    @property
    def detections(self) -> int:
        """Those that no guard vetoed."""
        return self.hits + self.false + self.duplicates + self.crossed + self.unjudged

    def __add__(self, other: "KindTally") -> "KindTally":
        return KindTally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class DecoyTally:
    """What came of one decoy."""

    note: str
    flags: tuple[Flag, ...]
    """Every guard that was on within it."""
    detections: int
    """Of a counted kind, known within it and not vetoed."""
    vetoed: int


@dataclass(frozen=True, slots=True)
class GuardTally:
    """How long a guard was on (ns), and how often it went on."""

    ns: int = 0
    times: int = 0

    def __add__(self, other: "GuardTally") -> "GuardTally":
        return GuardTally(self.ns + other.ns, self.times + other.times)


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one tape or of several; `Tally() + one` is `one`."""

    ns: int = 0
    """Time of the tapes, pauses of more than ten minutes left out."""
    judged_ns: int = 0
    """That of the tapes that have labels."""
    tapes: int = 0
    kinds: Mapping[str, KindTally] = field(default_factory=dict)
    decoys: tuple[DecoyTally, ...] = ()
    guards: Mapping[int, GuardTally] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.ns + other.ns,
            self.judged_ns + other.judged_ns,
            self.tapes + other.tapes,
            _added(self.kinds, other.kinds, KindTally()),
            self.decoys + other.decoys,
            _added(self.guards, other.guards, GuardTally()),
        )


def _added(one: Mapping[Any, Any], other: Mapping[Any, Any], nothing: Any) -> dict[Any, Any]:
    return {key: one.get(key, nothing) + other.get(key, nothing) for key in dict.fromkeys((*one, *other))}


def tally_of(watched: Watched, matched: Matched) -> Tally:
    """Count one tape. Every counted kind that the detectors could have said is in it, be it with nothing."""
    kinds = dict.fromkeys(
        (
            *(kind for kind in COUNTED if kind in watched.kinds),
            *(label.what for label, _ in matched.labels),
            *(seen.kind for seen, _ in matched.detections),
        )
    )
    guards = {
        number: GuardTally(sum(watched.open_ns(*span) for span in spans), len(spans))
        for number, spans in watched.guards.items()
    }
    ns = watched.open_ns(watched.first_ns, watched.last_ns)
    return Tally(
        ns,
        ns if matched.judged else 0,
        1,
        {kind: _kind(kind, matched) for kind in kinds},
        tuple(_decoy(one, watched.guards, matched) for one in matched.decoys),
        guards,
    )


def _kind(kind: str, matched: Matched) -> KindTally:
    labels = [(label, seen) for label, seen in matched.labels if label.what == kind]
    outcomes = [outcome for seen, outcome in matched.detections if seen.kind == kind]
    false = [seen for seen, outcome in matched.detections if seen.kind == kind and outcome == "false"]
    return KindTally(
        tuple((label.strength, seen is not None) for label, seen in labels),
        tuple((seen.known - label.t_start, seen.known - label.t_end) for label, seen in labels if seen),
        outcomes.count("hit"),
        len(false),
        outcomes.count("duplicate"),
        outcomes.count("crossed"),
        outcomes.count("unjudged"),
        outcomes.count("vetoed"),
        sum(label.what == kind for label in matched.lost),
        sum(any(_within(decoy, seen.known) for decoy in matched.decoys) for seen in false),
    )


def _within(label: Label, ts: int) -> bool:
    return label.t_start <= ts <= label.t_end


def _decoy(decoy: Label, guards: Mapping[int, Sequence[Span]], matched: Matched) -> DecoyTally:
    flags = []
    for number, spans in guards.items():
        since = [on for on, off in spans if on <= decoy.t_end and off > decoy.t_start]
        if since:
            flags.append((number, max(0, min(since) - decoy.t_start)))
    inside = [outcome for seen, outcome in matched.detections if seen.kind in COUNTED and _within(decoy, seen.known)]
    vetoed = inside.count("vetoed")
    return DecoyTally(decoy.note, tuple(sorted(flags)), len(inside) - vetoed, vetoed)
