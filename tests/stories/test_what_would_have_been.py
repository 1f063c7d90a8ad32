"""Asked through the journal of a run, with its own settings, calendar and tape: what would have been is what was."""

from pathlib import Path

import pytest

from bot.cli.what_if import asking
from bot.journal.place import place
from bot.journal.reading import reading
from tests.laws.markets import DRILL, managed, market
from tests.laws.test_cut import news
from tests.playing import Played, play, strategy
from tests.what_if import approved, claimed, told


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def ends(played: Played) -> set[str]:
    """The reasons of all exits, once they are seen to be the same."""
    with reading(place(played.url)) as reader:
        (run,) = reader.choose(played.outcome.run)
        answer = asking(reader)(run, approved(played))
    assert claimed(answer.made) == told(played, answer.made)
    return {one.end for one in answer.made.values()}


@pytest.mark.parametrize("how", ["flatten", "tighten"])
def test_what_leaves_for_the_news_would_have_left_for_the_news(tmp_path: Path, how: str) -> None:
    patient = DRILL.replace('"9s"', '"40s"').replace("stop_ticks = 3", "stop_ticks = 6").replace("= 4", "= 9")
    spec = strategy(tmp_path, patient.replace("[params]", f'on_blackout = "{how}"\n[params]'))
    seen = set()
    for seed in (10, 12, 14):
        seen |= ends(play(tmp_path, market(seed), spec, calendar=news(tmp_path)))
    assert {"blackout", "target"} <= seen


def test_stops_that_its_strategy_moves_would_have_moved(tmp_path: Path) -> None:
    seen = set()
    for seed in range(2):
        seen |= ends(play(tmp_path, market(seed), managed(tmp_path)))
    assert {"breakeven", "trail"} & seen


def test_what_leaves_by_the_time_that_its_strategy_names_would_have_left_by_then(tmp_path: Path) -> None:
    wide = (
        DRILL.replace('"9s"', '"10m"')
        .replace("target_ticks = 4", "target_ticks = 40")
        .replace("stop_ticks = 3", "stop_ticks = 12")
    )
    spec = strategy(tmp_path, wide.replace("[params]", 'flat_by = "10:01"\n[params]'))
    seen = set()
    for seed in range(3):
        seen |= ends(play(tmp_path, market(seed), spec))
    assert "session" in seen
