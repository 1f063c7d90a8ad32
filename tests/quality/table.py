"""The report as a markdown table: a line a kind, ours beside the reference's, planted days beside strict nulls."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.scoring import Tally, rows
from bot.scoring.kinds import COUNTED

HEAD = (
    "kind", "labels", "recall [95 %]", "weak / mid / strong", "FP/h [95 %]", "of these in decoys", "null FP/h [95 %]",
    "delay s, median / p90", "lost to guards", "ref. recall", "ref. weak / mid / strong", "ref. FP/h", "ref. null",
    "ref. delay s",
)  # fmt: skip
Row = Mapping[str, Any]
NOTHING = "–"


def table(planted: Tally, null: Tally, ref_planted: Tally | None, ref_null: Tally | None) -> Iterator[str]:
    """Lines of markdown. A kind that only the reference or the labels know has a line as well."""
    tallies = (planted, null, ref_planted or Tally(), ref_null or Tally())
    ours, ours_null, theirs, theirs_null = ({row["kind"]: row for row in rows(tally)} for tally in tallies)
    yield f"| {' | '.join(HEAD)} |"
    yield "|" + "---|" * len(HEAD)
    for kind in COUNTED:
        if kind in ours or kind in theirs:
            cells = (*_mine(ours.get(kind), ours_null.get(kind)), *_theirs(theirs.get(kind), theirs_null.get(kind)))
            yield f"| {kind} | {' | '.join(cells)} |"


def _mine(row: Row | None, null: Row | None) -> Iterator[str]:
    yield NOTHING if row is None else str(row["labels"])
    yield _share(row)
    yield _grades(row)
    yield _rate(row, interval=True)
    yield NOTHING if row is None else f"{row['false_in_decoys']} of {row['false']}"
    yield _rate(null, interval=True)
    yield _delays(row)
    yield NOTHING if row is None else str(row.get("lost_to_vetoes", NOTHING))


def _theirs(row: Row | None, null: Row | None) -> Iterator[str]:
    yield NOTHING if row is None or row["recall"] is None else f"{row['recall']:.2f}"
    yield _grades(row)
    yield _rate(row)
    yield _rate(null)
    yield _delays(row)


def _share(row: Row | None) -> str:
    if row is None or row["recall"] is None:
        return NOTHING
    return f"{row['recall']:.2f} [{row['recall_low']:.2f}, {row['recall_high']:.2f}]"


def _grades(row: Row | None) -> str:
    if row is None or not row["labels"]:
        return NOTHING
    grades = [part["recall"] for part in row["by_strength"].values()]
    return " / ".join(NOTHING if grade is None else f"{grade:.2f}" for grade in grades)


def _rate(row: Row | None, *, interval: bool = False) -> str:
    if row is None or row["false_per_hour"] is None:
        return NOTHING
    between = f" [{row['false_per_hour_low']:.2f}, {row['false_per_hour_high']:.2f}]" if interval else ""
    return f"{row['false_per_hour']:.3f}{between}"


def _delays(row: Row | None) -> str:
    if row is None or row["median_delay_ms"] is None:
        return NOTHING
    return f"{row['median_delay_ms'] / 1_000:.1f} / {row['p90_delay_ms'] / 1_000:.1f}"
