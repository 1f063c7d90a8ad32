"""Law 1: however the tape is cut into batches, the journal is the same; and the same run is the same rows."""

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.replay.broker import ReplayBroker
from bot.ahead import WORTH_A_THREAD
from bot.domain.market import Ticks
from tests.laws.markets import DRILL, drill, managed, market
from tests.playing import Played, play, strategy
from tests.tapes import SECOND, Tape, lesson


def run(folder: Path, seed: int, batch: int | None) -> Played:
    return play(folder, market(seed), drill(folder), batch=batch)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 400))
def test_a_cut_anywhere_changes_no_row(tmp_path: Path, seed: int, batch: int) -> None:
    whole = run(tmp_path, seed, None)
    assert run(tmp_path, seed, batch).hash == whole.hash


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 400))
def test_a_cut_changes_no_stop_that_moves(tmp_path: Path, seed: int, batch: int) -> None:
    whole = play(tmp_path, market(seed), managed(tmp_path))
    assert play(tmp_path, market(seed), managed(tmp_path), batch=batch).hash == whole.hash


def news(folder: Path) -> str:
    """Minutes of the Federal Reserve half a minute after 10:05, so that entries close half a minute after 10:00."""
    path = folder / "news.csv"
    kinds = ("fomc_statement", "fomc_press_conference", "cpi", "nfp", "ppi")
    rows = [f"{kind},,,,2026-05-27T20:00:00Z,scheduled" for kind in kinds]
    rows = ["event,date_local,time_local,tz,ts_utc,status", "fomc_minutes,,,,2026-05-27T14:05:30Z,scheduled", *rows]
    path.write_text("\n".join(rows))
    return str(path)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 400), how=st.sampled_from(("flatten", "tighten")))
def test_a_cut_changes_nothing_of_what_is_done_before_the_news(tmp_path: Path, seed: int, batch: int, how: str) -> None:
    spec, calendar = strategy(tmp_path, DRILL.replace("[params]", f'on_blackout = "{how}"\n[params]')), news(tmp_path)
    whole = play(tmp_path, market(seed), spec, calendar=calendar)
    assert play(tmp_path, market(seed), spec, calendar=calendar, batch=batch).hash == whole.hash


def silent(seed: int, pauses: list[tuple[int, int]]) -> Tape:
    """A market near the close, with pauses: at which row, and for how many minutes."""
    rows = market(seed, start="2026-05-27 15:00").rows().copy()
    for row, minutes in pauses:
        rows["ts"][row:] += minutes * 60 * SECOND
    return Tape("ES").then(rows)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    pauses=st.lists(st.tuples(st.integers(0, 299), st.integers(1, 150)), min_size=1, max_size=2),
    steps=st.sampled_from((600, 3600)),
)
def test_a_silence_that_is_cut_changes_no_row(
    tmp_path: Path, seed: int, pauses: list[tuple[int, int]], steps: int
) -> None:
    """However much of it is scanned at once: what waits at its begin goes on, what ends in it ends."""
    tape = silent(seed, pauses)
    with patch("bot.ahead.LONG_NS", 10_000 * 3600 * SECOND):
        whole = play(tmp_path, tape, managed(tmp_path))
    with patch("bot.ahead.LONG_NS", steps * SECOND):
        assert play(tmp_path, tape, managed(tmp_path)).hash == whole.hash


def test_such_markets_are_left_before_the_news(tmp_path: Path) -> None:
    spec = strategy(tmp_path, DRILL.replace("[params]", 'on_blackout = "flatten"\n[params]'))
    played = [play(tmp_path, market(seed), spec, calendar=news(tmp_path)) for seed in range(8)]
    assert "blackout" in {trip["exit_reason"] for one in played for trip in one.round_trips}


def test_stops_that_move_are_left_by(tmp_path: Path) -> None:
    played = [play(tmp_path, market(seed), managed(tmp_path), batch=1) for seed in range(4)]
    assert {"breakeven", "trail"} <= {trip["exit_reason"] for one in played for trip in one.round_trips}


def test_row_by_row_is_the_same_as_all_at_once(tmp_path: Path) -> None:
    for seed in (3, 4):
        assert run(tmp_path, seed, 1).hash == run(tmp_path, seed, None).hash


def test_such_markets_reach_every_kind_of_end(tmp_path: Path) -> None:
    seen: set[str] = set()
    for seed in range(30):
        played = run(tmp_path, seed, None)
        seen.update(trip["exit_reason"] for trip in played.round_trips)
        seen.update(order["state"] for order in played.orders)
    assert {"stop", "target", "time", "tape-end", "filled", "cancelled"} <= seen, seen


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_the_lesson_is_the_same_however_it_is_cut(tmp_path: Path, batch: int) -> None:
    whole = play(tmp_path, lesson(), "lesson-es.toml", contract="ESM2023")
    assert play(tmp_path, lesson(), "lesson-es.toml", contract="ESM2023", batch=batch).hash == whole.hash


def test_batches_that_are_scanned_ahead_are_the_same(tmp_path: Path) -> None:
    """Long enough for the thread: while the desk walks one batch, and asks for its footprints, the next is scanned."""
    tape = market(5, rows=6 * WORTH_A_THREAD)
    whole = play(tmp_path, tape, drill(tmp_path), batch=None)
    assert whole.outcome.tally.approved > 0
    for batch in (WORTH_A_THREAD, 3 * WORTH_A_THREAD + 1, WORTH_A_THREAD // 2):
        assert play(tmp_path, tape, drill(tmp_path), batch=batch).hash == whole.hash


def test_a_different_tape_is_a_different_journal(tmp_path: Path) -> None:
    assert run(tmp_path, 1, None).hash != run(tmp_path, 2, None).hash


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a broker that forgets at a batch's end how much of the queue ahead has printed."""
    turn = ReplayBroker._turn

    def forgetful(self: ReplayBroker, ticks: Ticks) -> None:
        turn(self, ticks)
        self._book.works["ahead"] = -1

    seeds = range(6)
    whole = [run(tmp_path, seed, None).hash for seed in seeds]
    monkeypatch.setattr(ReplayBroker, "_turn", forgetful)
    assert [run(tmp_path, seed, 5).hash for seed in seeds] != whole
