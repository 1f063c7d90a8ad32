"""The simulator as a market to trade on: the tape of its seed, session after session, at any speed the same."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from adapters.synthetic.adapter import Params, open_synthetic
from adapters.synthetic.synth import write_tape
from bot.cli.again import differences
from bot.clock import PacedClock, WallClock
from bot.config import instrument
from bot.domain.market import Ticks
from bot.errors import UsageError
from bot.journal.place import place
from bot.ports import Adapter, AdapterNeeds
from bot.tape import open_tape
from tests.contracts.opening import batches, rows
from tests.laws.markets import drill
from tests.playing import play
from tests.stories.test_interrupted import interrupted, paperpit
from tests.tapes import SECOND, ns


def opened(tapes: tuple[str, ...] = (), **told: Any) -> Adapter:
    needs = AdapterNeeds("REPLAY-test", lambda name, tick: instrument(name, Decimal(tick)), tapes=tapes, batch=4096)
    return open_synthetic(Params(**{"speed": "max", **told}), needs)


async def test_without_a_clock_it_is_the_tape_of_its_seed(tmp_path: Path) -> None:
    path = tmp_path / "synth.parquet"
    write_tape(path, seed=9, hours=0.5)
    (told,) = open_tape(path).batches(10_000_000)
    assert (await rows(opened(seed=9, hours=0.5)) == told).all()


async def test_the_next_session_begins_where_the_last_one_ended() -> None:
    # Friday 16:50 to Sunday 18:10: ten minutes, the weekend, ten minutes.
    ticks = await rows(opened(start="2026-11-13T16:50", hours=49 + 1 / 3))
    closed, opens = ns("2026-11-13 17:00"), ns("2026-11-15 18:00")
    assert not ((ticks["ts"] >= closed) & (ticks["ts"] < opens)).any()
    friday, sunday = ticks[ticks["ts"] < closed], ticks[ticks["ts"] >= opens]
    assert len(friday) > 100
    assert len(sunday) > 100
    assert abs(int(sunday["bid"][0]) - int(friday["bid"][-1])) <= 1
    assert (friday["size"][:100] != sunday["size"][:100]).any(), "two sessions are not one twice"


async def test_a_start_in_the_weekend_is_the_next_opening() -> None:
    adapter = opened(start="2026-11-14T12:00", hours=0.1)
    assert adapter.market.first_ns == ns("2026-11-15 18:00")
    assert (await rows(adapter))["ts"][0] == adapter.market.first_ns


async def test_several_products_are_one_stream() -> None:
    adapter = opened(instrument=["ES", "CL"], hours=0.25, speed="max")
    ticks = await rows(adapter)
    assert [one.product for one in adapter.market.instruments] == ["ES", "CL"]
    alone = await rows(opened(instrument="CL", hours=0.25))
    assert (_without_instrument(ticks[ticks["instrument"] == 1]) == _without_instrument(alone)).all()


def _without_instrument(ticks: Ticks) -> Ticks:
    other = ticks.copy()
    other["instrument"] = 0
    return other


async def test_a_clock_hands_the_same_rows_over_in_time() -> None:
    told = await batches(opened(hours=0.1, speed="1200x"))
    assert (np.concatenate([one.ticks for one in told]) == await rows(opened(hours=0.1))).all()
    assert len(told) > 10
    until = [one.silent_until for one in told if one.silent_until is not None]
    assert until == sorted(until)


async def test_rows_come_when_it_is_their_time_and_not_before() -> None:
    adapter, clock = opened(hours=0.02, speed="100x"), WallClock()
    begun = clock.now_ns()
    await rows(adapter)
    assert clock.now_ns() - begun >= 72 * SECOND / 100 * 0.99


def test_at_any_speed_it_is_the_same_run(tmp_path: Path) -> None:
    runs = []
    for speed in ("max", "900x"):
        folder = tmp_path / speed
        folder.mkdir()
        told = {"hours": 0.1, "speed": speed, "seed": 3}
        sets = ["adapter=synthetic", *(f"adapters.synthetic.{key}={value}" for key, value in told.items())]
        played = play(folder, [], drill(folder), sets=sets)
        assert played.outcome.tally.approved > 5
        runs.append(played)
    one, other = runs
    found = differences(place(one.url), one.outcome.run, other.url, other.outcome.run)
    assert {row["kind"] for row in found} == {"config"}


async def test_time_runs_at_the_speed_it_is_told_and_stands_before_it_begins() -> None:
    clock, wall = PacedClock(5 * SECOND, Decimal(50)), WallClock()
    assert clock.now_ns() == 5 * SECOND
    begun = wall.now_ns()
    clock.begin()
    while clock.now_ns() < 10 * SECOND:
        await clock.wait_until(10 * SECOND)
    assert (wall.now_ns() - begun) / SECOND > 0.09


def test_now_is_the_walls_time() -> None:
    assert abs(opened(start="now", speed="1x").market.first_ns - WallClock().now_ns()) < 60 * SECOND
    assert opened(start="now").market.last_ns is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("speed", "fast"),
        ("speed", "0x"),
        ("start", "tomorrow"),
        ("instrument", "IBM"),
        ("instrument", []),
        ("hours", 0),
    ],
)
def test_what_it_cannot_do_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=key):
        Params(**{key: value})


def test_it_reads_no_tape() -> None:
    with pytest.raises(UsageError, match="reads no tape"):
        opened(tapes=("demo",))


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    told = ("--adapter", "synthetic", "--journal", f"sqlite:///{folder / 'journal.db'}")
    return paperpit("run", *told, *words)


def test_the_demo_without_data_runs_and_can_be_repeated(tmp_path: Path) -> None:
    sets = ("--set", "adapters.synthetic.speed=max", "--set", "adapters.synthetic.hours=0.2")
    done = run(tmp_path, "--strategy", str(drill(tmp_path)), *sets)
    assert done.returncode == 0, done.stderr
    assert "synthetic: ESZ2026 from 2026-11-17 09:30:00" in done.stderr
    journal = f"sqlite:///{tmp_path / 'journal.db'}"
    again = paperpit("replay", "--run", "last", "--journal", journal, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["diff"] == {"same": True, "differences": []}


def test_it_goes_on_until_it_is_stopped_and_then_ends_in_order(tmp_path: Path) -> None:
    spec = interrupted(tmp_path, "SIGINT")
    stopped = run(tmp_path, "--strategy", str(spec), "--set", "adapters.synthetic.speed=60x")
    assert stopped.returncode == 130, stopped.stderr
    assert "until Ctrl-C" in stopped.stderr
    journal = str(tmp_path / "journal.db")
    (told,) = json.loads(paperpit("journal", "runs", "--json", "--journal", journal).stdout)
    assert (told["state"], told["tape"]) == ("finished", "ESZ2026")
    orders = json.loads(paperpit("journal", "orders", "--json", "--journal", journal).stdout)
    assert not [one for one in orders if one["role"] == "entry" and one["state"] in ("sent", "working")]
    refused = paperpit("replay", "--run", "last", "--journal", journal)
    assert refused.returncode == 2
    assert "hours=1" in refused.stderr
