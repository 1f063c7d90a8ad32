"""One day through our detectors and through the reference detectors, both matched in the same way."""

from dataclasses import replace
from pathlib import Path

from bot.config import read_bot
from bot.scoring import Detection, Tally, Watch, Watched, labels_beside, match, tally_of
from tests.quality.tapes import Job, rows_of
from tests.reference import KINDS, detect

SECOND = 1_000_000_000
SLOW = ("CL", "GC")
"""Products that are read in bars of a quarter of an hour."""


def bar_s(product: str) -> int:
    """Seconds of the bars that a product is read in by default."""
    return 900 if product in SLOW else 60


def measure(
    job: Job, folder: Path, *, reference: bool, sets: tuple[str, ...] = (), unguarded: bool = False
) -> tuple[Tally, Tally | None]:
    """(ours, the reference's) of a day; `sets` are keys of bot.toml; `unguarded`: no guard vetoes."""
    path = job.tape(folder)
    watched = Watch(str(path), bot=read_bot(None, sets)).read()
    if unguarded:
        watched = replace(watched, detections=[replace(one, vetoed_by=()) for one in watched.detections])
    labels, _ = labels_beside(str(path), None, watched)
    ours = tally_of(watched, match(watched, labels))
    if not reference:
        return ours, None
    theirs = referred(job, path, watched)
    return ours, tally_of(theirs, match(theirs, labels))


def referred(job: Job, path: Path, watched: Watched) -> Watched:
    """The same tape as the reference detectors see it: no guard vetoes anything."""
    ticks, width = rows_of(path), bar_s(job.product)
    seen = detect(ticks, job.product, watched.first_ns // (60 * SECOND) * 60 * SECOND, width)
    found = [
        Detection(one.kind, one.side, one.ts, one.known, one.price, one.strength, _timeframe(one.kind, width))
        for one in seen
    ]
    return replace(watched, kinds=KINDS, detections=found, guards={})


def _timeframe(kind: str, width: int) -> int:
    return (300 if kind == "imbalance" else width) * SECOND
