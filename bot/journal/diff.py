"""What two runs did differently: row by row over their canonical rows, or by decision where one had a broker.

A replay repeats another row by row. What a live run wrote beside (links, clocks, acknowledgements) no tape has: it is
held against its repetition by what was seen, wanted, decided and filled (`bot.journal.by_decision`).
"""

from collections.abc import Mapping
from typing import Any

from bot.journal import canon
from bot.journal.by_decision import by_decision, decided
from bot.journal.canonical import hash_of, rows_of
from bot.journal.causes import DECISION, FILL, SIGNAL, Causes, made_of
from bot.journal.made_of import run_differences
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import KINDS, Difference, keyed, moment_of, table_differences
from bot.journal.told import told_differently

__all__ = ["Difference", "differences"]

ORDER_OF_ROWS = "order-of-rows"
_MADE_OF = frozenset({"run", "instrument"})
_REACHED_AS = {"signal": SIGNAL, "fill": FILL}
"""Kind of a table's rows → what of it a cause must reach."""
_AT_LAST = 1 << 63
"""After every moment: rows that have none."""


def differences(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> list[Difference]:
    """Everything in which two runs differ, causes first; empty when they did the same.

    Each has `kind`, `a`, `b` and `why`; a consequence also `follows`, which names what it follows from.
    """
    if by_decision(a, b):
        return decided(reader_a, a, reader_b, b)
    if hash_of(reader_a, a) == hash_of(reader_b, b):
        return []
    return _by_row(reader_a, a, reader_b, b) or [_reordered(reader_a, a, reader_b, b)]


def _by_row(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> list[Difference]:
    """Two replays: what they were made of and what they were told explains whatever comes after it."""
    made = list(run_differences(reader_a, a, reader_b, b))
    told = told_differently(reader_a, a, reader_b, b)
    causes = Causes([*map(made_of, made), *told])
    timed = [(cause.ts, cause.told) for cause in told if cause.told]
    for table, kind in KINDS.items():
        if table in _MADE_OF:
            continue
        for difference in table_differences(table, keyed(reader_a, a, table), keyed(reader_b, b, table)):
            ts = max(_moment(difference[side]) for side in ("a", "b") if difference[side] is not None)
            if table == "command" and any(cause.ts == ts for cause in told):
                continue
            cause = causes.of(_REACHED_AS.get(kind, DECISION), ts)
            timed.append((ts, difference if cause is None else causes.follows(difference, cause)))
    return [*made, *(difference for _, difference in sorted(timed, key=lambda pair: pair[0]))]


def _moment(row: Mapping[str, Any]) -> int:
    ts = moment_of(row)
    return _AT_LAST if ts is None else ts


def _reordered(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> Difference:
    """The same rows in another order, or with other ids: the first place where that shows."""
    for (_, table_a, row_a), (_, table_b, row_b) in zip(rows_of(reader_a, a), rows_of(reader_b, b), strict=False):
        one, other = canon.of_row(table_a, row_a), canon.of_row(table_b, row_b)
        if one != other:
            break
    return {
        "kind": ORDER_OF_ROWS,
        "a": {"row": one.decode()},
        "b": {"row": other.decode()},
        "why": "the same rows in another order or with other ids; this is the first",
    }
