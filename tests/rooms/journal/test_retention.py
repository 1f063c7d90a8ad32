"""What is old is let go as it was announced, and nothing else; the journal stays whole, and says what it has lost."""

from collections.abc import Mapping

import pytest

from bot.journal import retention, rows
from bot.journal.check import check
from bot.journal.explain import explain
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.retention import Kind, due, let_go
from bot.journal.story import tell
from tests.rooms.journal.build import CPI, WALL, Told, Wall, the_lesson, writer
from tests.rooms.journal.test_migrations import raw

DAY = 86_400 * 1_000_000_000
KEEP: Mapping[Kind, int] = {"footprint": 90 * DAY, "link_event": 30 * DAY}
BARS = 3
AGES = (200, 100, 60, 1)
"""How old the runs are, in days."""


def ran(url: str, days_ago: int, announce: bool = False) -> None:
    """A run with bars around its signal, and a link that came up; at its end it may announce what is let go."""
    with writer(url, run=f"run{days_ago}", wall=Wall(start=WALL - days_ago * DAY)) as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        for bar in range(BARS):
            journal.footprint(bracket.approved.proposal.signal_id, {"cells": [[16801, 5, bar, 0]]})
        told.blocked(2000, CPI)
        journal.link_event("up", told.at(0), "1100")
        journal.commit()
        journal.flush()
        if announce:
            for one in due(place(url), KEEP, WALL):
                journal.pruned(one.kind, one.up_to, one.rows, WALL)
        journal.finish({})


@pytest.fixture
def kept(url: str) -> str:
    """The journal of four runs, the last of which has announced what is too old."""
    for days in AGES:
        ran(url, days, announce=days == AGES[-1])
    return url


def standing(url: str) -> dict[str, list[str]]:
    """Which runs still have their bars, and their link events."""
    with reading(place(url)) as reader:
        kinds = {"footprint": rows.Footprint, "link_event": rows.LinkEvent}
        return {name: sorted({row.run for row in reader.read(kind, reader.runs)}) for name, kind in kinds.items()}


def test_what_is_old_goes_and_the_journal_stays_whole(kept: str) -> None:
    with reading(place(kept)) as reader:
        # announced, and nothing has gone yet
        assert check(reader) == []
        before = {run.run: len(list(reader.read(rows.OrderEvent, [run]))) for run in reader.runs}
    # bars of two runs are older than 90 days, links of three than 30
    assert let_go(place(kept)) == 2 * BARS + 3
    assert standing(kept) == {"footprint": ["run1", "run60"], "link_event": ["run1"]}
    with reading(place(kept)) as reader:
        assert check(reader) == []
        assert {run.run: len(list(reader.read(rows.OrderEvent, [run]))) for run in reader.runs} == before
        # nothing of it is due again
        assert due(place(kept), KEEP, WALL) == []
        assert let_go(place(kept)) == 0
        # and who asks for the bars is told
        blocked = next(
            row.id for row in reader.read(rows.Decision, reader.choose("run200")) if row.verdict == "approved"
        )
        told = explain(reader, blocked)
        assert told["footprints_gone_ns"] == WALL
        assert "The bars around it were let go on 21 September 2026." in tell(told)
        there = next(row.id for row in reader.read(rows.Decision, reader.choose("run60")) if row.verdict == "approved")
        assert explain(reader, there)["footprints_gone_ns"] is None
    # when time goes on, only what became old since is announced
    later = {one.kind: one.rows for one in due(place(kept), KEEP, WALL + 40 * DAY)}
    assert later == {"footprint": BARS, "link_event": 1}


def test_an_interruption_leaves_a_whole_journal_and_the_next_end_does_the_rest(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given that it was interrupted after two rows
    monkeypatch.setattr(retention, "PIECE", 1)
    with raw(kept) as connection:
        connection.execute("DELETE FROM footprint WHERE seq IN (SELECT seq FROM footprint ORDER BY seq LIMIT 2)")
    with reading(place(kept)) as reader:
        assert check(reader) == []
    assert due(place(kept), KEEP, WALL) == []
    # when it is gone on with, row by row
    assert let_go(place(kept)) == 2 * BARS + 3 - 2
    with reading(place(kept)) as reader:
        assert check(reader) == []


@pytest.mark.parametrize("what", ["older", "newer"])
def test_one_row_more_than_was_announced_is_missed(kept: str, what: str) -> None:
    # given somebody who takes a row that is neither chained nor announced
    let_go(place(kept))
    with raw(kept) as connection:
        if place(kept).path is None:
            connection.execute("ALTER TABLE footprint DISABLE TRIGGER USER")
        else:
            connection.execute("DROP TRIGGER footprint_no_delete")
        run = "run60" if what == "older" else "run1"
        connection.execute(f"DELETE FROM footprint WHERE seq = (SELECT MIN(seq) FROM footprint WHERE run = '{run}')")
        if place(kept).path is None:
            connection.execute("ALTER TABLE footprint ENABLE TRIGGER USER")
    with reading(place(kept)) as reader:
        said = [problem["message"] for problem in check(reader) if problem["kind"] == "seq"]
    assert len(said) == 1
    assert ("were announced to go; 10 are gone" if what == "older" else "rows are gone: seq") in said[0]


def test_a_young_journal_announces_nothing(url: str) -> None:
    ran(url, 20)
    assert due(place(url), KEEP, WALL) == []
