"""A replay is killed, or asked to stop, in the middle; what it had written stands, and the next one says so."""

import json
import signal
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.laws.markets import DRILL, market
from tests.playing import strategy
from tests.programs import typed

HERE = Path(__file__).with_name("interrupted.py")


def paperpit(*words: str | Path) -> CompletedProcess[str]:
    """The installed command, as a person runs it."""
    return typed(*words)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return market(7, rows=600).write(tmp_path / "tape.parquet")


def interrupted(folder: Path, by: str) -> Path:
    """A drill that is hit by a signal at its twentieth bar."""
    text = DRILL.replace('"drill"', f'"{HERE}:Interrupted"').replace("every = 2", f'every = 2\nsignal = "{by}"')
    return strategy(folder, text, "interrupted.toml")


def test_a_killed_replay_is_named_by_the_next_one_and_its_journal_is_whole(tmp_path: Path, tape: Path) -> None:
    journal = tmp_path / "replay.db"
    words = ("--calendar", "none", "--journal", f"sqlite:///{journal}", "--batch", 7)
    killed = paperpit("replay", tape, "--strategy", interrupted(tmp_path, "SIGKILL"), *map(str, words))
    assert killed.returncode == -signal.SIGKILL

    (run,) = json.loads(paperpit("journal", "runs", "--json", "--journal", journal).stdout)
    assert (run["state"], run["ended_ns"]) == ("cut-off", None)
    assert paperpit("db", "check", "--journal", journal).returncode == 0

    again = paperpit("replay", tape, "--strategy", strategy(tmp_path, DRILL), *map(str, words))
    assert again.returncode == 0, again.stderr
    assert f"run {run['run']}" in again.stderr
    assert "was cut off" in again.stderr
    assert paperpit("db", "check", "--journal", journal).returncode == 0


@pytest.mark.parametrize(("by", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_replay_that_is_asked_to_stop_ends_in_order(tmp_path: Path, tape: Path, by: str, code: int) -> None:
    journal = tmp_path / "replay.db"
    spec = interrupted(tmp_path, by)
    words = ("--calendar", "none", "--journal", f"sqlite:///{journal}", "--batch", "7")
    stopped = paperpit("replay", tape, "--strategy", spec, *words)
    assert stopped.returncode == code
    assert "Traceback" not in stopped.stderr
    (run,) = json.loads(paperpit("journal", "runs", "--json", "--journal", journal).stdout)
    assert run["state"] == "finished"
    orders = json.loads(paperpit("journal", "orders", "--json", "--journal", journal).stdout)
    entries = [order for order in orders if order["role"] == "entry"]
    assert entries
    assert not [order for order in entries if order["state"] in ("sent", "working")]
