"""Which refusals are asked for, and what each would have made: of the newest run, or of those that are chosen."""

from collections.abc import Sequence

from bot.errors import UsageError
from bot.journal.reading import Reader, RunInfo
from bot.review.live import live
from bot.review.refused import Ask, Found, refused
from bot.web.asked import OF_ROWS, Query, filters_of

RUNS_MAX = 20
"""Runs whose tapes are read while somebody waits for a page."""


def refusals(query: Query, reader: Reader, ask: Ask, now_ns: int) -> tuple[Sequence[RunInfo], Found]:
    """The runs that are chosen, and what they refused.

    That is the run that is named; else with a filter the live paper runs (all where there are none), else the newest.
    Raises UsageError for more runs than somebody would wait for, InputMissing for one that is not there.
    """
    filters = filters_of(query, now_ns)
    named, filtered = query.text("run"), any(query.text(name) for name in OF_ROWS)
    runs: Sequence[RunInfo] = reader.choose(named or ("all" if filtered else "last")) if named or reader.runs else []
    if not named and filtered and not filters.adapter:
        runs = live(runs)[0] or runs
    runs = filters.started(runs, reader) if filters.day else filters.runs(runs)
    if len(runs) > RUNS_MAX:
        raise UsageError(
            f"{len(runs)} runs are chosen, whose tapes would all be read",
            allowed=f"{RUNS_MAX} runs: day, run or account chooses fewer",
            do="paperpit journal stats --blocked --run all",
        )
    return runs, refused(reader, runs, filters, ask)
