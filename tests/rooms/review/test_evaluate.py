"""From proposals and round trips to one sentence: costs, random entries, and no edge that is said too soon."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.journal import journal as commands
from bot.domain.what_if import HORIZONS_S, NOT_FILLED, Answer, Drawn, Made, Wish
from bot.errors import InputMissing
from bot.journal.figure_shapes import EVALUATE
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import RunInfo, reading
from bot.review.estimates import Bootstrap
from bot.review.evaluate import Asks, evaluate, random_entries
from bot.review.looks import mean_r, said
from bot.review.refused import Refused
from bot.review.verdict import SURE, verdict
from tests.laws.markets import drill, market
from tests.playing import Played, play
from tests.rooms.review.test_refused import WON, refusal

QUICK = Bootstrap(draws=400)
LOST = replace(WON, end="stop", left=16797)
"""Stopped two ticks beyond its trigger: −5 ticks of 3."""
MEAN = {"value": 0.4, "low": 0.1, "high": 0.9, "n": 90, "sessions": 60, "needed": 50, "level": 0.95}
RANDOM = {
    "n": 90,
    "sessions": 60,
    "unmatched": 0,
    "entries": 4500,
    "r": 0.4,
    "r_random": -0.1,
    "difference": 0.5,
    "p": 0.002,
}
SHARPE = {"value": 0.99, "words": "deflated 0.99 of 0.95 after 1 try in 1 group"}
GOOD = {"mean_r": MEAN, "random": RANDOM, "turns": False, "deflated_sharpe": SHARPE, "among": 1, "taken": 90}


def taken(number: int, made: Made = WON, drawn: Sequence[Drawn] = (), **changed: Any) -> Refused:
    return refusal(number, verdict="approved", made=made, drawn=drawn, **changed)


# The sentence


def test_an_edge_is_said_where_nothing_stands_against_it() -> None:
    said = verdict(GOOD)
    assert said == {
        "edge": True,
        "words": "an edge after costs, on paper: +0.40 R a session, +0.10 to +0.90 at every look (95 %); "
        "random entries like these do as well one time in 500",
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mean_r": {**MEAN, "low": 0.0}}, "nothing is shown: +0.40 R a session, +0.00 to +0.90"),
        ({"mean_r": {**MEAN, "low": -0.2}}, "such a mean would take about 61 sessions, 60 are there"),
        ({"mean_r": {**MEAN, "low": -0.2, "needed": None}}, "would take more than 10,000 sessions"),
        ({"mean_r": {**MEAN, "low": -0.9, "value": -0.1}}, "shows no edge, however many sessions"),
        ({"mean_r": {**MEAN, "low": -0.9, "high": -0.1, "value": -0.4}}, "loses after costs: −0.40 R a session"),
        ({"mean_r": {**MEAN, "value": None}}, "nothing is shown: 90 entries taken, no round trip"),
        ({"random": {**RANDOM, "p": 0.2}}, "random entries at such times make −0.10 R, these +0.40 (p 0.200)"),
        ({"random": {**RANDOM, "p": None}}, "random entries were not asked for, or none is like these"),
        ({"among": 30}, "random entries at such times make"),
        ({"turns": True}, "the sign depends on the fill model: gains after costs, but no edge is shown"),
        ({"deflated_sharpe": {**SHARPE, "value": 0.6}}, "no more than the best of what was tried"),
        ({"deflated_sharpe": None}, "no more than the best of what was tried may by chance (not known)"),
    ],
)
def test_whatever_stands_against_it_is_named_instead(changed: dict[str, Any], words: str) -> None:
    said = verdict({**GOOD, **changed})
    assert not said["edge"]
    assert words in said["words"]


@given(
    low=st.floats(-1.5, 1),
    width=st.floats(0, 2),
    p=st.floats(0.0001, 1),
    difference=st.floats(-1, 1),
    turns=st.booleans(),
)
def test_never_without_a_lower_bound_above_zero(
    low: float, width: float, p: float, difference: float, turns: bool
) -> None:
    mean = {**MEAN, "low": low, "value": low + width / 2, "high": low + width}
    random = {**RANDOM, "p": p, "difference": difference}
    if verdict({**GOOD, "mean_r": mean, "random": random, "turns": turns})["edge"]:
        assert low > 0
        assert p <= SURE
        assert difference > 0
        assert not turns


def test_bounds_alone_say_nothing_of_an_edge() -> None:
    assert said({**MEAN, "value": None}) == "no round trip"
    assert said({**MEAN, "low": 0.01}).endswith("paperpit journal evaluate tells whether random entries do as well")
    assert said({**MEAN, "low": -0.9, "high": -0.1, "value": -0.4}).startswith("loses after costs")
    one = {**MEAN, "low": -1.5, "sessions": 1, "needed": None}
    assert said(one).endswith("1 is there, which says nothing of how sessions vary")


# Its parts


def test_random_entries_are_counted_after_the_same_costs_and_nothing_gains_nothing() -> None:
    # given +6 ticks of 3 at 0.5 ticks of costs, beside +3, −3 and none that did not fill
    one = taken(1, drawn=(Drawn(3, 3), Drawn(-3, 3), Drawn(0, 0)))
    # and one that did not fill, beside one that lost; one without a match, one whose end the tape does not tell
    other = taken(2, Made(NOT_FILLED), drawn=(Drawn(-3, 3),))
    found = random_entries([one, other, taken(3), taken(4, replace(WON, end="open"), (Drawn(1, 3),))], QUICK)
    own, by_chance = (6 - 0.5) / 3, ((3 - 0.5) / 3 + (-3 - 0.5) / 3 + 0) / 3
    assert (found["n"], found["unmatched"], found["sessions"]) == (2, 2, 2)
    assert found["r"] == pytest.approx(own / 2, abs=1e-6)
    assert found["r_random"] == pytest.approx((by_chance - 3.5 / 3) / 2, abs=1e-6)
    assert found["difference"] == pytest.approx(found["r"] - found["r_random"], abs=2e-6)
    assert 0 < found["p"] <= 1


def test_a_day_is_one_toss_however_many_entries_it_has() -> None:
    # given a hundred entries of one day that all did better than chance
    day = [taken(number, drawn=(Drawn(-3, 3),), session=20260102) for number in range(100)]
    assert random_entries(day, QUICK)["p"] == pytest.approx(0.5, abs=0.1)
    apart = [taken(number, drawn=(Drawn(-3, 3),), session=20260102 + number) for number in range(20)]
    assert random_entries(apart, QUICK)["p"] < 0.01


# From a journal


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A drill that is stopped after its first entries of each minute: of most of what it wants nothing comes."""
    folder = tmp_path_factory.mktemp("evaluated")
    return play(folder, market(5, 600), drill(folder), sets=["risk.max_brackets_per_minute=3"])


