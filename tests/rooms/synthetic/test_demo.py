"""The demo tape that ships is the one that its script makes, and its morning is the one that it promises."""

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from adapters.synthetic.demo import DAY, START, script, write_demo
from adapters.synthetic.natures import new_york_ns
from adapters.synthetic.state import CONFLUENCE
from bot.config import read_bot, read_strategy
from bot.daemon import Asked
from bot.resources import shipped
from bot.tape import TapeFacts, open_tape
from bot.tape.labels import labels_path
from tests.playing import Played, traded

SHIPPED = shipped("config/tapes/demo.parquet")


def at(text: str) -> int:
    return new_york_ns(DAY, time.fromisoformat(text))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TapeFacts]:
    path = tmp_path_factory.mktemp("demo") / "demo.parquet"
    return path, write_demo(path)


def test_the_shipped_demo_is_what_its_script_makes(made: tuple[Path, TapeFacts]) -> None:
    assert open_tape(SHIPPED).facts == made[1]


def test_the_shipped_labels_are_what_was_staged(made: tuple[Path, TapeFacts]) -> None:
    assert pq.read_table(labels_path(SHIPPED)).equals(pq.read_table(labels_path(made[0])))


def test_the_demo_is_a_cpi_morning_from_half_past_seven_to_half_past_ten() -> None:
    facts = open_tape(SHIPPED).facts
    assert (date(2026, 11, 10), time(7, 30)) == (DAY, START)
    assert facts.first_ns == at("07:30")
    assert at("10:29:50") < facts.last_ns < at("10:30")
    assert (facts.instrument, facts.contract) == ("ES", "ESZ2026")


def test_the_demo_is_small_enough_to_ship() -> None:
    assert SHIPPED.stat().st_size <= 2_500_000
    assert 250_000 <= open_tape(SHIPPED).facts.rows <= 450_000


def test_the_script_stages_a_setup_inside_the_cpi_window_and_several_after_the_opening() -> None:
    starts = [int(row["start"]) for row in script() if row["kind"] == CONFLUENCE]
    assert any(at("08:30") <= start < at("08:44") for start in starts)
    assert sum(start >= at("09:30") for start in starts) >= 3


@dataclass(frozen=True)
class Morning:
    """What the shipped configuration makes of the demo, cold."""

    played: Played

    def trips(self) -> list[dict[str, Any]]:
        return self.played.round_trips

    def refusals(self) -> list[tuple[int, str, str]]:
        """(when, rule, message) of every reason."""
        return [(row["ts_ns"], one["rule"], one["message"]) for row in self.played.blocked for one in row["reasons"]]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    url = f"sqlite:///{tmp_path_factory.mktemp('morning') / 'journal.db'}"
    bot = read_bot(shipped("config/bot.toml"))
    specs = [read_strategy(name) for name in bot.value.strategies]
    return Morning(Played(traded(Asked(bot, specs, url, "replay", ["demo"])), url))


def test_a_newcomer_sees_a_target_and_a_stop_after_the_opening(morning: Morning) -> None:
    trips = morning.trips()
    assert {trip["exit_reason"] for trip in trips} >= {"target", "stop"}
    assert all(trip["entry_ns"] > at("09:30") for trip in trips)
    assert any(trip["ticks"] > 0 for trip in trips)
    assert any(trip["ticks"] < 0 for trip in trips)


def test_a_newcomer_sees_a_setup_refused_for_the_cpi_release(morning: Morning) -> None:
    named = [(ts, message) for ts, rule, message in morning.refusals() if rule == "blackout"]
    assert named
    for ts, message in named:
        assert at("08:25") <= ts < at("08:45")
        assert "CPI" in message


def test_what_was_seen_of_the_staged_setups_is_most_of_them(morning: Morning) -> None:
    labels = pq.read_table(labels_path(SHIPPED)).to_pylist()
    seen = [one for one in morning.played.signals if one["kind"] == "absorption"]
    staged = [one for one in labels if one["kind"].startswith("absorption_") and "rejection" not in one["kind"]]
    found = [
        label
        for label in staged
        if any(
            label["t_start"] <= one["ts_ns"] <= label["t_end"] + 60_000_000_000
            and label["kind"] == f"absorption_{one['side']}"
            and abs(float(one["price"]) - label["price"]) <= 1
            for one in seen
        )
    ]
    assert len(found) >= 0.7 * len(staged)
