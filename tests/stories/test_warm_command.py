"""`--warm` and `--save-warm` as a person types them: two mornings, the memory between them, and its repetition."""

import json
from datetime import time
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from adapters.synthetic.synth import Wish, write_days
from tests.programs import typed


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six minutes of two days, a tape each."""
    folder = tmp_path_factory.mktemp("mornings")
    return [path for path, _ in write_days(folder, "day", Wish("ES", seed=5, hours=0.1, start=time(9, 30), days=2))]


def paperpit(*words: str | Path, code: int = 0) -> CompletedProcess[str]:
    done = typed(*words)
    assert done.returncode == code, done.stderr
    return done


def summary(*words: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(paperpit(*words, "--json").stdout)
    return found


def test_run_takes_up_what_the_day_before_left_and_a_replay_of_it_does_too(
    tmp_path: Path, mornings: list[Path]
) -> None:
    journal = tmp_path / "journal.db"
    words = ("--calendar", "none", "--journal", journal)
    first = paperpit("run", "--set", f"adapters.replay.tape={mornings[0]}", *words)
    assert "ES: detectors start cold" in first.stderr
    left = sorted((tmp_path / "warm").glob("*.npz"))
    assert 1 <= len(left) <= 3
    second = paperpit("run", "--set", f"adapters.replay.tape={mornings[1]}", *words)
    assert f"({left[-1].name})" in second.stderr
    runs = json.loads(paperpit("journal", "runs", "--json", "--journal", journal).stdout)
    assert runs[0]["warm"] is None
    (kept,) = (tmp_path / "warm" / "used").iterdir()
    assert runs[1]["warm"] == kept.stem

    again = summary("replay", "--run", runs[1]["run"], "--journal", journal)
    assert again["warm"] == kept.stem
    assert again["diff"] == {"same": True, "differences": []}
    kept.unlink()
    gone = paperpit("replay", "--run", runs[1]["run"], "--journal", journal, code=66)
    assert kept.name in gone.stderr


def test_a_replay_saves_when_it_is_asked_to_and_only_then(tmp_path: Path, mornings: list[Path]) -> None:
    words = ("--calendar", "none", "--journal", tmp_path / "replay.db")
    cold = summary("replay", mornings[0], *words)
    assert cold["warm"] is None
    assert not (tmp_path / "warm").exists()
    saved = tmp_path / "monday.npz"
    summary("replay", mornings[0], *words, "--save-warm", saved)
    assert saved.is_file()
    assert summary("replay", mornings[1], *words, "--warm", saved)["warm"]
    told = paperpit("journal", "diff", cold["run"], "last", "--journal", tmp_path / "replay.db", "--json", code=1)
    assert "warm" in {one["kind"] for one in json.loads(told.stdout)["differences"]}


def test_what_does_not_fit_is_refused_before_a_run_is_written(tmp_path: Path, mornings: list[Path]) -> None:
    words = ("--calendar", "none", "--journal", tmp_path / "replay.db")
    monday, saved = tmp_path / "monday.npz", tmp_path / "tuesday.npz"
    paperpit("replay", mornings[0], *words, "--save-warm", monday)
    paperpit("replay", mornings[1], *words, "--save-warm", saved)
    (tmp_path / "replay.db").unlink()
    past = paperpit("replay", mornings[0], *words, "--warm", saved, code=78)
    assert "does not fit: it knows ES up to" in past.stderr
    changed = ("--set", "detectors.rejection.clv_min=0.9")
    other = paperpit("replay", mornings[1], *words, "--warm", monday, *changed, code=78)
    assert "rejection on 1m with other parameters" in other.stderr
    assert "gone.npz" in paperpit("replay", mornings[0], *words, "--warm", tmp_path / "gone.npz", code=66).stderr
    assert "no snapshot" in paperpit("replay", mornings[0], *words, "--warm", mornings[0], code=65).stderr
    assert "folder" in paperpit("replay", mornings[0], *words, "--save-warm", tmp_path / "no/x.npz", code=66).stderr
    assert not (tmp_path / "replay.db").exists()
