"""The bars that the evening's chart is drawn from: those up to a judged signal, and those of what came of it."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.desk import pictures
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from tests.playing import Played, play
from tests.tapes import Tape, lesson

MINUTE_NS = 60_000_000_000


def traded(folder: Path, **more: Any) -> Played:
    """The lesson's day: in at 09:41:30, out at the target at 09:55:50."""
    folder.mkdir(exist_ok=True)
    return play(folder, lesson(), "lesson-es.toml", contract="ESM2023", **more)


def kept(played: Played) -> dict[str, list[dict[str, Any]]]:
    """Signal → its bars as they were written."""
    found: dict[str, list[dict[str, Any]]] = {}
    with reading(place(played.url)) as reader:
        for row in reader.read(rows.Footprint, reader.choose(played.outcome.run)):
            found.setdefault(row.signal_id, []).append(msgspec.json.decode(row.bar))
    return found


def test_a_round_trip_keeps_each_bar_from_before_its_signal_to_its_exit(tmp_path: Path) -> None:
    played = traded(tmp_path)
    (trip,) = played.round_trips
    (signal,) = [one for one in played.signals if one["id"] == trip["signal_id"]]
    ends = [bar["end"] for bar in kept(played)[trip["signal_id"]]]
    # five up to the signal, and on without a gap to the bar in which it was left
    assert ends[pictures.BEFORE - 1] == signal["ts_ns"]
    assert [later - one for one, later in pairwise(ends)] == [MINUTE_NS] * (len(ends) - 1)
    assert ends[-1] - MINUTE_NS <= trip["exit_ns"] < ends[-1]


def test_what_was_refused_or_never_filled_keeps_what_led_to_it(tmp_path: Path) -> None:
    refused = traded(tmp_path / "refused", sets=["risk.min_reward_risk=3"])
    unfilled = traded(tmp_path / "unfilled", sets=["replay.fill_model=through"])
    assert (refused.round_trips, unfilled.round_trips) == ([], [])
    assert len(refused.blocked) == 1
    assert [one["state"] for one in unfilled.orders if one["role"] == "entry"] == ["cancelled"]
    for played in (refused, unfilled):
        assert [len(bars) for bars in kept(played).values()] == [pictures.BEFORE]


def test_of_a_long_position_the_last_bars_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "HELD", 3)
    played = traded(tmp_path)
    (trip,) = played.round_trips
    bars = kept(played)[trip["signal_id"]]
    assert len(bars) == pictures.BEFORE + 3
    assert bars[-1]["start"] <= trip["exit_ns"] < bars[-1]["end"]


def test_a_run_that_is_left_keeps_what_it_has(tmp_path: Path) -> None:
    """A tape that ends while the position is held: there is no bar after the exit."""
    played = traded(tmp_path / "whole")
    (trip,) = played.round_trips
    half = lesson().rows()
    half = half[half["ts"] < trip["entry_ns"] + 5 * MINUTE_NS]
    cut = play(tmp_path, Tape().then(half), "lesson-es.toml", contract="ESM2023")
    (short,) = cut.round_trips
    assert short["exit_reason"] == "tape-end"
    assert kept(played)[trip["signal_id"]][:8] == kept(cut)[short["signal_id"]][:8]


@pytest.mark.parametrize("batch", [1, 7, 101])
def test_however_the_tape_is_cut_they_are_the_same(tmp_path: Path, batch: int) -> None:
    assert traded(tmp_path).hash == traded(tmp_path, batch=batch).hash
