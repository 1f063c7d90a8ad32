"""Given the demo with bad rows strewn in, the run sees, decides and fills as on the clean one, and counts them."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.domain.market import Ticks
from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from bot.tape import TapeWriter, open_tape
from tests.laws.test_bad_input import FAULTS
from tests.playing import Played, play

DEMO = shipped("config/tapes/demo.parquet")
STRATEGY = "es-open-absorption.toml"
EACH = 25


def strewn(ticks: Ticks, seed: int) -> Ticks:
    """Each fault in some places, at prices of this market, the stamps of the rows before which they stand."""
    chance = np.random.default_rng(seed)
    names = np.repeat(sorted(FAULTS), EACH)
    places = np.sort(chance.choice(np.arange(1_000, len(ticks)), len(names), replace=False))
    chance.shuffle(names)
    bad = ticks[places].copy()
    for row, name in zip(bad, names, strict=True):
        FAULTS[str(name)][1](row)
    return np.insert(ticks, places, bad)


def written(path: Path, ticks: Ticks) -> Path:
    with open_tape(DEMO) as reader:
        facts = reader.facts
    with TapeWriter(
        path, instrument="ES", contract=facts.contract, tick=facts.tick, source="spoilt by a test", side_known=True
    ) as tape:
        tape.append(ticks)
    return path


def told(listing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the journal without the ids that a run gives, and without the run."""
    return [{key: value for key, value in row.items() if key != "run" and not key.endswith("id")} for row in listing]


def journalled(played: Played) -> Counter[str]:
    """What the journal says was odd."""
    with reading(place(played.url)) as reader:
        return Counter({row.kind: row.rows for row in reader.where(rows.Anomaly, "run", played.outcome.run)})


@pytest.fixture(scope="module")
def demo() -> Ticks:
    with open_tape(DEMO) as reader:
        return next(reader.batches(10_000_000))


def test_bad_rows_change_nothing_but_the_count_of_what_was_odd(tmp_path: Path, demo: Ticks) -> None:
    runs = []
    for name, ticks in (("clean", demo), ("dirty", strewn(demo, 4))):
        folder = tmp_path / name
        folder.mkdir()
        runs.append(play(folder, written(folder / "tape.parquet", ticks), STRATEGY, calendar=None, batch=10_000))
    clean, dirty = runs
    assert clean.round_trips
    for listing in ("signals", "blocked", "orders", "fills", "round_trips"):
        assert told(getattr(dirty, listing)) == told(getattr(clean, listing)), listing

    expected = Counter(kind for kind, _ in FAULTS.values() for _ in range(EACH))
    assert Counter(dirty.outcome.anomalies) - Counter(clean.outcome.anomalies) == expected
    assert dirty.outcome.summary()["anomalies"] == sum(expected.values()) + sum(clean.outcome.anomalies.values())
    assert journalled(dirty) == Counter(dirty.outcome.anomalies)
    assert journalled(clean) == Counter(clean.outcome.anomalies)


def test_stamps_that_go_back_are_counted_and_the_run_goes_on(tmp_path: Path, demo: Ticks) -> None:
    ticks = demo[:60_000].copy()
    places = np.arange(500, 60_000, 997)
    ticks["ts"][places] -= 3_600_000_000_000
    played = play(tmp_path, written(tmp_path / "tape.parquet", ticks), STRATEGY, calendar=None)
    assert played.outcome.tally.rows == 60_000
    assert played.outcome.anomalies["ts_regressed"] == len(places) == journalled(played)["ts_regressed"]


@pytest.mark.parametrize("stamp", [0, -5, 4_102_444_800_000_000_000])
@pytest.mark.parametrize("at", [0, 5_000])
def test_one_stamp_of_another_age_costs_one_row(tmp_path: Path, demo: Ticks, stamp: int, at: int) -> None:
    ticks = demo[:10_000].copy()
    ticks["ts"][at] = stamp
    played = play(tmp_path, written(tmp_path / "tape.parquet", ticks), STRATEGY, calendar=None)
    assert played.outcome.adapter.market.first_ns == demo["ts"][1 if at == 0 else 0]
    assert played.outcome.anomalies == {("far_time" if stamp > 0 else "ts_regressed"): 1}
