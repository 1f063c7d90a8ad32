"""kill −9 of a hedged desk: its legs end with its market, and the next run begins with neither.

Where quotes are taken, the account lives as long as its run (docs/market-maker.md). The synthetic market is the same at
each start, so that the next run has to do what a desk does that was never killed.
"""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.hedged import allowing, hedged
from tests.laws.test_quotes import FREE
from tests.playing import EAGER
from tests.programs import typed

KILLED = -9
MARKET = ('instrument=["ES","MES"]', "speed=max", "hours=0.01")
SETS = (*FREE, *EAGER, "record.enabled=false", *(f"adapters.synthetic.{one}" for one in MARKET))


def desk(folder: Path, journal: str, fault: str = "") -> CompletedProcess[str]:
    """`paperpit run`, a process of its own, from which no flag is wanted after a crash."""
    words = ("run", "--adapter", "synthetic", "--config", folder / "bot.toml", "--strategy", folder / "hedged.toml")
    more = ("--calendar", "none", "--warm", "none", "--once", "--fault-points", "--journal", folder / journal)
    sets = [word for one in SETS for word in ("--set", one)]
    return typed(*words, *more, "--desk", folder.name, *sets, env={"PAPERPIT_FAULT": fault})


def listed(folder: Path, journal: str, what: str, run: str = "all", *more: str) -> list[dict[str, Any]]:
    """One of the journal's lists, as `--json` tells it."""
    done = typed("journal", what, "--json", "--run", run, "--journal", folder / journal, *more)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def legs(fills: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What was traded in which market, when and for how much."""
    return [tuple(fill[key] for key in ("ts_ns", "instrument", "side", "quantity", "price", "role")) for fill in fills]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The legs of a desk that nobody killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    allowing(folder)
    hedged(folder)
    done = desk(folder, "journal.db")
    assert done.returncode == 0, done.stderr
    return legs(listed(folder, "journal.db", "fills"))


@pytest.mark.parametrize(
    ("fault", "had"),
    [
        ("fill-committed:1:kill", {"ES": 1}),
        ("bracket-sent:3:kill", {"ES": 1}),
        ("fill-committed:2:kill", {"ES": 1, "MES": 10}),
    ],
    ids=["before the hedge is asked for", "before it is heard of", "when both legs stand"],
)
def test_the_next_run_hedges_as_if_nobody_had_been_killed(
    tmp_path: Path, undisturbed: list[tuple[Any, ...]], fault: str, had: dict[str, int]
) -> None:
    """Given a desk that dies with one leg or with both, when it is started again, then it begins with neither."""
    allowing(tmp_path)
    hedged(tmp_path)
    assert desk(tmp_path, "journal.db", fault).returncode == KILLED
    before = listed(tmp_path, "journal.db", "fills")
    assert {fill["instrument"]: fill["quantity"] for fill in before} == had
    asked = listed(tmp_path, "journal.db", "orders", "all", "--instrument", "MES")
    assert bool(asked) is (fault != "fill-committed:1:kill")
    # when
    again = desk(tmp_path, "journal.db")
    assert again.returncode == 0, again.stderr
    # then the dead run is named, and nothing of it is held, hedged or counted
    dead, last = sorted(listed(tmp_path, "journal.db", "runs"), key=lambda run: run["started_ns"])
    assert (dead["state"], last["state"]) == ("cut-off", "finished")
    assert f"run {dead['run']}" in again.stderr
    after = listed(tmp_path, "journal.db", "fills", last["run"])
    assert legs(after) == undisturbed
    for product in ("ES", "MES"):
        own = [fill for fill in after if fill["instrument"] == product]
        assert own
        assert sum(fill["quantity"] if fill["side"] == "buy" else -fill["quantity"] for fill in own) == 0
    assert typed("db", "check", "--journal", tmp_path / "journal.db").returncode == 0
