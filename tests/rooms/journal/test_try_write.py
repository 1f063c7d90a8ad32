"""Whether a journal takes writes is found out by writing, and nothing of it stays."""

from pathlib import Path

import pytest

from bot.errors import PaperpitError
from bot.journal.maintenance import revision, try_write
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.journal.build import writer


def test_a_journal_that_takes_writes_says_so_and_is_as_it_was(url: str) -> None:
    writer(url).close()
    before = revision(place(url))
    assert try_write(place(url)).endswith("takes writes")
    assert try_write(place(url)).endswith("takes writes")
    assert revision(place(url)) == before
    with reading(place(url)) as reader:
        assert len(reader.runs) == 1


def test_one_that_a_desk_is_writing_is_left_alone(url: str) -> None:
    with writer(url):
        assert "running desk" in try_write(place(url))


def test_one_that_is_not_there_can_be_made_where_files_can(tmp_path: Path) -> None:
    assert "can be made" in try_write(place(f"sqlite:///{tmp_path / 'new' / 'journal.db'}"))
    assert not (tmp_path / "new" / "journal.db").exists()


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(PaperpitError, match="no files"):
        try_write(place(f"sqlite:///{tmp_path / 'var' / 'journal.db'}"))
