"""`paperpit model train` on journals that it cannot learn from: which tapes are gone, and what that leaves out."""

from pathlib import Path

from tests.programs import typed
from tests.rooms.review.test_refused import journal


def test_runs_whose_tapes_are_gone_are_named_and_of_many_only_a_few(tmp_path: Path) -> None:
    gone = [{"name": str(tmp_path / "gone.parquet"), "hash": "1", "last_ns": 1}]
    for number in range(5):
        journal(tmp_path / "j.db", f"run-{number}", tapes=gone)
    told = typed("model", "train", "--journal", str(tmp_path / "j.db"), "--out", str(tmp_path / "m.json"))
    assert told.returncode == 1
    assert "NOT_TRAINED" in told.stderr
    assert "15 candidates have no label: its tape cannot be asked" in told.stderr
    assert "run run-0 cannot be asked: there is no such tape" in told.stderr
    assert "nor can 2 more; what they refused has no label" in told.stderr
    assert "run-3" not in told.stderr
