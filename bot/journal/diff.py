"""What two runs did differently: row by row over their canonical rows, or by decision where one had a broker.

A replay repeats another row by row. What a live run wrote beside (links, clocks, acknowledgements) no tape has: it is
held against its repetition by what was seen, wanted, decided and filled (`bot.journal.by_decision`).
"""

from collections.abc import Iterator

from bot.journal import canon, rows
from bot.journal.by_decision import by_decision, decided
from bot.journal.canonical import hash_of, rows_of
from bot.journal.reading import Reader, RunInfo
from bot.journal.row_diff import CONFIG, KINDS, Difference, keyed, table_differences, text_differences

__all__ = ["Difference", "differences"]

ORDER_OF_ROWS = "order-of-rows"
RUN_KINDS = {"fill_model": "fill-model", "calendar": "calendar", "warm": "warm"}
"""Columns of `run` that are a kind of their own."""


def differences(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> list[Difference]:
    """Everything in which two runs differ, causes first; empty when they did the same."""
    if by_decision(a, b):
        return decided(reader_a, a, reader_b, b)
    if hash_of(reader_a, a) == hash_of(reader_b, b):
        return []
    found = list(_run_differences(reader_a, a, reader_b, b))
    for table in KINDS:
        if table != "run":
            found += table_differences(table, keyed(reader_a, a, table), keyed(reader_b, b, table))
    return found or [_reordered(reader_a, a, reader_b, b)]


def _run_differences(reader_a: Reader, a: RunInfo, reader_b: Reader, b: RunInfo) -> Iterator[Difference]:
    (one,), (other,) = reader_a.where(rows.Run, "run", a.run), reader_b.where(rows.Run, "run", b.run)
    for column in canon.columns("run"):
        left, right = getattr(one, column), getattr(other, column)
        # A replay's account is its own.
        if left == right or column == "account":
            continue
        if column == "config":
            yield from text_differences(left, right)
        else:
            yield {
                "kind": RUN_KINDS.get(column, CONFIG),
                "a": {column: left},
                "b": {column: right},
                "why": f"{column} is {left!r} in A, {right!r} in B",
            }


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
