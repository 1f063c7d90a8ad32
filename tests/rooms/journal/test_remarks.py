"""What people say about rows: through nobody's journal straight, on both databases, and seen wherever the row is."""

from pathlib import Path

import pytest

from bot.domain.command import Command
from bot.errors import InputMissing, Locked
from bot.journal import lists
from bot.journal.canonical import journal_hash
from bot.journal.check import check
from bot.journal.explain import explain
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.remarks import write
from bot.journal.story import tell
from tests.rooms.journal.build import OPENING, SECOND, Told, the_lesson, writer
from tests.rooms.journal.test_commands import Paperpit, paperpit, told

__all__ = ["paperpit"]


def said(verb: str, subject: str, after_s: int, **what: object) -> Command:
    """A remark of the same evening."""
    ts = OPENING + (36_000 + after_s) * SECOND
    return Command(verb, f"n{after_s}", ts, who="ann", subject=subject, **what)  # type: ignore[arg-type]  # of many types


def lesson(url: str) -> str:
    """A journal with the worked trade, and a run after it; the bracket's id."""
    with writer(url, run="first") as journal:
        bracket = the_lesson(Told(journal))
        journal.finish({})
    with writer(url, run="second") as journal:
        journal.finish({})
    return bracket.id


def test_notes_and_tags_stand_with_their_row_and_change_nothing_else(url: str) -> None:
    # given a finished journal
    bracket, where = lesson(url), place(url)
    before = journal_hash(url, "first")
    # when a person says something about a bracket, and takes a part of it back
    write(where, said("note", bracket, 1, text="too early"))
    write(where, said("tag", bracket, 2, tags=("news", "impatient")))
    write(where, said("tag", bracket, 3, tags=("news",), remove=True))
    write(where, said("tag", "second", 4, tags=("quiet",)))
    # then it is read with the row, and nothing else has changed
    with reading(where) as reader:
        assert check(reader) == []
        (trip,) = lists.list_round_trips(reader, reader.choose("first"), Filters())
        runs = lists.list_runs(reader, reader.runs, Filters())
        story = tell(explain(reader, bracket))
    note = {"ts_ns": OPENING + 36_001 * SECOND, "who": "ann", "text": "too early"}
    assert (trip["tags"], trip["notes"]) == (["impatient"], [note])
    assert [run["tags"] for run in runs] == [[], ["quiet"]]
    assert "tags  impatient" in story
    assert "ann: too early" in story
    assert journal_hash(url, "first") == before


def test_a_row_that_is_not_there_takes_none(url: str) -> None:
    lesson(url)
    with pytest.raises(InputMissing, match="no row first-999"):
        write(place(url), said("note", "first-999", 1, text="what?"))


def test_a_journal_that_somebody_owns_is_left_to_him(url: str) -> None:
    with writer(url, run="owner"), pytest.raises(Locked, match="owner"):
        write(place(url), said("note", "owner", 1, text="mine"))


def test_people_note_and_tag_by_the_short_id(paperpit: Paperpit, tmp_path: Path) -> None:
    told(tmp_path / "replay.db", "0123456789abc")
    assert paperpit("journal", "note", "3", "should", "have", "waited").out == "noted\n"
    assert paperpit("journal", "tag", "3", "impatient", "news").out == "tagged: impatient, news\n"
    assert paperpit("journal", "tag", "3", "news", "--remove").out == "taken off: news\n"
    (trip,) = paperpit("journal", "round-trips", "--json").json
    assert trip["tags"] == ["impatient"]
    assert [note["text"] for note in trip["notes"]] == ["should have waited"]
    assert trip["notes"][0]["who"]
    assert paperpit("journal", "show", "3", "--json").json["tags"] == ["impatient"]
    assert "impatient" in paperpit("journal", "round-trips").out
    assert "should have waited" in paperpit("journal", "round-trips", "--csv").out
    gone = paperpit("journal", "note", "999", "hello")
    assert (gone.code, "there is no row" in gone.err) == (66, True)
