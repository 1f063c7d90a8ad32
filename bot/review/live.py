"""Which runs are reviewed without being asked for: those whose market was live."""

from collections import Counter
from collections.abc import Sequence

from bot.journal.reading import RunInfo

MADE = ("replay", "synthetic")
"""Adapters whose market is not live: their runs are reviewed when they are asked for."""


def live(runs: Sequence[RunInfo]) -> tuple[list[RunInfo], dict[str, int]]:
    """The live paper runs among `runs`, and how many of each other adapter were left out."""
    chosen = [run for run in runs if run.adapter not in MADE]
    return chosen, dict(Counter(run.adapter for run in runs if run.adapter in MADE))
