"""What a tape shows of makers: spreads, steps, consumption by hand; slopes and readings where the answer is planted."""

import json
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from bot.cli.makers import makers as command
from bot.config.params import SECOND_NS
from bot.domain.market import PRINT, Ticks
from bot.scoring import makers
from bot.scoring.blocks import BLOCKS_MIN, mean, slope
from bot.scoring.path import Collect, Path
from tests.rooms.signals.scanning import WEEK, lively
from tests.tapes import Tape

START = "2026-05-27 10:00"


def path_of(ticks: Ticks, *cuts: int) -> Path:
    """The path of a tape that came in batches."""
    collect = Collect()
    for batch in np.split(ticks, cuts):
        collect.take(batch)
    return collect.path(WEEK)


def test_m02_two_ticks_are_two_ticks_and_what_makers_keep_and_the_price_takes_add_up_to_them() -> None:
    """The lesson's 4,199.75 to 4,200.25 are 2 ticks, not 50; half of it is gone when the mid follows by one."""
    told = Tape(start=START).quote("4199.75", "4200.25").bought(10, "4200.25").wait(20).quote("4200.00", "4200.50")
    seen = makers.spread_rows(path_of(told.wait(40).rows()))
    assert seen["quoted"] == 2
    assert [seen[name]["value"] for name in ("effective", "realised", "impact")] == [2, 0, 2]


