"""What leaves while the journal is away is known when its desk is killed before the journal is back."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.domain.order import Order
from bot.errors import ConfigError, DataDamaged, Unreachable
from bot.journal import Writer, rows
from bot.journal.canonical import hash_of
from bot.journal.check import check
from bot.journal.maintenance import change
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.store import Rows, SqliteStore
from bot.journal.unwritten import Unwritten, path_of
from tests.chaos.journal import read
from tests.rooms.journal.build import Told, Wall, writer
from tests.rooms.journal.test_trouble import disconnect

RUN = "dead"


def cut(url: str) -> None:
    """From now on nothing of this process reaches the journal."""
    if place(url).path is None:
        disconnect(url)
        return

    def refuse(self: SqliteStore, group: Sequence[tuple[str, Rows]]) -> None:
        raise Unreachable("the journal cannot be written: the disk is gone")

    SqliteStore.write = refuse  # type: ignore[method-assign]  # for the rest of a process that is about to die


def left_in_a_hurry(url: str, between: Callable[[Writer], object] = lambda journal: None) -> Order:
    """A position; `between`; its exit leaves and fills, and nobody ends the run."""
    journal = writer(url, run=RUN, durability="power", wall=Wall(step=0))
    told = Told(journal)
    bracket = told.bracket(0)
    told.fill(bracket.entry, 1, 16802)
    between(journal)
    order = told.flatten(bracket, 2, "flatten")
    told.fill(order, 3, 16800)
    return order


def killed(url: str) -> None:
    """The same in a process of its own, whose journal goes away meanwhile and that is killed then."""
    code = f"""
import os
from tests.rooms.journal.test_unwritten import cut, left_in_a_hurry
left_in_a_hurry({url!r}, lambda journal: cut({url!r}))
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9


def waiting(url: str) -> Path:
    """Where the rows of the dead run wait."""
    return path_of(place(url).folder, RUN)


def begun_again(url: str) -> None:
    """The next run, which ends in order."""
    with writer(url, durability="power") as journal:
        journal.finish({})


def stands(url: str) -> tuple[list[str], str]:
    """Orders of the dead run that are said to be late, and what its rows come to; the journal must be whole."""
    with reading(place(url)) as reader:
        assert check(reader) == []
        run = next(run for run in reader.runs if run.run == RUN)
        return [row.client_order_id for row in reader.read(rows.Order, [run]) if row.late], hash_of(reader, run)


def test_the_next_start_writes_what_a_killed_desk_could_not(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Given an exit that leaves and fills while the journal is away, and a desk that is killed then: the next start
    finds the journal as if it had never been away, but for the word that the order was late."""
    killed(url)
    assert waiting(url).stat().st_mode & 0o077 == 0
    # whoever holds it against the broker meanwhile finds each intent
    intents = [order.client_order_id for order in read(url).orders]
    assert len(intents) == len(set(intents)) == 4
    with caplog.at_level(logging.WARNING, "paperpit.journal"):
        begun_again(url)
    assert "rows that the journal could not take from its last run are written now" in caplog.text
    assert not waiting(url).exists()
    (tmp_path / "whole").mkdir()
    whole = f"sqlite:///{tmp_path / 'whole' / 'journal.db'}"
    order = left_in_a_hurry(whole)
    assert stands(url) == ([order.client_order_id], stands(whole)[1])


def test_what_was_written_before_it_died_is_not_written_twice(file_url: str) -> None:
    """Given a desk that was killed between its journal's return and the end of the file."""
    killed(file_url)
    path = waiting(file_url)
    kept = path.read_bytes()
    begun = writer(file_url, durability="power")
    begun.close()
    before = stands(file_url)
    path_of(place(file_url).folder, begun.run).write_bytes(kept)
    begun_again(file_url)
    assert stands(file_url) == before


def test_nothing_has_left_on_a_line_that_was_never_ended(file_url: str) -> None:
    killed(file_url)
    path = waiting(file_url)
    *whole, last = path.read_bytes().splitlines(keepends=True)
    assert len(whole) >= 1
    path.write_bytes(b"".join(whole) + last[:-5])
    begun_again(file_url)
    late, _ = stands(file_url)
    assert len(late) == 1


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (lambda lines: lines[1:], "it does not go on where the journal ends"),
        (lambda lines: [b"\0" * 9 + b"\n", *lines], "line 1 is no group of rows"),
        (lambda lines: [b'[["order", [1]]]\n', *lines], "line 1 is no group of rows"),
    ],
)
def test_a_file_that_cannot_be_trusted_ends_the_start_and_is_kept(
    file_url: str, spoiled: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    killed(file_url)
    path = waiting(file_url)
    lines = spoiled(path.read_bytes().splitlines(keepends=True))
    path.write_bytes(b"".join(lines))
    with pytest.raises(DataDamaged, match=why) as caught:
        writer(file_url, durability="power")
    assert "move it away and start again" in caught.value.do
    assert path.read_bytes() == b"".join(lines)
    path.unlink()
    begun_again(file_url)


def test_a_journal_is_not_migrated_under_rows_that_wait_for_it(file_url: str) -> None:
    killed(file_url)
    with pytest.raises(ConfigError, match="rows that are not written yet"):
        change(place(file_url), "-1", up=False, now_ns=1)
    begun_again(file_url)


def test_a_file_that_cannot_be_written_costs_no_row_of_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a disk that takes half a line and then nothing for a while."""
    kept = Unwritten(tmp_path / "run.unwritten")
    beats = [("heartbeat", rows.Heartbeat(seq, "run", seq)) for seq in range(5)]
    kept.keep(beats[:1])
    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING, "paperpit.journal"):
        write = os.write
        broken.setattr("os.write", lambda file, line: write(file, line[:7]))
        for beat in beats[1:3]:
            kept.keep([beat])
    assert caplog.text.count("is in memory alone") == 1
    kept.keep(beats[3:])
    found = [row for line in (tmp_path / "run.unwritten").read_text().splitlines() for _, row in json.loads(line)]
    assert found == [list(row) for _, row in beats]
    kept.forget()
    assert not (tmp_path / "run.unwritten").exists()
