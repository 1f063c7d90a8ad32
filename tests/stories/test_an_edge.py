"""A market that knows what a drill will do, and one that does not: the first is called an edge, its twin never is."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from bot.cli.journal import journal as commands
from bot.journal.figure_shapes import EVALUATE
from tests.edges import DRILL, coins
from tests.playing import Played, play, strategy


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def traded(folder: Path, edge: float) -> Played:
    return play(folder, coins(25, edge=edge, seed=4), strategy(folder, DRILL), calendar="none")


def evaluated(*words: str) -> dict[str, Any]:
    told = CliRunner().invoke(commands, ["evaluate", *words, "--json"], catch_exceptions=False)
    (group,) = json.loads(told.stdout)
    jsonschema.validate([group], EVALUATE)
    return dict(group)


def test_a_planted_edge_is_found_and_said_with_its_bounds(tmp_path: Path) -> None:
    # given a market that runs on with most of the drill's entries
    played = traded(tmp_path, edge=0.95)
    # when it is evaluated
    given = ("--journal", played.url, "--run", "last", "--each", "5", "--draws", "1000")
    group = evaluated(*given)
    # then the bound of every look lies above zero, and entries at random do worse
    assert group["edge"], group["words"]
    assert group["words"].startswith("an edge after costs, on paper: ")
    assert group["mean_r"]["low"] > 0
    assert 20 <= group["mean_r"]["sessions"] <= 25
    assert group["random"]["difference"] > 0.4
    assert group["random"]["p"] < 0.01
    # and what price did shows in the markouts, by every fill model, and less of it with costs
    assert group["markouts"][4]["filled"]["low"] > 3
    assert {row["fill_model"] for row in group["costs"]} == {"touch", "queue", "through"}
    for model in ("touch", "queue", "through"):
        none, once, twice = (row["r"] for row in group["costs"] if row["fill_model"] == model)
        assert none > once > twice > 0
    # and asked again with the tape elsewhere it says the same
    moved = (tmp_path / "0-ES.parquet").rename(tmp_path / "moved.parquet")
    (tmp_path / "cache").rename(tmp_path / "gone")
    assert evaluated(*given, "--tape", str(moved)) == group


def test_its_twin_without_one_is_not(tmp_path: Path) -> None:
    played = traded(tmp_path, edge=0)
    given = ("--journal", played.url, "--run", "last", "--each", "5")
    group = evaluated(*given)
    assert not group["edge"]
    assert group["words"].startswith(("nothing is shown", "loses after costs"))
    assert group["random"]["p"] > 0.05
    table = CliRunner().invoke(commands, ["evaluate", *given], catch_exceptions=False).stdout
    assert group["words"] in table
    assert "at every look" in table