@pytest.mark.parametrize("seed", range(5))
def test_m02_realised_spread_and_impact_are_the_effective_spread(seed: int) -> None:
    path = path_of(lively(seed, rows=3000))
    each = makers.half_spreads(path)
    assert len(each["ts"]) > 300
    assert (each["realised"] + each["impact"] == each["effective"]).all()
    seen = makers.spread_rows(path)
    whole = seen["realised"]["value"] + seen["impact"]["value"]
    assert whole == pytest.approx(seen["effective"]["value"], abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_m08_every_step_of_the_quotes_is_in_the_histogram_once(seed: int) -> None:
    ticks = lively(seed)
    ticks = ticks[(ticks["bid"] > 0) & (ticks["kind"] != 3)]
    for row in makers.step_rows(path_of(ticks)):
        steps = np.diff(ticks[row["side"]])
        assert sum(row["counts"].values()) == row["steps"] == np.count_nonzero(steps)
        assert row["counts"]["1"] == np.count_nonzero(np.abs(steps) == 1)
        assert row["net"] == int(ticks[row["side"]][-1]) - int(ticks[row["side"]][0])
        assert row["one_tick_share"] == row["counts"]["1"] / row["steps"]


def test_m12_an_ask_that_lifts_whenever_fifty_were_bought_lifts_twenty_times_in_a_thousand() -> None:
    told, ask = Tape(start=START).quote("4200.00", "4200.25"), 4200.25
    for _ in range(40):
        for _ in range(5):
            told.bought(10, str(ask)).wait(0.5)
        ask += 0.25
        told.quote(str(ask - 0.25), str(ask)).wait(0.2)
    up, down = makers.consumption_rows(path_of(told.wait(60).rows()))
    assert (up["volume"], up["lifts"], up["median_until"], up["lifts_per_1000"]) == (2000, 40, 50, 20)
    assert up["low"] < 20 < up["high"]
    assert (down["volume"], down["lifts"], down["lifts_per_1000"]) == (0, 0, None)


def test_m12_where_the_price_goes_after_a_lift_is_held_against_any_second() -> None:
    """A market that rises all the time rises after a lift no more than ever."""
    chance, told = np.random.default_rng(1), Tape(start=START).quote("4200.00", "4200.25")
    for k in range(1, 4000):
        told.bought(10, str(4200 + k / 4)).quote(str(4200 + k / 4), str(4200.25 + k / 4)).wait(chance.exponential())
    up, _ = makers.consumption_rows(path_of(told.rows()))
    assert up["markout"]["value"] == pytest.approx(0, abs=0.5)
    assert up["markout"]["samples"] > 3900


def test_a_bid_that_drops_is_the_mirror_of_an_ask_that_lifts() -> None:
    told, bid = Tape(start=START).quote("4200.00", "4200.25"), 4200.0
    for _ in range(10):
        told.sold(7, str(bid)).wait(0.5).quote(str(bid - 0.25), str(bid)).wait(0.2)
        bid -= 0.25
    up, down = makers.consumption_rows(path_of(told.wait(40).rows()))
    assert (down["volume"], down["lifts"], down["median_until"]) == (70, 10, 7)
    assert up["lifts"] == 0


def answering(mid: float, spread: float, seed: int = 1, hours: int = 6) -> tuple[Path, np.ndarray, np.ndarray]:
    """Every half minute makers hold some q; the quotes of the next half minute move by so much of it, and by chance."""
    chance = np.random.default_rng(seed)
    told, stamps, q, half, wide = Tape(start=START), [], [], 40_000, 4
    for _ in range(hours * 120):
        held = float(chance.normal())
        told.quote(str((half - wide) / 8), str((half + wide) / 8))
        stamps.append(told.now)
        q.append(held)
        told.now += 29 * SECOND_NS
        half += 2 * round(mid * held + chance.normal())
        wide = max(2, 4 + 2 * round(abs(chance.normal()) + spread * held))
        half += (half - wide) % 2
        told.now += SECOND_NS - told.step
    return path_of(told.quote("4200.00", "4200.25").rows()), np.array(stamps), np.array(q)


@pytest.mark.parametrize(
    ("mid", "spread", "says"),
    [(-2.0, 0.0, "literature"), (0.0, 1.5, "seed"), (0.0, 0.0, "no claim"), (2.0, 0.0, "neither")],
)
def test_m04_m05_the_slopes_say_whose_model_the_quotes_bear_out(mid: float, spread: float, says: str) -> None:
    """The sign of either is told; where the interval holds zero nothing is claimed."""
    rows = makers.regression_rows(*answering(mid, spread))
    by = {row["change"]: row for row in rows if row["over"] == "untraded"}
    assert by["d_mid"]["says"] == says
    assert by["d_mid"]["unit"] == "quarters of an hour"
    if mid:
        assert by["d_mid"]["value"] == pytest.approx(mid, rel=0.2)
        assert by["d_mid"]["low"] < mid < by["d_mid"]["high"]
    if spread:
        assert by["d_spread"]["low"] > 0


def test_m05_the_mirrored_market_has_the_same_slope() -> None:
    path, stamps, q = answering(-2.0, 0.0)
    turned = Path(**{**{name: getattr(path, name) for name in path.__slots__}, "bid": -path.ask, "ask": -path.bid})
    ours, theirs = makers.regression_rows(path, stamps, q), makers.regression_rows(turned, stamps, -q)
    for one, other in zip(ours, theirs, strict=True):
        sign = 1 if one["change"] == "d_mid" else -1
        assert one["value"] == pytest.approx(sign * other["value"])


def test_an_hour_is_too_short_for_an_interval() -> None:
    rows = makers.regression_rows(*answering(-2.0, 0.0, hours=1))
    assert {row["says"] for row in rows} == {"insufficient"}
    assert {row["low"] for row in rows} == {None}


def test_m14_pushed_and_absorbed_are_two_signals_with_markouts_of_their_own() -> None:
    """After a push the price goes on by a tick in 5 s, after an absorption it turns; each signal has one reading."""
    told, price, signals = Tape(start=START).quote("4200.00", "4200.25"), 4200.0, []
    for k in range(120):
        pushed = k % 2 == 0
        told.now += 900 * SECOND_NS if k % 10 == 0 else 300 * SECOND_NS
        told.quote(str(price), str(price + 0.25))
        signals.append((told.now - told.step, 1, 1 if pushed else -1))
        told.now += 4 * SECOND_NS
        price += 0.25 if pushed else -0.25
        told.quote(str(price), str(price + 0.25))
    told.now += 2000 * SECOND_NS
    rows = {row["reading"]: row for row in makers.reading_rows(path_of(told.rows()), signals)}
    assert sum(row["signals"] for row in rows.values()) == 120
    assert (rows["pushed"]["signals"], rows["absorbed"]["signals"], rows["neither"]["signals"]) == (60, 60, 0)
    for name, goes in (("pushed", 1), ("absorbed", -1)):
        assert rows[name]["5s"]["value"] == goes
        assert set(rows[name]) >= {f"{s}s" for s in (5, 15, 30, 60, 300, 900)}
        assert rows[name]["5s"]["low"] <= goes <= rows[name]["5s"]["high"]


def test_intervals_hold_what_was_planted_nineteen_times_in_twenty() -> None:
    held = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        block = np.repeat(np.arange(40), 10)
        common = np.repeat(chance.normal(size=40), 10)
        figure = mean(common + chance.normal(size=400), block, "sessions")
        held += figure.low is not None and figure.high is not None and figure.low <= 0 <= figure.high
    assert 175 <= held <= 198


def test_a_slope_is_that_of_least_squares() -> None:
    chance = np.random.default_rng(3)
    x, block = chance.normal(size=100), np.arange(100) // 5
    y = 3 - 2 * x + chance.normal(size=100)
    assert slope(x, y, block, "sessions").value == pytest.approx(np.polyfit(x, y, 1)[0])
    assert slope(x[:50], y[:50], block[:50], "sessions").low is None
    assert len(np.unique(block)) == BLOCKS_MIN


@pytest.mark.parametrize("cuts", [(1, 7, 7, 350), (599,), tuple(range(1, 600))])
def test_a_path_does_not_depend_on_how_the_tape_came(cuts: tuple[int, ...]) -> None:
    ticks = lively(2)
    whole, parts = path_of(ticks), path_of(ticks, *cuts)
    for name in whole.__slots__:
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name


def told(tape: File) -> dict[str, Any]:
    result = CliRunner().invoke(command, [str(tape), "--json"], catch_exceptions=False)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_command_tells_a_tape_by_path(tmp_path: File) -> None:
    ticks = lively(3, rows=4000)
    quoted = Tape().then(ticks).write(tmp_path / "lively.parquet")
    seen = told(quoted)
    assert (seen["instrument"], seen["rows"]) == ("ES", 4000)
    assert seen["prints"] == np.count_nonzero((ticks["kind"] == PRINT) & (ticks["flags"] == 0))
    assert [row["reading"] for row in seen["readings"]] == ["pushed", "absorbed", "neither"]
    assert {row["says"] for row in seen["regression"]} <= {"insufficient", "no claim"}
    shown = CliRunner().invoke(command, [str(quoted)], catch_exceptions=False)
    assert "no claim" in shown.stdout
