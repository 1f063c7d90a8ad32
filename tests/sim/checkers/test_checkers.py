"""Each invariant is broken by a small history made by hand, and holds in its twin: a check that cannot fail is none."""

import pytest

from tests.sim.checkers import INVARIANTS, told_books, told_holding, told_sending
from tests.sim.checkers.told import BROKEN, DAYS, HELD, Story

TOLD = (told_books, told_holding, told_sending)

HERE = [one.number for one in INVARIANTS if one.number not in ("I21", "I23")]


def _stories(table: dict[str, list[Story]]) -> list[object]:
    return [
        pytest.param(number, story, id=f"{number}-{story.__name__}")
        for number in sorted(table)
        for story in table[number]
    ]


@pytest.mark.parametrize(("number", "story"), _stories(BROKEN))
def test_a_history_that_breaks_it_is_seen(number: str, story: Story) -> None:
    stage = DAYS[story]()
    story(stage)
    assert number in stage.found


@pytest.mark.parametrize(("number", "story"), _stories(HELD))
def test_a_history_next_to_it_is_not(number: str, story: Story) -> None:
    stage = DAYS[story]()
    story(stage)
    assert stage.eye.violations == []


def test_every_invariant_has_both_histories_or_is_checked_elsewhere() -> None:
    numbers = [one.number for one in INVARIANTS]
    assert numbers == [f"I{number:02d}" for number in range(1, 27)]
    assert sorted(BROKEN) == sorted(HELD) == HERE
