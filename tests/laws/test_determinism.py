"""Same tape, same configuration, same seed: the same journal, also in another process with other hash seeds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.journal.canonical import journal_hash
from strategies.drill import Drill
from tests.laws.markets import drill, market
from tests.playing import play


def hash_in_a_process(folder: Path, tape: Path, spec: Path, hash_seed: str, batch: int) -> str:
    """The journal's hash of a replay in a process of its own, whose sets have an order of their own."""
    url = f"sqlite:///{folder / f'{hash_seed}.db'}"
    words = ["replay", tape, "--strategy", spec, "--calendar", "none", "--journal", url, "--json", "--batch", batch]
    done = subprocess.run(
        [Path(sys.executable).with_name("paperpit"), *map(str, words)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return journal_hash(url, json.loads(done.stdout)["run"])


def test_two_processes_write_the_same_journal_however_they_hash_and_cut(tmp_path: Path) -> None:
    tape, spec = market(5).write(tmp_path / "tape.parquet"), drill(tmp_path)
    assert hash_in_a_process(tmp_path, tape, spec, "0", 4096) == hash_in_a_process(tmp_path, tape, spec, "4711", 7)


@pytest.mark.parametrize("seed", range(4))
def test_a_run_repeated_is_the_same_run(tmp_path: Path, seed: int) -> None:
    assert play(tmp_path, market(seed), drill(tmp_path)).hash == play(tmp_path, market(seed), drill(tmp_path)).hash


def test_the_law_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a strategy whose memory outlives its run."""
    start, decide, kept = Drill.__init__, Drill.decide, {"side": 1}

    def remembering(self: Drill, *given: object) -> None:
        start(self, *given)  # type: ignore[arg-type]  # passed on as it came
        self._side = kept["side"]

    def remembered(self: Drill, *given: object) -> object:
        kept["side"] = -1
        return decide(self, *given)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(Drill, "__init__", remembering)
    monkeypatch.setattr(Drill, "decide", remembered)
    assert play(tmp_path, market(1), drill(tmp_path)).hash != play(tmp_path, market(1), drill(tmp_path)).hash
