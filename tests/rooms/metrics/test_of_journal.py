"""What is counted from a journal is what it holds: each row once, however often and whenever somebody asks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from bot.metrics.names import Sample, Spread
from bot.metrics.of_journal import Counting, Counts
from bot.resources import shipped
from tests.playing import play


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A look into the demo's day, which has signals of all outcomes."""
    demo = shipped("config/tapes/demo.parquet")
    played = play(tmp_path_factory.mktemp("day"), demo, "es-open-absorption.toml", calendar=None)
    with reading(place(played.url)) as reader:
        yield reader


def counted(reader: Reader, looks: Sequence[int]) -> set[Sample]:
    """What has been counted after looks up to these rows, and two at the end: what came last settles at the second."""
    counts = Counts(0)
    for last in [*looks, reader.last_seq, reader.last_seq]:
        counts.look(reader, last)
    return set(counts.samples())


def test_what_is_counted_is_what_the_journal_holds(day: Reader) -> None:
    found = {(one.name, one.labels): one.value for one in counted(day, [])}
    runs = day.runs
    decisions, signals = day.read(rows.Decision, runs), day.read(rows.Signal, runs)
    orders = {row.client_order_id: row for row in day.read(rows.Order, runs)}
    words = Counter((orders[row.client_order_id].role, row.state) for row in day.read(rows.OrderEvent, runs))
    assert {labels: value for (name, labels), value in found.items() if name == "orders_total"} == words
    kinds = {row.id: row.kind for row in signals}
    outcomes = Counter((kinds[row.signal_id or ""], row.verdict) for row in decisions)
    outcomes += Counter((row.kind, "unused") for row in signals if row.id not in {one.signal_id for one in decisions})
    assert {labels: value for (name, labels), value in found.items() if name == "signals_total"} == outcomes
    assert {verdict for _, verdict in outcomes} == {"approved", "blocked", "unused"}
    # an entry's limit is kept or bettered, and each order of it was answered once
    slipped = found["slippage_ticks", ("entry",)]
    assert isinstance(slipped, Spread)
    assert slipped.total <= 0
    acks = found["order_ack_seconds", ()]
    assert isinstance(acks, Spread)
    assert sum(acks.counts) == len(orders)
    assert found["recoveries_total", ("clean",)] == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_is_the_same_however_often_somebody_asks(day: Reader, data: st.DataObject) -> None:
    # A reader sees whole groups of the writer, and a group never parts a signal from what was decided about it.
    ends = [row.seq for row in day.read(rows.Decision, day.runs)]
    looks = data.draw(st.lists(st.sampled_from(ends)).map(sorted))
    assert counted(day, looks) == counted(day, [])


def test_a_journal_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    counting = Counting(lambda: place(str(tmp_path / "none.db")))
    assert {one.name: one.value for one in counting.samples()}["journal_readable"] == 0


def test_a_run_that_is_over_is_not_counted_again(day: Reader) -> None:
    counts = Counts()
    for _ in range(2):
        counts.look(day, day.last_seq)
    assert {one.name for one in counts.samples()} == {"order_ack_seconds", "fill_seconds", "journal_last_seq"}
