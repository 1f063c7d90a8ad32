"""What a model said of the chance of winning, held against what came: right ones are covered, wrong ones are named."""

import csv
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.journal import journal as commands
from bot.domain.abstain import Said
from bot.journal.figure_shapes import CALIBRATION
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.models.monitor import ALARM, Monitor
from bot.review.calibration import (
    BINS,
    REFUSED,
    TAKEN,
    Judged,
    Key,
    binned,
    calibration,
    figures,
    turned_down,
    watched,
    wilson,
)
from bot.review.estimates import Bootstrap
from bot.review.refused import refused
from tests.rooms.journal.build import Told, writer
from tests.rooms.review.promising import MODEL, promising, saying
from tests.rooms.review.test_refused import told_by

KEY = Key("live", False, "s", "9f2c", "broker", TAKEN)
QUICK = Bootstrap(draws=400)
Chance = Callable[[Any], Any]


def judged(seed: int, truth: Chance, *, sessions: int = 60, each: int = 3) -> list[Judged]:
    """So many candidates a session: a model says p of each, and it wins with the chance that `truth` makes of p."""
    random = np.random.default_rng(seed)
    p = random.uniform(0.3, 0.8, sessions * each)
    wins = random.random(len(p)) < truth(p)
    return [
        Judged(KEY, at // each, Said("9f2c", one - 0.05, one, one + 0.05), bool(win))
        for at, (one, win) in enumerate(zip(p.tolist(), wins.tolist(), strict=True))
    ]


def told(some: list[Judged]) -> dict[str, Any]:
    found = figures(KEY, some, Monitor(), QUICK)
    jsonschema.validate([found], CALIBRATION)
    return found


def covers(estimate: dict[str, Any], truth: float) -> bool:
    return bool(estimate["low"] <= truth <= estimate["high"])


def test_intervals_of_a_model_that_is_right_hold_it_about_as_often_as_they_say() -> None:
    found = [told(judged(seed, lambda p: p)) for seed in range(150)]
    gaps = [covers(one["gap"], 0.0) for one in found]
    bins = [covers(part["won"], part["said"]["p"]) for one in found for part in one["bins"]]
    assert len(bins) == 150 * BINS
    assert 0.90 <= np.mean(gaps) <= 0.99
    assert 0.93 <= np.mean(bins) <= 0.99
    assert np.mean(["nothing speaks against" in one["words"] for one in found]) >= 0.9


def test_a_model_that_promises_too_much_is_named_and_its_promise_too() -> None:
    a_little, far = (told(judged(1, lambda p, less=less: p - less, sessions=300)) for less in (0.06, 0.25))
    assert "less often than it says" in a_little["words"]
    assert "even the lower bound" in far["words"]
    assert (a_little["gap"]["high"], far["promise_gap"]["high"]) < (0, 0)
    assert "more often than it says" in told(judged(1, lambda p: p + 0.15, sessions=300))["words"]


def test_what_it_knows_is_held_against_the_base_rate() -> None:
    right, ignorant = told(judged(2, lambda p: p, sessions=300)), told(judged(2, lambda p: 0.55, sessions=300))
    assert right["words"].endswith("better than the base rate")
    assert ignorant["words"].endswith("worse than the base rate")
    # the scores by hand
    some = judged(3, lambda p: p, sessions=40)
    y, p = np.array([bool(one.won) for one in some]), np.array([one.said.p for one in some])
    found = told(some)
    assert found["brier"]["value"] == pytest.approx(np.mean((p - y) ** 2), abs=1e-6)
    assert found["log_loss"]["value"] == pytest.approx(-np.mean(np.log(np.where(y, p, 1 - p))), abs=1e-6)
    others = [(y.sum() - y[at : at + 3].sum() + 1) / (len(y) - 3 + 2) for at in range(0, len(y), 3)]
    assert found["base_brier"]["value"] == pytest.approx(np.mean((np.repeat(others, 3) - y) ** 2), abs=1e-6)
    gain = found["base_log_loss"]["value"] - found["log_loss"]["value"]
    assert found["gain"]["value"] == pytest.approx(gain, abs=1e-5)


def test_too_few_have_words_instead_of_numbers() -> None:
    few = told(judged(4, lambda p: p, sessions=19))
    assert few["words"] == "too few sessions (19 of 20) to tell"
    assert (few["bins"], few["brier"]["value"], few["judged"]) == ([], None, 57)
    # what ended by nothing of its own is counted, and nothing else
    silent = [Judged(KEY, day, Said("9f2c", 0.4, 0.5, 0.6), None) for day in range(40)]
    nothing = told(silent)
    assert (nothing["judged"], nothing["silent"], nothing["said"]["p"]) == (0, 40, None)


def test_a_bin_that_always_won_is_not_certain_and_one_of_few_days_says_nothing() -> None:
    sure = [Judged(KEY, day, Said("9f2c", 0.8, 0.9, 0.95), True) for day in range(40)]
    (bin_,) = told(sure)["bins"]
    assert bin_["won"]["low"] == pytest.approx(wilson(40, 40, 0.95)[0], abs=1e-6) == pytest.approx(0.9124, abs=1e-4)
    # given one number on forty days, and another on three
    both = [*sure, *(Judged(KEY, day % 3, Said("9f2c", 0.2, 0.3, 0.4), False) for day in range(40))]
    words = [one["won"]["words"] for one in told(both)["bins"]]
    assert words == ["too few sessions (3 of 20) to tell", "95 % interval of 40 sessions"]


@given(p=st.lists(st.sampled_from([0.1, 0.2, 0.25, 0.5, 0.7]) | st.floats(0, 1), min_size=1), bins=st.integers(1, 5))
def test_bins_part_what_was_said_in_order_and_what_is_alike_stays_together(p: list[float], bins: int) -> None:
    place = binned(np.array(p), bins)
    assert len(place) == len(p)
    assert set(place.tolist()) <= set(range(bins))
    ordered = sorted(zip(p, place.tolist(), strict=True))
    for (one, at), (other, beyond) in pairwise(ordered):
        assert at == beyond if one == other else at <= beyond


def test_unlike_ones_stand_apart_and_the_monitor_is_that_of_the_newest_account() -> None:
    def trip(seq: int, account: str, reason: str, **changed: Any) -> SimpleNamespace:
        plain = {"market": "live", "drill": False, "strategy": "s", "fill_model": "broker", "exit_ns": seq}
        said = Said("9f2c", 0.5, 0.6, 0.7)
        return SimpleNamespace(
            **{**plain, "seq": seq, "account": account, "exit_reason": reason, "said": said} | changed
        )

    lost: Any = [trip(seq, "old", "stop") for seq in range(1, 40)]
    won: Any = [trip(seq, "new", "target") for seq in range(40, 50)]
    other = Judged(Key("live", False, "s", "another", "broker", REFUSED), 1, Said("another", 0.5, 0.6, 0.7), True)
    first = Judged(KEY, 1, Said("9f2c", 0.5, 0.6, 0.7), True)
    mine, theirs = sorted(
        calibration([other, first], lambda: [*lost, *won], QUICK), key=lambda one: one["counted"] != TAKEN
    )
    assert (mine["group"], theirs["group"]) == ("s · model 9f2c · broker", "s · model another · broker · refused")
    assert (mine["monitor"]["outcomes"], mine["monitor"]["alarm_ns"]) == (10, None)
    assert "open, E" in watched(mine["monitor"])
    assert theirs["monitor"]["outcomes"] == 0
    # of the old account alone it is closed, since its alarm
    (closed,) = calibration([first], lambda: lost, QUICK)
    assert closed["monitor"]["e"] > ALARM
    assert 1 < closed["monitor"]["alarm_ns"] < 40
    assert "closed by its outcomes" in watched(closed["monitor"])


def test_nobody_reads_the_journal_where_no_model_was_asked() -> None:
    def journal() -> Any:
        raise AssertionError

    assert calibration([], journal, QUICK) == []


def ran(path: Path, *words: str) -> Result:
    """`journal stats --calibration` of a journal."""
    given = ["stats", "--calibration", "--journal", str(path), *words]
    return CliRunner().invoke(commands, given, catch_exceptions=False)


def test_the_command_tells_people_and_programs_the_same(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    promising(path)
    (group,) = json.loads(ran(path, "--json").stdout)
    jsonschema.validate([group], CALIBRATION)
    assert group["group"] == f"lesson · model {MODEL} · broker"
    assert (group["judged"], group["silent"], group["sessions"], group["counted"]) == (96, 1, 24, "taken")
    assert sum(one["count"] for one in group["bins"]) == 96
    assert group["monitor"]["outcomes"] == 96
    (row,) = list(csv.DictReader(ran(path, "--csv").stdout.splitlines()))
    assert (float(row["brier"]), float(row["monitor_e"])) == (group["brier"]["value"], group["monitor"]["e"])
    text = ran(path).stdout
    assert group["words"] in text
    assert f"{group['brier']['value']:.3f}" in text
    assert "96 in 24 sessions" in text
    assert "1 more were ended by the tape's end or by hand" in text
    assert "no fair sample" in text
    # one strategy's model says nothing of another's
    assert "no model was asked" in ran(path, "--strategy", "another").stdout


def test_without_a_model_it_says_what_would_make_one_and_by_nothing_else_it_can_be_grouped(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    with writer(str(path), run="one", adapter="ib", fill_model="") as journal:
        Told(journal).blocked(60)
        journal.finish({"rows": 1})
    assert "paperpit model train" in ran(path).stdout
    assert json.loads(ran(path, "--json").stdout) == []
    result = CliRunner().invoke(commands, ["stats", "--calibration", "--by", "hour"])
    assert "by strategy and model always" in str(result.exception)


def test_what_was_refused_stands_apart_by_what_it_would_have_made_alone(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    gone = [{"name": str(tmp_path / "gone.parquet"), "hash": "1", "last_ns": 1}]
    with writer(str(path), run="one", tapes=gone) as journal:
        for at, p in ((60, 0.4), (120, 0.5)):
            Told(journal, facts=saying(p)).blocked(at)
        Told(journal).blocked(180)
        journal.finish({"rows": 1})
    with reading(place(str(path))) as reader:
        found = refused(reader, reader.runs, Filters(), told_by).refused
    # the first would have won, the second would not have filled, of the third no model said anything
    (one,) = turned_down(found)
    assert (one.key.counted, one.won, one.said.p) == (REFUSED, True, 0.4)
    told = ran(path, "--run", "last", "--blocked", "--json")
    assert "run one cannot be asked" in told.stderr
    assert json.loads(told.stdout) == []
