"""What is told to the journal through its port stands in it, in that order, whole groups at a time."""

import fcntl
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.order import FillReport
from bot.errors import ConfigError, Locked
from bot.journal import rows
from bot.journal.canonical import hash_of, journal_hash, rows_of
from bot.journal.check import check
from bot.journal.groups import HELD_ROWS
from bot.journal.lock import Owner, holder
from bot.journal.place import place
from bot.journal.reading import Reader, reading
from tests.rooms.journal.build import Told, Wall, the_lesson, writer
from tests.servers import Postgres


def everything(reader: Reader) -> list[tuple[int, str]]:
    """(seq, table) of every row of every run."""
    return sorted((row[0], name) for name, kind in rows.TABLES.items() for row in reader.read(kind, reader.runs))


def test_rows_stand_in_the_order_in_which_they_were_told(url: str) -> None:
    with writer(url) as journal:
        the_lesson(Told(journal))
        journal.finish({})
    with reading(place(url)) as reader:
        told = everything(reader)
    assert [seq for seq, _ in told] == list(range(1, len(told) + 1))
    intent = ["signal", "decision", "bracket", "order", "order", "order"]
    assert [table for _, table in told if table in intent][:6] == intent
    assert [table for _, table in told][-1] == "mode_change"


@pytest.mark.parametrize("durability", ["power", "process"])
def test_a_live_group_is_there_for_readers_once_committed(url: str, durability: str) -> None:
    with writer(url, durability=durability) as journal:
        told = Told(journal)
        told.signal(0)
        with reading(place(url)) as reader:
            assert reader.read(rows.Signal, reader.runs) == []
        journal.commit()
        with reading(place(url)) as reader:
            assert len(reader.read(rows.Signal, reader.runs)) == 1


def test_a_replay_holds_groups_back_until_there_are_many(file_url: str) -> None:
    with writer(file_url) as journal:
        told = Told(journal)
        for second in range(HELD_ROWS + 40):
            told.signal(second)
            journal.commit()
        with reading(place(file_url)) as reader:
            assert len(reader.read(rows.Signal, reader.runs)) == HELD_ROWS


def test_a_replay_writes_what_it_holds_after_a_second(file_url: str) -> None:
    wall = Wall()
    with writer(file_url, wall=wall) as journal:
        told = Told(journal)
        told.signal(0)
        journal.commit()
        wall.now += 1_000_000_000
        told.signal(1)
        journal.commit()
        with reading(place(file_url)) as reader:
            assert len(reader.read(rows.Signal, reader.runs)) == 2


def test_a_replay_never_parts_a_fill_from_its_effects(file_url: str) -> None:
    wall = Wall(step=2_000_000_000)  # every commit may write
    with writer(file_url, wall=wall) as journal:
        told = Told(journal)
        bracket = told.bracket(0)
        told.fill(bracket.entry, 1, 16802, commit=False)
        order = told.flatten(bracket, 2, "time")
        journal.fill(journal.next_id(), FillReport(order.client_order_id, "x", 0, -1, 1, 1), order, "")
        journal.commit()
        with reading(place(file_url)) as reader:
            assert len(reader.read(rows.Fill, reader.runs)) == 1
        told.closed(bracket, 2, 0, 0, "time")
        with reading(place(file_url)) as reader:
            assert len(reader.read(rows.Fill, reader.runs)) == 2


def test_what_was_not_committed_is_dropped_when_the_writer_fails(file_url: str) -> None:
    def run() -> None:
        with writer(file_url) as journal:
            told = Told(journal)
            told.signal(0)
            journal.commit()
            told.signal(1)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run()
    with reading(place(file_url)) as reader:
        assert len(reader.read(rows.Signal, reader.runs)) == 1
        assert reader.state(reader.runs[0].run) == "cut-off"
        assert check(reader) == []


