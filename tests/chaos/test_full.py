"""`make chaos-disk` at a small budget: however the disk is full, nothing is lost, and nothing is left naked."""

from tests.chaos.disk import run


def test_a_full_disk_loses_nothing_and_leaves_nothing_naked() -> None:
    outcome = run(2, "1")
    assert outcome.clean, "\n".join(outcome.said)
    points = 6 - 2 * outcome.skipped
    assert outcome.line() == f"points={points} lost=0 unprotected=0 sent=0 resumed={points}"
