"""A tally as figures: recall, precision, false alarms an hour, delay, each with an exact 95 % interval."""

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from bot.risk.rules.market import GUARDS
from bot.scoring.interval import count, share
from bot.scoring.kinds import COUNTED
from bot.scoring.tally import DecoyTally, KindTally, Tally

HOUR_NS = 3_600_000_000_000
SECOND_NS = 1_000_000_000
GRADES = {"weak": 0.33, "mid": 0.67, "strong": 1.0}
"""Strength of a graded label. Any other strengths are cut into thirds."""

Row = dict[str, Any]


def rows(tally: Tally) -> list[Row]:
    """One object a kind, the counted ones first. A figure that does not exist is None."""
    order = {kind: number for number, kind in enumerate(COUNTED)}
    kinds = sorted(tally.kinds, key=lambda kind: (order.get(kind, len(order)), kind))
    return [_row(kind, tally.kinds[kind], tally) for kind in kinds]


def _row(kind: str, one: KindTally, tally: Tally) -> Row:
    hours = tally.judged_ns / HOUR_NS
    ends = sorted(end for _, end in one.delays)
    recall, precision = share(one.hits, len(one.labels)), share(one.hits, one.hits + one.false)
    low, high = count(one.false)
    return {
        "kind": kind,
        "labels": len(one.labels),
        "detections": one.detections,
        "hits": one.hits,
        "recall": _ratio(one.hits, len(one.labels)),
        "precision": _ratio(one.hits, one.hits + one.false),
        "false_per_hour": _ratio(one.false, hours),
        "median_delay_ms": _ms(median(ends)) if ends else None,
        "counted": kind in COUNTED,
        "recall_low": recall and round(recall[0], 4),
        "recall_high": recall and round(recall[1], 4),
        "precision_low": precision and round(precision[0], 4),
        "precision_high": precision and round(precision[1], 4),
        "false": one.false,
        "false_per_hour_low": _ratio(low, hours),
        "false_per_hour_high": _ratio(high, hours),
        "p90_delay_ms": _ms(_high(ends)) if ends else None,
        "median_since_start_ms": _ms(median(start for start, _ in one.delays)) if ends else None,
        "duplicates": one.duplicates,
        "crossed": one.crossed,
        "vetoed": one.vetoed,
        "lost_to_vetoes": one.lost,
        "false_in_decoys": one.false_in_decoys,
        "per_hour": _ratio(one.detections, tally.ns / HOUR_NS),
        "hours": round(tally.ns / HOUR_NS, 4),
        "by_strength": {third: _third(part) for third, part in _thirds(one.labels)},
    }


def _third(labels: Sequence[bool]) -> Row:
    recall = share(sum(labels), len(labels))
    return {
        "labels": len(labels),
        "hits": sum(labels),
        "recall": _ratio(sum(labels), len(labels)),
        "recall_low": recall and round(recall[0], 4),
        "recall_high": recall and round(recall[1], 4),
    }


def _thirds(labels: Sequence[tuple[float, bool]]) -> Iterator[tuple[str, list[bool]]]:
    """Whether each label was hit, in three lots by strength; equal strengths stay together, unknown ones stay out."""
    strengths = sorted(strength for strength, _ in labels if not math.isnan(strength))
    graded = all(any(abs(strength - grade) < 0.01 for grade in GRADES.values()) for strength in strengths)
    if graded or not strengths:
        first, second = 0.5, 0.83
    else:
        first, second = (strengths[math.ceil(part * len(strengths) / 3) - 1] for part in (1, 2))
    yield "weak", [hit for strength, hit in labels if strength <= first]
    yield "mid", [hit for strength, hit in labels if first < strength <= second]
    yield "strong", [hit for strength, hit in labels if strength > second]


def decoy_rows(tally: Tally) -> list[Row]:
    """One object for each sort of decoy: how many a guard flagged, which one how soon, and what was seen inside."""
    notes = sorted({one.note for one in tally.decoys})
    return [_decoys(note, [one for one in tally.decoys if one.note == note]) for note in notes]


def _decoys(note: str, decoys: Sequence[DecoyTally]) -> Row:
    soonest = [min(delay for _, delay in one.flags) for one in decoys if one.flags]
    flagged = share(len(soonest), len(decoys))
    numbers = sorted({number for one in decoys for number, _ in one.flags})
    by = {f"G{n}": [delay for one in decoys for number, delay in one.flags if number == n] for n in numbers}
    return {
        "decoy": note or "unnamed",
        "decoys": len(decoys),
        **_flagged(soonest),
        "flagged_share": _ratio(len(soonest), len(decoys)),
        "flagged_low": flagged and round(flagged[0], 4),
        "flagged_high": flagged and round(flagged[1], 4),
        "detections": sum(one.detections for one in decoys),
        "vetoed": sum(one.vetoed for one in decoys),
        "by_guard": {guard: _flagged(delays) for guard, delays in by.items()},
    }


def _flagged(delays: Sequence[int]) -> Row:
    return {
        "flagged": len(delays),
        "median_flag_ms": _ms(median(delays)) if delays else None,
        "p90_flag_ms": _ms(_high(sorted(delays))) if delays else None,
    }


def guard_rows(tally: Tally) -> list[Row]:
    """One object a guard: how much of the tapes' time it was on, which is what it costs."""
    return [
        {
            "guard": f"G{number}",
            "what": GUARDS.get(number, "guard"),
            "times": one.times,
            "seconds": round(one.ns / SECOND_NS, 3),
            "share": _ratio(one.ns, tally.ns),
        }
        for number, one in sorted(tally.guards.items())
    ]


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _ms(ns: float) -> int:
    return round(ns / 1_000_000)


def _high(ordered: Sequence[int]) -> int:
    """The smallest value that nine tenths do not exceed."""
    return ordered[math.ceil(0.9 * len(ordered)) - 1]
