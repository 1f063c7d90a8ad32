"""The bench measures what it says: its tape is what it claims, a goal is judged the right way round."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from bot.domain.market import PRINT
from bot.journal import canon
from tests.bench import tape
from tests.bench.rows import Row, in_turns
from tests.bench.sweep import Sweeping, threads
from tests.bench.year import BARS, build


def rows(seed: int = 1, chunk: int = 100_000) -> np.ndarray:
    return np.concatenate(list(tape.chunks(200_000, seed, chunk)))


def test_a_seed_is_one_tape_however_it_is_made():
    assert (rows() == rows(chunk=777)).all()
    assert (rows() != rows(seed=2)).any()


def test_stamps_rise_and_a_third_are_prints_on_the_grid_of_the_quote():
    made = rows()
    prints = made[made["kind"] == PRINT]
    assert (np.diff(made["ts"]) > 0).all()
    assert 0.34 < len(prints) / len(made) < 0.36
    assert (np.where(prints["side"] > 0, prints["ask"], prints["bid"]) == prints["price"]).all()


@pytest.mark.parametrize(
    ("value", "ratio", "less", "met"),
    [(5.0, None, False, True), (1.0, None, False, False), (1.0, None, True, True), (5.0, 0.5, False, False)],
)
def test_a_goal_is_for_the_ratio_where_there_is_one(value, ratio, less, met):
    row = Row("speed", value, "s", "peer" if ratio else "", ratio, must=2, less=less)
    assert row.as_json()["met"] is met


def test_a_row_has_the_promised_keys_also_where_nothing_could_be_measured():
    row = json.loads(json.dumps(Row("peer", None, "M rows/s", must=2, note="not to be had here").as_json()))
    assert set(row) >= {"name", "value", "unit", "ratio_to", "ratio", "target", "met"}
    assert row["value"] is None
    assert row["met"] is None


def test_contestants_take_turns():
    order = []
    rates = in_turns({name: lambda name=name: float(len(order.append(name) or order)) for name in "ab"}, 3)
    assert order == ["a", "b"] * 3
    assert rates == {"a": 3.0, "b": 4.0}


def test_a_sweep_in_small_plays_every_trial_whoever_plays_it(tmp_path):
    tape.write(tmp_path / "small.parquet", 20_000)
    sweeping = Sweeping(tmp_path, tmp_path / "small.parquet", 8)
    assert len({one.params["detectors.absorption.z_min"] for one in sweeping.planned}) == 2
    assert all(sweeping.seconds(threads(jobs)) > 0 for jobs in (1, 2))


def test_a_year_keeps_its_footprints_beside_whatever_was_asked_for(tmp_path):
    # given a year in small
    build(tmp_path / "journal.db", round_trips=500, signals=5_000)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        signals = [row[0] for row in journal.execute("select signal_id from decision")]
        bars = journal.execute("select signal_id, bar, digest from footprint").fetchall()
    # then each decision's signal has its bars, whole and written down as they are
    assert sorted(signal for signal, _, _ in bars) == sorted(signals * BARS)
    assert all(canon.digest(bar) == digest for _, bar, digest in bars)
    for bar in (json.loads(bar) for _, bar, _ in bars):
        prices, sold, bought, _ = zip(*bar["cells"], strict=True)
        assert (sum(sold), sum(bought), min(prices), max(prices)) == (bar["sell"], bar["buy"], bar["low"], bar["high"])
        assert bar["low"] <= bar["open"] <= bar["high"]