def answers(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
    """Of three proposals one wins, one is stopped, one never fills."""
    outcomes = (WON, LOST, Made(NOT_FILLED, from_mid=(None,) * len(HORIZONS_S)))
    return Answer(run.fill_model, {one.id: outcomes[at % 3] for at, one in enumerate(wishes)})


def turned(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
    """By another model all of them are stopped."""
    return Answer("through", {one.id: LOST for one in wishes})


def drawn(run: RunInfo, wishes: Sequence[Wish]) -> dict[str, list[Drawn]]:
    return {one.id: [Drawn(-3, 3)] for one in wishes[::2]}


def test_what_was_taken_and_what_was_refused_are_told_apart(played: Played) -> None:
    with reading(place(played.url)) as reader:
        ((group,), untold) = evaluate(reader, reader.runs, Filters(), Asks(answers, {"through": turned}, drawn), QUICK)
    jsonschema.validate([group], EVALUATE)
    assert not untold
    assert group["refused"] == len(played.blocked) > 3
    assert group["wanted"] == group["taken"] + group["refused"]
    assert group["round_trips"] == len(played.round_trips)
    assert group["markouts"][0]["refused"]["n"] > 0
    # at no costs a stop fills at its trigger, −3 of 3; at twice the costs it pays its two ticks beyond twice
    by = {(row["fill_model"], row["times"]): row["r"] for row in group["costs"]}
    commission = -3 * (by["through", 1] + 5 / 3)
    assert by["through", 0] == pytest.approx(-1)
    assert by["through", 2] == pytest.approx(-(7 + 2 * commission) / 3, abs=1e-5)
    assert by["queue", 0] > by["queue", 1] > by["queue", 2]
    assert group["turns"] == (by["queue", 1] > 0)


def test_without_tapes_round_trips_alone_are_bounded(played: Played) -> None:
    with reading(place(played.url)) as reader:
        ((group,), _) = evaluate(reader, reader.runs, Filters(), None, QUICK)
    assert (group["wanted"], group["taken"], group["random"]["p"]) == (0, 0, None)
    assert group["mean_r"]["sessions"] == 1
    assert group["mean_r"]["low"] == -1.5
    assert "1 is there" in group["words"] or "however many sessions" in group["words"]


def test_a_run_without_its_tape_is_named_and_its_round_trips_count(played: Played) -> None:
    def gone(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
        raise InputMissing("its tape has been deleted")

    with reading(place(played.url)) as reader:
        ((group,), untold) = evaluate(reader, reader.runs, Filters(), Asks(gone, {"touch": gone}, drawn), QUICK)
    assert untold == {played.outcome.run: "its tape has been deleted"}
    assert group["untold"] == group["wanted"] > 0
    assert group["round_trips"] == len(played.round_trips)


def test_many_groups_side_by_side_are_bounded_together(played: Played) -> None:
    with reading(place(played.url)) as reader:
        ((group,), _) = evaluate(reader, reader.runs, Filters(), None, QUICK)
        assert group["mean_r"]["level"] == 0.95
        from bot.review.trips import trips

        found = trips(reader, reader.runs, Filters())
    many = [replace(found[0], session=20260000 + day, r_net=float(np.sin(day))) for day in range(200)]
    alone, among = mean_r(many, 0.95), mean_r(many, 0.95, 10)
    assert among["level"] == pytest.approx(0.995)
    assert among["low"] < alone["low"] < alone["value"] < alone["high"] < among["high"]


def test_an_empty_answer_says_what_to_do(played: Played) -> None:
    given = ["evaluate", "--journal", played.url]
    told = CliRunner().invoke(commands, [*given, "--run", "last", "--strategy", "none"], catch_exceptions=False)
    assert "nothing to evaluate: paperpit run, or --run last for a replay" in told.stdout
    live = CliRunner().invoke(commands, [*given, "--json"], catch_exceptions=False)
    assert json.loads(live.stdout) == []
    assert "left out: 1 runs of adapter replay" in live.stderr


def test_a_tape_that_is_not_there_is_said(played: Played, tmp_path: Path) -> None:
    given = ["evaluate", "--journal", played.url, "--run", "last", "--tape", str(tmp_path / "none.parquet"), "--json"]
    told = CliRunner(env={"XDG_CACHE_HOME": str(tmp_path)}).invoke(commands, given, catch_exceptions=False)
    assert "cannot be asked: there is no such tape" in told.stderr
    assert json.loads(told.stdout)[0]["untold"] > 0
