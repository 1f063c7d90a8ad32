"""Two strategies want the same instrument at the same moments, and the account has room for one: they take turns."""

import json
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from tests.laws.markets import DRILL, market
from tests.playing import Played, play, strategy

ROOM_FOR_ONE = ("risk.max_open_brackets=1",)


def both(folder: Path, seed: int, batch: int | None = None, names: tuple[str, str] = ("first", "second")) -> Played:
    """Two drills that count the same bars."""
    files = [strategy(folder, DRILL.replace("drill-law", name), f"{name}.toml") for name in names]
    return play(folder, market(seed), *files, batch=batch, sets=ROOM_FOR_ONE)


def decisions(played: Played) -> list[rows.Decision]:
    with reading(place(played.url)) as reader:
        return list(reader.where(rows.Decision, "run", played.outcome.run))


def test_whoever_has_sent_fewer_goes_first(tmp_path: Path) -> None:
    # given a market in which both want a bracket at every second bar
    asked = decisions(both(tmp_path, seed=7))
    # then they have sent as many as each other, or one more
    sent = Counter(one.strategy for one in asked if one.verdict == "approved")
    assert min(sent.values()) >= 3, sent
    assert abs(sent["first"] - sent["second"]) <= 1, sent
    # and whoever was asked second at such a moment was refused for want of room: the journal says whose turn it was
    turns = {one.ts: json.loads(one.facts)["turn"] for one in asked if one.verdict == "approved"}
    assert set(turns.values()) == {"1 of 2"}
    stood_back = [one for one in asked if one.ts in turns and one.verdict == "blocked"]
    assert {json.loads(one.facts)["turn"] for one in stood_back} == {"2 of 2"}
    assert {one.strategy for one in stood_back} == {"first", "second"}
    assert all("open_brackets" in one.reasons for one in stood_back)


def test_a_strategy_alone_in_its_instrument_has_no_turn(tmp_path: Path) -> None:
    alone = play(tmp_path, market(7), strategy(tmp_path, DRILL), sets=ROOM_FOR_ONE)
    assert {"turn" in json.loads(one.facts) for one in decisions(alone)} == {False}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 400))
def test_a_cut_changes_no_turn(tmp_path: Path, seed: int, batch: int) -> None:
    assert both(tmp_path, seed, batch).hash == both(tmp_path, seed).hash
