"""Days that once went wrong, made as small as they go; a file's name says what was wrong. They are played for ever."""

from pathlib import Path

import pytest

from tests.sim.runner import play_one, read_plan, report, watchers

KEPT = sorted(Path(__file__).with_name("regress").glob("*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_found_once_stays_found(path):
    days = play_one(read_plan(path), watchers())
    assert [line for one in days.failures for line in report(one)] == []
