"""What a snapshot is refused for, what another contract takes from it, and what becomes of detectors of others."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from bot.domain.instrument import Instrument
from bot.domain.market import EVENT, PRINT, Events, Ticks
from bot.errors import DataDamaged
from bot.signals import snapshot
from bot.signals.engine import Engine, Wish, build
from bot.signals.snapshot import Snapshot, misfit, packed, resume, take
from tests.rooms.signals.scanning import (
    BANDED,
    CONTEXT_NS,
    HAIR,
    HAIR_WISH,
    HAIR_WISHES,
    TRIGGER_NS,
    WEEK,
    hair_engine,
    lively,
    raw,
    scanned,
    weekdays,
)

NOW = 2**62
"""Later than any row."""


def taken(engine: Engine) -> Snapshot:
    """A snapshot of one engine, by way of its file."""
    return snapshot.read(take([engine], "replay").pack(), "a file")


@pytest.fixture(scope="module")
def lived() -> Engine:
    """An engine that has read a tape."""
    engine = hair_engine()
    scanned(engine, lively(5))
    return engine


class Counter:
    """A detector of others that says every tenth print, and can be saved."""

    kind = "tenth"
    kinds = ("tenth",)
    EVIDENCE = ("prints",)

    def __init__(self, instrument: Instrument, timeframe_ns: int, params: object) -> None:
        self._prints = np.zeros(1, np.int64)

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        rows = start + np.flatnonzero(ticks["kind"][start:] == PRINT)
        counts = self._prints[0] + np.arange(1, len(rows) + 1)
        self._prints[0] += len(rows)
        rows, counts = rows[counts % 10 == 0], counts[counts % 10 == 0]
        found = np.zeros(len(rows), EVENT)
        found["ts"] = found["known"] = ticks["ts"][rows]
        found["row"], found["evidence"][:, 0] = rows, counts
        return found, len(ticks)

    def save(self) -> Mapping[str, Any]:
        return {"prints": self._prints}

    def load(self, saved: Mapping[str, Any]) -> None:
        self._prints[:] = saved["prints"]


class Mute(Counter):
    """Another one, which cannot be saved."""

    kind = "mute"
    kinds = ("mute",)
    save = load = None  # type: ignore[assignment]


def test_detectors_of_others_are_saved_where_they_can_be_and_named_where_not() -> None:
    wish, ticks = replace(HAIR_WISH, extra=(Counter, Mute)), lively(8)
    elder, fresh = build(BANDED, WEEK, [wish]), build(BANDED, WEEK, [wish])
    before = scanned(elder, ticks[:333])
    saved = taken(elder)
    assert saved.header.sections[0].cold == ["mute"]
    assert resume(saved, fresh)
    tenth = fresh.kinds.index("tenth")
    events = scanned(fresh, ticks[333:])
    counts = [fresh.evidence(event)["prints"] for event in events if event["kind"] == tenth]
    already = int(np.count_nonzero(before["kind"] == tenth))
    assert counts == [10.0 * (already + n) for n in range(1, len(counts) + 1)]
    assert counts


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 99}, "format 99"),
        ({"paperpit": "0.0.1"}, "paperpit 0.0.1 made it"),
        ({"sections": []}, "not ES"),
    ],
)
def test_another_make_is_refused(lived: Engine, change: dict[str, Any], told: str) -> None:
    read = taken(lived)
    other = replace(read, header=msgspec.structs.replace(read.header, **change))
    assert told in misfit(other, hair_engine(), NOW)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tick": "0.5"}, "its tick of ES is 0.5, not 0.25"),
        ({"layout": "other"}, "remember other things"),
        ({"time_ns": 0}, "never saw a row of ES"),
    ],
)
def test_another_instrument_or_memory_is_refused(lived: Engine, change: dict[str, Any], told: str) -> None:
    read = taken(lived)
    section = msgspec.structs.replace(read.header.sections[0], **change)
    other = replace(read, header=msgspec.structs.replace(read.header, sections=[section]))
    assert told in misfit(other, hair_engine(), NOW)


def test_other_parameters_are_refused_by_the_detectors_name(lived: Engine) -> None:
    wish = Wish(TRIGGER_NS, CONTEXT_NS, {**HAIR, "rejection": {}})
    told = misfit(taken(lived), build(BANDED, WEEK, [wish]), NOW)
    assert "rejection on 10s with other parameters" in told
    assert "imbalance" not in told


def test_a_detector_more_or_less_is_named(lived: Engine) -> None:
    wish = replace(HAIR_WISH, extra=(Counter,))
    assert "lacks tenth on 10s" in misfit(taken(lived), build(BANDED, WEEK, [wish]), NOW)
    assert "tenth on 10s, which does not run here" in misfit(taken(build_read(wish)), hair_engine(), NOW)


def build_read(wish: Wish) -> Engine:
    engine = build(BANDED, WEEK, [wish])
    scanned(engine, lively(5, rows=50))
    return engine


def test_what_knows_the_future_is_refused(lived: Engine) -> None:
    assert misfit(taken(lived), hair_engine(), lived.time_ns) == ""
    assert "the first row comes at" in misfit(taken(lived), hair_engine(), lived.time_ns - 1)


def test_a_session_long_over_gives_habits_only(lived: Engine) -> None:
    later = build(BANDED, weekdays("2026-06-10"), HAIR_WISHES)
    assert misfit(taken(lived), later, NOW) == ""
    assert not resume(taken(lived), later)
    assert later.memory()["judges.imbalances"]["seasons"].max() > 0
    assert later.time_ns == 0


def test_days_counted_from_elsewhere_change_nothing() -> None:
    ticks = lively(9)
    elder = hair_engine()
    scanned(elder, ticks[:300])
    other = build(BANDED, weekdays("2026-05-27", "2026-05-28", "2026-05-29"), HAIR_WISHES)
    assert resume(taken(elder), other)
    assert raw(scanned(other, ticks[300:])) == raw(scanned(elder, ticks[300:]))


def test_another_contract_takes_what_was_learnt_by_time_of_day_and_no_price() -> None:
    elder = hair_engine()
    for seed in range(3):
        scanned(elder, lively(seed))
    read = taken(elder)
    december = replace(BANDED, contract="ESZ2026")
    fresh, cold = build(december, WEEK, HAIR_WISHES), build(december, WEEK, HAIR_WISHES)
    assert misfit(read, fresh, NOW) == ""
    assert not resume(read, fresh)
    new, old, bare = fresh.memory(), elder.memory(), cold.memory()
    carried = old["readers.absorptions"]["base"]["buckets"]
    assert carried["n"].max() > 0
    assert np.array_equal(new["readers.absorptions"]["base"]["buckets"], carried)
    assert old["judges.imbalances"]["seasons"].max() > 0
    assert np.array_equal(new["judges.imbalances"]["seasons"], old["judges.imbalances"]["seasons"])
    assert np.array_equal(new["judges.imbalances"]["season"], old["judges.imbalances"]["season"])
    for name in ("world", "ladders", "judges.rejections", "judges.confluences", "readers.rollings"):
        whole = packed(new[name].dtype)
        assert new[name].astype(whole).tobytes() == bare[name].astype(whole).tobytes(), name
    assert not new["readers.absorptions"]["sides"]["levels"]["live"].any()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not much more", b"[detectors]\n"])
def test_a_file_that_is_none_is_damaged(data: bytes) -> None:
    with pytest.raises(DataDamaged, match="no snapshot of detectors"):
        snapshot.read(data, "mine.npz")


def test_a_torn_or_changed_file_is_damaged(lived: Engine) -> None:
    data = take([lived], "replay").pack()
    with pytest.raises(DataDamaged):
        snapshot.read(data[: len(data) // 2], "mine.npz")
    middle = bytearray(data)
    middle[len(data) // 2] ^= 0xFF
    with pytest.raises(DataDamaged):
        snapshot.read(bytes(middle), "mine.npz")


def test_nobody_is_asked_to_run_what_a_file_says() -> None:
    """An array of Python objects would be unpickled, which runs code."""
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array([{"a": 1}], object))
    with pytest.raises(DataDamaged):
        snapshot.read(buffer.getvalue(), "evil.npz")
