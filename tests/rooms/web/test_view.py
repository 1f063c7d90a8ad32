"""What is kept of the whole journal is what the journal says, however often and wherever somebody looked meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.command import Command
from bot.domain.decision import Reason
from bot.journal import Writer
from bot.journal.filters import Filters
from bot.journal.lists import list_signals
from bot.journal.place import Place, place
from bot.journal.remarks import write
from bot.review.trips import trips
from bot.web.look_up import whole
from bot.web.seen import OUTCOMES
from bot.web.view import View, Views
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.servers import postgres

SPREAD = Reason("spread", "the spread is 4 ticks", {"ticks": 4})


def days(journal: Writer, told: Told) -> Iterator[None]:
    """A day, step by step: refused twice, won, held while somebody looks, lost, seen and left."""
    told.blocked(60)
    yield
    told.blocked(120, SPREAD, Reason("blackout", "CPI", {}))
    yield
    the_lesson(told)
    yield
    second = told.bracket(1600, side=-1)
    yield
    told.fill(second.entry, 1610, 16802)
    yield
    told.fill(second.stop, 1700, 16806)
    yield
    told.closed(second, 1700, 4, 0, "stop")
    yield
    told.signal(1800)
    journal.commit()
    yield


def compared(view: View) -> Any:
    rows = view.seen.rows
    judged = view.seen.judged
    return (
        view.seq,
        list(view.trips),
        rows.tolist(),
        judged.tolist(),
        [view.seen.rules.known, view.seen.kinds.known, view.seen.strategies.known],
    )


def look(views: Views, where: Place) -> Any:
    with views.looking(where) as (_, view):
        return compared(view)


@given(st.sets(st.integers(0, 20)), st.integers(1, 2))
@settings(max_examples=15, deadline=None)
def test_a_view_that_was_moved_on_is_one_made_at_once(looks: set[int], runs: int) -> None:
    with TemporaryDirectory() as folder:
        where, step = place(f"{folder}/journal.db"), 0
        watching = Views()
        for run in range(runs):
            # given a desk that goes on while somebody looks now and then
            with writer(where.url, run=f"r{run}", durability="process") as journal:
                for _ in days(journal, Told(journal)):
                    step += 1
                    if step in looks:
                        look(watching, where)
                journal.finish({})
        if step % 2:
            write(where, Command("tag", "n", 1, subject="r0-20", tags=("late",)))
        # then it has seen what one sees who looks once
        assert look(watching, where) == look(Views(), where)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_it_says_what_the_lists_say(tmp_path: Path, database: str) -> None:
    if database == "postgres":
        with postgres() as server:
            says_what_the_lists_say(place(server.database()))
    else:
        says_what_the_lists_say(place(str(tmp_path / "journal.db")))


def says_what_the_lists_say(where: Place) -> None:
    views = Views()
    with writer(where.url, run="one", durability="process") as journal:
        for _ in days(journal, Told(journal)):
            look(views, where)
        journal.finish({})
    with views.looking(where) as (reader, view):
        assert list(view.trips) == trips(reader, reader.runs, Filters())
        assert [OUTCOMES[row["outcome"]] for row in view.seen.rows] == [
            row["outcome"] for row in list_signals(reader, reader.runs, Filters())
        ]
        assert [row["outcome"] for row in whole(np.arange(len(view.seen.rows)), reader, view)] == [
            OUTCOMES[code] for code in view.seen.rows["outcome"]
        ]
        rules = [view.seen.rules.known[row["rule"]] for row in view.seen.judged if row["rule"] >= 0]
        assert rules == ["blackout", "spread", "blackout"]


def test_a_tag_that_comes_later_is_on_its_round_trip(tmp_path: Path) -> None:
    where, views = place(str(tmp_path / "journal.db")), Views()
    with writer(where.url, run="one", durability="process") as journal:
        bracket = the_lesson(Told(journal))
        journal.finish({})
    assert look(views, where)[1][0].tags == ()
    write(where, Command("tag", "n", 1, subject=bracket.id, tags=("late",)))
    assert look(views, where)[1][0].tags == ("late",)


def test_another_journal_in_the_place_of_the_old_one_is_looked_through_anew(tmp_path: Path) -> None:
    where, views = place(str(tmp_path / "journal.db")), Views()
    with writer(where.url, run="one", durability="process") as journal:
        for _ in days(journal, Told(journal)):
            pass
        journal.finish({})
    assert len(look(views, where)[1]) == 2
    for file in tmp_path.iterdir():
        file.unlink()
    with writer(where.url, run="other") as journal:
        the_lesson(Told(journal))
        journal.finish({})
    assert [trip.run for trip in look(views, where)[1]] == ["other"]


def test_a_page_of_an_earlier_moment_leaves_out_what_came_since(tmp_path: Path) -> None:
    where, views = place(str(tmp_path / "journal.db")), Views()
    with writer(where.url, run="one", durability="process") as journal:
        steps = days(journal, Told(journal))
        next(steps)
        # given a page that has opened the journal
        with views.looking(where) as (reader, view):
            before = len(view.seen.rows)
            # when the desk goes on and another page looks
            for _ in steps:
                look(views, where)
            # then the first one shows what it can see
            assert len(view.seen.rows) > before
            assert len(whole(np.arange(len(view.seen.rows)), reader, view)) == before
        journal.finish({})
