"""A tape gives back what was written, in exact cuts and flat memory; broken tapes are refused, broken writes vanish."""

import os
import tracemalloc
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.market import SIDE_NONE, TICK
from bot.errors import DataDamaged, InputMissing, UsageError
from bot.tape import TapeReader, TapeWriter, find_tape, open_tape, tapes_folder
from bot.tape.facts import KEY, ROW_GROUP
from tests.rooms.tape.builders import START, a_print, market, rows_of, table, written

ROWS = 2 * ROW_GROUP + 4321


@pytest.fixture(scope="module")
def long_tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tapes") / "long.parquet"
    written(path, market(ROWS), cut=50_000)
    return path


def test_rows_come_back_as_they_were_written(long_tape: Path) -> None:
    assert (rows_of(long_tape) == market(ROWS)).all()


@given(rows=st.integers(1, ROWS + 5))
@settings(max_examples=15, deadline=None)
def test_every_batch_but_the_last_has_exactly_the_rows_asked_for(long_tape: Path, rows: int) -> None:
    rows = max(rows, 997)  # smaller cuts are the next test's
    with open_tape(long_tape) as reader:
        lengths = [len(batch) for batch in reader.batches(rows)]
    assert sum(lengths) == ROWS
    assert set(lengths[:-1]) <= {rows}
    assert 0 < lengths[-1] <= rows


def test_a_cut_of_one_row_is_possible(tmp_path: Path) -> None:
    ticks = market(50)
    written(tmp_path / "t.parquet", ticks)
    with open_tape(tmp_path / "t.parquet") as reader:
        assert (np.concatenate(list(reader.batches(1))) == ticks).all()


def test_the_hash_does_not_depend_on_how_rows_were_appended(tmp_path: Path) -> None:
    ticks = market(5000)
    hashes = {written(tmp_path / "t.parquet", ticks, cut=cut).hash for cut in (1, 7, 4096, 5000)}
    assert len(hashes) == 1


def test_the_hash_does_not_depend_on_row_groups(long_tape: Path, tmp_path: Path) -> None:
    regrouped = tmp_path / "regrouped.parquet"
    pq.write_table(pq.read_table(long_tape), regrouped, row_group_size=30_000)
    with open_tape(long_tape) as one, open_tape(regrouped) as other:
        assert one.groups != other.groups
        first, second = written(tmp_path / "a", rows_of(long_tape)), written(tmp_path / "b", rows_of(regrouped))
    assert first.hash == second.hash == one.facts.hash


@pytest.mark.parametrize("name", ["ts", "price", "size", "bid", "ask_size", "kind", "side", "side_method", "flags"])
def test_the_hash_changes_with_every_column(tmp_path: Path, name: str) -> None:
    ticks = market(100)
    before = written(tmp_path / "t.parquet", ticks).hash
    ticks[name][50] += 1
    assert written(tmp_path / "t.parquet", ticks).hash != before


def test_the_hash_changes_with_a_remainder(tmp_path: Path) -> None:
    rest = np.zeros(100, np.int64)
    rest[3] = 5_000_000
    before = written(tmp_path / "t.parquet", market(100)).hash
    assert written(tmp_path / "t.parquet", market(100), rest).hash != before


def test_facts_tell_what_is_inside(tmp_path: Path) -> None:
    ticks = market(1000)
    facts = written(tmp_path / "t.parquet", ticks)
    with open_tape(tmp_path / "t.parquet") as reader:
        assert reader.facts == facts
    assert (facts.instrument, facts.contract, facts.tick) == ("ES", "ESZ2026", Decimal("0.25"))
    assert (facts.rows, facts.prints + facts.quotes) == (1000, 1000)
    assert (facts.first_ns, facts.last_ns) == (ticks["ts"][0], ticks["ts"][-1])
    assert facts.side_known


def test_a_side_that_the_feed_did_not_tell_is_not_known(tmp_path: Path) -> None:
    ticks = market(100)
    ticks["side_method"] = SIDE_NONE
    assert not written(tmp_path / "t.parquet", ticks).side_known


@pytest.mark.parametrize("step", [1_000_000_000, 1_000_000, 1_000, 1])
def test_the_clocks_step_is_found_in_the_stamps(tmp_path: Path, step: int) -> None:
    ticks = market(100)
    ticks["ts"] = START + np.arange(100) * step
    assert written(tmp_path / "t.parquet", ticks).resolution_ns == step


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, interruption: type[BaseException]) -> None:
    path = tmp_path / "new" / "folder" / "t.parquet"

    def interrupted() -> None:
        with TapeWriter(path, instrument="ES", contract="", tick=Decimal("0.25"), source="test") as writer:
            writer.append(market(ROW_GROUP + 10))
            raise interruption

    with pytest.raises(interruption):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_tape(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    facts = written(path, market(100))
    with pytest.raises(DataDamaged, match="no ticks"):
        written(path, market(0))
    with open_tape(path) as reader:
        assert reader.facts == facts
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UsageError, match=r"file/t\.parquet: cannot be written"):
        written(tmp_path / "file" / "t.parquet", market(10))


