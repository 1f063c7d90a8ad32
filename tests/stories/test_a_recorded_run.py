"""A live run records what it sees, and its replay comes to the same: rulings' law of the same code.

The synthetic market stands in for an exchange here: it goes by the clock, says when it was silent, and has no end.
"""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.again import Wishes, differences, recorded
from bot.daemon import Asked, Run
from bot.domain.command import Command
from bot.errors import UsageError
from bot.journal import rows
from bot.tape.keeping import of_run
from bot.tape.unfinished import Header, PartFile
from bot.warm import Wanted
from tests.patience import PATIENCE_S
from tests.rooms.tape.builders import START, market
from tests.stories.recording import asked, count, repeated, traded


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder of its own."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path)
    return tmp_path


def test_its_replay_sees_wants_and_decides_the_same(folder: Path) -> None:
    # given a market that has no end, and a desk that is stopped in the middle of it
    live = asyncio.run(traded(asked(folder), rows_seen=100_000))
    assert live.stopped_by == signal.SIGTERM
    assert count(live.journal, live.run, rows.Signal) > 0
    assert count(live.journal, live.run, rows.Decision) > 2
    # when it is replayed from what it recorded
    outcome, found = repeated(live.journal, live.run)
    # then nothing differs, and every row was there
    assert found == []
    assert outcome.adapter.name == "replay"
    assert outcome.tally.rows == live.tally.rows
    assert list(of_run(folder / "tapes", live.run)) == ["ESZ2026"]


def test_it_starts_with_the_memory_that_the_run_started_with(folder: Path) -> None:
    # given a run whose detectors were warm, and who missed what the market did between two runs
    asyncio.run(traded(asked(folder, warm=Wanted(keep=True)), rows_seen=6_000))
    late = "adapters.synthetic.start=2026-11-17T10:30"
    live = asyncio.run(traded(asked(folder, late, warm=Wanted("auto", keep=True)), rows_seen=6_000))
    assert live.warm
    # then so are its replay's
    outcome, found = repeated(live.journal, live.run)
    assert outcome.warm == live.warm
    assert found == []


def test_it_is_told_again_what_a_person_told_the_run(folder: Path) -> None:
    # given a desk that was paused for a while, and then told to leave everything
    told = {
        20_000: Command("pause", "n1", 0, "lunch"),
        50_000: Command("resume", "n2", 0, "back"),
        80_000: Command("flatten", "n3", 0, "enough"),
    }
    live = asyncio.run(traded(asked(folder), rows_seen=100_000, told=told))
    assert count(live.journal, live.run, rows.Command) == 3
    rules = live.tally.refusals
    assert rules["pause"] > 0
    assert rules["kill_switch"] > 0
    # then its replay is, and comes to the same
    outcome, found = repeated(live.journal, live.run)
    assert found == []
    assert outcome.tally.refusals == rules


def test_what_it_was_not_told_is_the_difference(folder: Path) -> None:
    live = asyncio.run(traded(asked(folder), rows_seen=50_000, told={10_000: Command("pause", "n1", 0, "lunch")}))
    again, found_in, name = recorded(live.run, Wishes(journal=live.journal))
    outcome = asyncio.run(traded(replace(again, commands=())))
    kinds = {one["kind"] for one in differences(found_in, name, outcome.journal, outcome.run)}
    assert "pause" in kinds


@pytest.mark.parametrize("quiet", ["record.enabled=false", "record.synthetic=false"])
def test_nothing_is_recorded_that_the_settings_do_not_want(folder: Path, quiet: str) -> None:
    live = asyncio.run(traded(asked(folder, quiet), rows_seen=2_000))
    assert not (folder / "tapes").exists()
    with pytest.raises(UsageError, match="had no end of its own"):
        recorded(live.run, Wishes(journal=live.journal))


def test_a_start_finishes_what_a_crash_left_and_throws_away_what_is_old(folder: Path) -> None:
    # given the recording of a run that was killed, and a tape that has been kept long enough
    left = PartFile(folder / "tapes/ESZ2026-1.part", Header("ES", "ESZ2026", "0.25", "ib 1", "1", START))
    left.append(market(50), START)
    left.close()
    first = asyncio.run(traded(asked(folder), rows_seen=2_000))
    (old,) = of_run(folder / "tapes", first.run).values()
    os.utime(old, (0, 0))
    # when the next one trades
    notices = asyncio.run(_told_until_it_is_gone(asked(folder, "record.keep=2d"), old))
    # then there is a tape of the one and none of the other any more, and no trade has waited for that
    assert list(of_run(folder / "tapes", "1")) == ["ESZ2026"]
    assert any(first.run in notice and "deleted" in notice for notice in notices)


async def _told_until_it_is_gone(what: Asked, tape: Path) -> list[str]:
    """Trades for as long as a tape is there; what a person was told."""
    async with Run(what) as run, asyncio.timeout(PATIENCE_S):

        def look(rows: int) -> None:
            if run.desk is not None and not tape.exists():
                run.desk.stop()

        await run.trade(look)
        return [str(notice) for notice in run.notices()]
