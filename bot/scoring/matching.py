"""Which detection is of which label.

In order of confirmation each unvetoed detection takes, of the labels of its kind and side that it fits and nobody has
taken, the one whose time is up first. One that fits only taken labels is a duplicate; one that lies in the time of
another kind's label of its side is a cross; both are neither right nor wrong. Every other one is false.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from bot.scoring.kinds import fit_of
from bot.scoring.watch import Detection, Watched
from bot.tape.labels import Label

Outcome = Literal["hit", "duplicate", "crossed", "false", "vetoed", "unjudged"]


@dataclass(frozen=True, slots=True)
class Matched:
    """Detections with what each was, and labels with the detection that took each."""

    detections: Sequence[tuple[Detection, Outcome]]
    """By confirmation."""
    labels: Sequence[tuple[Label, Detection | None]]
    decoys: Sequence[Label]
    lost: Sequence[Label] = ()
    """Labels that nothing took, but a vetoed detection would have."""
    judged: bool = True
    """Whether it is known what happened."""


def match(watched: Watched, labels: Sequence[Label] | None) -> Matched:
    """Match what was seen with what happened; None: nobody knows what did. Source: specification of signals §15."""
    if labels is None:
        seen_only: list[tuple[Detection, Outcome]] = [
            (seen, "vetoed" if seen.vetoed_by else "unjudged") for seen in sorted(watched.detections, key=_confirmed)
        ]
        return Matched(seen_only, (), (), judged=False)
    truths = [label for label in labels if not label.decoy]
    taken: dict[int, Detection] = {}
    found = [(seen, _outcome(watched, seen, truths, taken)) for seen in sorted(watched.detections, key=_confirmed)]
    pairs = [(label, taken.get(number)) for number, label in enumerate(truths)]
    vetoed = [seen for seen, outcome in found if outcome == "vetoed"]
    missed = [label for label, seen in pairs if seen is None]
    lost = [label for label in missed if any(_fits(watched, seen, label) for seen in vetoed)]
    return Matched(found, pairs, [label for label in labels if label.decoy], lost)


def _confirmed(seen: Detection) -> tuple[int, int]:
    return seen.ts, seen.known


def _outcome(watched: Watched, seen: Detection, truths: Sequence[Label], taken: dict[int, Detection]) -> Outcome:
    if seen.vetoed_by:
        return "vetoed"
    fitting = [n for n, label in enumerate(truths) if _fits(watched, seen, label)]
    free = [n for n in fitting if n not in taken]
    if free:
        taken[min(free, key=lambda n: (truths[n].t_end, n))] = seen
        return "hit"
    if fitting:
        return "duplicate"
    return "crossed" if any(label.what != seen.kind and _in_time(seen, label) for label in truths) else "false"


def _fits(watched: Watched, seen: Detection, label: Label) -> bool:
    if label.what != seen.kind or not _in_time(seen, label):
        return False
    if not fit_of(seen.kind).level or not isfinite(label.price):
        return True
    return abs(label.price / float(watched.tick) - seen.price) <= watched.near(seen.ts)


def _in_time(seen: Detection, label: Label) -> bool:
    """Of the label's side and not too late. How late lies in how a detection is made, so its own kind decides."""
    until = fit_of(seen.kind).until(label.t_end, seen.timeframe_ns)
    return label.side == seen.side and label.t_start <= seen.ts <= until