def test_a_reader_that_is_left_early_lets_go(long_tape: Path) -> None:
    with open_tape(long_tape) as reader:
        for batch in reader.batches(10):
            assert len(batch) == 10
            break
        assert sum(len(batch) for batch in reader.batches(60_000)) == ROWS


def test_memory_is_flat_in_the_tapes_length(tmp_path: Path) -> None:
    written(tmp_path / "t.parquet", market(16 * ROW_GROUP), cut=ROW_GROUP)
    with open_tape(tmp_path / "t.parquet") as reader:
        next(reader.batches(1))  # kernels and lazy imports
        arrow = 0
        tracemalloc.start()
        for _ in reader.batches(65_536):
            arrow = max(arrow, pa.total_allocated_bytes())
        peak = tracemalloc.get_traced_memory()[1] + arrow
        tracemalloc.stop()
    assert peak < 8 * ROW_GROUP * TICK.itemsize


def damaged(path: Path) -> DataDamaged:
    with pytest.raises(DataDamaged) as refusal:
        open_tape(path)
    assert "\n" not in str(refusal.value)
    return refusal.value


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"")
    assert "is empty" in str(damaged(tmp_path / "t.parquet"))


def test_a_tape_that_is_not_ours_to_read_is_named() -> None:
    # given a file without any permission, seen by somebody who is not root
    me = os.geteuid()
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder, "theirs.parquet")
        path.touch(0)
        try:
            if me == 0:
                os.seteuid(65534)
            # when, then
            with pytest.raises(InputMissing, match="cannot be opened: Permission denied"):
                open_tape(path)
        finally:
            os.seteuid(me)


@pytest.mark.parametrize("left", [4, 5, 100, 1000])
def test_a_truncated_tape_is_refused(tmp_path: Path, left: int) -> None:
    path = tmp_path / "t.parquet"
    written(path, market(1000))
    path.write_bytes(path.read_bytes()[:left])
    assert "truncated" in str(damaged(path))


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"SQLite format 3\x00" + bytes(1000))
    assert "is not a tape" in str(damaged(tmp_path / "t.parquet"))


def test_bars_are_refused_by_name(tmp_path: Path) -> None:
    bars = {name: [1.0] for name in ("ts_event", "open", "high", "low", "close")}
    pq.write_table(pa.table(bars), tmp_path / "t.parquet")
    assert "bars, not ticks" in str(damaged(tmp_path / "t.parquet"))


def test_a_table_that_could_be_imported_says_so(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", [a_print(0, 4200)])
    assert "not a tape yet: paperpit tape import" in str(damaged(path))


def test_any_other_table_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "t.parquet")
    assert "columns a, b" in str(damaged(tmp_path / "t.parquet"))


@pytest.mark.parametrize("document", [b'{"version": 99}', b"not json", b'{"version": 1, "rows": 3}'])
def test_a_tape_with_another_description_is_refused(tmp_path: Path, document: bytes) -> None:
    written(tmp_path / "t.parquet", market(10))
    rows = pq.read_table(tmp_path / "t.parquet")
    pq.write_table(rows.replace_schema_metadata({KEY: document}), tmp_path / "t.parquet")
    damaged(tmp_path / "t.parquet")


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputMissing):
        open_tape(tmp_path / "t.parquet")


def flipped(path: Path, reader: TapeReader, group: int) -> None:
    column = reader._parquet.metadata.row_group(group).column(6)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset + column.total_compressed_size // 2] ^= 0xFF
    path.write_bytes(content)


def test_a_flipped_bit_stops_the_reading_and_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    written(path, market(ROWS), cut=50_000)
    with open_tape(path) as reader:
        flipped(path, reader, 1)
    with open_tape(path) as reader, pytest.raises(DataDamaged, match=f"from row {ROW_GROUP} on"):
        list(reader.batches(1000))


def test_tapes_are_found_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path)
    assert tapes_folder() == tmp_path / "tapes"
    written(tapes_folder() / "monday.parquet", market(10))
    assert find_tape("monday") == find_tape("monday.parquet") == tmp_path / "tapes" / "monday.parquet"
    assert find_tape(str(tmp_path / "tapes" / "monday.parquet")).is_file()
    assert find_tape("demo").name == "demo.parquet"
    with pytest.raises(InputMissing, match="did you mean monday"):
        find_tape("mondy")
