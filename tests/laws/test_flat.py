"""Law of the lesson's M07: nobody holds a position when it is time to be flat, whatever the market did before.

A thousand random markets of a few minutes before the session's close (17:00 New York), entered by a drill whose stop
and target are far. From five minutes before the close nothing is entered, and a minute later nothing is held.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from bot.config import read_bot, read_strategy
from bot.daemon import Asked
from bot.desk import Desk
from bot.ports import Edge
from bot.resources import shipped
from tests.laws.markets import DRILL, market
from tests.playing import EAGER, Played, strategy, traded
from tests.programs import FORKS
from tests.tapes import Tape, ns

DAY = "2026-05-27"
CHUNKS, REPLAYS = 20, 50
SETS = [*EAGER, "replay.fill_model=touch", "replay.latency_ms=0"]
PATIENT = DRILL.replace('timeframe = "1s"', 'timeframe = "5s"').replace('time_stop = "9s"', 'time_stop = "2h"')
PATIENT = PATIENT.replace("stop_ticks = 3", "stop_ticks = 12").replace("target_ticks = 4", "target_ticks = 30")
PATIENT = PATIENT.replace('ttl = "2s"', 'ttl = "10m"')


def closing(seed: int) -> Tape:
    """A market that is lively until about five minutes before the close, and a quote now and then after it."""
    chance = np.random.default_rng(seed)
    start = f"{DAY} 16:{int(chance.integers(53, 55))}:{int(chance.integers(0, 60)):02d}"
    told = Tape(start=start).then(market(seed, rows=150, start=start).rows()).quote("4200.00", "4200.25")
    while told.now < ns(f"{DAY} 16:58"):
        told.wait(float(chance.uniform(2, 20)))
    return told


def replays(folder: Path, seeds: range) -> Iterator[Played]:
    """One run for each seed, all in one journal."""
    bot = read_bot(shipped("config/bot.toml"), SETS)
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    specs, url = [read_strategy(str(strategy(folder, PATIENT)))], f"sqlite:///{folder / 'journal.db'}"
    for seed in seeds:
        tape = closing(seed).write(folder / "closing.parquet")
        yield Played(traded(Asked(bot, specs, url, "replay", [str(tape)])), url)


def held(played: Played, at: str) -> int:
    """Contracts that were held at that time."""
    return sum(
        fill["quantity"] * (1 if fill["side"] == "buy" else -1)
        for fill in played.fills
        if fill["ts_ns"] <= ns(f"{DAY} {at}")
    )


@dataclass
class Tally:
    """What some replays came to: seeds at which the law did not hold, and how many replays put it to the test."""

    held: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    traded: int = 0
    flattened: int = 0


def tally(folder: Path, seeds: range) -> Tally:
    """Play them and look at each."""
    told = Tally()
    for seed, played in zip(seeds, replays(folder, seeds), strict=True):
        entered = [fill["ts_ns"] for fill in played.fills if fill["role"] == "entry"]
        told.held += [seed] if held(played, "16:56") else []
        told.late += [seed] if any(at >= ns(f"{DAY} 16:55") for at in entered) else []
        told.traded += len(entered) > 0
        told.flattened += any(trip["exit_reason"] == "session" for trip in played.round_trips)
    return told


@pytest.fixture(scope="module")
def tallies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Future[Tally]]]:
    """All chunks, in processes that end with their garbage: an engine a replay is two gigabytes."""
    with ProcessPoolExecutor(os.cpu_count(), FORKS) as pool:
        chunks = (range(first, first + REPLAYS) for first in range(0, CHUNKS * REPLAYS, REPLAYS))
        yield [pool.submit(tally, tmp_path_factory.mktemp("flat"), seeds) for seeds in chunks]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_m07_nothing_is_held_at_flat_time_in_a_thousand_random_replays(
    tallies: list[Future[Tally]], chunk: int
) -> None:
    told = tallies[chunk].result()
    assert told.held == []
    assert told.late == []
    assert told.traded >= REPLAYS // 4
    assert told.flattened >= REPLAYS // 10


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the clock's word to be flat positions stay."""

    async def deaf(desk: Desk, edge: Edge) -> None:
        return

    monkeypatch.setattr(Desk, "_edge", deaf)
    assert any(held(played, "16:56") != 0 for played in replays(tmp_path, range(20)))
