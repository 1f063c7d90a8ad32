"""Each regime guard can be set in a strategy's file, and what it refuses is journalled with what was measured.

Goal: Tesla's trade is refused by the guard that its file made nervous, with value and threshold, and by no other.
Method: the shipped tsla-sweep.toml and its tape, with one more table each.
"""

from pathlib import Path

import pytest

from bot.resources import shipped
from tests.playing import Played, play, strategy
from tests.tapes.tesla import absorbed, went_up

NERVOUS = {
    "G1": "[detectors.guard_volatility]\nratio = 1.1\ncalm_ratio = 1.0\nnoise = 1.0\nseconds_min = 60",
    "G2": "[detectors.guard_stuffing]\nquotes_min = 1\ntimes = 0.2\nprints_max = 1.0",
    "G3": "[detectors.guard_band]\nnear_ticks = 200",
    "G5": "[detectors.guard_spread]\nfloor_ticks = 1\ntimes = 1.0\ncalm_times = 0.5",
    "G8": "[detectors.guard_block]\ntimes = 2.0\norders = 60\nseconds = 60\norders_min = 20",
    "G11": '[detectors.guard_trend]\nwindow = "3m"\nefficiency = 0.1\ncalm_efficiency = 0.0\nmove_atr = 0.1\nheld = 1',
}


def guarded(folder: Path, table: str, calendar: str = "none") -> Played:
    """Tesla's trade with one more table in the strategy's file, where the price limit is 146.50."""
    (folder / "bot.toml").write_text(shipped("config/bot.toml").read_text())
    known, found, tesla = shipped("config/instruments.toml").read_text().partition("[TSLA]")
    name, rest = tesla.split("\n", 1)
    limits = 'band_low = "130.00"\nband_high = "146.50"'
    (folder / "instruments.toml").write_text(f"{known}{found}{name}\n{limits}\n{rest}")
    text = shipped("config/strategies/tsla-sweep.toml").read_text()
    file = strategy(folder, f"{text}\n{table}\n")
    return play(folder, went_up(absorbed()[0]), file, calendar=calendar, config=folder / "bot.toml")


def test_without_any_of_them_it_trades(tmp_path: Path) -> None:
    assert len(guarded(tmp_path, "").round_trips) == 1


@pytest.mark.parametrize("rule", NERVOUS)
def test_a_guard_that_a_strategy_sets_refuses_with_its_measure(tmp_path: Path, rule: str) -> None:
    played = guarded(tmp_path, NERVOUS[rule])
    assert played.orders == []
    (blocked,) = played.blocked
    (reason,) = blocked["reasons"]
    assert reason["rule"] == rule
    assert reason["facts"]["number"] == int(rule[1:])
    assert {"value", "threshold"} <= reason["facts"].keys()
    assert "TSLA" in reason["message"]


def news(folder: Path) -> str:
    """Consumer prices at 10:30, after everything else has come."""
    path = folder / "news.csv"
    kinds = ("fomc_statement", "fomc_press_conference", "fomc_minutes", "nfp", "ppi")
    rows = [f"{kind},,,,2026-05-27T20:00:00Z,scheduled" for kind in kinds]
    path.write_text("\n".join(["event,date_local,time_local,tz,ts_utc,status", *rows, CPI]))
    return str(path)


CPI = "cpi,,,,2026-05-27T14:30:00Z,scheduled"


@pytest.mark.parametrize(("table", "trades"), [("", True), ('[blackout.before]\ncpi = "45m"', False)])
def test_a_strategy_may_stand_aside_longer_before_the_news(tmp_path: Path, table: str, trades: bool) -> None:
    """Half an hour before consumer prices is outside the calendar's five minutes, and inside its own forty-five."""
    played = guarded(tmp_path, table, news(tmp_path))
    assert len(played.round_trips) == trades
    for blocked in played.blocked:
        (reason,) = blocked["reasons"]
        assert reason["rule"] == "blackout"
        assert "CPI" in reason["message"]
        assert reason["facts"]["guard"] == "G7"
