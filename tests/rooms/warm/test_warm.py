"""Which snapshot a run starts with, which are kept, and what a bad disk costs."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import ConfigError, DataDamaged, InputMissing
from bot.ports import Adapter
from bot.signals import snapshot
from bot.signals.engine import Engine
from bot.signals.engines import MultiEngine
from bot.warm import AUTO, RECORDED, Keeper, KeptEngine, Memories, Wanted, market_of
from tests.rooms.signals.scanning import hair_engine, lively, raw, scanned
from tests.tapes import SECOND, ns


class Standing:
    """A market that begins at a time; nothing is read from it."""

    def __init__(self, first_ns: int, last_ns: int | None = 2**62) -> None:
        self.first_ns, self.last_ns = first_ns, last_ns


def adapter(first_ns: int = ns("2026-05-27 11:00"), source: str = "exchange", name: str = "replay") -> Adapter:
    """An adapter over it."""
    market: Any = Standing(first_ns)
    broker: Any = None
    return Adapter(name, market, broker, tapes=({"source": source},))


def lived(seed: int = 5, rows: int = 600) -> Engine:
    engine = hair_engine()
    scanned(engine, lively(seed, rows))
    return engine


def left(folder: Path, engine: Engine, name: str, market: str = "replay") -> Path:
    """A snapshot in the folder beside a journal."""
    path = folder / "warm" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(snapshot.take([engine], market).pack())
    return path


def started(folder: Path, wanted: Wanted, **market: Any) -> tuple[Memories, Engine]:
    """A fresh engine that was begun with what is wanted."""
    engine = hair_engine()
    with Memories(wanted, str(folder / "journal.db"), adapter(**market)) as memories:
        memories.begin([engine])
    return memories, engine


def test_auto_takes_the_newest_that_fits_and_keeps_it_by_its_hash(tmp_path: Path) -> None:
    left(tmp_path, lived(rows=200), "20260527T133000Z-ES-a.npz")
    newest = left(tmp_path, lived(rows=600), "20260527T140000Z-ES-b.npz")
    memories, engine = started(tmp_path, Wanted(AUTO))
    assert engine.time_ns == lived(rows=600).time_ns
    assert (tmp_path / "warm" / "used" / f"{memories.hash}.npz").read_bytes() == newest.read_bytes()
    assert any("all that detectors knew" in note for note in memories.notes)
    assert any("absorption on 10s: 4 of 4 samples" in note for note in memories.notes)
    again, other = started(tmp_path, Wanted(f"{RECORDED}{memories.hash}"))
    assert (again.hash, other.time_ns) == (memories.hash, engine.time_ns)


def test_auto_passes_over_the_future_another_market_and_what_is_damaged(tmp_path: Path) -> None:
    early = lived(rows=200)
    left(tmp_path, early, "20260527T133000Z-ES-a.npz")
    left(tmp_path, lived(rows=600), "20260527T140000Z-ES-b.npz")
    left(tmp_path, lived(rows=100), "20260527T140100Z-ES-c.npz", market="replay, synthetic")
    (tmp_path / "warm" / "20260527T150000Z-ES-d.npz").write_bytes(b"half of one")
    memories, engine = started(tmp_path, Wanted(AUTO), first_ns=early.time_ns)
    assert engine.time_ns == early.time_ns
    assert [note for note in memories.notes if "passed over 20260527T150000Z-ES-d.npz" in note]


def test_without_one_that_fits_detectors_start_cold_and_say_so(tmp_path: Path) -> None:
    memories, engine = started(tmp_path, Wanted(AUTO))
    assert (memories.hash, engine.time_ns) == ("", 0)
    assert memories.notes[0] == "ES: detectors start cold"
    assert any("absorption on 10s: 0 of 4 samples" in note for note in memories.notes)


def test_one_that_is_named_must_be_there_be_whole_and_fit(tmp_path: Path) -> None:
    with pytest.raises(InputMissing) as missing:
        started(tmp_path, Wanted(str(tmp_path / "gone.npz")))
    assert "gone.npz" in str(missing.value)
    with pytest.raises(InputMissing) as gone:
        started(tmp_path, Wanted(f"{RECORDED}{'ab' * 32}"))
    assert f"{'ab' * 32}.npz" in str(gone.value)
    (tmp_path / "bad.npz").write_bytes(b"no")
    with pytest.raises(DataDamaged):
        started(tmp_path, Wanted(str(tmp_path / "bad.npz")))
    late = lived()
    path = left(tmp_path, late, "20260527T140000Z-ES-b.npz")
    with pytest.raises(ConfigError, match="does not fit: it knows ES up to"):
        started(tmp_path, Wanted(str(path)), first_ns=late.time_ns - 1)


def test_one_that_was_changed_is_not_the_one_that_a_run_started_with(tmp_path: Path) -> None:
    left(tmp_path, lived(rows=200), "20260527T133000Z-ES-a.npz")
    memories, _ = started(tmp_path, Wanted(AUTO))
    kept = tmp_path / "warm" / "used" / f"{memories.hash}.npz"
    kept.write_bytes(snapshot.take([lived(rows=300)], "replay").pack())
    with pytest.raises(DataDamaged, match="hash differs"):
        started(tmp_path, Wanted(f"{RECORDED}{memories.hash}"))


def test_what_is_made_up_is_never_taken_for_what_is_real() -> None:
    assert market_of("replay", [{"source": "synthetic seed 7"}]) != market_of("replay", [{"source": "exchange"}])
    assert market_of("synthetic", [{"source": "synthetic seed 7"}]) == "synthetic"


def test_every_minute_is_saved_and_the_last_few_are_kept(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, "replay")
    ticks = lively(3, rows=900)
    engine = KeptEngine([hair_engine()], keeper)
    for first in range(0, len(ticks), 30):
        engine.scan(ticks[first : first + 30])
        # Rows in memory outrun any disk, and then only the newest is written: here the market waits for it.
        keeper._thread.submit(bool).result()
    keeper.close(engine)
    kept = sorted(tmp_path.glob("*.npz"))
    assert len(kept) == 3
    newest = snapshot.read(kept[-1].read_bytes(), "newest")
    assert newest.time_ns == engine.engines[0].time_ns
    assert not list(tmp_path.glob(".*"))


def test_a_session_that_is_over_is_saved_once_and_apart(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, "replay")
    engine = KeptEngine([hair_engine()], keeper)
    engine.scan(lively(3, rows=300, start="2026-05-27 16:58:30"))
    close = ns("2026-05-27 17:00")
    for minute in range(90, 150, 10):
        engine.scan(lively(3)[:0], close + minute * SECOND * 10)
    keeper.close()
    assert len(list(tmp_path.glob("*-session.npz"))) == 1


def test_saving_changes_nothing(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, "replay")
    ticks = lively(7)
    plain, kept = MultiEngine([hair_engine()]), KeptEngine([hair_engine()], keeper)
    cut = range(0, 600, 50)
    assert raw(scanned(kept, ticks, cut)) == raw(scanned(plain, ticks, cut))
    keeper.close()


def test_a_disk_that_refuses_costs_snapshots_only(tmp_path: Path) -> None:
    (tmp_path / "warm").write_text("a file where the folder should be")
    keeper = Keeper(tmp_path / "warm", "replay")
    engine = KeptEngine([hair_engine()], keeper)
    assert len(scanned(engine, lively(7)))
    keeper.close(engine)
    assert keeper.trouble
