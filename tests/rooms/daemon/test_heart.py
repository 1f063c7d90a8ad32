"""The process's own heartbeat: who holds it up is named, what it cost is told, and it does not restart for ever."""

import asyncio
import logging
import os
import time
from bisect import bisect_left
from pathlib import Path

import pytest

from bot.daemon.heart import ENVIRONMENT, RESTARTS, Heart, Wedged, taken
from bot.desk import Desk
from bot.journal import rows
from tests.laws.markets import DRILL, market
from tests.playing import strategy
from tests.programs import ended
from tests.rooms.desk.live import run
from tests.rooms.desk.test_live import busy
from tests.stories.test_a_strategy_never_returns import HERE as WEDGING

SECOND = 1_000_000_000


def test_a_stall_closes_entries_for_a_while_and_names_who_was_asked(tmp_path: Path) -> None:
    # given a desk that goes by the wall, and stood still for three seconds because of its strategy
    def stall(desk: Desk) -> None:
        desk.stalled(3 * SECOND, "drill-law")

    live = run(tmp_path, busy(), DRILL, wall=True, hits={6: stall})
    # then entries are closed for five seconds, and the answer that took so long counts as an error
    told = "the process stood still for 3 s, strategy drill-law was being asked"
    assert told in live.notices
    found = {(row.key, row.value): row for row in live.rows(rows.Control)}
    shut, opened = found["house.stall", "true"], found["house.stall", "false"]
    assert 5 * SECOND <= opened.ts - shut.ts <= 7 * SECOND
    refused = [row["ts_ns"] for row in live.played.blocked if "house" in {one["rule"] for one in row["reasons"]}]
    assert refused
    assert all(shut.ts <= ts <= opened.ts for ts in refused)
    assert found["strategy.drill-law", "1"].why == "an answer took 3 s"


def test_a_stall_by_the_wall_changes_nothing_on_a_tape(tmp_path: Path) -> None:
    live = run(tmp_path, busy(), DRILL, hits={6: lambda desk: desk.stalled(3 * SECOND, "drill-law")})
    assert live.rows(rows.Control) == []


def test_a_short_stall_is_logged_with_the_place_where_the_loop_stands(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def dawdle(desk: Desk) -> None:
        with Heart(lambda: desk, 30 * SECOND, None):
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                pass

    with caplog.at_level(logging.WARNING, "paperpit.heart"):
        run(tmp_path, busy(5), DRILL, hits={6: dawdle})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "paperpit.heart"]
    assert "test_heart.py" in line
    assert "dawdle" in line


async def test_after_five_restarts_in_ten_minutes_it_ends_and_says_what_to_do(tmp_path: Path) -> None:
    # given a process that has been restarted five times, and a strategy that does not return
    tape = market(7, rows=60).write(tmp_path / "tape.parquet")
    spec = strategy(tmp_path, DRILL.replace('"drill"', f'"{WEDGING}:Wedging"').replace("offset_ticks = -1", ""))
    before = Wedged("other", "no answer", tuple(time.monotonic_ns() for _ in range(RESTARTS)))
    sets = ("adapter=replay", f"adapters.replay.tape={tape}", "daemon.wedged_after=500ms", "replay.latency_ms=0")
    code, one = await ended(
        *("run", "--strategy", spec, "--calendar", "none", "--warm", "none", "--desk", f"heart-{os.getpid()}"),
        *("--journal", f"sqlite:///{tmp_path / 'journal.db'}"),
        *(word for key in sets for word in ("--set", key)),
        env={ENVIRONMENT: f'{{"strategy":"other","why":"{before.why}","restarts":{list(before.restarts)}}}'},
    )
    assert code == 70, one.words
    assert "strategy drill-law does not return" in one.words
    assert "5 restarts in ten minutes have not helped" in one.words
    assert "positions stay under their stops" in one.words


def test_what_another_program_left_in_the_environment_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "yes")
    assert taken() is None
    assert ENVIRONMENT not in os.environ


async def test_how_late_the_loop_was_is_counted(tmp_path: Path) -> None:
    # given a loop that stands still for 0.3 s, once
    with Heart(lambda: None, 30 * SECOND, None) as heart:
        await asyncio.sleep(0.1)
        before = heart.lags["counts"]
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            pass
        await asyncio.sleep(0.1)
    # then a beat came that late
    late = [now - then for now, then in zip(heart.lags["counts"], before, strict=True)]
    assert sum(late[bisect_left(heart.lags["bounds_ms"], 250) :]) >= 1
    assert sum(late) > 1
    assert heart.lags["sum_ms"] >= 250
