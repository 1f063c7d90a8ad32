"""A sweep file: what it leaves open, which trials that makes, and what is said of a bad one."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.search.plan import TRIALS, TRIALS_MAX, plan
from bot.search.space import read_space
from tests.rooms.search.asking import faults

FILE = """
# a person's words
timeframe = { grid = ["1m", "30s"] }   # two lengths
[params]
every = { low = 2, high = 12 }
[bracket]
stop_ticks = { grid = [4, 6, 8] }      # near or far
[detectors.absorption]
z_min = { low = 1.5, high = 4.0, log = true }
"""
GRID = 'a = { grid = [1, 2] }\nb = { grid = ["x", "y", "z"] }\n'


def test_a_grid_is_played_in_full_the_last_key_running_fastest() -> None:
    planned = plan(read_space(GRID, "f"), None, seed=1)
    assert [tuple(one.params.values()) for one in planned] == [(a, b) for a in (1, 2) for b in "xyz"]
    assert [one.number for one in planned] == list(range(6))


def test_some_of_a_grid_are_drawn_in_its_order() -> None:
    every = [one.params for one in plan(read_space(GRID, "f"), None, seed=1)]
    some = [one.params for one in plan(read_space(GRID, "f"), 4, seed=1)]
    assert some == [params for params in every if params in some]
    assert len(some) == 4


def test_the_words_around_a_value_stay_as_they_were_written() -> None:
    one = plan(read_space(FILE, "f"), 1, seed=5)[0]
    assert "# a person's words" in one.text
    assert f"stop_ticks = {one.params['bracket.stop_ticks']}      # near or far" in one.text
    assert tomllib.loads(one.text)["detectors"]["absorption"]["z_min"] == one.params["detectors.absorption.z_min"]


@given(seed=st.integers(0, 2**32), wanted=st.integers(1, 60))
def test_what_is_drawn_is_the_seed_s_alone_within_its_ends_and_never_twice(seed: int, wanted: int) -> None:
    space = read_space(FILE, "f")
    planned = plan(space, wanted, seed)
    assert planned == plan(space, wanted, seed)
    assert len({tuple(one.params.values()) for one in planned}) == len(planned) == wanted
    for one in planned:
        every, z_min = one.params["params.every"], one.params["detectors.absorption.z_min"]
        assert isinstance(every, int)
        assert 2 <= every <= 12
        assert 1.5 <= z_min <= 4.0


def test_whole_numbers_are_drawn_alike_often_with_both_ends() -> None:
    space = read_space("a = { low = 1, high = 4 }\nb = { low = 0.0, high = 1.0 }", "f")
    drawn = [one.params["a"] for one in plan(space, 4000, seed=11)]
    assert all(900 < drawn.count(value) < 1100 for value in (1, 2, 3, 4)), "1000 each; 3.6 standard deviations"


def test_no_more_are_drawn_than_there_are() -> None:
    assert len(plan(read_space("a = { low = 1, high = 4 }", "f"), 64, seed=1)) == 4


def test_a_file_of_ranges_has_so_many_trials_unless_somebody_says_otherwise() -> None:
    assert len(plan(read_space(FILE, "f"), None, seed=1)) == TRIALS


def test_a_file_that_leaves_nothing_open_is_one_trial() -> None:
    assert [dict(one.params) for one in plan(read_space('name = "drill-es"', "f"), None, seed=1)] == [{}]


def test_more_than_anybody_can_learn_from_are_refused() -> None:
    values = list(range(1000))
    with pytest.raises(UsageError, match="1,000,000 trials"):
        plan(read_space(f"a = {{ grid = {values} }}\nb = {{ grid = {values} }}", "f"), None, seed=1)
    assert TRIALS_MAX < 1_000_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = { grid = [] }", "mine.toml:1: a: a grid is a list of at least one value"),
        ("b = 1\na = { grid = 3 }", "mine.toml:2: a: a grid is a list"),
        ("a = { grid = [1, 2, 1] }", "1 stands in the grid twice"),
        ("a = { grid = [1], low = 2 }", "a grid says all by itself"),
        ("a = { low = 1 }", "high is missing"),
        ("a = { low = 3, high = 1 }", "low = 3 is not below high = 1"),
        ('a = { low = "1m", high = "5m" }', "the ends of a range are numbers"),
        ("a = { low = 0, high = 1, log = true }", "begins above zero"),
        ("a = { low = 1, high = 2, log = 3 }", "log is true or false"),
        ("a = { low = 1, high = 2, step = 1 }", "step is not known beside low, high"),
        ('name = { grid = ["a"] }', "name: this is not searched"),
        ("[expect]\nrisk_ticks = { grid = [1] }", "mine.toml:2: expect.risk_ticks: this is not searched"),
        ("a = [", "this is not TOML"),
    ],
)
def test_a_bad_file_is_told_where_and_what_is_allowed(text: str, said: str) -> None:
    assert said in faults(text)


def test_every_fault_is_told_at_once() -> None:
    told = faults("a = { low = 1 }\nb = { grid = [] }\nc = { low = 2, high = 1 }")
    assert [f"mine.toml:{line}" in told for line in (1, 2, 3)] == [True] * 3


VALUES: Any = st.one_of(st.integers(-5, 5), st.booleans(), st.text("ab\"'\\# \n", max_size=6), st.just(1.5))


@given(values=st.lists(VALUES, min_size=1, max_size=4, unique_by=repr))
def test_any_value_of_a_grid_comes_back_as_it_was(values: list[Any]) -> None:
    import tomlkit

    text = f"[t]\nx = {{ grid = {tomlkit.item(values).as_string()} }}  # so\ny = 1\n"
    same = [value for at, value in enumerate(values) if value not in values[:at]]
    if len(same) < len(values):  # TOML has 1 and true; to Python they are equal
        return
    planned = plan(read_space(text, "f"), None, seed=1)
    assert [tomllib.loads(one.text)["t"] for one in planned] == [{"x": value, "y": 1} for value in values]