def test_a_held_back_and_a_live_journal_hold_the_same(tmp_path: Path) -> None:
    hashes = set()
    for durability in ("power", "replay"):
        url = str(tmp_path / f"{durability}.db")
        with writer(url, durability=durability) as journal:
            told = Told(journal)
            for _ in range(30):
                the_lesson(told)
            journal.finish({"rows": 1, "seconds": len(durability)})
        hashes.add(journal_hash(url))
    assert len(hashes) == 1


def test_both_databases_hold_the_same(file_url: str, server: Postgres) -> None:
    hashes = set()
    for url in (file_url, server.database()):
        with writer(url) as journal:
            the_lesson(Told(journal))
            Told(journal).blocked(2000)
            journal.finish({"rows": 360})
        hashes.add(journal_hash(url))
    assert len(hashes) == 1


def test_the_hash_does_not_see_run_account_and_wall_but_sees_a_price(tmp_path: Path) -> None:
    def told(name: str, price: int) -> str:
        url = str(tmp_path / name)
        with writer(url, wall=Wall(start=len(name) * 10**18)) as journal:
            told = Told(journal)
            bracket = told.bracket(0)
            told.fill(bracket.entry, 1, price)
            journal.finish({"seconds": len(name)})
        return journal_hash(url)

    assert told("a.db", 16802) == told("bb.db", 16802) != told("ccc.db", 16803)


def test_a_second_writer_is_refused_and_told_who_holds_it(url: str) -> None:
    with writer(url, run="holder") as journal, pytest.raises(Locked, match="holder") as refused:
        writer(url)
    assert "--journal" in refused.value.do
    assert "replay.db" in refused.value.do
    with writer(url) as journal:
        journal.commit()


def test_the_lock_dies_with_its_holder(file_url: str) -> None:
    """A process that owns a journal is killed; the next one opens it at once."""
    code = f"""
from tests.rooms.journal.build import writer
import os, signal
writer({file_url!r}, run="killed")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    with writer(file_url) as journal:
        journal.finish({})
    with reading(place(file_url)) as reader:
        assert [reader.state(run.run) for run in reader.runs] == ["cut-off", "finished"]


def test_a_kill_in_the_middle_of_a_group_leaves_a_whole_journal(file_url: str) -> None:
    """A process is killed after fills were told and before their group was committed: the group is not there, all
    earlier ones are, and every check passes."""
    code = f"""
from tests.rooms.journal.build import *
import os, signal
told = Told(writer({file_url!r}, durability="process"))
the_lesson(told)
bracket = told.bracket(2000)
told.fill(bracket.entry, 2001, 16802, commit=False)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    with reading(place(file_url)) as reader:
        assert [reader.state(run.run) for run in reader.runs] == ["cut-off"]
        assert len(reader.read(rows.Fill, reader.runs)) == 2
        assert len(reader.read(rows.Bracket, reader.runs)) == 2
        assert check(reader) == []


def test_a_run_is_running_while_its_writer_lives(url: str) -> None:
    with writer(url) as journal, reading(place(url)) as reader:
        assert reader.state(journal.run) == "running"
    with reading(place(url)) as reader:
        assert reader.state(journal.run) == "cut-off"


def test_ids_count_up_within_a_run(file_url: str) -> None:
    with writer(file_url, run="abc") as journal:
        assert [journal.next_id(), journal.next_id()] == ["abc-1", "abc-2"]


def test_run_ids_are_ordered_by_time_and_differ_within_a_moment() -> None:
    from bot.journal import new_run_id

    ids = [new_run_id(1_790_000_000_000_000_000 + i * 1_000_000) for i in range(200)]
    assert ids == sorted(ids)
    assert len({new_run_id(1_790_000_000_000_000_000) for _ in range(200)}) > 190
    assert {len(run) for run in ids} == {13}


