"""A live market is recorded as it was seen, whatever happens to the process or to the disk."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.loader import instrument
from bot.domain.instrument import Instrument
from bot.domain.market import TICK, Ticks
from bot.ports import Batch
from bot.tape import open_tape
from bot.tape.keeping import DAY_NS, finish_all, of_run, throw_away
from bot.tape.recorder import Recorder
from bot.tape.unfinished import Header, PartFile, unfinished
from tests.rooms.tape.builders import START, market, written

RUN = "01k2v3w4x5y6z"
HEADER = Header("ES", "ESZ2026", "0.25", f"ib {RUN}", RUN, START)


class Live:
    """A market of prepared batches, as a live one hands them out."""

    last_ns: int | None = None
    first_ns = START

    def __init__(self, instruments: Sequence[Instrument], batches: Sequence[Batch]) -> None:
        self.instruments, self._batches = instruments, batches
        self.anomalies: Mapping[str, int] = {}

    async def subscribe(self) -> None:
        """Nothing to ask for."""

    async def batches(self) -> AsyncIterator[Batch]:
        """The prepared ones."""
        for batch in self._batches:
            yield batch


def one(name: str) -> Instrument:
    return instrument(name)


def cut(ticks: Ticks, ends: Sequence[int], until: int = 0) -> list[Batch]:
    pieces = np.split(ticks, sorted(ends))
    return [Batch(piece) for piece in pieces] + [Batch(np.zeros(0, TICK), silent_until=until or None)]


async def walked(recorder: Recorder, live: Live) -> list[Batch]:
    over = recorder.over(live)
    await over.subscribe()
    return [batch async for batch in over.batches()]


def recorded(folder: Path, live: Live, **more: int) -> Recorder:
    with Recorder(folder, RUN, f"ib {RUN}", **more) as recorder:
        asyncio.run(walked(recorder, live))
    return recorder


def rows_of(path: Path) -> Ticks:
    with open_tape(path) as reader:
        return np.concatenate(list(reader.batches(65_536)))


@settings(deadline=None, max_examples=25)
@given(ends=st.lists(st.integers(0, 200), max_size=6))
def test_the_tape_is_what_was_seen_however_it_came(tmp_path_factory: pytest.TempPathFactory, ends: list[int]) -> None:
    folder, ticks = tmp_path_factory.mktemp("tapes"), market(200)
    # when a market is walked in any batches
    recorder = recorded(folder, Live([one("ESZ2026")], cut(ticks, ends, until=int(ticks["ts"][-1]) + 7)))
    # then there is one tape, which says whose it is and how long was listened
    (path,) = folder.iterdir()
    assert path.name == f"ESZ2026-2023-11-14-{RUN}.parquet"
    assert np.array_equal(rows_of(path), ticks)
    with open_tape(path) as reader:
        facts = reader.facts
    assert (facts.run, facts.source, facts.instrument) == (RUN, f"ib {RUN}", "ES")
    assert (facts.from_ns, facts.until_ns) == (START, int(ticks["ts"][-1]) + 7)
    assert (recorder.trouble, recorder.notes) == ("", [])


def test_each_instrument_has_a_tape_of_its_own(tmp_path: Path) -> None:
    ticks = market(300)
    ticks["instrument"][::3] = 1
    recorded(tmp_path, Live([one("ESZ2026"), one("NQZ2026")], cut(ticks, [100])))
    tapes = of_run(tmp_path, RUN)
    assert list(tapes) == ["ESZ2026", "NQZ2026"]
    assert len(rows_of(tapes["NQZ2026"])) == 100
    assert np.array_equal(rows_of(tapes["NQZ2026"])["ts"], ticks["ts"][::3])
    assert of_run(tmp_path, "another") == {}


def test_a_desk_that_stops_in_the_middle_keeps_the_batch_that_it_walked_last(tmp_path: Path) -> None:
    ticks = market(100)

    async def stopped(recorder: Recorder) -> None:
        async for _ in recorder.over(Live([one("ESZ2026")], cut(ticks, [60]))).batches():
            break

    with Recorder(tmp_path, RUN, "ib") as recorder:
        asyncio.run(stopped(recorder))
    assert len(rows_of(of_run(tmp_path, RUN)["ESZ2026"])) == 60


def test_a_market_that_said_nothing_leaves_nothing(tmp_path: Path) -> None:
    recorded(tmp_path, Live([one("ESZ2026")], [Batch(np.zeros(0, TICK), silent_until=START)]))
    assert list(tmp_path.iterdir()) == []


class TestACrash:
    def part(self, folder: Path, rows: int = 50) -> Path:
        part = PartFile(folder / f"ESZ2026-2023-11-14-{RUN}.part", HEADER)
        ticks = market(rows)
        part.append(ticks[:20], int(ticks["ts"][19]))
        part.append(ticks[20:], int(ticks["ts"][-1]) + 5)
        part.close()
        return part.path

    def test_leaves_a_recording_that_becomes_a_tape(self, tmp_path: Path) -> None:
        self.part(tmp_path)
        said: list[str] = []
        assert finish_all(tmp_path, said.append) == []
        (path,) = tmp_path.iterdir()
        assert np.array_equal(rows_of(path), market(50))
        with open_tape(path) as reader:
            assert reader.facts.until_ns == int(market(50)["ts"][-1]) + 5
        assert said == [f"finished the recording of run {RUN}: 50 rows of ESZ2026"]

    @pytest.mark.parametrize("torn", [1, TICK.itemsize - 1])
    def test_drops_a_torn_last_row_and_says_so(self, tmp_path: Path, torn: int) -> None:
        path = self.part(tmp_path)
        whole = path.stat().st_size
        # the mark after the last row, and a piece of the row, are lost
        os.truncate(path, whole - TICK.itemsize - torn)
        said: list[str] = []
        finish_all(tmp_path, said.append)
        assert len(rows_of(of_run(tmp_path, RUN)["ESZ2026"])) == 49
        assert f"its last row is torn ({TICK.itemsize - torn} bytes) and was dropped" in said[0]

    @pytest.mark.parametrize("size", [0, 10])
    def test_before_the_first_row_leaves_nothing(self, tmp_path: Path, size: int) -> None:
        os.truncate(self.part(tmp_path), size)
        said: list[str] = []
        assert finish_all(tmp_path, said.append) == []
        assert list(tmp_path.iterdir()) == []
        assert "before its first row" in said[0]

    def test_in_the_middle_of_making_the_tape_leaves_nothing_half_made(self, tmp_path: Path) -> None:
        path = self.part(tmp_path)
        # given what the process had written of the tape when it died, and a tape that is just being imported
        half, another = tmp_path / f".{path.stem}.parquet.4711.part", tmp_path / ".other.parquet.7.part"
        half.write_bytes(b"PAR1")
        another.write_bytes(b"PAR1")
        finish_all(tmp_path, lambda _: None)
        assert (half.exists(), another.exists()) == (False, True)
        assert len(rows_of(of_run(tmp_path, RUN)["ESZ2026"])) == 50

    def test_is_left_as_it_is_when_nobody_waits_for_the_tape(self, tmp_path: Path) -> None:
        path, said = self.part(tmp_path), list[str]()
        assert finish_all(tmp_path, said.append, lambda: True) == [path]
        assert (list(tmp_path.iterdir()), said) == ([path], [])

    def test_is_finished_once_by_whoever_comes_first(self, tmp_path: Path) -> None:
        self.part(tmp_path)
        finish_all(tmp_path, lambda _: None)
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        finish_all(tmp_path, lambda _: None)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_is_no_crash_while_somebody_writes(self, tmp_path: Path) -> None:
        part = PartFile(tmp_path / "ESZ2026.part", HEADER)
        part.append(market(5), START)
        assert finish_all(tmp_path, lambda _: None) == [part.path]
        assert unfinished(tmp_path) == [part.path]
        part.close()

    @pytest.mark.parametrize("content", [b"{}\n" + bytes(100), b"half a download", b"x" * 100_000])
    def test_of_something_else_is_left_alone(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "download.part").write_bytes(content)
        # a tape that is just being imported
        (tmp_path / ".other.parquet.7.part").write_bytes(b"")
        said: list[str] = []
        assert finish_all(tmp_path, said.append) == [tmp_path / "download.part"]
        assert "is not a recording" in said[0]
        assert (tmp_path / ".other.parquet.7.part").exists()

    def test_of_another_version_is_left_to_it(self, tmp_path: Path) -> None:
        path = self.part(tmp_path)
        path.write_bytes(path.read_bytes().replace(b"recording 1", b"recording 9", 1))
        said: list[str] = []
        assert finish_all(tmp_path, said.append) == [path]
        assert "another version" in said[0]


class TestTrouble:
    def test_with_the_disk_stops_the_recording_and_not_the_desk(self, tmp_path: Path) -> None:
        # given a folder that cannot be made, for a file stands there
        (tmp_path / "tapes").write_text("")
        batches = asyncio.run(self.seen(recorder := Recorder(tmp_path / "tapes", RUN, "ib")))
        recorder.end()
        recorder.make()
        assert len(batches) == 3
        assert recorder.trouble
        assert recorder.state == {"recording": False, "why": recorder.trouble}

    async def seen(self, recorder: Recorder) -> list[Batch]:
        return await walked(recorder, Live([one("ESZ2026")], cut(market(100), [50])))

    def test_comes_before_the_journal_has_no_room_left(self, tmp_path: Path) -> None:
        live = Live([one("ESZ2026")], cut(market(100), [50]))
        recorder = recorded(tmp_path, live, reserve=1 << 60)
        assert "the journal needs them" in recorder.trouble

    def test_with_the_room_stops_the_recording_while_it_grows(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # given a room that is looked at often, and is enough for half of what comes
        monkeypatch.setattr("bot.tape.recorder.FLUSH_NS", 0)
        monkeypatch.setattr("bot.tape.recorder.SYNC_BYTES", 1)
        asked: list[int] = []

        def room(size: int, say: Callable[[str], None]) -> None:
            asked.append(size)
            if size > 20_000:
                say("made room, and not enough")
                raise OSError("[record] max_gb is reached")

        live = Live([one("ESZ2026")], cut(market(1_000), range(10, 1_000, 10)))
        with Recorder(tmp_path, RUN, "ib", room=room) as recorder:
            asyncio.run(walked(recorder, live))
        # then it was told how large the recording was, what it did is said, and what was recorded is a tape
        assert (asked[0], asked) == (0, sorted(asked))
        assert recorder.trouble == "[record] max_gb is reached"
        assert recorder.notes == ["made room, and not enough"]
        assert 0 < len(rows_of(of_run(tmp_path, RUN)["ESZ2026"])) < 1_000

    def test_is_told_once_while_the_desk_goes_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # given a recorder that hands every batch over at once
        monkeypatch.setattr("bot.tape.recorder.FLUSH_NS", 0)
        told: list[str] = []
        with Recorder(tmp_path, RUN, "ib", reserve=1 << 60) as recorder:
            recorder.told = told.append
            live = Live([one("ESZ2026")], cut(market(1000), range(10, 1000, 10)))
            over = recorder.over(live)

            async def paced() -> int:
                seen = 0
                async for _ in over.batches():
                    seen += 1
                    await asyncio.to_thread(lambda: None)  # the recorder's thread has a turn
                return seen

            assert asyncio.run(paced()) == 101
        assert told == [recorder.trouble]


class TestKeeping:
    def tape(self, folder: Path, name: str, days_old: int) -> Path:
        with Recorder(folder, name, "ib") as recorder:
            asyncio.run(walked(recorder, Live([one("ESZ2026")], cut(market(500), []))))
        (path,) = of_run(folder, name).values()
        return self.aged(path, days_old)

    def aged(self, path: Path, days_old: int) -> Path:
        at = 1_000 * DAY_NS - days_old * DAY_NS
        os.utime(path, ns=(at, at))
        return path

    def test_throws_away_what_is_older_than_it_should_be(self, tmp_path: Path) -> None:
        old, young = self.tape(tmp_path, "old", 61), self.tape(tmp_path, "young", 60)
        gone = throw_away(tmp_path, keep_ns=60 * DAY_NS, max_bytes=1 << 40, now_ns=1_000 * DAY_NS)
        assert gone == [old]
        assert young.exists()

    def test_throws_away_the_oldest_beyond_the_room_it_has(self, tmp_path: Path) -> None:
        oldest, middle, newest = (self.tape(tmp_path, name, days) for name, days in (("a", 9), ("b", 8), ("c", 7)))
        room = middle.stat().st_size + newest.stat().st_size
        assert throw_away(tmp_path, keep_ns=60 * DAY_NS, max_bytes=room, now_ns=1_000 * DAY_NS) == [oldest]

    def test_spares_the_last_day_and_what_was_not_recorded(self, tmp_path: Path) -> None:
        self.tape(tmp_path, "fresh", 1)
        written(tmp_path / "imported.parquet", market(10))
        self.aged(tmp_path / "imported.parquet", 900)
        (tmp_path / "broken.parquet").write_bytes(b"PAR1")
        assert throw_away(tmp_path, keep_ns=DAY_NS // 2, max_bytes=0, now_ns=1_000 * DAY_NS) == []
