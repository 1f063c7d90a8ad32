"""Training: what is refused, what is kept apart, and that a model of noise lets hardly anything pass."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import folds, record
from bot.models.fit import C, NotTrained, train
from bot.models.folds import Times
from bot.models.judge import Judge
from bot.models.record import File, Model
from tests.rooms.models.build import BREAK_EVEN, NAMES, candidates, later, proposal, signal

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def learned() -> Model:
    """Of candidates that their evidence tells apart."""
    return train(candidates(5, 1_000, slope=2.0))


def judged(model: Model, seed: int, slope: float = 0.0) -> list[str]:
    """What it says of 200 candidates of the following days."""
    judge, days = Judge(File(model.hash, model)), model.candidates // 10 + 3
    return [
        str(judge.says(proposal(one), signal(one), BREAK_EVEN, guarded=False)["model_says"])
        for one in later(seed, 200, days, slope=slope)
    ]


def test_labels_without_meaning_are_kept_in_one_case_of_twenty_at_most() -> None:
    kept = [
        np.mean([word == "OK" for word in judged(train(candidates(seed, 600)), 900 + seed)]) for seed in range(80, 92)
    ]
    print(f"labels without meaning: {np.mean(kept):.1%} kept, of 12 models the worst {max(kept):.1%}")
    assert np.mean(kept) <= 0.05


def test_what_can_be_told_apart_is_let_pass_where_it_is_worth_it(learned: Model) -> None:
    words = judged(learned, 6, slope=2.0)
    kept = np.mean([word == "OK" for word in words])
    tested = learned.tested
    print(f"evidence with meaning: {kept:.1%} kept, ECE {tested.venn_abers.ece:.3f}, skill {tested.skill:.1f}")
    assert 0.15 < kept < 0.7


def test_features_shuffled_among_each_other_are_a_novel_stream(learned: Model) -> None:
    judge, said = Judge(File(learned.hash, learned)), 0
    for one in later(7, 200, 110, slope=2.0):
        shuffled = dict(zip(NAMES, [one.evidence[name] for name in (*NAMES[1:], NAMES[0])], strict=True))
        said += 1
        if "NOVEL_STREAM" in str(
            judge.says(proposal(one), signal(one, evidence=shuffled), 0.4, guarded=False)["model_says"]
        ):
            break
    print(f"shuffled features: NOVEL_STREAM after {said} candidates")
    assert said <= 100


def test_the_same_candidates_give_the_same_bytes_in_any_order(learned: Model, tmp_path: Path) -> None:
    again = train(candidates(5, 1_000, slope=2.0)[::-1])
    for name, model in (("a", learned), ("b", again)):
        record.write(tmp_path / name, model)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert record.read(tmp_path / "a") == File(learned.hash, learned)
    assert record.read(tmp_path / "a").whole


def test_it_says_what_it_was_made_of(learned: Model) -> None:
    assert learned.c in C
    assert learned.strategy == "s"
    assert max(learned.training_days) < min(learned.calibration_days)
    assert learned.candidates == 1_000
    assert sum(one.count for one in learned.tested.table) == learned.tested.candidates
    assert all(low <= high for low, high in zip(learned.low, learned.high, strict=True))
    assert list(learned.low) == sorted(learned.low)
    assert list(learned.high) == sorted(learned.high)
    assert learned.tested.venn_abers.log_loss < learned.tested.base.log_loss


@pytest.mark.parametrize(
    ("count", "base", "told"), [(299, 0.4, "299 labelled candidates"), (400, 0.05, "labelled candidates")]
)
def test_too_few_are_refused_with_their_counts(count: int, base: float, told: str) -> None:
    with pytest.raises(NotTrained, match=f"NOT_TRAINED: .*{told}") as refused:
        train(candidates(8, count, base=base))
    assert "300 or more, 50 or more of the rarer outcome" in str(refused.value)


def test_evidence_that_nobody_knows_has_to_be_named() -> None:
    strange = [replace(one, evidence={"mine": one.evidence["z"]}) for one in candidates(9, 400, slope=1.0)]
    with pytest.raises(NotTrained, match="name them with --feature") as refused:
        train(strange)
    assert "mine" in str(refused.value)
    assert "mine" in train(strange, features=("mine",)).features


def test_one_day_is_not_enough_to_keep_days_apart() -> None:
    with pytest.raises(NotTrained, match="days"):
        train(candidates(10, 400, per_day=400))


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.integers(0, 3), min_size=20, max_size=80),
    length=st.integers(1, 40),
    first=st.integers(0, 70),
    width=st.integers(1, 20),
)
def test_what_is_held_out_is_never_trained_on_nor_touched_by_it(
    gaps: list[int], length: int, first: int, width: int
) -> None:
    # given candidates ten units a day, each of `length` units, and some in the middle that are held out
    known = np.cumsum(gaps).astype(np.int64)
    times = Times(known // 10, known, known + length)
    held = np.arange(min(first, len(gaps) - 1), min(first + width, len(gaps)))
    rest = folds.apart(times, np.setdiff1d(np.arange(len(gaps)), held), held)
    # then
    assert not set(rest) & set(held)
    low, high = times.known[held].min(), times.end[held].max()
    assert not ((times.end[rest] >= low) & (times.known[rest] <= high)).any()
    places = np.searchsorted(times.days, times.day)
    assert all(np.abs(places[held] - places[one]).min() > folds.EMBARGO_DAYS for one in rest)