def test_an_existing_journal_of_an_older_revision_is_refused_with_the_command(file_url: str) -> None:
    from bot.journal import migrate

    migrate.upgrade(place(file_url), "0001")
    with pytest.raises(ConfigError, match="revision 0001, this program needs") as refused:
        writer(file_url)
    assert refused.value.do.startswith("paperpit db upgrade --journal")
    with pytest.raises(ConfigError, match="0001"), reading(place(file_url)):
        pass


def test_opening_a_journal_imports_neither_sqlalchemy_nor_alembic(file_url: str) -> None:
    code = f"""
import sys
import threading
from tests.rooms.journal.build import writer
writer({file_url!r}).close()
writer({file_url!r}).close()
heavy = {{"sqlalchemy", "alembic", "numba", "pandas", "pyarrow"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


FILLS = st.lists(st.tuples(st.integers(1, 5), st.integers(-40_000, 40_000)), min_size=1, max_size=12)


@given(FILLS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_are_rows_out(tmp_path_factory: pytest.TempPathFactory, fills: list[tuple[int, int]]) -> None:
    url = str(tmp_path_factory.mktemp("rows") / "journal.db")
    with writer(url) as journal:
        told = Told(journal)
        bracket = told.bracket(0, quantity=sum(size for size, _ in fills))
        for second, (size, price) in enumerate(fills):
            told.fill(bracket.entry, second, price, quantity=size)
        journal.finish({})
    with reading(place(url)) as reader:
        read = [(fill.quantity, fill.price) for fill in reader.read(rows.Fill, reader.runs)]
        in_order = [seq for seq, _, _ in rows_of(reader, reader.runs[0])]
        assert read == fills
        assert in_order == sorted(in_order)
        assert hash_of(reader, reader.runs[0])
        assert check(reader) == []


SAYINGS: dict[str, tuple[Callable[[Told], object], list[str]]] = {
    "signal": (lambda told: told.signal(0), ["signal"]),
    "blocked": (lambda told: told.blocked(0), ["signal", "decision"]),
    "bracket": (
        lambda told: told.bracket(0),
        [
            *("signal", "decision", "bracket", "order", "order", "order", "bracket_event"),
            *("broker_order", "order_event") * 3,
        ],
    ),
    "mode": (lambda told: told.journal.mode_change("paused", ["a person"], 1), ["mode_change"]),
    "link": (lambda told: told.journal.link_event("down", 1, "1100"), ["link_event"]),
    "control": (lambda told: told.journal.control("pause", "on", 1, "a person"), ["control"]),
    "window": (lambda told: told.journal.calendar_event("cpi", 1, 2, "bls.csv", 1), ["calendar_event"]),
    "odd": (lambda told: told.journal.anomaly("crossed", 1, 1), ["anomaly"]),
    "alive": (lambda told: told.journal.heartbeat(1), ["heartbeat"]),
    "commit": (lambda told: told.journal.commit(), []),
}


@given(st.lists(st.sampled_from(sorted(SAYINGS)), max_size=60), st.sampled_from(["power", "replay"]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_told_is_read_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], durability: str
) -> None:
    url = str(tmp_path_factory.mktemp("told") / "journal.db")
    with writer(url, durability=durability) as journal:
        told = Told(journal)
        for word in words:
            SAYINGS[word][0](told)
        journal.finish({})
    expected = ["run", "instrument", "instrument", *(table for word in words for table in SAYINGS[word][1])]
    with reading(place(url)) as reader:
        assert [table for _, table in everything(reader)] == [*expected, "mode_change"]
        assert check(reader) == []


def test_whoever_has_locked_and_not_signed_yet_is_waited_for(tmp_path: Path) -> None:
    # given a process that has locked a journal a moment ago
    path = tmp_path / "journal.db.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        owner = Owner("run", 4711, "here", 0)
        later = threading.Timer(0.05, lambda: path.write_bytes(msgspec.json.encode(asdict(owner))))
        later.start()
        # then its name is heard, and no nobody
        assert holder(path) == owner
        later.join()
